"""When a year may be frozen and filed, and when a submission is due.

The reported year runs from 1 January to 31 December; its submission is due by 15 April of the next
year. Holdings are positions at year end: they are frozen once and never rebuilt from later
balances. All instants are aware UTC datetimes given by the caller.
"""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

DUE_MONTH, DUE_DAY = 4, 15
REMINDERS_BEFORE_DAYS = (90, 30, 14, 7, 1)
"""Reminders go out so many days before the deadline, then every week after it."""
OVERDUE_EVERY_DAYS = 7


def year_end(year: int) -> dt.datetime:
    """Return the instant of the position: 31 December, 23:59:59.999 UTC.

    In UTC, because local time would silently include or leave out transfers around midnight.
    """
    return dt.datetime(year, 12, 31, 23, 59, 59, 999_000, tzinfo=dt.UTC)


def deadline(year: int) -> dt.date:
    """Return the day by which the submission for a year is due (4/CMA.6, annex II)."""
    return dt.date(year + 1, DUE_MONTH, DUE_DAY)


class FreezeFault(StrEnum):
    """Why a year is not frozen."""

    YEAR_IS_OPEN = "the year has not ended, and no instant was given"
    INSTANT_IS_AHEAD = "the instant lies in the future"
    INSTANT_IS_OUTSIDE = "the instant lies outside the year"
    CORRECTION_NEEDS_FORCE = "the year is frozen; a correction must be forced"
    CORRECTION_NEEDS_VERSION = "a correction needs a new version of the submission"


@dataclass(frozen=True, slots=True, kw_only=True)
class FreezeRequest:
    """A wish to freeze the position of a year.

    `at` is an instant given by the caller; `frozen_at` the instant of the standing freeze, if there
    is one; `has_new_version` says that a higher version of the submission was opened.
    """

    year: int
    now: dt.datetime
    at: dt.datetime | None = None
    frozen_at: dt.datetime | None = None
    is_forced: bool = False
    has_new_version: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Freeze:
    """What to do: take the position at `at` anew, or return the stored rows as they are."""

    at: dt.datetime
    is_taken_anew: bool


def decide_freeze(request: FreezeRequest) -> Freeze | FreezeFault:
    """Decide about a freeze. Running it again returns the stored rows, whatever happened since.

    The instant of the freeze never reaches a file.
    """
    if request.frozen_at is not None and not request.is_forced:
        same = request.at is None or request.at == request.frozen_at
        if same:
            return Freeze(at=request.frozen_at, is_taken_anew=False)
        return FreezeFault.CORRECTION_NEEDS_FORCE
    if request.frozen_at is not None and not request.has_new_version:
        return FreezeFault.CORRECTION_NEEDS_VERSION
    at = year_end(request.year) if request.at is None else request.at
    if request.at is None and request.now <= at:
        return FreezeFault.YEAR_IS_OPEN
    if at > request.now:
        return FreezeFault.INSTANT_IS_AHEAD
    if at.astimezone(dt.UTC).year != request.year:
        return FreezeFault.INSTANT_IS_OUTSIDE
    return Freeze(at=at, is_taken_anew=True)


class FilingFault(StrEnum):
    """Why a submission is not filed."""

    YEAR_HAS_NOT_ENDED = "the year has not ended"
    HAS_FINDINGS = "the submission has findings that stand in the way"


def may_file(
    year: int, now: dt.datetime, *, is_submittable: bool, is_forced: bool = False
) -> FilingFault | None:
    """Say why a candidate, checked with its date of submission, is not filed; None when it is.

    A forced filing goes before the end of the year, never past findings.
    """
    if now <= year_end(year) and not is_forced:
        return FilingFault.YEAR_HAS_NOT_ENDED
    return None if is_submittable else FilingFault.HAS_FINDINGS


class DueState(StrEnum):
    """How a submission stands to its deadline."""

    NOT_OPEN = "the year has not ended"
    OPEN = "due"
    OVERDUE = "overdue"
    FILED = "filed"
    FILED_LATE = "filed late"


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """The deadline of a Party's submission on a day. `days_left` is negative when overdue."""

    year: int
    state: DueState
    deadline: dt.date
    days_left: int


def due_on(year: int, today: dt.date, filed_on: dt.date | None = None) -> Due:
    """Say how the submission of a year stands on a day."""
    day = deadline(year)
    left = (day - today).days
    if filed_on is not None:
        state = DueState.FILED if filed_on <= day else DueState.FILED_LATE
    elif today <= dt.date(year, 12, 31):
        state = DueState.NOT_OPEN
    else:
        state = DueState.OPEN if left >= 0 else DueState.OVERDUE
    return Due(year=year, state=state, deadline=day, days_left=left)


def reminders_of(year: int, until: dt.date) -> tuple[dt.date, ...]:
    """Return the days of reminders for a year that is not filed, up to and with `until`.

    Before the deadline on fixed days, on the deadline itself, then every week while it is overdue.
    """
    day = deadline(year)
    before = [day - dt.timedelta(days=days) for days in REMINDERS_BEFORE_DAYS]
    late = range(0, max(0, (until - day).days) + 1, OVERDUE_EVERY_DAYS)
    after = [day + dt.timedelta(days=days) for days in late]
    return tuple(reminder for reminder in (*before, *after) if reminder <= until)


def reminders_between(year: int, last_sent: dt.date, today: dt.date) -> tuple[dt.date, ...]:
    """Return the reminders that fell due after `last_sent`, up to and with today."""
    return tuple(day for day in reminders_of(year, today) if day > last_sent)


def initial_report_is_missing(
    first_authorization: dt.date | None, initial_report: dt.date | None
) -> bool:
    """Say whether the initial report is late: it comes no later than the first authorization.

    2/CMA.3, annex, para 18: where practical it comes together with the next biennial transparency
    report, which a person has to judge.
    """
    if first_authorization is None:
        return False
    return initial_report is None or initial_report > first_authorization
