"""Every message once more through the rules, in the order of the journal, into an empty state."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from hub.domain.admission import Moment
from hub.domain.admit import admit, expire
from hub.domain.ledger import Ledger
from hub.domain.needs import Needs, needs_of
from hub.domain.state import Freeze, Interval, Outgoing, Policy
from hub.services.apply import revoked_before
from hub.services.audit.evidence_pass import Opened
from hub.services.audit.report import DifferenceError, Step
from hub.services.outgoing_envelopes import owed
from hub.storage.database import Database
from hub.storage.errors import StorageError
from hub.storage.queries.audit import AuditedEntry
from hub.storage.queries.outbox import enqueue
from hub.storage.slice.applied import Applied
from schema.identifiers import ApproachId, ItmoSeries, PartyId, RegistryId
from schema.messages import (
    Acknowledgement,
    DiscrepancyAnswer,
    DiscrepancyNotice,
    HubMessage,
    RegistryMessage,
    TransferOutcome,
)
from schema.refusals import RefusalCode

_AT_THE_DOOR = frozenset({RefusalCode.MESSAGE_ID_REUSED})
"""Refused before the rules are asked."""


class ToReplay(msgspec.Struct, frozen=True, kw_only=True):
    """A message with what is stored about it."""

    entry: AuditedEntry
    message: RegistryMessage | HubMessage | Acknowledgement
    sender: str
    key_id: str
    received_at: datetime
    envelope: str

    @classmethod
    def of(cls, entry: AuditedEntry, opened: Opened) -> "ToReplay":
        """Put together what the evidence has shown to belong together."""
        assert entry.position is not None, "checked with the evidence"
        stored = opened.envelope
        return cls(
            entry=entry,
            message=opened.arrivals[entry.position].message,
            sender=stored.sender,
            key_id=stored.key_id or "",
            received_at=stored.received_at,
            envelope=stored.raw.decode("ascii"),
        )


class Replay:
    """Replays into a database of its own; what the rules say must be what was answered."""

    def __init__(
        self, scratch: Database, *, hub_id: str, policy: Policy, parties: dict[str, str]
    ) -> None:
        """Begin with nothing but what the operator has entered."""
        self._scratch = scratch
        self._hub_id = hub_id
        self._policy = policy
        self._parties = parties
        self._freezes: dict[UUID, tuple[Freeze, ...]] = {}
        """What stands still, by the discrepancy that the hub has told of."""
        self.messages = 0

    async def take(self, batch: Sequence[ToReplay]) -> None:
        """Replay the next messages in one transaction (DifferenceError)."""
        due = [one for one in batch if not isinstance(one.message, Acknowledgement)]
        if not due:
            return
        last = due[-1]
        try:
            async with self._scratch.unit_of_work() as work:
                ledger = await work.load(self._needs(due), changes_register=True)
                ledger.freezes = self._standing()
                applied: list[Applied] = []
                outgoing: list[Outgoing] = []
                for one in due:
                    outgoing.extend(self._one(ledger, one, applied))
                await work.flush(applied=applied, at=last.received_at)
                await enqueue(
                    work.connection, [owed(each) for each in outgoing], at=last.received_at
                )
        except StorageError as cause:
            first, subject = due[0].entry.leaf_index, last.entry.leaf_index
            words = f"the database refuses the replay: {cause}"
            raise DifferenceError(Step.RULES, f"entries {first} to {subject}", words) from cause
        self.messages += len(due)

    def _needs(self, batch: Sequence[ToReplay]) -> Needs:
        needs = Needs()
        for one in batch:
            needs.keys.add(one.key_id)
            if isinstance(one.message, TransferOutcome):
                needs.transfers.add(one.message.transfer_id)
            elif not isinstance(one.message, HubMessage | Acknowledgement):
                needs.merge(needs_of(one.message, one.sender, self._parties))
        return needs

    def _one(self, ledger: Ledger, one: ToReplay, applied: list[Applied]) -> tuple[Outgoing, ...]:
        message, stored = one.message, tuple(refusal.code for refusal in one.entry.refusals)
        subject = f"entry {one.entry.leaf_index}"
        if isinstance(message, Acknowledgement):
            return ()
        if isinstance(message, DiscrepancyNotice) and one.sender == self._hub_id:
            self._freezes[message.discrepancy_id] = _freezes_of(message)
            ledger.freezes = self._standing()
            return ()
        if isinstance(message, HubMessage):
            return self._own_act(ledger, one, message)
        if set(stored) <= _AT_THE_DOOR and stored:
            return ()
        if revoked_before(ledger, one.key_id, one.received_at):
            if stored != (RefusalCode.KEY_REVOKED,):
                words = "its key was revoked before; it was not refused for that"
                raise DifferenceError(Step.RULES, subject, words)
            return ()
        moment = Moment(sender=one.sender, received_at=one.received_at, envelope=one.envelope)
        told = admit(ledger, message, moment, self._policy)
        codes = tuple(refusal.code for refusal in told.refusals)
        if not codes and isinstance(message, DiscrepancyAnswer):
            # Whom a discrepancy concerns is known from statements, which the rules do not read.
            return ()
        if codes != stored:
            words = f"the rules say {_said(codes)}; the answer was {_said(stored)}"
            raise DifferenceError(Step.RULES, subject, words)
        if not codes:
            applied.append(Applied(message=message, sender=one.sender, received_at=one.received_at))
        return told.outgoing

    def _standing(self) -> list[Freeze]:
        return [freeze for freezes in self._freezes.values() for freeze in freezes]

    def _own_act(self, ledger: Ledger, one: ToReplay, message: HubMessage) -> tuple[Outgoing, ...]:
        subject = f"entry {one.entry.leaf_index}"
        if one.sender != self._hub_id or not isinstance(message, TransferOutcome):
            raise DifferenceError(Step.RULES, subject, "no act that the hub does by itself")
        if message.transfer_id not in ledger.transfers:
            raise DifferenceError(Step.RULES, subject, "expires a transfer that there is not")
        told = expire(ledger, message.transfer_id, one.received_at, self._policy)
        if message not in [each.message for each in told.outgoing]:
            raise DifferenceError(Step.RULES, subject, "the rules expire nothing here")
        return told.outgoing


def _freezes_of(notice: DiscrepancyNotice) -> tuple[Freeze, ...]:
    """Return the freezes that a notice tells of; none when the serials are free."""
    if notice.frozen_until is None:
        return ()
    return tuple(
        Freeze(
            discrepancy_id=notice.discrepancy_id,
            interval=Interval(
                ItmoSeries(
                    ApproachId(one.approach),
                    RegistryId(one.registry),
                    PartyId(one.first_party),
                    one.vintage,
                ),
                one.first,
                one.last,
            ),
            until=notice.frozen_until,
        )
        for one in notice.serials
    )


def _said(codes: Sequence[RefusalCode]) -> str:
    return ", ".join(codes) if codes else "applied"
