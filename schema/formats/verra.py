"""Serials of Verra's registry.

What start, end, country, project and period mean is taken for verified: in published lists of
authorized credits they agree with the volume, country, project and vintage stated beside them.
"""

from collections.abc import Iterator

from schema.faults import IdentifierError, IdentifierFault
from schema.formats.dates import parse_day
from schema.formats.parsed import Finding, IdentifierFormat
from schema.formats.rules import (
    ALPHA_2,
    NUMBER,
    SERIAL,
    YEAR,
    FormatRule,
    Texts,
    guessed,
    known,
)

_TWO_DIGITS = "[0-9]{2}"

_SERIALS = "{batch}-{first}-{last}-VCS-VCU-{number}-VER-{country}"
_PERIOD = "{from_day}{from_month}{from_year}-{to_day}{to_month}{to_year}-{flag}"

_SERIAL_PARTS = (
    guessed("batch", NUMBER),
    known("first", SERIAL),
    known("last", SERIAL),
    guessed("number", NUMBER),
    known("country", ALPHA_2),
)
_PERIOD_PARTS = (
    known("from_day", _TWO_DIGITS),
    known("from_month", _TWO_DIGITS),
    known("from_year", YEAR),
    known("to_day", _TWO_DIGITS),
    known("to_month", _TWO_DIGITS),
    known("to_year", YEAR),
    guessed("flag", "[0-9]"),
)


def _checked_period(texts: Texts) -> Iterator[Finding]:
    start = parse_day(texts["from_day"], texts["from_month"], texts["from_year"])
    end = parse_day(texts["to_day"], texts["to_month"], texts["to_year"])
    if start > end:
        raise IdentifierError(IdentifierFault.DATE_INVALID, f"{start} to {end}")
    if start.year != end.year:
        yield Finding.PERIOD_SPANS_YEARS


CURRENT = FormatRule(
    format=IdentifierFormat.VERRA,
    template=f"{_SERIALS}-{{scope}}-{{project}}-{_PERIOD}",
    parts=(
        *_SERIAL_PARTS,
        guessed("scope", NUMBER),
        known("project", NUMBER),
        *_PERIOD_PARTS,
    ),
    examine=_checked_period,
)

# The older example pads its numbers with zeros and has one number less after the country.
OLDER = FormatRule(
    format=IdentifierFormat.VERRA_OLDER,
    template=f"{_SERIALS}-{{project}}-{_PERIOD}",
    parts=(*_SERIAL_PARTS, guessed("project", NUMBER), *_PERIOD_PARTS),
    examine=_checked_period,
)

RULES = (CURRENT, OLDER)
