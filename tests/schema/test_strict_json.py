import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema.strict_json import (
    INTEGER_MAX,
    NESTING_DEPTH_MAX,
    JsonFault,
    StrictJsonError,
    load_strict_json,
)

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-INTEGER_MAX, INTEGER_MAX)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(VALUES, st.sampled_from([None, 2]), st.booleans())
def test_every_spelling_of_a_value_is_read_as_that_value(
    value: object, indent: int | None, ascii_only: bool
) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only).encode()
    assert load_strict_json(text) == value


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


def test_the_deepest_allowed_nesting_is_read() -> None:
    load_strict_json(nested(NESTING_DEPTH_MAX))


REFUSED = {
    "nothing at all": (b"", JsonFault.NOT_JSON),
    "a text cut short": (b'{"a":', JsonFault.NOT_JSON),
    "something behind the value": (b"{} {}", JsonFault.NOT_JSON),
    "a comma too many": (b'{"a":1,}', JsonFault.NOT_JSON),
    "a byte order mark": (b"\xef\xbb\xbf{}", JsonFault.NOT_JSON),
    "bytes that are not UTF-8": (b'"\xff"', JsonFault.NOT_JSON),
    "an overlong UTF-8 form": (b'"\xc0\xaf"', JsonFault.NOT_JSON),
    "an encoded surrogate": (b'"\xed\xa0\x80"', JsonFault.NOT_JSON),
    "an escaped lone surrogate": (b'"\\ud800"', JsonFault.NOT_JSON),
    "a raw NUL in a string": (b'"\0"', JsonFault.NOT_JSON),
    "an escaped NUL": (b'"a\\u0000"', JsonFault.NUL_CHARACTER),
    "an escaped NUL behind an escaped backslash": (b'"\\\\\\u0000"', JsonFault.NUL_CHARACTER),
    "an escaped NUL in a key": (b'{"\\u0000":1}', JsonFault.NUL_CHARACTER),
    "not a number": (b'{"a":NaN}', JsonFault.NOT_JSON),
    "infinity": (b"-Infinity", JsonFault.NOT_JSON),
    "a leading zero": (b"01", JsonFault.NOT_JSON),
    "a leading plus": (b"+1", JsonFault.NOT_JSON),
    "a hexadecimal number": (b"0x10", JsonFault.NOT_JSON),
    "a fraction": (b'{"a":[1.5]}', JsonFault.NUMBER_NOT_INTEGER),
    "a fraction that is whole": (b"1.0", JsonFault.NUMBER_NOT_INTEGER),
    "an exponent": (b"[1e3]", JsonFault.NUMBER_NOT_INTEGER),
    "a fraction hidden under a repeated key": (b'{"a":1.5,"a":1}', JsonFault.NUMBER_NOT_INTEGER),
    "an integer of 65 bits": (b"[18446744073709551616]", JsonFault.INTEGER_TOO_LARGE),
    "an integer of 5,000 digits": (b"1" * 5000, JsonFault.INTEGER_TOO_LARGE),
    "an integer of 54 bits": (b"9007199254740992", JsonFault.INTEGER_TOO_LARGE),
    "a negative integer of 54 bits": (b"[-9007199254740992]", JsonFault.INTEGER_TOO_LARGE),
    "a key repeated": (b'{"a":1,"a":1}', JsonFault.KEY_REPEATED),
    "a key repeated in another spelling": (b'{"a":1,"\\u0061":2}', JsonFault.KEY_REPEATED),
    "a key repeated deep inside": (b'[{"x":[{"a":1,"b":2,"a":3}]}]', JsonFault.KEY_REPEATED),
    "a key repeated with white space": (b'{ "a" : 1 , "a" : 2 }', JsonFault.KEY_REPEATED),
    "the empty key repeated": (b'{"":1,"":2}', JsonFault.KEY_REPEATED),
    "nesting one too deep": (nested(NESTING_DEPTH_MAX + 1), JsonFault.NESTED_TOO_DEEPLY),
    "objects nested too deep": (
        b'{"a":' * (NESTING_DEPTH_MAX + 1) + b"1" + b"}" * (NESTING_DEPTH_MAX + 1),
        JsonFault.NESTED_TOO_DEEPLY,
    ),
    "nesting beyond the parser": (nested(100_000), JsonFault.NESTED_TOO_DEEPLY),
}  # fmt: skip


@pytest.mark.parametrize(("text", "fault"), REFUSED.values(), ids=REFUSED.keys())
def test_what_readers_may_disagree_about_is_refused(text: bytes, fault: JsonFault) -> None:
    with pytest.raises(StrictJsonError) as refused:
        load_strict_json(text)
    assert refused.value.fault == fault


def test_nesting_hidden_under_a_repeated_key_is_refused() -> None:
    with pytest.raises(StrictJsonError):
        load_strict_json(b'{"a":' + nested(1020) + b',"a":1}')


def test_an_escaped_backslash_before_u0000_is_no_nul() -> None:
    assert load_strict_json(rb'"\\u0000"') == r"\u0000"


@given(VALUES, st.data())
def test_a_member_written_twice_anywhere_is_refused(value: object, data: st.DataObject) -> None:
    key = data.draw(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
    other = data.draw(VALUES)
    member, again = (f"{json.dumps(key)}:{json.dumps(item)}" for item in (value, other))
    for text in (f"{{{member},{again}}}", f'[{{"outer":{{{member},{again}}}}}]'):
        with pytest.raises(StrictJsonError) as refused:
            load_strict_json(text.encode())
        assert refused.value.fault == JsonFault.KEY_REPEATED
