"""Encoding and decoding are inverse for every kind of message."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schema.codec import decode_body, encode_body
from schema.messages import MESSAGE_TYPES, MessageKind, kind_of
from tests.builders import BUILDERS, a_message
from tests.strategies import messages


def test_every_kind_has_a_builder() -> None:
    assert set(BUILDERS) == set(MESSAGE_TYPES) == set(MessageKind)


@pytest.mark.parametrize("kind", MessageKind)
def test_a_built_message_decodes_to_itself(kind: MessageKind) -> None:
    message = a_message(kind)
    assert kind_of(message) is kind
    assert decode_body(kind, encode_body(message)) == message


@pytest.mark.parametrize("kind", MessageKind)
@settings(max_examples=15)
@given(data=st.data())
def test_any_message_decodes_to_itself(kind: MessageKind, data: st.DataObject) -> None:
    message = data.draw(messages(kind))
    assert decode_body(kind, encode_body(message)) == message
