"""Cell values: what a cell can hold, when it counts as empty, and how it is read leniently.

Reading never loses the original: raw rows keep what the file said, and these functions say what
it means. Dates are calendar dates; timestamps are aware UTC datetimes.
"""

import datetime as dt
import re
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

Value: TypeAlias = str | int | Decimal | dt.date | dt.datetime | None
"""What one cell holds. There are no floats: readers turn them into int or Decimal."""

PRINTED_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})", re.ASCII)
TIMESTAMP = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,6}))?Z", re.ASCII
)
ISO_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
PLAIN_NUMBER = re.compile(r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?", re.ASCII)
DIGITS_MAX = 30
"""Longer runs of digits are not numbers of this field; refusing them keeps conversion cheap."""


class Kind(StrEnum):
    """The type of a field as the common nomenclature gives it."""

    TEXT = "text"
    PARTY = "code of a Party"
    INTEGER = "integer"
    NUMBER = "number"
    DATE = "date"
    ACTION_DATE = "date or timestamp"
    BLOCK_ID = "integer or full identifier"
    UNIT_ID = "integer or text"


def is_provided(value: Value) -> bool:
    """Say whether a cell counts as filled: not null, not blank, and not `NA` in any case."""
    if value is None:
        return False
    if isinstance(value, str):
        text = value.strip()
        return bool(text) and text.upper() != "NA"
    return True


def provided_text(value: Value) -> str:
    """Return the collapsed text of a filled cell, or an empty string."""
    return collapse(print_value(value)) if is_provided(value) else ""


def collapse(text: str) -> str:
    """Collapse every run of white space into one space and trim the ends."""
    return " ".join(text.split())


def print_value(value: Value) -> str:
    """Print a value as the AEF does: dd/mm/yyyy, ISO 8601 UTC timestamps, plain numbers."""
    match value:
        case None:
            return ""
        case str():
            return value
        case dt.datetime():
            return print_timestamp(value)
        case dt.date():
            return f"{value.day:02}/{value.month:02}/{value.year:04}"
        case Decimal():
            return format(value, "f")
        case _:
            return str(value)


def print_timestamp(moment: dt.datetime) -> str:
    """Print a UTC timestamp as yyyy-mm-ddThh:mm:ss.sssZ, as the metadata of February 2026 asks."""
    moment = moment if moment.tzinfo is None else moment.astimezone(dt.UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"


def read_date(value: Value) -> dt.date | None:
    """Read a calendar date from a date cell, `dd/mm/yyyy`, an ISO date or a timestamp."""
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date) or not isinstance(value, str):
        return value if isinstance(value, dt.date) else None
    text = value.strip()
    if found := PRINTED_DATE.fullmatch(text):
        day, month, year = (int(part) for part in found.groups())
        return _date(year, month, day)
    if found := ISO_DATE.fullmatch(text):
        return _date(*(int(part) for part in found.groups()))
    moment = read_timestamp(text)
    return None if moment is None else moment.date()


def read_timestamp(value: Value) -> dt.datetime | None:
    """Read an aware UTC timestamp; a bare date or another text gives None."""
    if isinstance(value, dt.datetime):
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)
    if not isinstance(value, str):
        return None
    found = TIMESTAMP.fullmatch(value.strip())
    if found is None:
        return None
    *parts, fraction = found.groups()
    year, month, day, hour, minute, second = (int(part) for part in parts)
    microsecond = int((fraction or "0").ljust(6, "0"))
    try:
        return dt.datetime(year, month, day, hour, minute, second, microsecond, tzinfo=dt.UTC)
    except ValueError:
        return None


def read_integer(value: Value) -> int | None:
    """Read a whole number, thousands commas and an integral decimal allowed; otherwise None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    number = read_number(value)
    if number is None or number != number.to_integral_value():
        return None
    return int(number)


def read_number(value: Value) -> Decimal | None:
    """Read an exact decimal, thousands commas allowed; otherwise None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | Decimal):
        return Decimal(value)
    if not isinstance(value, str):
        return None
    text = value.strip()
    if len(text) > DIGITS_MAX or PLAIN_NUMBER.fullmatch(text) is None:
        return None
    return Decimal(text.replace(",", ""))


def _date(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None
