"""What becomes of discrepancies, whoever caused it: written, told, frozen and lifted together.

All changes go through one desk inside a transaction: rows and history, freezes and their end,
notices to the registries concerned, and an act of the hub in the journal.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from hub.domain.admission import hub_message_id
from hub.domain.reconciliation.codes import Severity
from hub.domain.reconciliation.concerned import ANSWER_WITHIN
from hub.domain.reconciliation.discrepancy import Discrepancy
from hub.domain.reconciliation.freezes import (
    LIMITS,
    ClaimantKind,
    FreezeLimits,
    SerialFreeze,
    calls_for_freeze,
    claimant_kind,
    follow,
    freeze,
)
from hub.domain.state import Outgoing
from hub.services.hub_acts import record_acts
from hub.services.identity import HubIdentity
from hub.services.outgoing_envelopes import owed
from hub.storage.json_text import json_text
from hub.storage.queries.outbox import enqueue
from hub.storage.queries.reconciliation_cases import (
    HistoryEntry,
    StoredFacts,
    add_history,
    load_facts,
    move_discrepancies,
    write_discrepancies,
)
from hub.storage.queries.reconciliation_freezes import (
    add_freezes,
    change_freezes,
    holders_of,
    load_freezes_of,
)
from hub.storage.unit_of_work import UnitOfWork
from schema.identifiers import RegistryId
from schema.messages import DiscrepancyNotice, DisputedSerials
from schema.refusals import Refusal
from schema.wire import MAX_BLOCKS

OPENED: Final = "opened"
"""The first event of every history; the others are those of the life."""
WORDS_CHARS_MAX: Final = 3_900
"""Of a notice; the whole text stands in the hub's record."""


class CasePolicy(msgspec.Struct, frozen=True, kw_only=True):
    """What an operator may set; the defaults are the rules' own."""

    answer_within: dict[Severity, timedelta] = msgspec.field(
        default_factory=lambda: dict(ANSWER_WITHIN)
    )
    freeze_limits: dict[ClaimantKind, FreezeLimits] = msgspec.field(
        default_factory=lambda: dict(LIMITS)
    )


class CaseChange(msgspec.Struct, frozen=True, kw_only=True):
    """One step in the life of a discrepancy."""

    before: Discrepancy | None
    """None when it is opened."""
    after: Discrepancy
    event: str
    actor: str
    words: str
    facts: StoredFacts | None = None
    """What both sides say now; None when that has not changed."""
    message_id: UUID | None = None
    """The signed message behind it."""

    @property
    def is_news(self) -> bool:
        """Whether the registries concerned are to be told."""
        before, after = self.before, self.after
        return (
            before is None
            or before.is_closed != after.is_closed
            or (before.serials, before.evidence_digest) != (after.serials, after.evidence_digest)
        )


