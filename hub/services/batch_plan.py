"""What is to be done with each envelope of a batch, given what is stored already.

- a known `jti` with the known content: the first receipt again, byte for byte, at any age;
- a known `jti` with other content: recorded and refused, `message_id_reused`;
- an unknown `jti` that is stale: refused before the journal;
- a known message id with the same content under a new `jti` (an envelope issued anew): the first
  result again; with other content: refused, `message_id_reused`;
- an acknowledgement ends the delivery that it answers;
- everything else goes to the rules.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from hub.domain.admission import Admission
from hub.domain.state import Case, DiscrepancyReply, Outgoing
from hub.services.arrivals import Answer, Arrival, Pending
from hub.storage.queries.messages import KnownEnvelope, KnownMessage, NewEnvelope, NewMessage
from schema.codes import ReceiptResult
from schema.messages import (
    AccountNotice,
    Acknowledgement,
    AuthorizationNotice,
    HubMessage,
    InitialReportNotice,
    JointCommitteeDecision,
    JournalLeaf,
    KeyAnnouncement,
    KeyRevocation,
    MaintenanceWindow,
    MessageResult,
    OutcomeAnswer,
    RegistryMessage,
    RegistrySuspension,
    TransferAnswer,
    TransferProposal,
    TransferWithdrawal,
)
from schema.refusals import Refusal, RefusalCode, refuse

_CHANGES_REGISTER = (
    AccountNotice,
    AuthorizationNotice,
    InitialReportNotice,
    JointCommitteeDecision,
    KeyAnnouncement,
    KeyRevocation,
    RegistrySuspension,
    MaintenanceWindow,
)
_OF_A_TRANSFER = (TransferProposal, TransferAnswer, TransferWithdrawal, OutcomeAnswer)


@dataclass(slots=True, kw_only=True, eq=False)
class Told:
    """One message of the batch and what is told about it."""

    arrival: Arrival
    refusals: tuple[Refusal, ...] = ()
    known: KnownMessage | None = None
    """The stored message that it repeats."""
    first: "Told | None" = None
    """The message earlier in this batch that it repeats."""
    id_is_taken: bool = False
    """Its id belongs to another message: it is found under that one only."""
    leaf: JournalLeaf | None = None

    @property
    def is_new(self) -> bool:
        """Whether it gets a leaf of its own in the journal."""
        return self.known is None and self.first is None

    def outcome(self) -> ReceiptResult:
        """Return what became of the message."""
        if self.known is not None:
            return self.known.outcome
        if self.first is not None:
            return self.first.outcome()
        return ReceiptResult.REFUSED if self.refusals else ReceiptResult.APPLIED

    def result(self, origin: str) -> MessageResult:
        """Return what the receipt says; the leaf must be known by now."""
        if self.first is not None:
            return self.first.result(origin)
        refusals, leaf = self.refusals, self.leaf
        if self.known is not None:
            refusals = self.known.refusals
            assert self.known.leaf_index is not None, "what is stored has a leaf"
            assert self.known.leaf_hash is not None, "what is stored has a leaf"
            leaf = JournalLeaf(
                origin=origin,
                leaf_index=self.known.leaf_index,
                leaf_hash=self.known.leaf_hash.hex(),
            )
        assert leaf is not None, "receipts come after the journal"
        return MessageResult(
            message_id=self.arrival.message.message_id,
            result=self.outcome(),
            refusals=refusals,
            leaf=leaf,
        )

    def row(self) -> NewMessage:
        """Return the message as it is to be kept."""
        message = self.arrival.message
        return NewMessage(
            message_id=message.message_id,
            body_digest=self.arrival.body_digest,
            kind=self.arrival.kind,
            outcome=self.outcome(),
            refusals=self.refusals,
            transfer_id=message.transfer_id if isinstance(message, _OF_A_TRANSFER) else None,
            repeats=self.id_is_taken or not self.is_new,
        )


@dataclass(slots=True, kw_only=True, eq=False)
class Planned:
    """An envelope that is to be recorded."""

    pending: Pending
    reuses_jti: bool
    told: list[Told]

    @property
    def sender(self) -> str:
        """The registry that signed."""
        return self.pending.envelope.claims.iss

    def row(self) -> NewEnvelope:
        """Return the envelope as it is to be kept.

        The stored digest is the one of the signed content: whoever relays an ES256 envelope can
        spell its signature in a second way, which says nothing new.
        """
        envelope = self.pending.envelope
        single = self.told[0].arrival.message.message_id if len(self.told) == 1 else None
        return NewEnvelope(
            jti=envelope.claims.jti,
            digest=envelope.content_digest,
            sender=self.sender,
            key_id=envelope.key_id,
            kind=envelope.claims.kind,
            message_id=single,
            received_at=self.pending.received_at,
            raw=envelope.raw,
            messages=tuple(told.row() for told in self.told),
            reuses_jti=self.reuses_jti,
        )


@dataclass(slots=True, kw_only=True)
class BatchPlan:
    """The batch with its answers as they come to be known."""

    batch: list[Pending]
    envelopes: Mapping[UUID, tuple[KnownEnvelope, ...]]
    messages: Mapping[UUID, KnownMessage]
    answers: list[Answer | None] = field(default_factory=list)
    to_record: list[Planned] = field(default_factory=list)
    outgoing: list[Outgoing] = field(default_factory=list)
    cases: list[Case] = field(default_factory=list)
    replies: list[tuple[Told, DiscrepancyReply]] = field(default_factory=list)
    _recorded_as: dict[int, Planned] = field(default_factory=dict)
    """Position in the batch to the envelope whose receipt answers it."""
    _first_told: dict[UUID, Told] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Decide about each envelope."""
        planned: dict[UUID, list[Planned]] = {}
        for position, pending in enumerate(self.batch):
            jti, content = pending.envelope.claims.jti, pending.envelope.content_digest
            stored = self.envelopes.get(jti, ())
            same = next((known for known in stored if known.digest == content), None)
            if same is not None and same.receipt is not None:
                self.answers.append(Answer(receipt=same.receipt))
                continue
            here = planned.setdefault(jti, [])
            twin = next(
                (one for one in here if one.pending.envelope.content_digest == content), None
            )
            reuses = bool(stored or here)
            if twin is None and pending.stale is not None and not reuses:
                self.answers.append(Answer(refusal=pending.stale))
                continue
            if twin is None:
                twin = self._plan(pending, reuses_jti=reuses)
                here.append(twin)
            self._recorded_as[position] = twin
            self.answers.append(None)

    def _plan(self, pending: Pending, *, reuses_jti: bool) -> Planned:
        told = [self._tell_first(pending, arrival, reuses_jti) for arrival in pending.arrivals]
        planned = Planned(pending=pending, reuses_jti=reuses_jti, told=told)
        self.to_record.append(planned)
        return planned

    def _tell_first(self, pending: Pending, arrival: Arrival, reuses_jti: bool) -> Told:  # noqa: FBT001
        if reuses_jti:
            words = f"jti {pending.envelope.claims.jti} belongs to another envelope"
            return _taken(arrival, words)
        message_id = arrival.message.message_id
        known, first = self.messages.get(message_id), self._first_told.get(message_id)
        if known is not None:
            same = (known.body_digest, known.sender) == (
                arrival.body_digest,
                pending.envelope.claims.iss,
            )
            return Told(arrival=arrival, known=known) if same else _taken(arrival)
        if first is not None:
            same_here = first.arrival.body_digest == arrival.body_digest
            return Told(arrival=arrival, first=first) if same_here else _taken(arrival)
        told = self._first_told[message_id] = Told(arrival=arrival)
        return told

    def to_admit(self) -> Iterator[tuple[Planned, Told, RegistryMessage]]:
        """Yield what goes to the rules, in order of arrival."""
        for planned, told in self._new():
            message = told.arrival.message
            if not isinstance(message, Acknowledgement | HubMessage):
                yield planned, told, message

    def acknowledgements(self) -> Iterator[tuple[Planned, Told, Acknowledgement]]:
        """Yield the answers to what the hub has sent."""
        for planned, told in self._new():
            message = told.arrival.message
            if isinstance(message, Acknowledgement):
                yield planned, told, message

    def _new(self) -> Iterator[tuple[Planned, Told]]:
        for planned in self.to_record:
            for told in planned.told:
                if told.is_new and not told.id_is_taken:
                    yield planned, told

    @property
    def changes_register(self) -> bool:
        """Whether a message may change what other batches only read."""
        return any(isinstance(message, _CHANGES_REGISTER) for _, _, message in self.to_admit())

    def take(self, told: Told, admission: Admission) -> None:
        """Keep what the rules said."""
        told.refusals = admission.refusals
        self.outgoing.extend(admission.outgoing)
        self.cases.extend(admission.cases)
        self.replies.extend((told, reply) for reply in admission.replies)

    def finish(self, planned: Planned, receipt: bytes) -> None:
        """Give the receipt to all who wait for it."""
        for position, one in self._recorded_as.items():
            if one is planned:
                self.answers[position] = Answer(receipt=receipt)


def _taken(arrival: Arrival, words: str = "") -> Told:
    detail = words or f"{arrival.message.message_id} belongs to another message"
    return Told(
        arrival=arrival,
        refusals=(refuse(RefusalCode.MESSAGE_ID_REUSED, detail),),
        id_is_taken=True,
    )
