"""Kinds of values: how Python prints the columns of one as JSON, and the same as an object.

Printing is generated code over local variables that hold the columns. Every kind gives an
expression that holds no quotes, so that it can stand in an f-string, and prints null for null.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

import orjson

from hub.storage.queries.graph.ids import global_id

TEXTS_REMEMBERED_MAX: Final = 50_000
TEXT_REMEMBERED_CHARS_MAX: Final = 64


class QuotedTexts(dict[str | None, str]):
    """JSON strings by text; short texts are remembered, for most are codes that come again."""

    def __missing__(self, text: str) -> str:
        """Quote a text that is not remembered."""
        quoted = orjson.dumps(text).decode()
        if len(text) <= TEXT_REMEMBERED_CHARS_MAX and len(self) < TEXTS_REMEMBERED_MAX:
            self[text] = quoted
        return quoted


QUOTED: Final = QuotedTexts({None: "null"})
TRUTHS: Final = {True: "true", False: "false", None: "null"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of value."""

    prints: str
    """The expression of its JSON text; `{0}` stands for the first column, `{all}` for all."""
    value: Callable[..., Any]
    """The same as an object, from the columns; the first of them is not null."""


def instant_text(value: datetime) -> str:
    """Print a point in time as RFC 3339 in UTC, with no more digits than it has."""
    text = value.astimezone(UTC).replace(tzinfo=None).isoformat()
    if "." in text:
        text = text.rstrip("0")
    return text + "Z"


def exact_text(value: Decimal | int) -> str:
    """Print an exact decimal without exponent and without trailing zeros."""
    return str(value) if isinstance(value, int) else f"{value.normalize():f}"


def _whole(value: int | None) -> str:
    return "null" if value is None else str(value)


def _instant(value: datetime | None) -> str:
    return "null" if value is None else f'"{instant_text(value)}"'


def _day(value: date | None) -> str:
    return "null" if value is None else f'"{value.isoformat()}"'


def _exact(value: Decimal | int | None) -> str:
    return "null" if value is None else f'"{exact_text(value)}"'


def _uuid(value: uuid.UUID | None) -> str:
    return "null" if value is None else f'"{value}"'


def _json(text: str | None) -> str:
    return "null" if text is None else orjson.dumps(orjson.loads(text)).decode()


def _texts(values: list[str] | None) -> str:
    return "null" if values is None else f"[{','.join([QUOTED[text] for text in values])}]"


def _wholes(values: list[int] | None) -> str:
    return "null" if values is None else f"[{','.join(map(str, values))}]"


def _hex(value: bytes | None) -> str:
    return "null" if value is None else f'"{value.hex()}"'


def _utf8(value: bytes | None) -> str:
    return "null" if value is None else QUOTED[value.decode()]


def _unit(approach: str | None, registry: str, party: str, serial: int, vintage: int) -> str:
    # The parts of an identifier hold no character that JSON escapes.
    return "null" if approach is None else f'"{approach}-{registry}-{party}-{serial}-{vintage}"'


def _node(kind: str, *parts: object) -> str:
    return "null" if parts[0] is None else f'"{global_id(kind, *parts)}"'


def _unit_node(kind: str, *parts: object) -> str:
    return "null" if parts[0] is None else f'"{global_id(kind, unit_id(*parts))}"'


def unit_id(*parts: object) -> str:
    """Print the unique identifier of a unit from its parts in order."""
    return "-".join(map(str, parts))


def _one(value: Any) -> Any:  # noqa: ANN401 - any column
    return value


TEXT: Final = Kind(prints="Q[{0}]", value=_one)
WHOLE: Final = Kind(prints="whole({0})", value=_one)
COUNT: Final = Kind(prints="{0}", value=_one)
"""A whole number that is never null."""
TRUTH: Final = Kind(prints="T[{0}]", value=_one)
INSTANT: Final = Kind(prints="instant({0})", value=_one)
DAY: Final = Kind(prints="day({0})", value=_one)
EXACT: Final = Kind(prints="exact({0})", value=Decimal)
UUID: Final = Kind(prints="uuid({0})", value=str)
JSON: Final = Kind(prints="json({0})", value=orjson.loads)
TEXTS: Final = Kind(prints="texts({0})", value=list)
WHOLES: Final = Kind(prints="wholes({0})", value=list)
HEX: Final = Kind(prints="hexadecimal({0})", value=bytes.hex)
UTF8: Final = Kind(prints="utf8({0})", value=bytes.decode)
CODE: Final = Kind(prints="{codes}[{0}]", value=_one)
"""Printed through the list of codes that the plan brings, `{codes}`."""
UNIT_ID: Final = Kind(prints="unit({all})", value=unit_id)
"""The unique identifier of a unit, from its five parts."""


def node_id(kind: str) -> Kind:
    """Return the kind of the global ids of one type of node, from the parts of its key."""
    return Kind(prints=f"node(N{kind}, {{all}})", value=lambda *key: global_id(kind, *key))


def unit_node_id(kind: str) -> Kind:
    """Return the kind of the global ids of nodes that are named by their first unit."""
    return Kind(
        prints=f"unit_node(N{kind}, {{all}})",
        value=lambda *parts: global_id(kind, unit_id(*parts)),
    )


HELPERS: Final[dict[str, Any]] = {
    "Q": QUOTED,
    "T": TRUTHS,
    "day": _day,
    "exact": _exact,
    "hexadecimal": _hex,
    "instant": _instant,
    "json": _json,
    "node": _node,
    "texts": _texts,
    "unit": _unit,
    "unit_node": _unit_node,
    "utf8": _utf8,
    "uuid": _uuid,
    "whole": _whole,
    "wholes": _wholes,
}
"""The names that printed expressions use."""