@dataclass(kw_only=True)
class CaseDesk:
    """Carries out changes of discrepancies in the transaction of `work`.

    The caller holds the lock of cases and, where serials may be frozen or freed, of their series.
    """

    work: UnitOfWork
    identity: HubIdentity
    policy: CasePolicy
    now: datetime
    _frozen_until: dict[UUID, datetime] = field(default_factory=dict)

    async def carry_out(self, changes: Sequence[CaseChange]) -> None:
        """Write all changes and tell those concerned; nothing is told of what has not changed."""
        changes = [one for one in changes if one.before != one.after or one.facts is not None]
        if not changes:
            return
        connection = self.work.connection
        told = [(one.after, one.facts) for one in changes if one.facts is not None]
        await write_discrepancies(connection, self.work.ids, told)
        await move_discrepancies(connection, [one.after for one in changes if one.facts is None])
        await self._freeze(changes)
        await add_history(connection, [self._entry(one) for one in changes])
        await self._tell([one for one in changes if one.is_news])

    def _entry(self, change: CaseChange) -> HistoryEntry:
        after, before = change.after, change.before
        return HistoryEntry(
            discrepancy_id=after.discrepancy_id,
            happened_at=self.now,
            event=change.event,
            from_state=None if before is None else before.state,
            to_state=after.state,
            actor=change.actor,
            words=change.words,
            message_id=change.message_id,
            details="{}" if change.facts is None else _details(after, change.facts),
        )

    async def _freeze(self, changes: Sequence[CaseChange]) -> None:
        """Freeze what is newly in dispute, and lift what no longer is."""
        cases = [one.after for one in changes if one.after.dispute.series is not None]
        if not cases:
            return
        connection = self.work.connection
        holders = await holders_of(connection, self.work.ids, cases)
        earlier = await load_freezes_of(
            connection,
            self.work.ids,
            discrepancies=[one.discrepancy_id for one in cases],
            claimants={source for one in cases for source in one.sources},
        )
        followed = [after for one in cases for after in follow(earlier, one, at=self.now)]
        added: list[SerialFreeze] = []
        by_claimant: dict[str, list[SerialFreeze]] = defaultdict(list)
        for standing in earlier:
            by_claimant[standing.claimant].append(standing)
        for change in changes:
            if change.is_news and calls_for_freeze(change.after):
                claimed = self._claim(change.after, holders, by_claimant)
                if claimed is not None:
                    added.append(claimed)
        await change_freezes(connection, self.work.ids, followed, at=self.now)
        await add_freezes(connection, self.work.ids, added)
        ended = {(one.discrepancy_id, one.claimant, one.until) for one in followed if one.lifted_at}
        for one in (*earlier, *added):
            key = (one.discrepancy_id, one.claimant, one.until)
            if one.in_force(self.now) and key not in ended:
                until = self._frozen_until.get(one.discrepancy_id, one.until)
                self._frozen_until[one.discrepancy_id] = max(until, one.until)

    def _claim(
        self,
        discrepancy: Discrepancy,
        holders: Mapping[UUID, frozenset[RegistryId]],
        earlier: Mapping[str, list[SerialFreeze]],
    ) -> SerialFreeze | None:
        """Freeze on behalf of a source that may; its statement is its claim."""
        series = discrepancy.dispute.series
        assert series is not None, "only serials are frozen"
        held_by = holders[discrepancy.discrepancy_id]
        entitled = [
            (list(ClaimantKind).index(kind), source)
            for source in discrepancy.sources
            if (kind := claimant_kind(source, series, held_by)) is not None
            and source != self.identity.hub_id
        ]
        for _, source in sorted(entitled):
            claimed = freeze(
                discrepancy,
                source,
                holders=held_by,
                earlier=earlier.get(source, ()),
                at=self.now,
                limits=self.policy.freeze_limits,
            )
            if not isinstance(claimed, Refusal):
                return claimed
        return None

    async def _tell(self, news: Sequence[CaseChange]) -> None:
        if not news:
            return
        unchanged = [one.after.discrepancy_id for one in news if one.facts is None]
        stored = await load_facts(self.work.connection, unchanged)
        acts: list[DiscrepancyNotice] = []
        outgoing: list[Outgoing] = []
        for one in news:
            facts = one.facts or stored[one.after.discrepancy_id]
            acts.append(self._notice(one.after, facts, self.identity.hub_id))
            outgoing.extend(
                Outgoing(to=registry, message=self._notice(one.after, facts, registry))
                for registry in sorted(one.after.concerned)
            )
        await record_acts(self.work, self.identity, acts, self.now)
        await enqueue(self.work.connection, [owed(one) for one in outgoing], at=self.now)

    def _notice(self, one: Discrepancy, facts: StoredFacts, to: str) -> DiscrepancyNotice:
        name = (one.discrepancy_id, one.state, one.changed_at, one.evidence_digest, to)
        serials = list(_disputed(one))
        more = len(serials) - MAX_BLOCKS
        words = facts.words[:WORDS_CHARS_MAX]
        return DiscrepancyNotice(
            message_id=hub_message_id("discrepancy", *name),
            discrepancy_id=one.discrepancy_id,
            code=one.code,
            severity=one.severity,
            state=one.state,
            words=f"{words} ({more} more ranges)" if more > 0 else words,
            tonnes=facts.tonnes,
            serials=tuple(serials[:MAX_BLOCKS]),
            due_at=facts.due_at or self.now,
            frozen_until=self._frozen_until.get(one.discrepancy_id),
        )


def _disputed(one: Discrepancy) -> Iterable[DisputedSerials]:
    series = one.dispute.series
    if series is None:
        return
    for serials in one.serials.ranges:
        yield DisputedSerials(
            approach=series.approach,
            registry=series.registry,
            first_party=series.first_party,
            vintage=series.vintage,
            first=serials.first,
            last=serials.last,
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
