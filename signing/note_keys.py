"""The keys that sign notes: their names, ids and algorithms (C2SP signed-note)."""

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from hashlib import sha256
from typing import Self, assert_never

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from typing_extensions import override

from signing.cosignature import (
    TIMESTAMP_SIZE_BYTES,
    cosigned_message,
    pack_timestamp,
    unpack_timestamp,
)

KEY_ID_SIZE_BYTES = 4
PUBLIC_KEY_SIZE_BYTES = 32
SIGNATURE_SIZE_BYTES = 64


class NoteError(Exception):
    """A signed note, one of its keys or its text cannot be accepted; the message says why."""


class MalformedNoteError(NoteError):
    """The bytes are not in the format; nobody's signature could make them acceptable."""


class UnverifiedNoteError(NoteError):
    """The bytes are in the format, but no trusted key vouches for them."""


class NoteAlgorithm(IntEnum):
    """How a key signs: the algorithm byte that its id commits to."""

    ED25519 = 0x01
    COSIGNATURE_V1 = 0x04


def check_key_name(name: str) -> None:
    """Refuse a name with spaces, control characters or a plus sign (MalformedNoteError)."""
    if not name or any(c.isspace() or c < " " or c == "+" for c in name):
        raise MalformedNoteError(f"not a key name: {name!r}")


def decode_base64(text: str) -> bytes:
    """Decode standard base64, and only its one canonical spelling (MalformedNoteError)."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as cause:
        raise MalformedNoteError(f"not base64: {text[:40]!r}") from cause
    # The decoder drops stray bits of the last character; two spellings of one signature would
    # let a note change without its meaning changing.
    if encode_base64(data) != text:
        raise MalformedNoteError(f"not canonical base64: {text[:40]!r}")
    return data


def encode_base64(data: bytes) -> str:
    """Encode as standard base64 with padding (RFC 4648 section 4)."""
    return base64.b64encode(data).decode("ascii")


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifierKey:
    """A public key that may vouch for notes: name, algorithm and 32 bytes of Ed25519."""

    name: str
    algorithm: NoteAlgorithm
    public_key: bytes

    def __post_init__(self) -> None:
        """Refuse a bad name or a key of another length (MalformedNoteError)."""
        check_key_name(self.name)
        if len(self.public_key) != PUBLIC_KEY_SIZE_BYTES:
            raise MalformedNoteError(f"a public key has 32 bytes, not {len(self.public_key)}")

    @classmethod
    def parse(cls, vkey: str) -> Self:
        """Read `<name>+<key id in hex>+<base64>`; MalformedNoteError also when the id is wrong."""
        name, _, rest = vkey.partition("+")
        key_id, plus, material = rest.partition("+")
        if not plus:
            raise MalformedNoteError(f"not a verifier key: {vkey[:80]!r}")
        data = decode_base64(material)
        try:
            algorithm = NoteAlgorithm(data[0])
        except (IndexError, ValueError) as cause:
            raise MalformedNoteError("the key's algorithm is not one we verify") from cause
        key = cls(name=name, algorithm=algorithm, public_key=data[1:])
        if key.key_id.hex() != key_id:
            raise MalformedNoteError(f"key id {key_id!r} does not belong to this key")
        return key

    @property
    def key_id(self) -> bytes:
        """First four bytes of SHA-256 over name, newline, algorithm byte and public key."""
        return sha256(self.name.encode() + b"\n" + self._material).digest()[:KEY_ID_SIZE_BYTES]

    @property
    def _material(self) -> bytes:
        return bytes([self.algorithm]) + self.public_key

    @override
    def __str__(self) -> str:
        """Print the verifier key as others configure it."""
        return f"{self.name}+{self.key_id.hex()}+{encode_base64(self._material)}"

    def verify(self, text: str, signature: bytes) -> datetime | None:
        """Check one signature over a note text.

        Returns the time the signature states, None for algorithms that state none.
        UnverifiedNoteError when the signature is not this key's over this text.
        """
        match self.algorithm:
            case NoteAlgorithm.ED25519:
                signed_at, message, raw = None, text.encode(), signature
            case NoteAlgorithm.COSIGNATURE_V1:
                signed_at = unpack_timestamp(signature[:TIMESTAMP_SIZE_BYTES])
                if signed_at is None:
                    raise UnverifiedNoteError(f"the cosignature of {self.name} states no time")
                message, raw = cosigned_message(text, signed_at), signature[TIMESTAMP_SIZE_BYTES:]
            case never:
                assert_never(never)
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(raw, message)
        except InvalidSignature as cause:
            raise UnverifiedNoteError(f"the signature of {self.name} is wrong") from cause
        return signed_at


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteSigner:
    """A private key with the name under which it signs notes; never printed."""

    name: str
    private_key: Ed25519PrivateKey

    def __post_init__(self) -> None:
        """Refuse a bad name (MalformedNoteError)."""
        check_key_name(self.name)

    @override
    def __repr__(self) -> str:
        """Name the signer without its key."""
        return f"NoteSigner(name={self.name!r})"

    def verifier(self, algorithm: NoteAlgorithm) -> VerifierKey:
        """Return the public half, for signatures of one kind."""
        public_key = self.private_key.public_key().public_bytes_raw()
        return VerifierKey(name=self.name, algorithm=algorithm, public_key=public_key)

    def sign(self, text: str) -> bytes:
        """Sign a note text: 64 bytes of plain Ed25519 (algorithm byte 0x01)."""
        return self.private_key.sign(text.encode())

    def cosign(self, text: str, *, at: datetime) -> bytes:
        """Cosign a checkpoint text: time stamp and signature, 72 bytes (C2SP tlog-cosignature).

        The statement is "at this time this was the largest consistent tree I have seen"; the
        caller has checked that it is true. `at` is truncated to whole seconds.
        """
        assert at.tzinfo is not None, "times are aware"
        whole = at.astimezone(UTC).replace(microsecond=0)
        return pack_timestamp(whole) + self.private_key.sign(cosigned_message(text, whole))
