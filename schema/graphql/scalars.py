"""Scalars: numbers that outgrow 32 bits, exact decimals, instants, days and JSON."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final, NewType

import strawberry
from graphql import GraphQLError

WHOLE_MAX: Final = 2**53 - 1
"""The largest whole number that every JSON reader keeps exactly."""


def print_instant(value: datetime) -> str:
    """Print a point in time as RFC 3339 in UTC, with no more digits than it has."""
    text = value.astimezone(UTC).replace(tzinfo=None).isoformat()
    if "." in text:
        text = text.rstrip("0")
    return text + "Z"


def read_instant(text: object) -> datetime:
    """Read RFC 3339 with an offset."""
    if not isinstance(text, str):
        raise GraphQLError("an instant is a string, such as 2026-03-02T09:30:00Z")
    try:
        value = datetime.fromisoformat(text)
    except ValueError as cause:
        raise GraphQLError(f"not an instant: {text[:40]!r}") from cause
    if value.tzinfo is None:
        raise GraphQLError(f"an instant needs an offset, such as Z: {text[:40]!r}")
    return value.astimezone(UTC)


def print_decimal(value: Decimal) -> str:
    """Print an exact decimal without exponent and without trailing zeros."""
    return f"{value.normalize():f}"


def _read_whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > WHOLE_MAX:
        raise GraphQLError("a whole number between -(2^53 - 1) and 2^53 - 1 is needed")
    return value


def _read_day(text: object) -> date:
    try:
        return date.fromisoformat(str(text))
    except ValueError as cause:
        raise GraphQLError(f"not a day: {str(text)[:40]!r}") from cause


def _read_decimal(text: object) -> Decimal:
    if not isinstance(text, str) or not re.fullmatch(r"-?\d{1,20}(\.\d{1,10})?", text):
        raise GraphQLError("an exact decimal is a string such as 12.5")
    return Decimal(text)


Instant = NewType("Instant", datetime)
Day = NewType("Day", date)
Tonnes = NewType("Tonnes", int)
Serial = NewType("Serial", int)
Exact = NewType("Exact", Decimal)
Json = NewType("Json", object)

SCALARS: Final[dict[object, Any]] = {
    Instant: strawberry.scalar(
        name="DateTime",
        description="A point in time, RFC 3339 in UTC, such as `2026-03-02T09:30:00Z`.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339",
        serialize=print_instant,
        parse_value=read_instant,
    ),
    Day: strawberry.scalar(
        name="Date",
        description="A calendar day, such as `2026-03-02`.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339",
        serialize=date.isoformat,
        parse_value=_read_day,
    ),
    Tonnes: strawberry.scalar(
        name="Tonnes",
        description="Whole tonnes of CO2 equivalent, as a number up to 2^53 - 1.",
        serialize=int,
        parse_value=_read_whole,
    ),
    Serial: strawberry.scalar(
        name="Serial",
        description="The serial number of a unit inside its series, from 1 to 2^40 - 1.",
        serialize=int,
        parse_value=_read_whole,
    ),
    Exact: strawberry.scalar(
        name="Decimal",
        description="An exact decimal as a string, such as `12.5`.",
        serialize=print_decimal,
        parse_value=_read_decimal,
    ),
    Json: strawberry.scalar(
        name="JSON",
        description="A JSON value as it was recorded, such as the statement of one side.",
    ),
}
