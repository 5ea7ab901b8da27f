"""Canonical JSON: one value, one sequence of bytes (RFC 8785, for the values that we allow)."""

from typing import Final

import orjson

from schema.strict_json import NESTING_DEPTH_MAX, JsonValue

_OPTIONS: Final = (
    orjson.OPT_SORT_KEYS
    | orjson.OPT_STRICT_INTEGER
    | orjson.OPT_PASSTHROUGH_SUBCLASS
    | orjson.OPT_PASSTHROUGH_DATETIME
    | orjson.OPT_PASSTHROUGH_DATACLASS
)


class CanonicalJsonError(ValueError):
    """The value has no canonical form here; the program that built it is wrong."""


def canonical_json(value: JsonValue) -> bytes:
    """Write `value` as RFC 8785 would: keys sorted, no white space, shortest escapes, UTF-8.

    Only objects with ASCII keys, arrays, strings, integers within +-(2^53 - 1), booleans and null:
    for these the order of UTF-16 code units (RFC 8785 section 3.2.3) is the order of bytes, and no
    rule for floating-point numbers is needed.

    Raises:
        CanonicalJsonError: a float, another type, a key outside ASCII, an integer out of range, a
            lone surrogate, or nesting that `load_strict_json` would not read back.
    """
    _check(value, NESTING_DEPTH_MAX)
    try:
        return orjson.dumps(value, option=_OPTIONS)
    except orjson.JSONEncodeError as cause:
        raise CanonicalJsonError(str(cause)) from cause


def _check(value: object, levels_left: int) -> None:
    kind = type(value)
    if kind in _SCALARS:
        return
    if kind is not dict and kind is not list:
        raise CanonicalJsonError(f"{kind.__name__} has no canonical form")
    if levels_left == 0:
        raise CanonicalJsonError(f"nested more than {NESTING_DEPTH_MAX} deep")
    if isinstance(value, dict):
        for key, item in value.items():
            if type(key) is not str or not key.isascii():
                raise CanonicalJsonError(f"the key {key!r} is not an ASCII string")
            _check(item, levels_left - 1)
    elif isinstance(value, list):
        for item in value:
            _check(item, levels_left - 1)


_SCALARS: Final = frozenset({str, int, bool, type(None)})
