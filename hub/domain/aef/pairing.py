"""Transfers of one Party beside acquisitions of the other, serial by serial.

The two sides may cut the same units into other blocks, and may move them more than once in a year;
so the number of movements over each serial is compared, not the rows.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from hub.domain.aef.world import Entry, World
from schema.aef.fields import Table
from schema.aef.records import ActionRecord, Space

YEAR_END_DAYS = 7
"""A movement this close to the turn of the year may be in the other Party's next report."""

Range = tuple[int, int]


class Lane(NamedTuple):
    """One direction of movement in one number space."""

    seller: str
    buyer: str
    space: Space


class Move(NamedTuple):
    """One row that moves a block from one Party to another."""

    first: int
    last: int
    is_out: bool
    entry: Entry
    action: ActionRecord


@dataclass(slots=True)
class Pairing:
    """What the two sides say: all moves by lane, and the serials of a row that have no partner."""

    lanes: dict[Lane, list[Move]] = field(default_factory=lambda: defaultdict(list))
    unmatched: dict[Entry, list[Range]] = field(default_factory=lambda: defaultdict(list))


def pair_moves(world: World) -> Pairing:
    """Pair all movements between Parties that both report."""
    pairing = Pairing()
    reporting = {filed.party for filed in world.filed}
    for entry in world.entries(Table.ACTIONS):
        lane_move = move_of(world, entry)
        if lane_move is not None:
            lane, move = lane_move
            pairing.lanes[lane].append(move)
    for lane, moves in pairing.lanes.items():
        if {lane.seller, lane.buyer} <= reporting:
            for entry, found in _unmatched(moves):
                _join(pairing.unmatched[entry], found)
    return pairing


def move_of(world: World, entry: Entry) -> tuple[Lane, Move] | None:
    """Return the movement that a row reports; None for every other action."""
    action = entry.record
    party, space = world.filed[entry.report_index].party, world.space_of(entry)
    if not isinstance(action, ActionRecord) or party is None or space is None:
        return None
    first, last = action.first_id, action.last_id
    if first is None or last is None or first > last:
        return None
    is_out = action.type in {"Transfer", "First transfer"}
    other = action.acquiring_party if is_out else action.transferring_party
    if other is None or other == party or not (is_out or action.type == "Acquisition"):
        return None
    seller, buyer = (party, other) if is_out else (other, party)
    return Lane(seller, buyer, space), Move(first, last, is_out, entry, action)


def is_at_year_end(action: ActionRecord) -> bool:
    """Say whether a movement may fall into the next year, or the year before, for the partner."""
    date = action.date
    if date is None:
        return False
    day = date.date() if isinstance(date, dt.datetime) else date
    margin = dt.timedelta(days=YEAR_END_DAYS)
    return day.year != (day + margin).year or day.year != (day - margin).year


def components(moves: list[Move]) -> Iterator[list[Move]]:
    """Group the moves of a lane whose blocks overlap, directly or over others."""
    group: list[Move] = []
    reach = 0
    for move in sorted(moves, key=lambda one: (one.first, one.last)):
        if group and move.first > reach:
            yield group
            group = []
        group.append(move)
        reach = max(reach, move.last)
    if group:
        yield group


def quantity_of(moves: list[Move], *, is_out: bool) -> Decimal | None:
    """Sum the tonnes of one side of a group; None when a row gives none."""
    quantities = [move.action.quantity_tco2e for move in moves if move.is_out is is_out]
    known = [quantity for quantity in quantities if quantity is not None]
    return sum(known, Decimal(0)) if len(known) == len(quantities) else None


def _unmatched(moves: list[Move]) -> Iterator[tuple[Entry, Range]]:
    edges = sorted(
        [(move.first, 1, index) for index, move in enumerate(moves)]
        + [(move.last + 1, -1, index) for index, move in enumerate(moves)]
    )
    active: dict[bool, dict[int, None]] = {True: {}, False: {}}
    at = 0
    for serial, change, index in edges:
        if serial > at:
            surplus = len(active[True]) - len(active[False])
            if surplus:
                for row in _latest(moves, active[surplus > 0], abs(surplus)):
                    yield moves[row].entry, (at, serial - 1)
            at = serial
        side = active[moves[index].is_out]
        if change > 0:
            side[index] = None
        else:
            del side[index]


def _latest(moves: list[Move], rows: dict[int, None], count: int) -> list[int]:
    """Return the rows that have no partner: of several over one serial, the latest."""
    if len(rows) == count:
        return list(rows)

    def key(row: int) -> tuple[str, int]:
        return str(moves[row].action.date), row

    return sorted(rows, key=key)[-count:]


def _join(ranges: list[Range], found: Range) -> None:
    if ranges and ranges[-1][1] == found[0] - 1:
        ranges[-1] = (ranges[-1][0], found[1])
    else:
        ranges.append(found)
