"""Settle: what a run has found becomes discrepancies, in one transaction with their histories."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

import msgspec

from hub.domain.reconciliation.codes import MEANING
from hub.domain.reconciliation.concerned import answer_due_at
from hub.domain.reconciliation.discrepancy import Discrepancy, DiscrepancyEvent, DiscrepancyState
from hub.domain.reconciliation.findings import Evidence, Finding, Statement
from hub.domain.reconciliation.runs import Change, Run, settle
from hub.domain.reconciliation.words import lines, state_words
from hub.storage.ids import Ids
from hub.storage.json_text import json_text
from hub.storage.queries.reconciliation_cases import (
    HistoryEntry,
    StoredFacts,
    add_history,
    load_relevant,
    lock_cases,
    move_discrepancies,
    write_discrepancies,
)
from hub.storage.unit_of_work import UnitOfWork
from schema.serials import SerialSet

OPENED: Final = "opened"
"""The first event of every history; the others are those of the life."""
_FOUND: Final = frozenset({DiscrepancyEvent.FOUND_AGAIN, DiscrepancyEvent.FOUND_CHANGED})


class PartOfRun(NamedTuple):
    """Findings of one pair or of all registries together, and what exactly was compared."""

    run: Run
    findings: Sequence[Finding]


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """What a run has done to discrepancies."""

    opened: tuple[Discrepancy, ...] = ()
    changes: tuple[Change, ...] = ()

    @property
    def reopened(self) -> tuple[Discrepancy, ...]:
        """The discrepancies that were closed and are back."""
        return tuple(
            one.after for one in self.changes if one.before.is_closed and not one.after.is_closed
        )

    @property
    def resolved(self) -> tuple[Discrepancy, ...]:
        """The discrepancies that were not found any more."""
        return tuple(
            one.after
            for one in self.changes
            if one.after.state is DiscrepancyState.RESOLVED is not one.before.state
        )


async def settle_run(
    work: UnitOfWork,
    ids: Ids,
    parts: Sequence[PartOfRun],
    *,
    run_id: UUID,
    hub: str,
    now: datetime,
) -> Settled:
    """Match the findings with the discrepancies that are known, and write what changes.

    Nobody else settles meanwhile. `now` is the hub's time, from which answers are due.
    """
    await lock_cases(work.connection)
    series = {finding.series for part in parts for finding in part.findings}
    known = await load_relevant(work.connection, ids, series)
    opened: list[Discrepancy] = []
    changes: list[Change] = []
    told: list[tuple[Discrepancy, StoredFacts]] = []
    for part in parts:
        outcome = settle(part.findings, known, part.run)
        opened.extend(outcome.opened)
        changes.extend(outcome.changes)
        found = [*outcome.opened, *(one.after for one in outcome.changes if one.event in _FOUND)]
        told.extend((one, _facts(one, part, run_id=run_id, hub=hub, now=now)) for one in found)
    await write_discrepancies(work.connection, ids, told)
    found_now = {one.discrepancy_id for one, _ in told}
    await move_discrepancies(
        work.connection,
        [one.after for one in changes if one.after.discrepancy_id not in found_now],
    )
    await add_history(work.connection, list(_history(opened, changes, told, hub, now)))
    return Settled(opened=tuple(opened), changes=tuple(changes))


def _facts(
    discrepancy: Discrepancy, part: PartOfRun, *, run_id: UUID, hub: str, now: datetime
) -> StoredFacts:
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
        due_at=answer_due_at(discrepancy.severity, now),
        run_id=run_id,
    )


def _history(
    opened: Iterable[Discrepancy],
    changes: Iterable[Change],
    told: Iterable[tuple[Discrepancy, StoredFacts]],
    actor: str,
    now: datetime,
) -> Iterable[HistoryEntry]:
    facts = {one.discrepancy_id: facts for one, facts in told}
    for one in opened:
        yield HistoryEntry(
            discrepancy_id=one.discrepancy_id,
            happened_at=now,
            event=OPENED,
            from_state=None,
            to_state=one.state,
            actor=actor,
            words=facts[one.discrepancy_id].words,
            details=_details(one, facts[one.discrepancy_id]),
        )
    for change in changes:
        after = change.after
        if change.after == change.before:
            continue
        at_hand = facts.get(after.discrepancy_id)
        words = at_hand.words if at_hand else f"{MEANING[after.code].what} {change.event}."
        yield HistoryEntry(
            discrepancy_id=after.discrepancy_id,
            happened_at=now,
            event=change.event,
            from_state=change.before.state,
            to_state=after.state,
            actor=actor,
            words=words,
            details=_details(after, at_hand) if at_hand else "{}",
        )


def _details(discrepancy: Discrepancy, facts: StoredFacts) -> str:
    """Return what was disputed at this point, so that later changes overwrite nothing."""
    return json_text(
        {
            "code": discrepancy.code,
            "serials": [(one.first, one.last) for one in discrepancy.serials.ranges],
            "ours": msgspec.Raw(facts.ours.encode()),
            "theirs": msgspec.Raw(facts.theirs.encode()),
        }
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
