"""Strict reading of JSON that others wrote: one text has one meaning, or it is refused.

Two readers of the same signed bytes must never see two messages. What JSON leaves open (repeated
keys, numbers beyond exact integers, deep nesting, U+0000) is therefore refused before anything is
decided from the content (RFC 8259 sections 4 and 6; RFC 7493 sections 2.2 and 2.3).
"""

import json
from enum import StrEnum, unique
from typing import Final, NoReturn, cast

import msgspec
import orjson

NESTING_DEPTH_MAX: Final = 32
"""Arrays and objects inside each other; our messages need six."""
INTEGER_MAX: Final = 2**53 - 1
"""The largest integer that every JSON reader holds exactly (RFC 7493 section 2.2)."""

JsonValue = None | bool | int | str | list["JsonValue"] | dict[str, "JsonValue"]
"""What a strict text holds: floats do not occur."""


@unique
class JsonFault(StrEnum):
    """Why a text was refused."""

    NOT_JSON = "not_json"
    KEY_REPEATED = "key_repeated"
    NUMBER_NOT_INTEGER = "number_not_integer"
    INTEGER_TOO_LARGE = "integer_too_large"
    NESTED_TOO_DEEPLY = "nested_too_deeply"
    NUL_CHARACTER = "nul_character"


class StrictJsonError(ValueError):
    """The text is not strict JSON; sending it again unchanged cannot help."""

    def __init__(self, fault: JsonFault, detail: str) -> None:
        """Keep the fault as a code beside the words."""
        super().__init__(detail)
        self.fault = fault


def load_strict_json(text: bytes) -> JsonValue:
    """Read one JSON text (UTF-8, no byte order mark), refusing what readers may disagree about.

    Refused: syntax errors and invalid UTF-8 (lone surrogates included), a key repeated in one
    object, numbers other than integers within +-(2^53 - 1) (also `1.0`, `1e3`, `NaN`),
    nesting deeper than `NESTING_DEPTH_MAX`, and the character U+0000, which databases cannot hold.
    The size of `text` is the caller's to limit.

    Raises:
        StrictJsonError: with the fault as a code.
    """
    value = _parse(text)
    _check_depth(value, text)
    _check_no_nul(text)
    if not _is_written_plainly(value, text):
        _check_spelling(text)
    return value


class _FractionError(Exception):
    """Leaves the parser as it is: msgspec would wrap a ValueError."""


def _refuse_fraction(digits: str) -> NoReturn:
    raise _FractionError(digits[:32])


_PARSER: Final = msgspec.json.Decoder(float_hook=_refuse_fraction)


def _parse(text: bytes) -> JsonValue:
    try:
        return cast("JsonValue", _PARSER.decode(text))
    except _FractionError as cause:
        detail = f"{cause} is not an integer"
        raise StrictJsonError(JsonFault.NUMBER_NOT_INTEGER, detail) from cause
    except RecursionError as cause:
        raise StrictJsonError(JsonFault.NESTED_TOO_DEEPLY, "nested too deeply") from cause
    except msgspec.ValidationError as cause:
        raise StrictJsonError(JsonFault.INTEGER_TOO_LARGE, str(cause)) from cause
    except (msgspec.DecodeError, UnicodeDecodeError) as cause:
        raise StrictJsonError(JsonFault.NOT_JSON, str(cause)) from cause


def _check_depth(value: JsonValue, text: bytes) -> None:
    # The number of brackets bounds the depth; most messages are done here.
    if text.count(b"{") + text.count(b"[") <= NESTING_DEPTH_MAX:
        return
    level: list[JsonValue] = [[value]]
    for _ in range(NESTING_DEPTH_MAX + 1):
        level = [inner for outer in level for inner in _containers_in(outer)]
    if level:
        detail = f"nested more than {NESTING_DEPTH_MAX} deep"
        raise StrictJsonError(JsonFault.NESTED_TOO_DEEPLY, detail)


def _containers_in(container: JsonValue) -> list[JsonValue]:
    items = (
        container.values() if isinstance(container, dict) else cast("list[JsonValue]", container)
    )
    return [item for item in items if type(item) is dict or type(item) is list]


def _check_no_nul(text: bytes) -> None:
    # A raw NUL is a syntax error; an escaped one follows an even number of backslashes.
    if rb"\u0000" in text and rb"\u0000" in text.replace(rb"\\", b""):
        raise StrictJsonError(JsonFault.NUL_CHARACTER, "a string holds U+0000")


def _is_written_plainly(value: JsonValue, text: bytes) -> bool:
    """Tell whether `text` is the shortest spelling of `value`: then no key can be repeated in it.

    Nearly every real message is written this way, and this costs a third of the full check.
    """
    try:
        return orjson.dumps(value, option=orjson.OPT_STRICT_INTEGER) == text
    except orjson.JSONEncodeError as cause:
        detail = "an integer is beyond 2^53 - 1"
        raise StrictJsonError(JsonFault.INTEGER_TOO_LARGE, detail) from cause


def _check_spelling(text: bytes) -> None:
    try:
        _SPELLING.decode(text.decode())
    except RecursionError as cause:  # only under a repeated key, which hid it from the depth check
        raise StrictJsonError(JsonFault.NESTED_TOO_DEEPLY, "nested too deeply") from cause


def _refuse_repeated_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        keys = [key for key, _ in pairs]
        repeated = next(key for key in keys if keys.count(key) > 1)
        raise StrictJsonError(JsonFault.KEY_REPEATED, f"the key {repeated[:64]!r} is repeated")
    return members


_SPELLING: Final = json.JSONDecoder(object_pairs_hook=_refuse_repeated_keys)
