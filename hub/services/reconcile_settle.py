"""Settle: what a run has found becomes discrepancies, in one transaction with their histories."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple
from uuid import UUID

import msgspec

from hub.domain.reconciliation.codes import MEANING
from hub.domain.reconciliation.discrepancy import Discrepancy, DiscrepancyEvent, DiscrepancyState
from hub.domain.reconciliation.findings import Evidence, Finding, Statement
from hub.domain.reconciliation.runs import Run, settle
from hub.domain.reconciliation.words import lines, state_words
from hub.services.reconcile_cases import OPENED, CaseChange, CaseDesk
from hub.storage.errors import TransactionConflictError
from hub.storage.json_text import json_text
from hub.storage.queries.reconciliation_cases import (
    StoredFacts,
    load_relevant,
    lock_cases,
)
from hub.storage.slice.locks import take_locks
from hub.storage.slice.writing_units import write_series
from schema.identifiers import ItmoSeries
from schema.serials import SerialSet

_FOUND: Final = frozenset({DiscrepancyEvent.FOUND_AGAIN, DiscrepancyEvent.FOUND_CHANGED})


class PartOfRun(NamedTuple):
    """Findings of one pair or of all registries together, and what exactly was compared."""

    run: Run
    findings: Sequence[Finding]


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """What a run has done to discrepancies."""

    changes: tuple[CaseChange, ...] = ()

    @property
    def opened(self) -> tuple[Discrepancy, ...]:
        """The discrepancies that are new."""
        return tuple(one.after for one in self.changes if one.before is None)

    @property
    def reopened(self) -> tuple[Discrepancy, ...]:
        """The discrepancies that were closed and are back."""
        return tuple(
            one.after
            for one in self.changes
            if one.before is not None and one.before.is_closed and not one.after.is_closed
        )

    @property
    def resolved(self) -> tuple[Discrepancy, ...]:
        """The discrepancies that were not found any more."""
        return tuple(
            one.after
            for one in self.changes
            if one.before is not None
            and one.after.state is DiscrepancyState.RESOLVED is not one.before.state
        )


async def settle_run(desk: CaseDesk, parts: Sequence[PartOfRun], *, run_id: UUID) -> Settled:
    """Match the findings with the discrepancies that are known, and carry out what changes.

    Nobody else settles meanwhile, and no transfer of disputed serials is decided.

    Raises:
        TransactionConflictError: other serials came into dispute meanwhile; try again.
    """
    connection = desk.work.connection
    series = {finding.series for part in parts for finding in part.findings}
    await write_series(connection, desk.work.ids, series)
    locked = series | _series_of(await load_relevant(connection, desk.work.ids, series))
    await take_locks(connection, alone=False, series=locked, records=())
    await lock_cases(connection)
    known = await load_relevant(connection, desk.work.ids, series)
    if not _series_of(known) <= locked:
        raise TransactionConflictError("other serials came into dispute meanwhile")
    changes = [change for part in parts for change in _changes(part, known, run_id, desk)]
    await desk.carry_out(changes)
    return Settled(changes=tuple(changes))


def _series_of(discrepancies: Iterable[Discrepancy]) -> set[ItmoSeries]:
    return {one.dispute.series for one in discrepancies if one.dispute.series is not None}


def _changes(
    part: PartOfRun, known: Sequence[Discrepancy], run_id: UUID, desk: CaseDesk
) -> Iterable[CaseChange]:
    outcome = settle(part.findings, known, part.run)
    hub = desk.identity.hub_id
    for one in outcome.opened:
        facts = _facts(one, part, run_id, desk)
        yield CaseChange(
            before=None, after=one, event=OPENED, actor=hub, words=facts.words, facts=facts
        )
    for change in outcome.changes:
        if change.event in _FOUND and change.after != change.before:
            facts = _facts(change.after, part, run_id, desk)
            yield CaseChange(
                before=change.before,
                after=change.after,
                event=change.event,
                actor=hub,
                words=facts.words,
                facts=facts,
            )
        elif change.after != change.before:
            yield CaseChange(
                before=change.before,
                after=change.after,
                event=change.event,
                actor=hub,
                words=f"{MEANING[change.after.code].what} This was {change.event}.",
            )


def _facts(discrepancy: Discrepancy, part: PartOfRun, run_id: UUID, desk: CaseDesk) -> StoredFacts:
    hub = desk.identity.hub_id
    findings = [
        one
        for one in part.findings
        if part.run.dispute_of(one) == discrepancy.dispute
        and discrepancy.serials.overlaps(SerialSet((one.serials,)))
    ]
    whole = all(one.tonnes == one.units for one in findings)
    return StoredFacts(
        words="; ".join(line for one in findings for line in lines(one)),
        ours=json_text(_said(findings, lambda source: source == hub)),
        theirs=json_text(_said(findings, lambda source: source != hub)),
        tonnes=discrepancy.serials.count if whole else sum(one.tonnes for one in findings),
        due_at=desk.now + desk.policy.answer_within[discrepancy.severity],
        run_id=run_id,
    )


def _said(findings: Iterable[Finding], of: Callable[[str], bool]) -> list[dict[str, object]]:
    return [
        _statement(finding, part, statement)
        for finding in findings
        for part in finding.evidence
        for statement in part.statements
        if of(statement.source)
    ]


def _statement(finding: Finding, part: Evidence, statement: Statement) -> dict[str, object]:
    state = statement.state
    series = finding.series
    return {
        "source": statement.source,
        "approach": series.approach,
        "registry": series.registry,
        "first_party": series.first_party,
        "vintage": series.vintage,
        "first": part.serials.first,
        "last": part.serials.last,
        "state": state,
        "quantity": None if statement.quantity is None else str(statement.quantity),
        "words": statement.words or ("nothing" if state is None else state_words(state)),
    }
