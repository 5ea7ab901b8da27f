"""The signed message bodies: frozen structures, one closed union.

An envelope (see `signing.envelope`) carries a `kind` and a `body`; `MESSAGE_TYPES` says which
structure belongs to which kind. Every body has a `message_id` of its own, apart from the envelope's
`jti`, so that an envelope which expired undelivered can be issued anew and still be recognised as
the same message.
"""

from enum import StrEnum, unique
from typing import Annotated, Final
from uuid import UUID

import msgspec
from msgspec import Meta

from schema.authorization import AuthorizationRecord
from schema.codes import (
    AccountKind,
    AccountStatus,
    ActionKind,
    Answer,
    CorrectionKind,
    DecisionKind,
    Metric,
    MitigationType,
    OutcomeResult,
    Purpose,
    ReceiptResult,
    TransferState,
)
from schema.refusals import Refusal
from schema.statements import Statement
from schema.wire import (
    MAX_BATCH,
    Blocks,
    Code,
    Day,
    DecimalText,
    Digest,
    Few,
    Instant,
    Name,
    Reference,
    Text,
    Tonnes,
    WireStruct,
    Year,
)


@unique
class MessageKind(StrEnum):
    """The kinds: what registries send, what the hub sends, what registries answer."""

    ACCOUNT = "account"
    AUTHORIZATION = "authorization"
    INITIAL_REPORT = "initial-report"
    JOINT_COMMITTEE_DECISION = "joint-committee-decision"
    ISSUANCE = "issuance"
    TRANSFER_PROPOSAL = "transfer-proposal"
    TRANSFER_ANSWER = "transfer-answer"
    TRANSFER_WITHDRAWAL = "transfer-withdrawal"
    OUTCOME_ANSWER = "outcome-answer"
    ACTION = "action"
    CORRECTION = "correction"
    STATEMENT = "statement"
    KEY_ANNOUNCEMENT = "key-announcement"
    KEY_REVOCATION = "key-revocation"
    REGISTRY_SUSPENSION = "registry-suspension"
    MAINTENANCE_WINDOW = "maintenance-window"
    DISCREPANCY_ANSWER = "discrepancy-answer"
    BATCH = "batch"

    RECEIPT = "receipt"
    TRANSFER_REQUEST = "transfer-request"
    TRANSFER_OUTCOME = "transfer-outcome"
    DISCREPANCY_NOTICE = "discrepancy-notice"
    MAINTENANCE_NOTICE = "maintenance-notice"

    ACKNOWLEDGEMENT = "acknowledgement"


class UnitBlock(WireStruct, frozen=True):
    """A block of units: five identifier parts with a closed serial range, metric and quantity.

    For metric GHG the quantity is the number of serials and the unit `tCO2e`; for non-GHG it is an
    exact decimal in `unit`, beside the serials.
    """

    approach: Code
    registry: Code
    first_party: Code
    vintage: int
    first: int
    last: int
    metric: Metric
    quantity: DecimalText
    unit: Code


class AccountRef(WireStruct, frozen=True):
    """An account by its registry and the registry's own id."""

    registry: Code
    account: Reference


class Body(WireStruct, frozen=True):
    """Base of every message body."""

    message_id: UUID


class AccountNotice(Body, frozen=True):
    """A registry announces an account, or its new status."""

    account: Reference
    account_kind: AccountKind
    status: AccountStatus
    holder_party: Code
    holder_entity: Reference | None


class AuthorizationNotice(Body, frozen=True):
    """A Party's registry states one version of an authorization."""

    authorization: AuthorizationRecord


class InitialReportNotice(Body, frozen=True):
    """The initial report of a Party is submitted (decision 2/CMA.3 annex para. 18)."""

    party: Code
    approach: Code
    submitted_on: Day
    document_digest: Digest | None


class Allotment(WireStruct, frozen=True):
    """What a decision on issuance gives to one registry for one vintage, in whole tonnes."""

    registry: Code
    vintage: Year
    tonnes: Tonnes


class JointCommitteeDecision(Body, frozen=True):
    """A decision of a Joint Committee: registration, or issuance with its allotments."""

    decision_id: Reference
    decision: DecisionKind
    approach: Code
    first_party: Code
    activity: Reference
    activity_title: Name
    sectors: Few[Name]
    activity_types: Few[Name]
    decided_on: Day
    period_from: Day | None
    period_to: Day | None
    allotments: Few[Allotment]
    source: Text
    """Where the figures are published."""


class UnderlyingUnits(WireStruct, frozen=True):
    """The credits of the scheme behind the issued units."""

    registry: Name
    first_unit: Name
    last_unit: Name


class IssuedBlock(WireStruct, frozen=True):
    """One block at its birth."""

    block: UnitBlock
    underlying: UnderlyingUnits | None


