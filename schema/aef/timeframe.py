"""The authorized timeframe: two notations of the same periods (the sources disagree on which)."""

import calendar
import datetime as dt
import re

import msgspec

from schema.aef.profile import TimeframeForm
from schema.aef.values import collapse

_MOMENT = r"(?:(?:(\d{2})/)?(\d{2})/)?(\d{4})"
_SPAN = rf"from {_MOMENT} to {_MOMENT}"
_YEARS = re.compile(r"(\d{4})\s*[-\u2013]\s*(\d{4})", re.ASCII)
_OCCURRED_AND_USE = re.compile(
    rf"(?:Occurred: {_SPAN})?(?:\. )?(?:Use: {_SPAN})?\.?", re.ASCII | re.IGNORECASE
)
_PARTS = 6


class Span(msgspec.Struct, frozen=True, order=True):
    """A period of whole days, both ends included."""

    start: dt.date
    end: dt.date


class Timeframe(msgspec.Struct, frozen=True, kw_only=True):
    """When authorized mitigation may occur, and when it may be used (4/CMA.6, para 5(c))."""

    occurred: Span | None = None
    use: Span | None = None


def read_timeframe(text: str) -> Timeframe | None:
    """Read either notation; None when the text is neither. `yyyy - yyyy` speaks of occurrence."""
    plain = collapse(text)
    if years := _YEARS.fullmatch(plain):
        first, last = (int(part) for part in years.groups())
        return None if first == 0 or last < first else Timeframe(occurred=_years(first, last))
    found = _OCCURRED_AND_USE.fullmatch(plain)
    if found is None or not plain:
        return None
    occurred, use = _span(found.groups()[:_PARTS]), _span(found.groups()[_PARTS:])
    return None if occurred is None and use is None else Timeframe(occurred=occurred, use=use)


def print_timeframe(timeframe: Timeframe, form: TimeframeForm) -> str:
    """Print a timeframe; `yyyy - yyyy` keeps only the years of occurrence (or else of use)."""
    match form:
        case TimeframeForm.YEARS:
            span = timeframe.occurred or timeframe.use
            return "" if span is None else f"{span.start.year:04} - {span.end.year:04}"
        case TimeframeForm.OCCURRED_AND_USE:
            named = (("Occurred", timeframe.occurred), ("Use", timeframe.use))
            return ". ".join(f"{name}: {_print(span)}" for name, span in named if span is not None)


def _print(span: Span) -> str:
    month_end = calendar.monthrange(span.end.year, span.end.month)[1]
    if span.start.day != 1 or span.end.day != month_end:
        pattern = "{0.day:02}/{0.month:02}/{0.year:04}"
    elif (span.start.month, span.end.month) != (1, 12):
        pattern = "{0.month:02}/{0.year:04}"
    else:
        pattern = "{0.year:04}"
    return f"from {pattern.format(span.start)} to {pattern.format(span.end)}"


def _years(first: int, last: int) -> Span:
    return Span(dt.date(first, 1, 1), dt.date(last, 12, 31))


def _span(parts: tuple[str | None, ...]) -> Span | None:
    day, month, year, last_day, last_month, last_year = (int(part or 0) for part in parts)
    if not year or not last_year:
        return None
    try:
        start = dt.date(year, month or 1, day or 1)
        end_month = last_month or 12
        end_day = last_day or calendar.monthrange(last_year, end_month)[1]
        end = dt.date(last_year, end_month, end_day)
    except ValueError:
        return None
    return Span(start, end) if start <= end else None
