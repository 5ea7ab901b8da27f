"""Dates as registries write them, read by patterns such as `DD MMM YY`; nothing is guessed.

Tokens: `YYYY`, `YY` (20YY: the Paris Agreement knows no other century), `MMM` (English month,
short or in full), `MM`, `DD` (one or two digits each). Everything else stands for itself. The
system's locale plays no part. `YYYY-MM-DD` is always read: no pattern can mean another day by it.
"""

import re
from datetime import date
from functools import lru_cache
from typing import Final, NamedTuple

from connectors.declarative.faults import CellError, Fault

CENTURY: Final = 2000
ISO_PATTERN: Final = "YYYY-MM-DD"

_MONTHS: Final = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_TOKENS: Final = {
    "YYYY": r"(?P<year>[0-9]{4})",
    "YY": r"(?P<short>[0-9]{2})",
    "MMM": r"(?P<name>[A-Za-z]{3,9})\.?",
    "MM": r"(?P<month>[0-9]{1,2})",
    "DD": r"(?P<day>[0-9]{1,2})",
}
_TOKEN: Final = re.compile("YYYY|YY|MMM|MM|DD")
_DASHES: Final = r"\s*(?:-|\u2013|\u2014|~|\u301c|\uff5e|to)\s*"


class Period(NamedTuple):
    """Calendar days from `first` to `last`, both included."""

    first: date
    last: date


def parse_day(text: str, patterns: tuple[str, ...]) -> date:
    """Read a calendar day in the first pattern that fits.

    Raises:
        CellError: `not_a_date`.
    """
    for pattern in (*patterns, ISO_PATTERN):
        match = _compiled(pattern).fullmatch(text)
        if match is not None:
            return _day(match.groupdict(), text)
    raise CellError(Fault.NOT_A_DATE, text)


def parse_period(text: str, patterns: tuple[str, ...]) -> Period:
    """Read two days with a dash, a tilde or `to` between them.

    Raises:
        CellError: `not_a_period`, also when the end comes before the beginning.
    """
    for pattern in (*patterns, ISO_PATTERN):
        match = _compiled_pair(pattern).fullmatch(text)
        if match is None:
            continue
        try:
            period = Period(
                parse_day(match["first_day"], patterns), parse_day(match["last_day"], patterns)
            )
        except CellError as cause:
            raise CellError(Fault.NOT_A_PERIOD, text) from cause
        if period.first > period.last:
            raise CellError(Fault.NOT_A_PERIOD, text)
        return period
    raise CellError(Fault.NOT_A_PERIOD, text)


def check_pattern(pattern: str) -> None:
    """Refuse a pattern that does not name day, month and year once each.

    Raises:
        ValueError: with the pattern.
    """
    found = _TOKEN.findall(pattern)
    wanted = ({"YYYY", "YY"}, {"MMM", "MM"}, {"DD"})
    if len(found) != len(wanted) or not all(each & set(found) for each in wanted):
        raise ValueError(f"{pattern!r} does not name day, month and year once each")


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(_expression(pattern))


@lru_cache(maxsize=256)
def _compiled_pair(pattern: str) -> re.Pattern[str]:
    plain = re.sub(r"\?P<\w+>", "?:", _expression(pattern))
    return re.compile(f"(?P<first_day>{plain}){_DASHES}(?P<last_day>{plain})")


def _expression(pattern: str) -> str:
    pieces: list[str] = []
    end = 0
    for token in _TOKEN.finditer(pattern):
        pieces += [re.escape(pattern[end : token.start()]), _TOKENS[token[0]]]
        end = token.end()
    return "".join([*pieces, re.escape(pattern[end:])])


def _day(parts: dict[str, str | None], text: str) -> date:
    year, short, name = parts.get("year"), parts.get("short"), parts.get("name")
    month = parts.get("month")
    try:
        return date(
            int(year) if year is not None else CENTURY + int(short or ""),
            _month(name) if name is not None else int(month or ""),
            int(parts["day"] or ""),
        )
    except ValueError as cause:
        raise CellError(Fault.NOT_A_DATE, text) from cause


def _month(name: str) -> int:
    folded = name.casefold()
    for number, month in enumerate(_MONTHS, start=1):
        if folded in {month, month[:3]} or (month == "september" and folded == "sept"):
            return number
    raise ValueError(name)
