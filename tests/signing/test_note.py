"""Signed notes, verifier keys, checkpoints and cosignatures, to the byte."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from signing.checkpoint import Checkpoint, parse_checkpoint, parse_tree_size, sign_checkpoint
from signing.jwk import Algorithm
from signing.keys import PrivateKey
from signing.note import (
    NOTE_SIGNATURES_COUNT_MAX,
    NOTE_SIZE_BYTES_MAX,
    Note,
    SignatureLine,
    cosignature_line,
    parse_note,
    parse_signature_lines,
    sign_note,
    verify_note,
)
from signing.note_keys import (
    MalformedNoteError,
    NoteAlgorithm,
    NoteSigner,
    UnverifiedNoteError,
    VerifierKey,
)
from signing.note_signers import log_signer, witness_signer
from signing.purposes import KeyPurpose, KeyPurposeError
from tests.journal import golden_log

LOG = NoteSigner(
    name="hub.example/log", private_key=Ed25519PrivateKey.from_private_bytes(b"L" * 32)
)
WITNESS = NoteSigner(
    name="w.example/1", private_key=Ed25519PrivateKey.from_private_bytes(b"W" * 32)
)
LOG_KEY = LOG.verifier(NoteAlgorithm.ED25519)
WITNESS_KEY = WITNESS.verifier(NoteAlgorithm.COSIGNATURE_V1)
NOON = datetime(2026, 1, 31, 12, 0, 0, 999_999, tzinfo=UTC)
TEXT = "hub.example/log\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"


def signed_and_cosigned() -> Note:
    return sign_note(TEXT, LOG).with_signatures([cosignature_line(TEXT, WITNESS, at=NOON)])


@pytest.mark.parametrize(
    ("data", "size"), [(golden_log.CHECKPOINT_1, 1), (golden_log.CHECKPOINT_15, 15)]
)
def test_the_golden_checkpoints_verify_and_name_the_golden_roots(data: bytes, size: int) -> None:
    key = VerifierKey.parse(golden_log.VKEY)
    verified = verify_note(parse_note(data), [key])
    checkpoint = parse_checkpoint(verified.text)
    assert verified.signed_by(key)
    assert (checkpoint.origin, checkpoint.size) == (golden_log.ORIGIN, size)
    assert checkpoint.root == golden_log.ROOTS[size]
    assert checkpoint.text == verified.text


@pytest.mark.parametrize(
    ("data", "vkey"),
    [
        (golden_log.WITNESSED, golden_log.WITNESS_VKEY),
        (golden_log.MIRRORED, golden_log.MIRROR_VKEY),
    ],
)
def test_the_published_cosignatures_verify_with_their_time(data: bytes, vkey: str) -> None:
    verified = verify_note(parse_note(data), [VerifierKey.parse(vkey)])
    assert verified.signatures[0].signed_at == datetime(2025, 12, 31, tzinfo=UTC)


@pytest.mark.parametrize("vkey", [golden_log.VKEY, golden_log.WITNESS_VKEY, golden_log.MIRROR_VKEY])
def test_a_verifier_key_prints_as_it_was_read(vkey: str) -> None:
    assert str(VerifierKey.parse(vkey)) == vkey


@pytest.mark.parametrize(
    "vkey",
    [
        pytest.param("", id="nothing"),
        pytest.param("name", id="a name alone"),
        pytest.param("name+33d7b496", id="no key"),
        pytest.param("name+33d7b496+", id="an empty key"),
        pytest.param("name+33d7b496+A*==", id="a key that is not base64"),
        pytest.param("name+33d7b496+é", id="a key that is not ASCII"),
        pytest.param("name+33d7b496+AR==", id="base64 with stray bits"),
        pytest.param("name+33d7b496+AQE=", id="a short key"),
        pytest.param("name+33d7b496+" + golden_log.VKEY[-44:], id="the id of another name"),
        pytest.param("na me+33d7b496+" + golden_log.VKEY[-44:], id="a name with a space"),
        pytest.param(golden_log.VKEY.replace("+AeH", "+AuH"), id="an algorithm we do not verify"),
        pytest.param(golden_log.VKEY.replace("+33d7b496", "+33D7B496"), id="upper-case id"),
    ],
)
def test_a_verifier_key_in_any_other_form_is_refused(vkey: str) -> None:
    with pytest.raises(MalformedNoteError):
        VerifierKey.parse(vkey)


def test_a_note_is_verified_by_each_known_key_and_prints_as_it_was_read() -> None:
    note = parse_note(bytes(signed_and_cosigned()))
    verified = verify_note(note, [LOG_KEY, WITNESS_KEY])
    assert note == signed_and_cosigned()
    assert [(s.key, s.signed_at) for s in verified.signatures] == [
        (LOG_KEY, None),
        (WITNESS_KEY, NOON.replace(microsecond=0)),
    ]


def test_signatures_of_unknown_keys_are_passed_over() -> None:
    verified = verify_note(signed_and_cosigned(), [WITNESS_KEY])
    assert verified.signed_by(WITNESS_KEY)
    assert not verified.signed_by(LOG_KEY)


def test_a_note_nobody_known_has_signed_is_rejected() -> None:
    with pytest.raises(UnverifiedNoteError, match="no known key"):
        verify_note(sign_note(TEXT, LOG), [WITNESS_KEY])


def test_one_wrong_signature_of_a_known_key_rejects_the_whole_note() -> None:
    good = sign_note(TEXT, LOG)
    forged = cosignature_line(TEXT.replace("0", "1", 1), WITNESS, at=NOON)
    with pytest.raises(UnverifiedNoteError, match=r"w\.example/1 is wrong"):
        verify_note(good.with_signatures([forged]), [LOG_KEY, WITNESS_KEY])


def test_a_key_of_the_same_name_with_another_id_is_unknown() -> None:
    other = NoteSigner(name=LOG.name, private_key=WITNESS.private_key)
    with pytest.raises(UnverifiedNoteError, match="no known key"):
        verify_note(sign_note(TEXT, other), [LOG_KEY])


@pytest.mark.parametrize(
    "signature",
    [b"\0" * 7, b"\xff" * 8 + b"\0" * 64],
    ids=["a time cut short", "a time after the year 9999"],
)
def test_a_cosignature_without_a_possible_time_is_wrong(signature: bytes) -> None:
    line = SignatureLine(name=WITNESS.name, key_id=WITNESS_KEY.key_id, signature=signature)
    with pytest.raises(UnverifiedNoteError, match="states no time"):
        verify_note(Note(text=TEXT, signatures=(line,)), [WITNESS_KEY])


def test_a_cosignature_commits_to_its_time() -> None:
    line = cosignature_line(TEXT, WITNESS, at=NOON)
    later = cosignature_line(TEXT, WITNESS, at=NOON + timedelta(seconds=1))
    moved = SignatureLine(
        name=line.name, key_id=line.key_id, signature=later.signature[:8] + line.signature[8:]
    )
    with pytest.raises(UnverifiedNoteError):
        verify_note(Note(text=TEXT, signatures=(moved,)), [WITNESS_KEY])


def test_the_same_line_is_put_under_a_note_once() -> None:
    note = signed_and_cosigned()
    assert note.with_signatures(note.signatures) == note


def test_a_key_signs_only_what_it_is_for() -> None:
    log_key = PrivateKey.generate(Algorithm.ED25519, KeyPurpose.CHECKPOINTS)
    witness_key = PrivateKey.generate(Algorithm.ED25519, KeyPurpose.COSIGNATURES)
    message_key = PrivateKey.generate(Algorithm.ES256, KeyPurpose.MESSAGES)
    log = log_signer("log.example", log_key)
    witness = witness_signer("w.example", witness_key)
    note = sign_note(TEXT, log).with_signatures([cosignature_line(TEXT, witness, at=NOON)])
    keys = [log.verifier(NoteAlgorithm.ED25519), witness.verifier(NoteAlgorithm.COSIGNATURE_V1)]
    assert len(verify_note(note, keys).signatures) == 2
    for make, key in (
        (log_signer, witness_key),
        (witness_signer, log_key),
        (log_signer, message_key),
    ):
        with pytest.raises(KeyPurposeError):
            make("log.example", key)


def test_the_name_of_a_signer_is_printed_and_its_key_never() -> None:
    assert repr(LOG) == "NoteSigner(name='hub.example/log')"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"text\n", id="no signatures"),
        pytest.param(b"text\n\n", id="an empty signature part"),
        pytest.param(b"text\n\n\xe2\x80\x94 n AAAAAAA=", id="no newline at the end"),
        pytest.param(b"text\n\n- n AAAAAAA=\n", id="a hyphen for the dash"),
        pytest.param(b"text\n\n\xe2\x80\x94 n\n", id="no signature"),
        pytest.param(b"text\n\n\xe2\x80\x94  AAAAAAA=\n", id="no name"),
        pytest.param(b"text\n\n\xe2\x80\x94 a+b AAAAAAA=\n", id="a plus sign in the name"),
        pytest.param("text\n\n— a\u00a0b AAAAAAA=\n".encode(), id="a space in the name"),
        pytest.param(b"text\n\n\xe2\x80\x94 n AAAAAA==\n", id="a key id alone"),
        pytest.param(b"text\n\n\xe2\x80\x94 n AAAAAAA\n", id="base64 without padding"),
        pytest.param(b"text\n\n\xe2\x80\x94 n AAAAAAB=\n", id="base64 with stray bits"),
        pytest.param(b"text\n\n\xe2\x80\x94 n AAAAAAA= \n", id="a trailing space"),
        pytest.param(b"te\txt\n\n\xe2\x80\x94 n AAAAAAA=\n", id="a tab in the text"),
        pytest.param(b"text\r\n\n\xe2\x80\x94 n AAAAAAA=\n", id="a carriage return"),
        pytest.param(b"te\xffxt\n\n\xe2\x80\x94 n AAAAAAA=\n", id="not UTF-8"),
        pytest.param(b"a" * NOTE_SIZE_BYTES_MAX + bytes(signed_and_cosigned()), id="too long"),
        pytest.param(
            b"text\n\n" + b"\xe2\x80\x94 n AAAAAAA=\n" * (NOTE_SIGNATURES_COUNT_MAX + 1),
            id="too many signatures",
        ),
    ],
)
def test_a_note_in_any_other_form_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedNoteError):
        parse_note(data)


@pytest.mark.parametrize("text", ["", "no newline", "bell\a\n"])
def test_a_text_that_could_not_be_read_again_is_not_signed(text: str) -> None:
    with pytest.raises(MalformedNoteError):
        sign_note(text, LOG)
    with pytest.raises(MalformedNoteError):
        cosignature_line(text, LOG, at=NOON)


def test_a_note_without_signatures_cannot_be_built() -> None:
    with pytest.raises(MalformedNoteError):
        Note(text=TEXT, signatures=())


def test_lines_that_stand_alone_end_with_a_newline() -> None:
    line = cosignature_line(TEXT, WITNESS, at=NOON)
    assert parse_signature_lines(f"{line}\n") == (line,)
    with pytest.raises(MalformedNoteError):
        parse_signature_lines(str(line))


texts = st.text(st.characters(min_codepoint=0x20, exclude_categories=["Cs"]) | st.just("\n")).map(
    "{}\n".format
)


@given(text=texts)
def test_any_printable_text_signs_and_reads_back(text: str) -> None:
    note = parse_note(bytes(sign_note(text, LOG)))
    assert verify_note(note, [LOG_KEY]).text == text


@given(data=st.data())
def test_one_changed_byte_never_leaves_a_verified_note(data: st.DataObject) -> None:
    original = bytes(signed_and_cosigned())
    position = data.draw(st.integers(0, len(original) - 1))
    flip = data.draw(st.integers(1, 255))
    changed = bytearray(original)
    changed[position] ^= flip
    try:
        verified = verify_note(parse_note(bytes(changed)), [LOG_KEY, WITNESS_KEY])
    except (MalformedNoteError, UnverifiedNoteError):
        return
    # What is left is a note with one signer fewer: the changed line is an unknown signer's.
    assert verified.text == TEXT
    assert len(verified.signatures) == 1


@given(data=st.binary(max_size=300) | texts.map(str.encode))
def test_whatever_parses_prints_the_same_bytes(data: bytes) -> None:
    try:
        note = parse_note(data)
    except MalformedNoteError:
        return
    assert bytes(note) == data


@given(
    size=st.integers(0, 2**63 - 1),
    root=st.binary(min_size=32, max_size=32),
    extensions=st.lists(st.text(st.characters(categories=["L", "N"]), min_size=1), max_size=3),
)
def test_a_checkpoint_prints_and_reads_back(size: int, root: bytes, extensions: list[str]) -> None:
    checkpoint = Checkpoint(origin=LOG.name, size=size, root=root, extensions=tuple(extensions))
    note = sign_checkpoint(checkpoint, LOG)
    assert parse_checkpoint(verify_note(note, [LOG_KEY]).text) == checkpoint


ROOT = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("o\n1\n", id="no root"),
        pytest.param(f"\n1\n{ROOT}\n", id="an empty origin"),
        pytest.param(f"o\n01\n{ROOT}\n", id="a leading zero"),
        pytest.param(f"o\n+1\n{ROOT}\n", id="a sign"),
        pytest.param(f"o\n-1\n{ROOT}\n", id="a negative size"),
        pytest.param(f"o\n\u0661\n{ROOT}\n", id="digits of another script"),
        pytest.param(f"o\n9223372036854775808\n{ROOT}\n", id="a size of 2^63"),
        pytest.param("o\n1\nAAAA\n", id="a short root"),
        pytest.param(f"o\n1\n{ROOT[:-2]}V=\n", id="a root with stray bits"),
        pytest.param(f"o\n1\n{ROOT}\n\n", id="an empty extension line"),
        pytest.param(f"o\n1\n{ROOT}", id="no newline at the end"),
    ],
)
def test_a_checkpoint_in_any_other_form_is_refused(text: str) -> None:
    with pytest.raises(MalformedNoteError):
        parse_checkpoint(text)


@pytest.mark.parametrize(
    ("origin", "size"), [("a\nb", 1), ("", 1), ("o", -1), ("o", 2**63)], ids=repr
)
def test_a_checkpoint_that_could_not_be_read_again_cannot_be_built(origin: str, size: int) -> None:
    with pytest.raises(MalformedNoteError):
        Checkpoint(origin=origin, size=size, root=bytes(32))


def test_the_largest_tree_size_is_two_to_the_63_less_one() -> None:
    assert parse_tree_size(str(2**63 - 1)) == 2**63 - 1