class IssuanceNotice(Body, frozen=True):
    """A registry has issued units into one of its accounts."""

    account: Reference
    activity: Reference
    decision: Reference | None
    """The Joint Committee's own id of its decision, where the scheme knows one."""
    authorization_party: Code | None
    authorization_id: Reference | None
    mitigation_type: MitigationType
    issued_at: Instant
    blocks: Blocks[IssuedBlock]


class TransferProposal(Body, frozen=True):
    """The transferring registry proposes to move units to an account in another registry."""

    transfer_id: UUID
    from_account: Reference
    to: AccountRef
    purpose: Purpose
    authorization_party: Code
    authorization_id: Reference
    acquiring_entity: Reference | None
    proposed_at: Instant
    blocks: Blocks[UnitBlock]


class TransferAnswer(Body, frozen=True):
    """The acquiring registry accepts or rejects."""

    transfer_id: UUID
    answer: Answer
    reason: Text


class TransferWithdrawal(Body, frozen=True):
    """The proposer withdraws before acceptance."""

    transfer_id: UUID
    reason: Text


class OutcomeAnswer(Body, frozen=True):
    """A registry says what it did with a completed transfer."""

    transfer_id: UUID
    result: OutcomeResult
    reason: Text


class ActionNotice(Body, frozen=True):
    """A registry has used, cancelled, retired or declared units as first transferred."""

    action: ActionKind
    account: Reference
    to_account: Reference | None
    """Where the units go in the same registry; None for a first transfer by declaration."""
    authorization_party: Code | None
    authorization_id: Reference | None
    """None for the cancellation or retirement of credits that no Party authorized."""
    purpose: Purpose | None
    using_party: Code | None
    using_entity: Reference | None
    year_of_use: Year | None
    acted_at: Instant
    blocks: Blocks[UnitBlock]


class CorrectionNotice(Body, frozen=True):
    """A new record that reverses or corrects an old one; two approvers."""

    correction: CorrectionKind
    corrects: UUID
    """The transfer id of a transfer, else the message id of the old record."""
    replacement: UUID | None
    """The message id of the new, correct record, where there is one."""
    reason: Text
    approvers: Few[Name]


class StatementNotice(Body, frozen=True):
    """A registry's signed statement of its state."""

    statement: Statement


class KeyAnnouncement(Body, frozen=True):
    """A registry announces its next key; signed with a key that is valid now."""

    registry: Code
    jwk: Annotated[dict[Code, Text], Meta(max_length=12)]
    """Public key as RFC 7517 JWK, text members only."""
    valid_from: Instant
    valid_until: Instant | None


class KeyRevocation(Body, frozen=True):
    """A key is not trusted for anything received from a moment on."""

    registry: Code
    key_id: Reference
    revoked_from: Instant
    reason: Text


class RegistrySuspension(Body, frozen=True):
    """The operator suspends a registry, or lifts the suspension."""

    registry: Code
    suspended: bool
    reason: Text


class MaintenanceWindow(Body, frozen=True):
    """A registry announces that it will be away; its deadlines stand still."""

    registry: Code
    starts_at: Instant
    ends_at: Instant
    words: Text


class DiscrepancyAnswer(Body, frozen=True):
    """A registry acknowledges a discrepancy, or accepts the other side's statement."""

    discrepancy_id: UUID
    accepts: bool
    words: Text


class BatchEntry(WireStruct, frozen=True):
    """One message inside a batch."""

    kind: MessageKind
    body: msgspec.Raw


class Batch(Body, frozen=True):
    """Up to 1,000 messages of one registry, refused or applied one by one."""

    messages: Annotated[tuple[BatchEntry, ...], Meta(max_length=MAX_BATCH + 1)]


class JournalLeaf(WireStruct, frozen=True):
    """Where the message stands in the journal; the proof to a published checkpoint follows."""

    origin: Name
    leaf_index: int
    leaf_hash: Digest


class MessageResult(WireStruct, frozen=True):
    """What happened to one message."""

    message_id: UUID
    result: ReceiptResult
    refusals: tuple[Refusal, ...]
    leaf: JournalLeaf


class Acknowledgement(Body, frozen=True):
    """A registry's signed answer to the delivery of a hub message: it is kept, not yet acted on."""

    in_reply_to: UUID
    """The envelope's `jti`."""
    envelope_digest: Digest
    received_at: Instant


class Receipt(Body, frozen=True):
    """The hub's signed answer to an envelope, sent only after the commit."""

    in_reply_to: UUID
    """The envelope's `jti`."""
    envelope_digest: Digest
    received_at: Instant
    results: tuple[MessageResult, ...]
    """One entry, or one per message of a batch, in its order."""


class TransferRequest(Body, frozen=True):
    """The hub has checked a proposal and asks the acquiring registry."""

    transfer_id: UUID
    proposal: TransferProposal
    proposer: Code
    first_transfer_blocks: tuple[UnitBlock, ...]
    """The part of the blocks for which this is the first transfer."""
    answer_until: Instant
    proposal_envelope: str
    """The proposer's envelope as received, so that its signature can be checked again."""
    reverses: UUID | None
    """The completed transfer that this one takes back; the envelope then carries the correction."""


