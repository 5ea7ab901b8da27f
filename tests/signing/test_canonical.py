from datetime import UTC, datetime
from enum import StrEnum
from typing import cast
from uuid import UUID

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from schema.strict_json import INTEGER_MAX, NESTING_DEPTH_MAX, JsonValue, load_strict_json
from signing.canonical import CanonicalJsonError, canonical_json

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
KEYS = st.text(st.characters(max_codepoint=127))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-INTEGER_MAX, INTEGER_MAX) | TEXT,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=25,
)


@given(VALUES)
def test_the_bytes_are_those_of_rfc_8785(value: JsonValue) -> None:
    assert canonical_json(value) == rfc8785.dumps(value)  # type: ignore[arg-type]


@given(VALUES.filter(lambda value: "\0" not in repr(value)))
def test_canonical_bytes_read_back_as_the_same_value(value: JsonValue) -> None:
    text = canonical_json(value)
    if rb"\u0000" not in text:
        assert load_strict_json(text) == value


class Colour(StrEnum):
    RED = "red"


def nested(depth: int) -> object:
    value: object = []
    for _ in range(depth - 1):
        value = [value]
    return value


REFUSED: dict[str, object] = {
    "a float": 1.5,
    "a whole float inside": {"a": [1.0]},
    "not a number": float("nan"),
    "a key outside ASCII": {"é": 1},
    "a key that is no string": {1: 1},
    "an enumeration member as value": Colour.RED,
    "an enumeration member as key": {Colour.RED: 1},
    "an integer of 54 bits": INTEGER_MAX + 1,
    "an integer of 65 bits": -(2**64),
    "bytes": b"x",
    "a tuple": (1, 2),
    "a time": datetime(2024, 1, 1, tzinfo=UTC),
    "a UUID": UUID(int=1),
    "a lone surrogate": "\ud800",
    "nesting one too deep": nested(NESTING_DEPTH_MAX + 1),
}


@pytest.mark.parametrize("value", REFUSED.values(), ids=REFUSED.keys())
def test_a_value_without_one_canonical_form_is_an_error(value: object) -> None:
    with pytest.raises(CanonicalJsonError):
        canonical_json(cast("JsonValue", value))


def test_the_deepest_allowed_nesting_is_written() -> None:
    assert canonical_json(cast("JsonValue", nested(NESTING_DEPTH_MAX)))
