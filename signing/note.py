"""Signed notes: a text and the lines of those who vouch for it (C2SP signed-note).

Reading is strict and one-to-one: bytes that parse are printed again byte for byte, so a note
cannot be changed without being another note.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from typing_extensions import override

from signing.note_keys import (
    KEY_ID_SIZE_BYTES,
    MalformedNoteError,
    NoteAlgorithm,
    NoteSigner,
    UnverifiedNoteError,
    VerifierKey,
    check_key_name,
    decode_base64,
    encode_base64,
)

# C2SP signed-note asks for 16 signatures at least, of up to 5 kB each.
NOTE_SIZE_BYTES_MAX = 256 * 1024
NOTE_SIGNATURES_COUNT_MAX = 100

_DASH = "\N{EM DASH} "
_ASCII_SPACE = " "


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureLine:
    """One line under a note: who claims to have signed, and the bytes of the signature."""

    name: str
    key_id: bytes
    signature: bytes

    def __post_init__(self) -> None:
        """Refuse what could not be printed and read again (MalformedNoteError)."""
        check_key_name(self.name)
        if len(self.key_id) != KEY_ID_SIZE_BYTES or not self.signature:
            raise MalformedNoteError("a signature is four bytes of key id and at least one more")

    @override
    def __str__(self) -> str:
        """Print the line without its newline."""
        return f"{_DASH}{self.name} {encode_base64(self.key_id + self.signature)}"

    @classmethod
    def parse(cls, line: str) -> "SignatureLine":
        """Read one line without its newline (MalformedNoteError)."""
        if not line.startswith(_DASH):
            raise MalformedNoteError(f"not a signature line: {line[:40]!r}")
        name, _, encoded = line.removeprefix(_DASH).partition(_ASCII_SPACE)
        data = decode_base64(encoded)
        return cls(name=name, key_id=data[:KEY_ID_SIZE_BYTES], signature=data[KEY_ID_SIZE_BYTES:])


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A text with at least one signature line; nothing is said about whether they are true."""

    text: str
    signatures: tuple[SignatureLine, ...]

    def __post_init__(self) -> None:
        """Refuse what could not be printed and read again (MalformedNoteError)."""
        check_text(self.text)
        if not 1 <= len(self.signatures) <= NOTE_SIGNATURES_COUNT_MAX:
            raise MalformedNoteError(f"a note has 1 to {NOTE_SIGNATURES_COUNT_MAX} signatures")

    @override
    def __str__(self) -> str:
        """Print the note; its UTF-8 bytes are what travels."""
        return "\n".join((self.text, *map(str, self.signatures), ""))

    def __bytes__(self) -> bytes:
        """Return the bytes that travel."""
        return str(self).encode()

    def with_signatures(self, lines: Iterable[SignatureLine]) -> "Note":
        """Return the note with more lines under it, each line once."""
        return Note(text=self.text, signatures=tuple(dict.fromkeys((*self.signatures, *lines))))


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedSignature:
    """A signature that was checked: the key that made it, and the time it states, if any."""

    key: VerifierKey
    signed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedNote:
    """A text that at least one trusted key vouches for."""

    text: str
    signatures: tuple[VerifiedSignature, ...]

    def signed_by(self, key: VerifierKey) -> bool:
        """Say whether this very key (name, algorithm and bytes) is among the signers."""
        return any(signature.key == key for signature in self.signatures)


def check_text(text: str) -> None:
    """Refuse a text that is not printable lines, each ended by a newline (MalformedNoteError)."""
    if not text.endswith("\n"):
        raise MalformedNoteError("the text of a note ends with a newline")
    if any(c < " " and c != "\n" for c in text):
        raise MalformedNoteError("a note holds no control characters but newline")


def parse_note(data: bytes) -> Note:
    """Read a note from the bytes that travelled (MalformedNoteError)."""
    if len(data) > NOTE_SIZE_BYTES_MAX:
        raise MalformedNoteError(f"a note of more than {NOTE_SIZE_BYTES_MAX} bytes")
    try:
        whole = data.decode()
    except UnicodeDecodeError as cause:
        raise MalformedNoteError("a note is UTF-8") from cause
    # The last empty line parts text and signatures: the text may hold empty lines itself.
    head, blank_line, tail = whole.rpartition("\n\n")
    if not blank_line or not tail.endswith("\n"):
        raise MalformedNoteError("a note is a text, an empty line and signature lines")
    return Note(text=f"{head}\n", signatures=parse_signature_lines(tail))


def parse_signature_lines(text: str) -> tuple[SignatureLine, ...]:
    """Read signature lines, each ended by a newline (MalformedNoteError)."""
    lines = text.removesuffix("\n").split("\n")
    if not text.endswith("\n") or len(lines) > NOTE_SIGNATURES_COUNT_MAX:
        raise MalformedNoteError(f"not 1 to {NOTE_SIGNATURES_COUNT_MAX} whole signature lines")
    return tuple(SignatureLine.parse(line) for line in lines)


def sign_note(text: str, signer: NoteSigner) -> Note:
    """Sign a text with a plain Ed25519 key (algorithm byte 0x01)."""
    check_text(text)
    line = SignatureLine(
        name=signer.name,
        key_id=signer.verifier(NoteAlgorithm.ED25519).key_id,
        signature=signer.sign(text),
    )
    return Note(text=text, signatures=(line,))


def cosignature_line(text: str, signer: NoteSigner, *, at: datetime) -> SignatureLine:
    """Cosign a checkpoint text (algorithm byte 0x04); the line belongs under that text."""
    check_text(text)
    return SignatureLine(
        name=signer.name,
        key_id=signer.verifier(NoteAlgorithm.COSIGNATURE_V1).key_id,
        signature=signer.cosign(text, at=at),
    )


def verify_note(note: Note, keys: Iterable[VerifierKey]) -> VerifiedNote:
    """Check every signature of a known key; lines of unknown keys are passed over.

    UnverifiedNoteError when no known key has signed, or when one signature under the name and
    id of a known key is wrong: such a note is rejected as a whole, whoever else signed it.
    """
    verified = verify_lines(note.text, note.signatures, keys)
    if not verified:
        raise UnverifiedNoteError("no known key has signed this note")
    return VerifiedNote(text=note.text, signatures=verified)


def verify_lines(
    text: str, lines: Sequence[SignatureLine], keys: Iterable[VerifierKey]
) -> tuple[VerifiedSignature, ...]:
    """Check the lines of known keys over a text, and leave out the others; may be empty."""
    known = {(key.name, key.key_id): key for key in keys}
    pairs = [(known.get((line.name, line.key_id)), line) for line in lines]
    return tuple(
        VerifiedSignature(key=key, signed_at=key.verify(text, line.signature))
        for key, line in pairs
        if key is not None
    )
