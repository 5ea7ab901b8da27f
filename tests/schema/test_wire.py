"""The bounded types of the wire's fields hold what their comments say."""

from typing import Any

import msgspec
import pytest

from schema.wire import DecimalText, Digest, Reference


@pytest.mark.parametrize(
    ("field", "text"), [(Digest, "0a" * 32), (Reference, "a ref"), (DecimalText, "1.5")]
)
def test_a_text_of_a_fixed_form_does_not_end_in_a_newline(field: Any, text: str) -> None:
    assert msgspec.convert(text, field) == text
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(f"{text}\n", field)
