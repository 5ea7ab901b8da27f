"""Apply: one batch of envelopes in one transaction, receipts included.

Inside the transaction, in this order: who is known already; lock and load what the new ones touch;
the rules, message by message as they arrived; write the difference; append to the journal; sign and
keep the receipts; owe the counterparties their messages. A bad message never harms its neighbours:
when a batch fails, by the database's refusal or a bug of ours, its
envelopes are tried one by one.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog

from hub.domain.admission import Moment, hub_message_id
from hub.domain.admit import admit
from hub.domain.ledger import Ledger
from hub.domain.needs import Needs, needs_of
from hub.domain.state import Policy
from hub.journal.entries import EntryOutcome, JournalEntry, encode_entry, instant_text
from hub.services.acknowledge import end_deliveries
from hub.services.arrivals import Answer, Pending
from hub.services.batch_plan import BatchPlan, Planned, Told
from hub.services.identity import HubIdentity
from hub.services.outgoing_envelopes import owed
from hub.services.reconcile_admission import open_cases, take_replies
from hub.services.reconcile_cases import CaseDesk, CasePolicy
from hub.storage.database import Database
from hub.storage.errors import (
    DatabaseUnavailableError,
    StorageError,
    TransactionConflictError,
)
from hub.storage.queries.journal import NewLeaf, append_leaves
from hub.storage.queries.messages import find_known, store_envelopes, store_receipts
from hub.storage.queries.outbox import enqueue
from hub.storage.slice.applied import Applied
from hub.storage.unit_of_work import UnitOfWork
from schema.messages import JournalLeaf, Receipt
from schema.refusals import RefusalCode, refuse

log = structlog.get_logger(__name__)

ATTEMPTS_MAX = 8
"""How often a batch is tried again after a conflict with another one."""
PAUSE_SECONDS = 0.002


@dataclass(frozen=True, slots=True, kw_only=True)
class Applier:
    """Applies batches of envelopes; any number of them at once, in any number of processes."""

    database: Database
    identity: HubIdentity
    policy: Policy
    cases: CasePolicy
    parties: dict[str, str]
    clock: Callable[[], datetime]
    after_commit: Callable[[], None]
    register_changed: Callable[[], Awaitable[None]]

    async def apply(self, batch: list[Pending]) -> list[Answer]:
        """Return one answer per envelope, in order."""
        try:
            return await self._with_retries(batch)
        except (TransactionConflictError, DatabaseUnavailableError) as cause:
            log.warning("apply.not_now", envelopes=len(batch), cause=str(cause))
        except Exception as cause:  # a bug of ours must not harm the neighbours of a message
            if len(batch) > 1:
                return [answer for one in batch for answer in await self.apply([one])]
            jti = str(batch[0].envelope.claims.jti)
            log.exception("apply.failed", jti=jti, cause=str(cause))
        later = refuse(RefusalCode.TRY_AGAIN_LATER, "no receipt: send the same envelope again")
        return [Answer(refusal=later)] * len(batch)

    async def _with_retries(self, batch: list[Pending]) -> list[Answer]:
        for attempt in range(1, ATTEMPTS_MAX):
            try:
                return await self._once(batch)
            except TransactionConflictError:
                await asyncio.sleep(PAUSE_SECONDS * attempt * attempt)
        return await self._once(batch)

    async def _once(self, batch: list[Pending]) -> list[Answer]:
        async with self.database.unit_of_work() as work:
            plan = await self._plan(work, batch)
            if plan.to_record:
                await self._record(work, plan)
        if plan.outgoing or plan.cases or plan.replies:
            self.after_commit()
        if plan.changes_register:
            await self._tell_of_register()
        return [answer for answer in plan.answers if answer is not None]

    async def _tell_of_register(self) -> None:
        """Let new and revoked keys count at once; who misses it learns by polling."""
        try:
            await self.register_changed()
        except StorageError as cause:
            log.warning("apply.register_not_told", cause=str(cause))

    async def _plan(self, work: UnitOfWork, batch: list[Pending]) -> BatchPlan:
        jtis = {pending.envelope.claims.jti for pending in batch}
        message_ids = {
            arrival.message.message_id for pending in batch for arrival in pending.arrivals
        }
        envelopes, messages = await find_known(work.connection, jtis=jtis, message_ids=message_ids)
        return BatchPlan(batch=batch, envelopes=envelopes, messages=messages)

    async def _record(self, work: UnitOfWork, plan: BatchPlan) -> None:
        now = self.clock()
        ledger = await work.load(self._needs(plan), changes_register=plan.changes_register)
        self.parties.update({key: one.party for key, one in ledger.registries.items()})
        applied = self._admit_all(ledger, plan)
        await work.flush(applied=applied, at=now)
        await end_deliveries(work.connection, plan, now)
        desk = CaseDesk(work=work, identity=self.identity, policy=self.cases, now=now)
        answered = await take_replies(desk, [reply for _, reply in plan.replies])
        for (told, _), refusal in zip(plan.replies, answered.refusals, strict=True):
            told.refusals = () if refusal is None else (refusal,)
        numbers = await store_envelopes(work.connection, [one.row() for one in plan.to_record])
        await self._journal(work, plan, numbers, now)
        for change in answered.changes:
            await desk.carry_out([change])
        await open_cases(desk, plan.cases)
        await enqueue(work.connection, [owed(outgoing) for outgoing in plan.outgoing], at=now)

    def _needs(self, plan: BatchPlan) -> Needs:
        needs = Needs()
        for planned, _, message in plan.to_admit():
            needs.merge(needs_of(message, planned.sender, self.parties))
        needs.keys.update(planned.pending.envelope.key_id for planned in plan.to_record)
        return needs

    def _admit_all(self, ledger: Ledger, plan: BatchPlan) -> list[Applied]:
        applied = []
        for planned, told, message in plan.to_admit():
            received_at = planned.pending.received_at
            if revoked_before(ledger, planned.pending.envelope.key_id, received_at):
                told.refusals = (_REVOKED,)
                continue
            moment = Moment(
                sender=planned.sender,
                received_at=received_at,
                envelope=planned.pending.envelope.raw.decode("ascii"),
            )
            plan.take(told, admit(ledger, message, moment, self.policy))
            if not told.refusals:
                applied.append(
                    Applied(message=message, sender=planned.sender, received_at=received_at)
                )
        return applied

    async def _journal(
        self, work: UnitOfWork, plan: BatchPlan, numbers: Sequence[int], now: datetime
    ) -> None:
        numbered = list(zip(numbers, plan.to_record, strict=True))
        new = [
            (number, planned, told)
            for number, planned in numbered
            for told in planned.told
            if told.is_new
        ]
        leaves = [
            NewLeaf(
                entry=encode_entry(self._entry(planned, told)),
                envelope_id=number,
                position=told.arrival.position,
                message_id=told.arrival.message.message_id,
            )
            for number, planned, told in new
        ]
        places = await append_leaves(work.connection, leaves, at=now)
        for (_, _, told), place in zip(new, places, strict=True):
            told.leaf = JournalLeaf(
                origin=self.identity.origin,
                leaf_index=place.leaf_index,
                leaf_hash=place.leaf_hash.hex(),
            )
        receipts = [(number, self._receipt(planned, now)) for number, planned in numbered]
        await store_receipts(work.connection, receipts)
        for (_, planned), (_, receipt) in zip(numbered, receipts, strict=True):
            plan.finish(planned, receipt)

    def _entry(self, planned: Planned, told: Told) -> JournalEntry:
        envelope = planned.pending.envelope
        return JournalEntry(
            envelope_digest=envelope.digest.hex(),
            jti=str(envelope.claims.jti),
            message_id=str(told.arrival.message.message_id),
            kind=told.arrival.kind,
            sender=planned.sender,
            receiver=self.identity.hub_id,
            received_at=instant_text(planned.pending.received_at),
            outcome=EntryOutcome.REFUSED if told.refusals else EntryOutcome.ACCEPTED,
            refusals=tuple(dict.fromkeys(refusal.code for refusal in told.refusals)),
        )

    def _receipt(self, planned: Planned, now: datetime) -> bytes:
        envelope = planned.pending.envelope
        receipt = Receipt(
            message_id=hub_message_id("receipt", envelope.digest.hex()),
            in_reply_to=envelope.claims.jti,
            envelope_digest=envelope.digest.hex(),
            received_at=planned.pending.received_at,
            results=tuple(told.result(self.identity.origin) for told in planned.told),
        )
        return self.identity.seal(receipt, planned.sender, now)


def revoked_before(ledger: Ledger, key_id: str, received_at: datetime) -> bool:
    """Tell whether a key was revoked, by a message before this one, from a moment before it.

    The signature was judged on arrival; the revocation may have been journalled since.
    """
    key = ledger.keys.get(key_id)
    return key is not None and key.revoked_from is not None and received_at >= key.revoked_from


_REVOKED: Final = refuse(RefusalCode.KEY_REVOKED, "the key was revoked while the message waited")
