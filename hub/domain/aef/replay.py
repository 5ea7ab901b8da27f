"""ISC01 and the roll-forward: the actions of a year, replayed over the holdings before it.

Every serial is followed through the actions of the year in order of time: what came in and did not
go out is held at year end, what went out is not. Blocks may be cut in any way on either side.
"""

import datetime as dt
from bisect import insort
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

from hub.domain.aef.blocks import CONSUMING
from hub.domain.aef.codes import FindingCode
from hub.domain.aef.findings import Finding
from hub.domain.aef.world import Entry, Filed, World
from schema.aef.fields import Table
from schema.aef.records import ActionRecord, Space

ACTIVE_MAX = 256
"""Rows over one serial that are followed; more than this are reported as double use anyway."""

_LEAVING_SUBTYPES = frozenset(
    {
        "First transfer to another Party",
        "Use or cancellation",
        "Other cancellations",
        "Mandatory cancellation to deliver OMGE",
        "Voluntary cancellation to deliver OMGE",
    }
)


_Held = dict[str, dict[int, None]]
"""The holdings over the serials at hand: row indices, the latest begun last."""


class Event(NamedTuple):
    """What an action did to a block, at which instant; ordered by time, incoming first."""

    instant: dt.datetime
    goes_out: bool
    row_index: int


class _Edge(NamedTuple):
    """Where a row begins (`change` 1) or has just ended (`change` -1)."""

    serial: int
    change: int
    kind: str
    event: Event | None
    row_index: int


class _Gap(NamedTuple):
    """Serials of one row about which something is wrong."""

    code: FindingCode
    table: Table
    row_index: int
    message: str


def check_replay(world: World) -> Iterator[Finding]:
    """Compare the holdings of the checked submission with its actions and last year's holdings."""
    before = opening_of(world)
    gaps: dict[_Gap, list[tuple[int, int]]] = defaultdict(list)
    for space, edges in _edges(world, before).items():
        for first, last, gap in _walk(space, edges, world, is_known=before is not None):
            ranges = gaps[gap]
            if ranges and ranges[-1][1] == first - 1:
                ranges[-1] = (ranges[-1][0], last)
            else:
                ranges.append((first, last))
    for gap, ranges in gaps.items():
        yield _finding(world, gap, ranges, before)


def opening_of(world: World) -> int | None:
    """Return which submission holds the position at the end of the year before, if one is there."""
    subject = world.subject
    for index, filed in enumerate(world.filed):
        if index and _is_year_before(filed, subject):
            return index
    return None


def _is_year_before(filed: Filed, subject: Filed) -> bool:
    same_party = filed.party is not None and filed.party == subject.party
    return same_party and filed.year is not None and filed.year + 1 == subject.year


def event_of(action: ActionRecord, row_index: int, party: str | None) -> Event | None:
    """Return whether an action brings units in or takes them out; None when it moves nothing."""
    if action.date is None:
        return None
    if action.type == "Acquisition":
        goes_out = False
    elif action.type in CONSUMING or _leaves(action, party):
        goes_out = True
    else:
        return None
    moment = action.date
    if not isinstance(moment, dt.datetime):
        # A bare date: what came in that day could go out again the same day.
        time = dt.time.max if goes_out else dt.time.min
        moment = dt.datetime.combine(moment, time, tzinfo=dt.UTC)
    return Event(moment, goes_out, row_index)


def _leaves(action: ActionRecord, party: str | None) -> bool:
    if action.type == "Transfer":
        return action.acquiring_party != party or party is None
    if action.type != "First transfer":
        return False
    abroad = action.acquiring_party is not None and action.acquiring_party != party
    return abroad or action.subtype in _LEAVING_SUBTYPES


def _edges(world: World, before: int | None) -> dict[Space, list[_Edge]]:
    edges: dict[Space, list[_Edge]] = defaultdict(list)
    for entry in world.entries():
        record, event = entry.record, None
        if entry.table is Table.ACTIONS:
            if entry.report_index or not isinstance(record, ActionRecord):
                continue
            event = event_of(record, entry.row_index, world.subject.party)
            if event is None:
                continue
            kind = "action"
        elif entry.report_index == 0:
            kind = "closing"
        elif entry.report_index == before:
            kind = "opening"
        else:
            continue
        space = world.space_of(entry)
        first, last = record.first_id, record.last_id
        if space is not None and first is not None and last is not None and first <= last:
            edges[space].append(_Edge(first, 1, kind, event, entry.row_index))
            edges[space].append(_Edge(last + 1, -1, kind, event, entry.row_index))
    return edges


