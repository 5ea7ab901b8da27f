"""The consistency checks II01 to II06 of the known checker, with its flaws.

Only these six are wired into the run of the tool. Each flaw is deliberate here, because the purpose
is to tell a Party what the tool will say; what is right is in `consistency` and `overlap`.
"""

import datetime as dt
import re
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Sequence
from typing import NamedTuple

from hub.domain.aef.findings import locate
from hub.domain.aef.known_syntax import IDENTIFIER
from hub.domain.aef.known_verdicts import Prediction, Verdict
from hub.domain.aef.sweep import Placed, cross_disagreements, disagreements
from schema.aef.countries import read_party
from schema.aef.fields import Table
from schema.aef.rows import Report, Row
from schema.aef.tables import SPEC
from schema.aef.values import Value, print_value

_BLOCK_TABLES = (Table.ACTIONS, Table.HOLDINGS)
_IDENTIFIER = re.compile(IDENTIFIER)


class _Block(NamedTuple):
    """One action or holding with the text parts of its identifiers."""

    report_index: int
    table: Table
    row_index: int
    row: Row
    around: Hashable
    first: int
    last: int


class _Authorization(NamedTuple):
    """One authorization and the code of the Party that reports it."""

    author: str
    row: Row


class KnownWorld:
    """The submissions as the tool compares them: as text, all authorizations in one list."""

    def __init__(self, report: Report, others: Sequence[Report] = ()) -> None:
        """Take the submission that is checked, and those the tool compares it with."""
        self.report = report
        self.reports = (report, *others)
        self.party = party_code(report)
        self.authorizations = tuple(
            _Authorization(party_code(one), row)
            for one in self.reports
            for row in one.authorizations
        )
        self.blocks = tuple(self._walk())

    def _walk(self) -> Iterator[_Block]:
        for report_index, report in enumerate(self.reports):
            for table in _BLOCK_TABLES:
                for row_index, row in enumerate(report.rows(table)):
                    ends = _ends(text(table, row, "first_id"), text(table, row, "last_id"))
                    if ends is not None:
                        yield _Block(report_index, table, row_index, row, *ends)

    def of_approach(self, approach: str) -> tuple[_Authorization, ...]:
        """Return all authorizations of an approach, whoever reports them."""
        return tuple(
            one
            for one in self.authorizations
            if text(Table.AUTHORIZATIONS, one.row, "approach_id") == approach
        )

    def answer(
        self, check: str, block: _Block, name: str, message: str, verdict: Verdict = Verdict.FAILS
    ) -> Prediction:
        """Make an answer about one cell of the checked submission."""
        field = SPEC[block.table][name]
        locus = locate(self.report, block.table, block.row_index, field)
        return Prediction(check=check, verdict=verdict, message=message, locus=locus)

    def own_blocks(self) -> Iterator[_Block]:
        """Walk the blocks of the checked submission."""
        return (block for block in self.blocks if block.report_index == 0)


def text(table: Table, row: Row, name: str) -> str:
    """Return the text of a cell."""
    return print_value(row.values[SPEC[table][name].index])


def party_code(report: Report) -> str:
    """Return the code of the reporting Party; the tool takes it from the name of the file."""
    return read_party(text(Table.SUBMISSION, report.submission, "party"))


def predict_ii01(world: KnownWorld) -> Iterator[Prediction]:
    """II01 as the tool does it: it breaks on an authorization that names no Party."""
    for approach, block in _first_by_approach(world).items():
        authorizations = world.of_approach(approach)
        listed = [
            text(Table.AUTHORIZATIONS, one.row, "authorized_parties") for one in authorizations
        ]
        if "" in listed:
            message = f"an authorization of {approach} names no Party, on which the tool breaks"
            yield world.answer("II01", block, "approach_id", message, Verdict.BREAKS)
            continue
        named = {party.strip() for cell in listed for party in cell.split(",")}
        if world.party not in named | {one.author for one in authorizations}:
            message = f"{world.party} is in no authorization of {approach}"
            yield world.answer("II01", block, "approach_id", message)


def predict_ii02(world: KnownWorld) -> Iterator[Prediction]:
    """II02 as the tool does it: two equal actions on one day are one, whatever the time."""
    actions = [block for block in world.blocks if block.table is Table.ACTIONS]
    counted = Counter(_action_key(block) for block in actions)
    for block in actions:
        if block.report_index == 0 and counted[_action_key(block)] > 1:
            message = "the tool takes rows of one day with the same block for one action"
            yield world.answer("II02", block, "first_id", message)


def predict_ii03(world: KnownWorld) -> Iterator[Prediction]:
    """II03 as the tool does it: all authorizations of an approach must have the same sectors."""
    for approach, block in _first_by_approach(world).items():
        for name in ("sectors", "activity_types"):
            sets = {
                tuple(sorted(part.strip() for part in cell.split(",")))
                for one in world.of_approach(approach)
                for cell in [text(Table.AUTHORIZATIONS, one.row, name)]
            }
            if len(sets) > 1:
                message = f"the authorizations of {approach} differ in {name.replace('_', ' ')}"
                yield world.answer("II03", block, "approach_id", message)


def predict_ii04(world: KnownWorld) -> Iterator[Prediction]:
    """II04 as the tool does it: by overlapping blocks, then all authorizations of the approach."""
    metrics: dict[Hashable, Hashable] = {_key(one): _metric(one) for one in world.blocks}
    for block, _ in _conflicts(world, metrics):
        yield world.answer("II04", block, "metric", "an overlapping block has another metric")
    for block in world.own_blocks():
        authorized = {
            text(Table.AUTHORIZATIONS, one.row, "metric")
            for one in world.of_approach(text(block.table, block.row, "approach_id"))
        }
        if authorized - {_metric(block)}:
            message = "an authorization of the approach has another metric"
            yield world.answer("II04", block, "metric", message)


