"""A year is frozen once at its end, filed after it, and due on 15 April."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.aef.calendar import (
    DueState,
    FilingFault,
    Freeze,
    FreezeFault,
    FreezeRequest,
    deadline,
    decide_freeze,
    due_on,
    initial_report_is_missing,
    may_file,
    reminders_between,
    reminders_of,
    year_end,
)

END = year_end(2025)
AFTER = END + dt.timedelta(days=30)
BEFORE = END - dt.timedelta(days=30)


def test_the_position_is_taken_at_the_last_instant_of_the_year_in_utc() -> None:
    assert dt.datetime(2025, 12, 31, 23, 59, 59, 999_000, tzinfo=dt.UTC) == END


@pytest.mark.parametrize(
    ("request_", "decision"),
    [
        pytest.param(
            FreezeRequest(year=2025, now=AFTER), Freeze(at=END, is_taken_anew=True),
            id="a year that has ended is frozen at its end",
        ),
        pytest.param(
            FreezeRequest(year=2025, now=BEFORE), FreezeFault.YEAR_IS_OPEN,
            id="the open year is refused",
        ),
        pytest.param(
            FreezeRequest(year=2025, now=END), FreezeFault.YEAR_IS_OPEN,
            id="the last instant itself is still open",
        ),
        pytest.param(
            FreezeRequest(year=2025, now=BEFORE, at=BEFORE),
            Freeze(at=BEFORE, is_taken_anew=True),
            id="the open year is frozen at an instant that was given",
        ),
        pytest.param(
            FreezeRequest(year=2025, now=BEFORE, at=AFTER), FreezeFault.INSTANT_IS_AHEAD,
            id="an instant in the future is refused",
        ),
        pytest.param(
            FreezeRequest(year=2025, now=AFTER, at=AFTER), FreezeFault.INSTANT_IS_OUTSIDE,
            id="an instant of another year is refused",
        ),
        pytest.param(
            FreezeRequest(year=2025, now=AFTER, frozen_at=END),
            Freeze(at=END, is_taken_anew=False),
            id="freezing again returns the stored rows",
        ),
        pytest.param(
            FreezeRequest(year=2025, now=AFTER, at=BEFORE, frozen_at=END),
            FreezeFault.CORRECTION_NEEDS_FORCE,
            id="another instant needs force",
        ),
        pytest.param(
            FreezeRequest(year=2025, now=AFTER, frozen_at=END, is_forced=True),
            FreezeFault.CORRECTION_NEEDS_VERSION,
            id="a forced correction needs a new version",
        ),
        pytest.param(
            FreezeRequest(
                year=2025, now=AFTER, frozen_at=END, is_forced=True, has_new_version=True
            ),
            Freeze(at=END, is_taken_anew=True),
            id="a forced correction under a new version is taken anew",
        ),
    ],
)  # fmt: skip
def test_a_freeze_is_decided(request_: FreezeRequest, decision: Freeze | FreezeFault) -> None:
    assert decide_freeze(request_) == decision


@given(days=st.integers(1, 4000), again=st.integers(1, 4000))
def test_a_freeze_never_moves(days: int, again: int) -> None:
    first = decide_freeze(FreezeRequest(year=2025, now=END + dt.timedelta(days=days)))
    assert isinstance(first, Freeze)
    later = END + dt.timedelta(days=days + again)
    second = decide_freeze(FreezeRequest(year=2025, now=later, frozen_at=first.at))
    assert second == Freeze(at=first.at, is_taken_anew=False)


def test_filing_waits_for_the_end_of_the_year_and_for_a_clean_check() -> None:
    assert may_file(2025, BEFORE, is_submittable=True) is FilingFault.YEAR_HAS_NOT_ENDED
    assert may_file(2025, BEFORE, is_submittable=True, is_forced=True) is None
    assert may_file(2025, AFTER, is_submittable=False) is FilingFault.HAS_FINDINGS
    forced = may_file(2025, BEFORE, is_submittable=False, is_forced=True)
    assert forced is FilingFault.HAS_FINDINGS
    assert may_file(2025, AFTER, is_submittable=True) is None


@pytest.mark.parametrize(
    ("today", "filed_on", "state", "left"),
    [
        (dt.date(2025, 12, 31), None, DueState.NOT_OPEN, 105),
        (dt.date(2026, 4, 15), None, DueState.OPEN, 0),
        (dt.date(2026, 4, 16), None, DueState.OVERDUE, -1),
        (dt.date(2026, 5, 1), dt.date(2026, 4, 15), DueState.FILED, -16),
        (dt.date(2026, 5, 1), dt.date(2026, 4, 16), DueState.FILED_LATE, -16),
    ],
)
def test_a_submission_is_due_on_15_april(
    today: dt.date, filed_on: dt.date | None, state: DueState, left: int
) -> None:
    due = due_on(2025, today, filed_on)
    assert (due.state, due.days_left, due.deadline) == (state, left, dt.date(2026, 4, 15))


def test_reminders_come_before_the_deadline_on_it_and_weekly_after_it() -> None:
    days = [(day - deadline(2025)).days for day in reminders_of(2025, dt.date(2026, 4, 30))]
    assert days == [-90, -30, -14, -7, -1, 0, 7, 14]


@given(steps=st.lists(st.integers(0, 40), min_size=1, max_size=20))
def test_every_reminder_is_sent_once_however_often_it_is_looked(steps: list[int]) -> None:
    sent: list[dt.date] = []
    last = today = dt.date(2026, 1, 1)
    for step in steps:
        today += dt.timedelta(days=step)
        sent.extend(reminders_between(2025, last, today))
        last = today
    assert tuple(sent) == reminders_of(2025, today)


def test_the_initial_report_comes_no_later_than_the_first_authorization() -> None:
    day = dt.date(2025, 3, 1)
    assert not initial_report_is_missing(None, None)
    assert initial_report_is_missing(day, None)
    assert initial_report_is_missing(day, dt.date(2025, 3, 2))
    assert not initial_report_is_missing(day, day)
