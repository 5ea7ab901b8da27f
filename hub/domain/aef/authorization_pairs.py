"""Authorizations that two Parties both report, or that stand on both sides of one movement."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations

from hub.domain.aef.codes import CATALOGUE, FindingCode
from hub.domain.aef.findings import Finding, locate
from hub.domain.aef.pairing import Move, Pairing, components
from hub.domain.aef.purposes import covered_by
from hub.domain.aef.world import Cited, World
from schema.aef.fields import Table
from schema.aef.tables import AUTHORIZATIONS

_SAME = (
    "authorized_on",
    "version",
    "quantity",
    "metric",
    "non_ghg_metric",
    "sectors",
    "activity_types",
    "purposes",
    "timeframe",
    "first_transfer_definition",
)
"""What two reports of one authorization say alike; free text may be worded differently."""

PAIRS_MAX = 1_000
"""Reports of one authorization that are compared with each other."""


def compare_authorizations(world: World, pairing: Pairing) -> Iterator[Finding]:
    """Compare what Parties report under one authorization ID, and the purposes of both sides."""
    groups: dict[tuple[str, str], list[Cited]] = defaultdict(list)
    for cited in world.authorizations:
        record = cited.record
        if record.authorization_id is not None and record.approach_id is not None:
            groups[record.authorization_id, record.approach_id].append(cited)
    for reported in groups.values():
        for one, other in list(combinations(reported, 2))[:PAIRS_MAX]:
            if one.author != other.author and one.record.version == other.record.version:
                yield from _differences(world, one, other)
    yield from _opposed_purposes(world, pairing)


def _differences(world: World, one: Cited, other: Cited) -> Iterator[Finding]:
    for name in _SAME:
        ours, theirs = getattr(one.record, name), getattr(other.record, name)
        if name in {"sectors", "activity_types"}:
            ours, theirs = frozenset(ours), frozenset(theirs)
        if ours and theirs and ours != theirs:
            field = AUTHORIZATIONS[name]
            report, there = (world.filed[cited.report_index].report for cited in (other, one))
            yield Finding(
                code=FindingCode.AUTHORIZATION_MISMATCH,
                severity=CATALOGUE[FindingCode.AUTHORIZATION_MISMATCH].severity,
                locus=locate(report, Table.AUTHORIZATIONS, other.row_index, field),
                message=f"{field.header} of {one.record.authorization_id} differs",
                related=(locate(there, Table.AUTHORIZATIONS, one.row_index, field),),
            )


def _opposed_purposes(world: World, pairing: Pairing) -> Iterator[Finding]:
    told: set[tuple[str | None, str | None]] = set()
    for moves in pairing.lanes.values():
        for group in components(moves):
            sides = {move.is_out: move for move in group}
            if len(sides) < len({True, False}):
                continue
            key = (sides[True].action.authorization_id, sides[False].action.authorization_id)
            if key[0] == key[1] or key in told:
                continue
            told.add(key)
            ours, theirs = (_purposes(world, sides[side]) for side in (False, True))
            if ours and theirs and not ours & theirs:
                message = f"authorization {key[1]} and the other side's {key[0]} share no purpose"
                related = [world.locate(sides[True].entry, "authorization_id")]
                yield world.finding(
                    FindingCode.AUTHORIZATION_MISMATCH,
                    sides[False].entry,
                    "authorization_id",
                    message,
                    related=related,
                )


def _purposes(world: World, move: Move) -> frozenset[str]:
    covered = (covered_by(cited.record.purposes) for cited in world.cited_by(move.entry))
    return frozenset().union(*covered)
