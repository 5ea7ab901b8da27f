"""Checks between the rows of one submission: references and blocks.

Blocks are compared per number space. Where cells hold only serials, a registry whose own holdings
overlap across spaces evidently numbers its units per space; in any other registry the serials are
taken as one run, so that a wrong vintage or approach is still noticed.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping

from hub.domain.aef.codes import CATALOGUE, FindingCode
from hub.domain.aef.findings import Finding, locate
from hub.domain.aef.sweep import (
    Pair,
    Placed,
    cross_disagreements,
    cross_overlaps,
    disagreements,
    overlaps,
)
from schema.aef.fields import Table
from schema.aef.records import ActionRecord, BlockRecord, Space, Submission
from schema.aef.rows import Report
from schema.aef.tables import SPEC

CONSUMING = frozenset({"Use", "Cancellation", "Voluntary Cancellation"})
"""After one of these a unit can never be held again (2/CMA.3, annex, para 29)."""

SAME_ATTRIBUTES = (
    "approach_id",
    "first_transferring_party",
    "metric",
    "mitigation_type",
    "vintage",
)
"""What is the same wherever one unit is reported."""

_BLOCK_TABLES = (Table.ACTIONS, Table.HOLDINGS)
_Group = Mapping[Hashable, list[Placed[Hashable]]]


def check_references(report: Report, submission: Submission) -> Iterator[Finding]:
    """Find actions and holdings whose authorization or entity the submission does not list."""
    authorizations = {record.authorization_id for record in submission.authorizations}
    entities = {record.entity_id for record in submission.entities}
    for table in _BLOCK_TABLES:
        for row_index, record in enumerate(_records(submission, table)):
            cited = record.authorization_id
            if cited is not None and cited not in authorizations:
                message = f"authorization {cited} is not in Table 2"
                yield _finding(
                    report, FindingCode.MISSING_AUTHORIZATION, table, row_index,
                    "authorization_id", message,
                )  # fmt: skip
            entity = record.using_entity if isinstance(record, ActionRecord) else None
            if entity is not None and entity not in entities:
                message = f"entity {entity} is not in Table 5"
                yield _finding(
                    report, FindingCode.MISSING_ENTITY, table, row_index, "using_entity", message
                )


def check_blocks(report: Report, submission: Submission) -> Iterator[Finding]:
    """Find invalid ranges, holdings that overlap, and actions that contradict holdings."""
    for table in _BLOCK_TABLES:
        for row_index, record in enumerate(_records(submission, table)):
            first, last = record.first_id, record.last_id
            if first is not None and last is not None and first > last:
                message = f"first ID {first} is above last ID {last}"
                yield _finding(
                    report, FindingCode.INVALID_BLOCK_RANGE, table, row_index, "first_id", message
                )
    yield from _overlapping(report, submission)
    yield from _still_held(report, submission)
    yield from _contradictions(report, submission)


def _overlapping(report: Report, submission: Submission) -> Iterator[Finding]:
    for blocks in _by_space(submission, Table.HOLDINGS).values():
        for earlier, later in overlaps(blocks):
            message = f"serials {later.first} to {later.last} are held in two rows"
            yield _paired(
                report, FindingCode.OVERLAPPING_BLOCK, (later, earlier), "first_id", message
            )


def _still_held(report: Report, submission: Submission) -> Iterator[Finding]:
    held = _by_space(submission, Table.HOLDINGS)
    consumed = _by_space(submission, Table.ACTIONS, types=CONSUMING)
    for space, holdings in held.items():
        for holding, action in cross_overlaps(holdings, consumed.get(space, ())):
            kind = submission.actions[action.row_index].type
            message = f"serials held although an action of type {kind} ended them"
            yield _paired(
                report, FindingCode.INCONSISTENT_BLOCK, (holding, action), "first_id", message
            )


def _contradictions(report: Report, submission: Submission) -> Iterator[Finding]:
    runs = _serial_runs(submission)
    for attribute in SAME_ATTRIBUTES:
        actions = _grouped(submission, Table.ACTIONS, attribute, runs)
        holdings = _grouped(submission, Table.HOLDINGS, attribute, runs)
        for run, held in holdings.items():
            for holding, action in cross_disagreements(held, actions.get(run, ())):
                message = f"{attribute} is {holding.value} here and {action.value} in the action"
                yield _paired(
                    report, FindingCode.INCONSISTENT_BLOCK, (holding, action), attribute, message
                )


def _serial_runs(submission: Submission) -> frozenset[str]:
    """Return the registries whose bare serials start anew in every number space."""
    by_registry: dict[str, list[Placed[Hashable]]] = defaultdict(list)
    for row_index, record in enumerate(submission.holdings):
        if record.registry_id is not None and record.series is None:
            placed = _placed(record, Table.HOLDINGS, row_index, record.space)
            by_registry[record.registry_id].extend(placed)
    return frozenset(
        registry for registry, blocks in by_registry.items() if any(disagreements(blocks))
    )


def _grouped(
    submission: Submission, table: Table, attribute: str, restarting: frozenset[str]
) -> _Group:
    groups: dict[Hashable, list[Placed[Hashable]]] = defaultdict(list)
    for row_index, record in enumerate(_records(submission, table)):
        value = getattr(record, attribute)
        if value is None:
            continue
        if record.series is not None or record.registry_id in restarting:
            run: Hashable = (record.registry_id, record.space)
        else:
            run = record.registry_id
        groups[run].extend(_placed(record, table, row_index, value))
    return groups


def _by_space(
    submission: Submission, table: Table, types: frozenset[str] | None = None
) -> Mapping[tuple[str, Space], list[Placed[Hashable]]]:
    groups: dict[tuple[str, Space], list[Placed[Hashable]]] = defaultdict(list)
    for row_index, record in enumerate(_records(submission, table)):
        if types is not None and isinstance(record, ActionRecord) and record.type not in types:
            continue
        if record.space is not None and record.registry_id is not None:
            key = (record.registry_id, record.space)
            groups[key].extend(_placed(record, table, row_index, None))
    return groups


def _placed(
    record: BlockRecord, table: Table, row_index: int, value: Hashable
) -> Iterable[Placed[Hashable]]:
    if record.first_id is None or record.last_id is None or record.first_id > record.last_id:
        return ()
    return (
        Placed(
            first=record.first_id,
            last=record.last_id,
            table=table,
            row_index=row_index,
            value=value,
        ),
    )


def _records(submission: Submission, table: Table) -> tuple[BlockRecord, ...]:
    return submission.actions if table is Table.ACTIONS else submission.holdings


def _paired(
    report: Report, code: FindingCode, pair: Pair[Hashable], name: str, message: str
) -> Finding:
    here, there = pair
    return Finding(
        code=code,
        severity=CATALOGUE[code].severity,
        locus=locate(report, here.table, here.row_index, SPEC[here.table][name]),
        message=message,
        related=(locate(report, there.table, there.row_index, SPEC[there.table][name]),),
    )


def _finding(
    report: Report, code: FindingCode, table: Table, row_index: int, name: str, message: str
) -> Finding:
    return Finding(
        code=code,
        severity=CATALOGUE[code].severity,
        locus=locate(report, table, row_index, SPEC[table][name]),
        message=message,
    )