def _walk(
    space: Space, edges: Iterable[_Edge], world: World, *, is_known: bool
) -> Iterator[tuple[int, int, _Gap]]:
    events: list[Event] = []
    held: _Held = {"opening": {}, "closing": {}}
    ordered = sorted(edges, key=lambda edge: (edge.serial, edge.change))
    at = 0
    for edge in ordered:
        if edge.serial > at:
            for gap in _judge(space, events, held, world, is_known=is_known):
                yield at, edge.serial - 1, gap
            at = edge.serial
        if edge.event is not None:
            if edge.change > 0:
                if len(events) < ACTIVE_MAX:
                    insort(events, edge.event)
            elif edge.event in events:
                events.remove(edge.event)
        elif edge.change > 0:
            held[edge.kind][edge.row_index] = None
        else:
            del held[edge.kind][edge.row_index]


def _judge(
    space: Space,
    events: list[Event],
    held: _Held,
    world: World,
    *,
    is_known: bool,
) -> Iterator[_Gap]:
    opening, closing = held["opening"], held["closing"]
    for earlier, later in pairwise(events):
        if earlier.goes_out and later.goes_out:
            yield from _left_twice(earlier, later, world)
    actions = world.subject.submission.actions
    # What is used or cancelled never comes back, whatever a wrong date says about the order.
    consumed = [event for event in events if actions[event.row_index].type in CONSUMING]
    last = next(iter(consumed or reversed(events)), None)
    if last is not None:
        action = actions[last.row_index]
        if not last.goes_out and not closing:
            message = "came in and did not go out, but is in no holding"
            yield _Gap(FindingCode.ISC01, Table.ACTIONS, last.row_index, message)
        elif last.goes_out and closing and action.type not in CONSUMING:
            message = "is held at year end although it went out"
            yield _Gap(FindingCode.ISC01, Table.HOLDINGS, next(reversed(closing)), message)
    elif is_known and opening and not closing:
        message = "was held a year before and is neither held nor gone"
        yield _Gap(FindingCode.ROLL_FORWARD, Table.SUBMISSION, next(reversed(opening)), message)
    elif is_known and closing and not opening and space.first_party != world.subject.party:
        message = "is held at year end but never came in"
        yield _Gap(FindingCode.ROLL_FORWARD, Table.HOLDINGS, next(reversed(closing)), message)


def _left_twice(earlier: Event, later: Event, world: World) -> Iterator[_Gap]:
    before, after = (
        world.subject.submission.actions[event.row_index] for event in (earlier, later)
    )
    is_repetition = (before.date, before.type, before.first_id, before.last_id) == (
        after.date,
        after.type,
        after.first_id,
        after.last_id,
    )
    # A repeated row is II02, a unit consumed twice is double use.
    both_consume = before.type in CONSUMING and after.type in CONSUMING
    if not is_repetition and not both_consume:
        message = "goes out although it had gone out before"
        yield _Gap(FindingCode.ROLL_FORWARD, Table.ACTIONS, later.row_index, message)


def _finding(world: World, gap: _Gap, ranges: list[tuple[int, int]], before: int | None) -> Finding:
    listed = ", ".join(f"{first} to {last}" for first, last in ranges[:5])
    more = " and more" if len(ranges) > len(ranges[:5]) else ""
    message = f"serials {listed}{more}: {gap.message}"
    if gap.table is not Table.SUBMISSION:
        submission = world.subject.submission
        rows = submission.actions if gap.table is Table.ACTIONS else submission.holdings
        entry = Entry(0, gap.table, gap.row_index, rows[gap.row_index])
        return world.finding(gap.code, entry, "first_id", message)
    finding = world.heading_finding(gap.code, "reported_year", message)
    if before is None:
        return finding
    opening = world.filed[before].submission.holdings[gap.row_index]
    entry = Entry(before, Table.HOLDINGS, gap.row_index, opening)
    return Finding(
        code=finding.code,
        severity=finding.severity,
        locus=finding.locus,
        message=finding.message,
        related=(world.locate(entry, "first_id"),),
    )
