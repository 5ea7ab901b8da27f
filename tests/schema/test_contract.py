from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema.codec import decode_body, encode_body
from schema.contract import contract_files
from schema.messages import MESSAGE_TYPES, Message, MessageKind, kind_of
from schema.refusals import Refusal, RefusalCode
from schema.samples import samples

SCHEMA = Path(__file__).parents[2] / "schema"
SAMPLES = samples()


@pytest.mark.parametrize(("name", "text"), contract_files().items(), ids=contract_files().keys())
def test_the_published_contract_is_what_the_code_generates(name: str, text: str) -> None:
    assert (SCHEMA / name).read_text(encoding="utf-8") == text, (
        "stale: run `uv run itmo-hub export-contract` and commit the result"
    )


def test_nothing_else_lies_among_the_generated_files() -> None:
    found = {
        str(path.relative_to(SCHEMA))
        for folder in ("json", "vectors")
        for path in (SCHEMA / folder).rglob("*.json")
    }
    assert found == set(contract_files())


def test_there_is_a_sample_of_every_kind() -> None:
    assert SAMPLES.keys() == MESSAGE_TYPES.keys() == set(MessageKind)
    assert all(kind_of(message) is kind for kind, message in SAMPLES.items())


@pytest.mark.parametrize("kind", MessageKind)
def test_what_is_encoded_decodes_to_the_same_message_and_the_same_bytes(kind: MessageKind) -> None:
    body = encode_body(SAMPLES[kind])
    message = decode_body(kind, body)
    assert message == SAMPLES[kind]
    assert not isinstance(message, Refusal)
    assert encode_body(message) == body


@pytest.mark.parametrize("kind", MessageKind)
def test_a_body_with_an_unknown_a_missing_or_a_repeated_field_is_refused(kind: MessageKind) -> None:
    body = encode_body(SAMPLES[kind])
    without = body.replace(b'"message_id":', b'"massage_id":')
    repeated = body[:-1] + b',"message_id":"00000000-0000-0000-0000-000000000000"}'
    for broken in (body[:-1] + b',"extra":1}', without, repeated):
        refusal = decode_body(kind, broken)
        assert isinstance(refusal, Refusal)
        assert refusal.code is RefusalCode.BODY_MALFORMED


def test_an_unknown_kind_is_refused_by_name() -> None:
    refusal = decode_body("transfer_proposal", b"{}")
    assert isinstance(refusal, Refusal)
    assert refusal.code is RefusalCode.KIND_UNKNOWN


@given(st.sampled_from(sorted(SAMPLES.items())), st.data())
def test_one_flipped_bit_never_yields_the_same_message(
    sample: tuple[MessageKind, Message], data: st.DataObject
) -> None:
    kind, message = sample
    body = bytearray(encode_body(message))
    position = data.draw(st.integers(0, len(body) - 1))
    body[position] ^= 1 << data.draw(st.integers(0, 7))
    # The letters of a UUID mean the same in either case (RFC 9562 section 4).
    respelt = bytes(body).lower() == encode_body(message).lower()
    assert respelt or decode_body(kind, bytes(body)) != message
