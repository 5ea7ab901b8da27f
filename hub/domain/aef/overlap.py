"""Checks of the same units in several rows: II02 to II05, double use, holdings held twice.

Rows of all submissions are compared per number space, at least one of the two in the checked one.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator
from itertools import combinations

from hub.domain.aef.blocks import CONSUMING
from hub.domain.aef.codes import FindingCode, Severity
from hub.domain.aef.findings import Finding
from hub.domain.aef.sweep import (
    Pair,
    Placed,
    cross_disagreements,
    cross_overlaps,
    disagreements,
    overlaps,
)
from hub.domain.aef.underlying import Units, is_half_given, units_of
from hub.domain.aef.world import Entry, World, records_of
from schema.aef.fields import Table
from schema.aef.records import ActionRecord, BlockRecord, Space

Groups = dict[Space, list[Placed[Hashable]]]
Chosen = Callable[[Entry], Hashable | None]
"""What is compared about a row; None leaves the row out."""

DISTINCT_SECTOR_SETS_MAX = 64


def check_repetition(world: World) -> Iterator[Finding]:
    """II02: no action is reported twice. Rows with a time of day repeat only at the same instant.

    Without a time of day a block may move twice on one day when it came back in between; then the
    repetition is a warning.
    """
    seen: dict[Hashable, Entry] = {}
    returns = {
        (entry.record.date, world.space_of(entry), entry.record.type)
        for entry in world.own(Table.ACTIONS)
        if isinstance(entry.record, ActionRecord)
    }
    for entry in world.entries(Table.ACTIONS):
        key = action_key(world, entry)
        if key is None:
            continue
        first = seen.setdefault(key, entry)
        if first is entry or (first.report_index and entry.report_index):
            continue
        here, there = (entry, first) if entry.report_index == 0 else (first, entry)
        opposite = {"Transfer": "Acquisition", "Acquisition": "Transfer"}
        record = here.record
        came_back = isinstance(record, ActionRecord) and (
            (record.date, world.space_of(here), opposite.get(record.type or "")) in returns
            and not isinstance(record.date, dt.datetime)
        )
        yield world.finding(
            FindingCode.II02,
            here,
            "first_id",
            "the same action on the same block is reported in two rows",
            related=[world.locate(there, "first_id")],
            severity=Severity.WARNING if came_back else None,
        )


def action_key(world: World, entry: Entry) -> Hashable | None:
    """Return what makes an action the same action; None when a part of it is missing."""
    record = entry.record
    if not isinstance(record, ActionRecord):
        return None
    space = world.space_of(entry)
    key = (record.date, record.type, record.registry_id, space, record.first_id, record.last_id)
    return None if None in key else (*key, record.subtype)


def check_sectors(world: World) -> Iterator[Finding]:
    """II03: rows of the same units cite authorizations with a sector, and an activity, in common.

    An authorization may cover several sectors; two of them contradict each other only when they
    share none.
    """
    for name in ("sectors", "activity_types"):
        groups: dict[Space, dict[frozenset[str], list[Placed[Hashable]]]] = defaultdict(dict)
        for entry in world.entries():
            values = frozenset(
                value for cited in world.cited_by(entry) for value in getattr(cited.record, name)
            )
            space, placed = world.space_of(entry), place(entry)
            if values and space is not None and placed is not None:
                groups[space].setdefault(values, []).append(placed)
        for sets in groups.values():
            for one, other in combinations(list(sets)[:DISTINCT_SECTOR_SETS_MAX], 2):
                if one & other:
                    continue
                for pair in cross_overlaps(sets[one], sets[other]):
                    message = (
                        f"{name.replace('_', ' ')} {_listed(one)} here, {_listed(other)} there"
                    )
                    yield from _about(world, FindingCode.II03, pair, "authorization_id", message)


def _listed(values: frozenset[str]) -> str:
    return ", ".join(sorted(values))


def check_metrics(world: World) -> Iterator[Finding]:
    """II04: the same units have one metric in all rows, and that of the cited authorization."""
    for pair in _conflicts(world, lambda entry: entry.record.metric):
        message = f"metric {pair[0].value} here, {pair[1].value} there"
        yield from _about(world, FindingCode.II04, pair, "metric", message)
    for entry in world.own():
        metrics = {cited.record.metric for cited in world.cited_by(entry)} - {None}
        if entry.record.metric is not None and metrics and entry.record.metric not in metrics:
            message = f"metric {entry.record.metric}, but the authorization has {metrics.pop()}"
            yield world.finding(FindingCode.II04, entry, "metric", message)


def check_underlying(world: World) -> Iterator[Finding]:
    """II05: unit IDs are given in pairs, as many as ITMOs, and run alongside them everywhere."""
    by_notation: dict[str, dict[Hashable, Hashable]] = defaultdict(dict)
    backing: dict[Hashable, list[Placed[Hashable]]] = defaultdict(list)
    for entry in world.entries():
        units, first = units_of(entry.record), entry.record.first_id
        if entry.report_index == 0:
            yield from _own_units(world, entry, units)
        if units is None or first is None or place(entry) is None:
            continue
        offset = units.first - first
        by_notation[units.space.notation][entry[:3]] = (units.space, offset)
        backing[units.space].append(_placed_units(entry, units, (world.space_of(entry), offset)))
    for values in by_notation.values():
        for pair in _conflicts(world, _chosen_from(values)):
            message = "the same ITMOs stand on other underlying units there"
            yield from _about(world, FindingCode.II05, pair, "first_unit_id", message)
    for blocks in backing.values():
        for pair in _own_first(blocks, disagreements, cross_disagreements):
            message = "the same underlying units stand behind other ITMOs there"
            yield from _about(world, FindingCode.UNIT_BACKS_TWO, pair, "first_unit_id", message)


def _chosen_from(values: dict[Hashable, Hashable]) -> Chosen:
    return lambda entry: values.get(entry[:3])


def _own_units(world: World, entry: Entry, units: Units | None) -> Iterator[Finding]:
    record = entry.record
    if is_half_given(record):
        name = "first_unit_id" if record.first_unit_id is None else "last_unit_id"
        message = "only one of first and last unit ID is given"
        yield world.finding(FindingCode.II05, entry, name, message)
        return
    if units is None:
        if record.first_unit_id is not None:
            message = "first and last unit ID bound no run of numbers that could be compared"
            yield world.finding(FindingCode.NOT_COMPARABLE, entry, "first_unit_id", message)
        return
    if record.metric == "GHG" and record.count is not None and units.unit_count != record.count:
        message = f"{units.unit_count} underlying units stand behind {record.count} ITMOs"
        yield world.finding(FindingCode.II05, entry, "last_unit_id", message)


def _placed_units(entry: Entry, units: Units, value: Hashable) -> Placed[Hashable]:
    return Placed(
        first=units.first,
        last=units.last,
        table=entry.table,
        row_index=entry.row_index,
        value=value,
        report_index=entry.report_index,
    )


def check_double_use(world: World) -> Iterator[Finding]:
    """No unit is used or cancelled twice, by anyone in any year."""
    groups = _grouped(world, lambda entry: _is_type(entry, CONSUMING))
    for blocks in groups.values():
        for pair in _own_first(blocks, overlaps, cross_overlaps):
            if not _is_repetition(world, pair):
                message = "units used or cancelled here are used or cancelled there too"
                yield from _about(world, FindingCode.DOUBLE_USE, pair, "first_id", message)


def check_single_first_transfer(world: World) -> Iterator[Finding]:
    """No unit is first transferred twice."""
    groups = _grouped(world, lambda entry: _is_type(entry, frozenset({"First transfer"})))
    for blocks in groups.values():
        for pair in _own_first(blocks, overlaps, cross_overlaps):
            if not _is_repetition(world, pair):
                message = "units first transferred here are first transferred there too"
                yield from _about(
                    world, FindingCode.SECOND_FIRST_TRANSFER, pair, "first_id", message
                )


def check_held_once(world: World) -> Iterator[Finding]:
    """No unit is held by two Parties, or in two registries, at the end of the same year."""
    year = world.subject.year
    groups = _grouped(
        world,
        lambda entry: (
            True
            if entry.table is Table.HOLDINGS and world.filed[entry.report_index].year == year
            else None
        ),
    )
    for blocks in groups.values():
        own = [block for block in blocks if block.report_index == 0]
        others = [block for block in blocks if block.report_index]
        for pair in cross_overlaps(own, others):
            other = world.filed[pair[1].report_index]
            message = f"units held here are reported as held by {other.party} too"
            yield from _about(world, FindingCode.HELD_TWICE, pair, "first_id", message)


def _is_type(entry: Entry, types: frozenset[str]) -> bool | None:
    record = entry.record
    return True if isinstance(record, ActionRecord) and record.type in types else None


def _is_repetition(world: World, pair: Pair[Hashable]) -> bool:
    """Say whether the two rows are one action reported twice, which is II02 and nothing more."""
    one, other = (action_key(world, _entry(world, block)) for block in pair)
    return one is not None and one == other


def place(entry: Entry, value: Hashable = None) -> Placed[Hashable] | None:
    """Return the block of a row for a sweep; None when the row bounds no block."""
    record: BlockRecord = entry.record
    if record.first_id is None or record.last_id is None or record.first_id > record.last_id:
        return None
    return Placed(
        first=record.first_id,
        last=record.last_id,
        table=entry.table,
        row_index=entry.row_index,
        value=value,
        report_index=entry.report_index,
    )


def _grouped(world: World, choose: Chosen) -> Groups:
    groups: Groups = defaultdict(list)
    for entry in world.entries():
        value = choose(entry)
        if value is None:
            continue
        space, placed = world.space_of(entry), place(entry, value)
        if space is not None and placed is not None:
            groups[space].append(placed)
    return groups


def _conflicts(world: World, choose: Chosen) -> Iterator[Pair[Hashable]]:
    for blocks in _grouped(world, choose).values():
        yield from _own_first(blocks, disagreements, cross_disagreements)


def _own_first(
    blocks: list[Placed[Hashable]],
    within: Callable[[list[Placed[Hashable]]], Iterator[Pair[Hashable]]],
    across: Callable[[list[Placed[Hashable]], list[Placed[Hashable]]], Iterator[Pair[Hashable]]],
) -> Iterator[Pair[Hashable]]:
    """Yield pairs with at least one row of the checked submission, the later own row first."""
    own = [block for block in blocks if block.report_index == 0]
    others = [block for block in blocks if block.report_index]
    for earlier, later in within(own):
        yield later, earlier
    if own and others:
        yield from across(own, others)


def _about(
    world: World, code: FindingCode, pair: Pair[Hashable], name: str, message: str
) -> Iterator[Finding]:
    here, there = (_entry(world, block) for block in pair)
    if here.report_index:
        here, there = there, here
    if here.report_index == 0:
        yield world.finding(code, here, name, message, related=[world.locate(there, name)])


def _entry(world: World, block: Placed[Hashable]) -> Entry:
    submission = world.filed[block.report_index].submission
    record = records_of(submission, block.table)[block.row_index]
    return Entry(block.report_index, block.table, block.row_index, record)
