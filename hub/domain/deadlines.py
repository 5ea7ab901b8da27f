"""When the hub stops waiting: an interval by its own clock that stands still in maintenance.

A client never sets the time of expiry, or the two sides could disagree about it. Each hop gets a
shorter time than the one before, so that an answer given in time also arrives in time.
"""

from collections.abc import Iterable
from datetime import datetime

from hub.domain.state import Maintenance, Policy

_TENTH = 10


def answer_until(started_at: datetime, windows: Iterable[Maintenance], policy: Policy) -> datetime:
    """Return when the wait that began at `started_at` ends, the windows left out of the count.

    Windows hold a transfer up for `policy.standstill_max` in all, however many there are.
    """
    clock, left = started_at, policy.answer_within
    for window in sorted(windows, key=lambda window: window.starts_at):
        if window.ends_at <= clock:
            continue
        if window.starts_at > clock:
            running = window.starts_at - clock
            if running >= left:
                break
            left -= running
        clock = window.ends_at
    return min(clock + left, started_at + policy.answer_within + policy.standstill_max)


def told_until(deadline: datetime, policy: Policy) -> datetime:
    """Return the earlier time by which the asked registry is told to answer."""
    return deadline - min(policy.hop_margin, policy.answer_within / _TENTH)


def window_fault(
    starts_at: datetime, ends_at: datetime, received_at: datetime, policy: Policy
) -> str | None:
    """Return why a window is none: empty, over or too long."""
    if ends_at <= starts_at:
        return "the window ends before it begins"
    if ends_at <= received_at:
        return "the window is over"
    if ends_at - max(starts_at, received_at) > policy.standstill_max:
        return f"a window lasts at most {policy.standstill_max}"
    return None
