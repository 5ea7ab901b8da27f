"""The submissions of several Parties side by side, before the UNFCCC compares them.

2/CMA.3, annex, paras 32-34: the platform checks the information of the Parties for consistency and
notifies them; here each Party sees the same differences first.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain, islice

from hub.domain.aef import overlap
from hub.domain.aef.authorization_pairs import compare_authorizations
from hub.domain.aef.codes import FindingCode, Severity
from hub.domain.aef.findings import FINDINGS_MAX, Finding
from hub.domain.aef.pairing import (
    Lane,
    Move,
    Pairing,
    components,
    is_at_year_end,
    pair_moves,
    quantity_of,
)
from hub.domain.aef.sweep import Placed, cross_disagreements
from hub.domain.aef.world import Entry, Filed, World
from schema.aef.fields import Table

_CROSS_CHECKS: tuple[Callable[[World], Iterator[Finding]], ...] = (
    overlap.check_repetition,
    overlap.check_sectors,
    overlap.check_metrics,
    overlap.check_underlying,
    overlap.check_double_use,
    overlap.check_single_first_transfer,
    overlap.check_held_once,
)
CANDIDATES_MAX = 200
"""Transfers that are looked at as the partner of one acquisition."""
_DESCRIBED_ALIKE = ("mitigation_type", "non_ghg_metric", "gwp_values")
_SPACE_COLUMNS = {
    "approach": "approach_id",
    "first_party": "first_transferring_party",
    "vintage": "vintage",
    "registry": "first_id",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """What moved from one Party to another, in t CO2 eq as each side says, and what agrees."""

    seller: str
    buyer: str
    transferred: Decimal
    acquired: Decimal
    rows_out: int
    rows_in: int
    is_compared: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The outcome of comparing submissions: the flows between Parties, and every difference."""

    parties: tuple[str, ...]
    years: tuple[int, ...]
    flows: tuple[Flow, ...]
    findings: tuple[Finding, ...]

    @property
    def is_consistent(self) -> bool:
        """Say whether nothing differs; notes and warnings do not count."""
        return not any(finding.severity is Severity.ERROR for finding in self.findings)


def compare(filed: Sequence[Filed]) -> Comparison:
    """Compare the current submissions of two or more Parties, of one year or several.

    Raises ValueError when there is nothing to compare.
    """
    if not filed:
        message = "nothing to compare"
        raise ValueError(message)
    world = World(tuple(filed))
    pairing = pair_moves(world)
    found = chain(
        _pairing_findings(world, pairing),
        _descriptions(world, pairing),
        compare_authorizations(world, pairing),
        _crossing(filed),
    )
    return Comparison(
        parties=tuple(sorted({one.party for one in filed if one.party})),
        years=tuple(sorted({one.year for one in filed if one.year})),
        flows=tuple(_flows(world, pairing)),
        findings=tuple(islice(found, FINDINGS_MAX)),
    )


def _pairing_findings(world: World, pairing: Pairing) -> Iterator[Finding]:
    misread = dict(_misread(world, pairing))
    explained = {entry for pair in misread for entry in pair}
    # Several acquisitions may explain one transfer: a cell is told once.
    yield from {finding.locus: finding for finding in misread.values()}.values()
    for lane, moves in pairing.lanes.items():
        for move in moves:
            if move.entry in pairing.unmatched and move.entry not in explained:
                yield _unpaired(world, pairing, lane, move)
    for moves in pairing.lanes.values():
        for group in components(moves):
            if not any(move.entry in pairing.unmatched for move in group):
                yield from _quantities(world, group)


def _misread(world: World, pairing: Pairing) -> Iterator[tuple[tuple[Entry, Entry], Finding]]:
    """Find pairs of rows that miss their partner only because one column differs."""
    outs: list[tuple[Lane, Move]] = []
    ins: list[tuple[Lane, Move]] = []
    for lane, moves in pairing.lanes.items():
        for move in moves:
            if _is_alone(world, pairing, lane, move):
                (outs if move.is_out else ins).append((lane, move))
    outs.sort(key=lambda pair: pair[1].first)
    firsts = [move.first for _, move in outs]
    for lane, move in ins:
        stop = bisect_right(firsts, move.last)
        for other_lane, other in outs[max(0, stop - CANDIDATES_MAX) : stop]:
            name = _one_difference(other_lane, lane)
            if name is not None and other.first <= move.first and move.last <= other.last:
                yield (other.entry, move.entry), _differs(world, other, move, name)
                break


def _is_alone(world: World, pairing: Pairing, lane: Lane, move: Move) -> bool:
    """Say whether a whole row has no partner, be it that the partner does not report at all."""
    if pairing.unmatched.get(move.entry) == [(move.first, move.last)]:
        return True
    return not {lane.seller, lane.buyer} <= {filed.party for filed in world.filed}