def predict_ii05(world: KnownWorld) -> Iterator[Prediction]:
    """II05 as the tool does it: by the first run of characters in which the unit IDs differ."""
    sequences: dict[Hashable, Hashable] = {}
    for block in world.blocks:
        first = text(block.table, block.row, "first_unit_id")
        last = text(block.table, block.row, "last_unit_id")
        verdict, message, sequence = _sequence(first, last, block.first)
        if sequence is not None:
            sequences[_key(block)] = sequence
        elif verdict is not Verdict.PASSES and block.report_index == 0:
            yield world.answer("II05", block, "first_unit_id", message, verdict)
    for block, _ in _conflicts(world, sequences):
        message = "the tool finds another offset, or other text around it, in an overlapping block"
        yield world.answer("II05", block, "first_unit_id", message)


def predict_ii06(world: KnownWorld) -> Iterator[Prediction]:
    """II06 as the tool does it: empty lists of Parties and entities cover nobody."""
    for block in world.own_blocks():
        if block.table is not Table.ACTIONS or text(block.table, block.row, "type") != "Use":
            continue
        cited = text(block.table, block.row, "authorization_id")
        same = [
            one
            for one in world.authorizations
            if text(Table.AUTHORIZATIONS, one.row, "authorization_id") == cited
        ]
        party = text(block.table, block.row, "using_party")
        parties = {one.author for one in same} | _listed(same, "authorized_parties")
        if not party or party not in parties:
            message = "the using Party is not named by the authorization"
            yield world.answer("II06", block, "using_party", message)
        entity = text(block.table, block.row, "using_entity")
        if entity and entity not in _listed(same, "authorized_entities"):
            message = "the using entity is not named by the authorization"
            yield world.answer("II06", block, "using_entity", message)


def _listed(authorizations: Sequence[_Authorization], name: str) -> set[str]:
    cells = (text(Table.AUTHORIZATIONS, one.row, name) for one in authorizations)
    return {part.strip() for cell in cells for part in cell.split(",") if part.strip()}


def _first_by_approach(world: KnownWorld) -> dict[str, _Block]:
    first: dict[str, _Block] = {}
    for block in world.own_blocks():
        first.setdefault(text(block.table, block.row, "approach_id"), block)
    return first


def _ends(first: str, last: str) -> tuple[Hashable, int, int] | None:
    """Cut the identifiers as the tool does: commas stripped, the text around compared as text."""
    if not _IDENTIFIER.fullmatch(first) or not _IDENTIFIER.fullmatch(last):
        return None
    *head, low, tail = first.replace(",", "").split("-")
    *other_head, high, other_tail = last.replace(",", "").split("-")
    if (head, tail) != (other_head, other_tail) or int(low) > int(high):
        return None
    return (*head, tail), int(low), int(high)


def _action_key(block: _Block) -> Hashable:
    date: Value = block.row.values[SPEC[Table.ACTIONS]["date"].index]
    day = date.date() if isinstance(date, dt.datetime) else date
    names = ("type", "subtype", "registry_id", "first_id", "last_id")
    return day, *(text(Table.ACTIONS, block.row, name) for name in names)


def _metric(block: _Block) -> str:
    return text(block.table, block.row, "metric")


def _key(block: _Block) -> tuple[int, Table, int]:
    return block[:3]


def _conflicts(
    world: KnownWorld, values: dict[Hashable, Hashable]
) -> Iterator[tuple[_Block, Placed[Hashable]]]:
    """Yield own blocks that overlap a block of another value."""
    by_row = {_key(block): block for block in world.blocks}
    groups: dict[Hashable, list[Placed[Hashable]]] = defaultdict(list)
    for block in world.blocks:
        if _key(block) in values:
            placed = Placed(
                first=block.first,
                last=block.last,
                table=block.table,
                row_index=block.row_index,
                value=values[_key(block)],
                report_index=block.report_index,
            )
            groups[block.around].append(placed)
    for placed_blocks in groups.values():
        own = [placed for placed in placed_blocks if placed.report_index == 0]
        others = [placed for placed in placed_blocks if placed.report_index]
        for there, here in disagreements(own):
            yield by_row[0, here.table, here.row_index], there
        for here, there in cross_disagreements(own, others):
            yield by_row[0, here.table, here.row_index], there


def _sequence(first: str, last: str, serial: int) -> tuple[Verdict, str, Hashable | None]:
    if not first and not last:
        return Verdict.PASSES, "", None
    if not first or not last:
        return Verdict.FAILS, "only one of first and last unit ID is given", None
    if first == last:
        return Verdict.FAILS, "the tool calls a block of one unit invalid", None
    if len(first) != len(last):
        return Verdict.NOT_PREDICTABLE, "the unit IDs have different lengths", None
    start = next(
        place for place, pair in enumerate(zip(first, last, strict=True)) if len({*pair}) > 1
    )
    end = start
    while end < len(first) and first[end] != last[end]:
        end += 1
    if not first[start:end].isdigit() or not last[start:end].isdigit():
        return Verdict.BREAKS, "the unit IDs differ in something else than digits", None
    # The text around the run is cut one character short on both sides.
    around = (first[: max(start - 1, 0)], first[end + 1 :])
    return Verdict.PASSES, "", (around, int(first[start:end]) - serial)