class TransferOutcome(Body, frozen=True):
    """The hub tells both sides the final state."""

    transfer_id: UUID
    state: TransferState
    decided_at: Instant
    reason: Text
    first_transfer_blocks: tuple[UnitBlock, ...]


class DisputedSerials(WireStruct, frozen=True):
    """Serials in dispute: the identifier parts and a closed range, whatever the metric."""

    approach: Code
    registry: Code
    first_party: Code
    vintage: int
    first: int
    last: int


class DiscrepancyNotice(Body, frozen=True):
    """The hub tells a registry about a disagreement that concerns it, and how it goes on."""

    discrepancy_id: UUID
    code: Code
    severity: Code
    state: Text
    """Where it stands now; a closed one needs no answer."""
    words: Text
    tonnes: Tonnes
    serials: Blocks[DisputedSerials]
    """What does not fit in one message is told in `words` as a number."""
    due_at: Instant
    frozen_until: Instant | None
    """Until when the serials may not be transferred; None when they are free."""


class MovedDeadline(WireStruct, frozen=True):
    """Until when the hub now waits for the answer to a transfer."""

    transfer_id: UUID
    answer_until: Instant


class MaintenanceNotice(Body, frozen=True):
    """The hub tells a counterparty that a registry will be away, and which deadlines moved."""

    registry: Code
    starts_at: Instant
    ends_at: Instant
    words: Text
    deadlines: tuple[MovedDeadline, ...]


RegistryMessage = (
    AccountNotice
    | AuthorizationNotice
    | InitialReportNotice
    | JointCommitteeDecision
    | IssuanceNotice
    | TransferProposal
    | TransferAnswer
    | TransferWithdrawal
    | OutcomeAnswer
    | ActionNotice
    | CorrectionNotice
    | StatementNotice
    | KeyAnnouncement
    | KeyRevocation
    | RegistrySuspension
    | MaintenanceWindow
    | DiscrepancyAnswer
)
"""What a registry can tell the hub, one at a time (a `Batch` carries several)."""
HubMessage = Receipt | TransferRequest | TransferOutcome | DiscrepancyNotice | MaintenanceNotice
"""What the hub tells a registry."""
Message = RegistryMessage | Batch | HubMessage | Acknowledgement

REGISTRY_MESSAGE_TYPES: Final[dict[MessageKind, type[RegistryMessage]]] = {
    MessageKind.ACCOUNT: AccountNotice,
    MessageKind.AUTHORIZATION: AuthorizationNotice,
    MessageKind.INITIAL_REPORT: InitialReportNotice,
    MessageKind.JOINT_COMMITTEE_DECISION: JointCommitteeDecision,
    MessageKind.ISSUANCE: IssuanceNotice,
    MessageKind.TRANSFER_PROPOSAL: TransferProposal,
    MessageKind.TRANSFER_ANSWER: TransferAnswer,
    MessageKind.TRANSFER_WITHDRAWAL: TransferWithdrawal,
    MessageKind.OUTCOME_ANSWER: OutcomeAnswer,
    MessageKind.ACTION: ActionNotice,
    MessageKind.CORRECTION: CorrectionNotice,
    MessageKind.STATEMENT: StatementNotice,
    MessageKind.KEY_ANNOUNCEMENT: KeyAnnouncement,
    MessageKind.KEY_REVOCATION: KeyRevocation,
    MessageKind.REGISTRY_SUSPENSION: RegistrySuspension,
    MessageKind.MAINTENANCE_WINDOW: MaintenanceWindow,
    MessageKind.DISCREPANCY_ANSWER: DiscrepancyAnswer,
}
HUB_MESSAGE_TYPES: Final[dict[MessageKind, type[HubMessage]]] = {
    MessageKind.RECEIPT: Receipt,
    MessageKind.TRANSFER_REQUEST: TransferRequest,
    MessageKind.TRANSFER_OUTCOME: TransferOutcome,
    MessageKind.DISCREPANCY_NOTICE: DiscrepancyNotice,
    MessageKind.MAINTENANCE_NOTICE: MaintenanceNotice,
}
MESSAGE_TYPES: Final[dict[MessageKind, type[Message]]] = {
    **REGISTRY_MESSAGE_TYPES,
    MessageKind.BATCH: Batch,
    **HUB_MESSAGE_TYPES,
    MessageKind.ACKNOWLEDGEMENT: Acknowledgement,
}
_KIND_OF: Final[dict[type[Message], MessageKind]] = {
    structure: kind for kind, structure in MESSAGE_TYPES.items()
}


def kind_of(message: Message) -> MessageKind:
    """Return the kind under which `message` travels."""
    return _KIND_OF[type(message)]