def _one_difference(out: Lane, into: Lane) -> str | None:
    """Return the column in which two lanes differ, when it is just one."""
    names = [
        column
        for part, column in _SPACE_COLUMNS.items()
        if getattr(out.space, part) != getattr(into.space, part)
    ]
    if out.buyer != into.buyer:
        names.append("acquiring_party")
    if out.seller != into.seller:
        names.append("transferring_party")
    return names[0] if len(names) == 1 else None


def _differs(world: World, out: Move, into: Move, name: str) -> Finding:
    here, there = (out, into) if name == "acquiring_party" else (into, out)
    own = "transferring_party" if name == "acquiring_party" else name
    own = "acquiring_party" if name == "transferring_party" else own
    code = FindingCode.II07 if name == "approach_id" else FindingCode.ATTRIBUTE_MISMATCH
    message = "the other Party reports the same block with another value"
    related = [world.locate(there.entry, own)]
    return world.finding(code, here.entry, name, message, related=related)


def _unpaired(world: World, pairing: Pairing, lane: Lane, move: Move) -> Finding:
    ranges = ", ".join(f"{first} to {last}" for first, last in pairing.unmatched[move.entry][:5])
    near = is_at_year_end(move.action)
    hint = "; it may be in a report of the neighbouring year" if near else ""
    if move.is_out:
        code, name = FindingCode.UNPAIRED_TRANSFER, "acquiring_party"
        message = f"{lane.buyer} reports no acquisition of serials {ranges}{hint}"
    else:
        code, name = FindingCode.UNPAIRED_ACQUISITION, "transferring_party"
        message = f"{lane.seller} reports no transfer of serials {ranges}{hint}"
    severity = Severity.WARNING if near else None
    return world.finding(code, move.entry, name, message, severity=severity)


def _quantities(world: World, group: list[Move]) -> Iterator[Finding]:
    out, into = quantity_of(group, is_out=True), quantity_of(group, is_out=False)
    sides = {move.is_out: move for move in group}
    if out is None or into is None or out == into or len(sides) < len({True, False}):
        return
    message = f"{into} t CO2 eq acquired, {out} t CO2 eq transferred"
    yield world.finding(
        FindingCode.QUANTITY_MISMATCH,
        sides[False].entry,
        "quantity_tco2e",
        message,
        related=[world.locate(sides[True].entry, "quantity_tco2e")],
    )


def _descriptions(world: World, pairing: Pairing) -> Iterator[Finding]:
    for moves in pairing.lanes.values():
        for name in _DESCRIBED_ALIKE:
            out = [_placed(move, name) for move in moves if move.is_out]
            into = [_placed(move, name) for move in moves if not move.is_out]
            for acquired, transferred in cross_disagreements(into, out):
                here, there = (_entry(world, block) for block in (acquired, transferred))
                message = f"{acquired.value or 'nothing'} here, {transferred.value or 'nothing'}"
                related = [world.locate(there, name)]
                yield world.finding(
                    FindingCode.ATTRIBUTE_MISMATCH, here, name, message, related=related
                )


def _placed(move: Move, name: str) -> Placed[str]:
    return Placed(
        first=move.first,
        last=move.last,
        table=Table.ACTIONS,
        row_index=move.entry.row_index,
        value=str(getattr(move.action, name) or ""),
        report_index=move.entry.report_index,
    )


def _entry(world: World, block: Placed[str]) -> Entry:
    record = world.filed[block.report_index].submission.actions[block.row_index]
    return Entry(block.report_index, Table.ACTIONS, block.row_index, record)


def _crossing(filed: Sequence[Filed]) -> Iterator[Finding]:
    """Yield what the checks of the same units find between two different Parties."""
    for index, subject in enumerate(filed):
        others = [other for other in filed[index + 1 :] if other.party != subject.party]
        if not others:
            continue
        world = World.of(subject, others)
        for one in _CROSS_CHECKS:
            for finding in one(world):
                if any(related.party != finding.locus.party for related in finding.related):
                    yield finding


def _flows(world: World, pairing: Pairing) -> Iterator[Flow]:
    reporting = {filed.party for filed in world.filed}
    by_parties: dict[tuple[str, str], list[Move]] = {}
    for lane, moves in pairing.lanes.items():
        by_parties.setdefault((lane.seller, lane.buyer), []).extend(moves)
    for (seller, buyer), moves in sorted(by_parties.items()):
        yield Flow(
            seller=seller,
            buyer=buyer,
            transferred=_sum(moves, is_out=True),
            acquired=_sum(moves, is_out=False),
            rows_out=sum(move.is_out for move in moves),
            rows_in=sum(not move.is_out for move in moves),
            is_compared={seller, buyer} <= reporting,
        )


def _sum(moves: list[Move], *, is_out: bool) -> Decimal:
    quantities = (move.action.quantity_tco2e for move in moves if move.is_out is is_out)
    return sum((quantity or Decimal(0) for quantity in quantities), Decimal(0))
