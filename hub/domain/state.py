"""The state that the rules read and write: values only, equal for equal content.

One `Units` is a homogeneous interval of serials: everything that the hub knows about these units is
the same for all of them. How intervals are cut has no meaning; two cuts of one state are one state.
"""

from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum, unique
from uuid import UUID

import msgspec

from schema.authorization import AuthorizationRecord
from schema.codes import (
    AccountKind,
    AccountStatus,
    ActionKind,
    CorrectionKind,
    DecisionKind,
    OutcomeResult,
    Purpose,
    RegistryKind,
    TransferState,
    UnitStatus,
)
from schema.identifiers import ItmoSeries
from schema.messages import HubMessage, TransferProposal


class State(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all state values."""


class AccountKey(msgspec.Struct, frozen=True, order=True, gc=False):
    """An account by its registry and the registry's own id."""

    registry: str
    account: str


class AuthorizationKey(msgspec.Struct, frozen=True, order=True, gc=False):
    """An authorization by its Party and the Party's own id (ids of two Parties may be equal)."""

    party: str
    authorization_id: str


class DecisionKey(msgspec.Struct, frozen=True, order=True, gc=False):
    """A Joint Committee's decision by its committee and the committee's own id.

    Not by the message that reported it: both sides may report it, and it allots once.
    """

    approach: str
    first_party: str
    decision_id: str


class Interval(msgspec.Struct, frozen=True, order=True, gc=False):
    """Serials `first` to `last`, both included, of one series."""

    series: ItmoSeries
    first: int
    last: int

    @property
    def count(self) -> int:
        """Number of serials; for tCO2e the tonnes."""
        return self.last - self.first + 1


class Units(State, frozen=True):
    """A homogeneous interval of units."""

    series: ItmoSeries
    first: int
    last: int
    account: AccountKey
    status: UnitStatus
    issuance: UUID
    """Message id of the issuance at which these units were born."""
    activity: str
    """The project whose mitigation they are, as the issuance named it."""
    authorization: AuthorizationKey | None
    first_transfer: UUID | None
    """The record that was the first transfer; None while there was none (per serial, para. 2)."""
    reserved_by: UUID | None
    """The transfer that has reserved these units."""
    last_record: UUID
    """The issuance, transfer, action or correction that last moved or changed these units."""
    quantity: Decimal | None = None
    """Non-GHG quantity of the interval; None for tCO2e, where it is the number of serials."""
    unit: str | None = None
    """Unit of `quantity`, such as MWh; None for tCO2e."""

    @property
    def count(self) -> int:
        """Number of serials; for tCO2e the tonnes."""
        return self.last - self.first + 1


class Registry(State, frozen=True):
    """A participant of the federation."""

    registry: str
    party: str
    kind: RegistryKind
    name: str
    suspended: bool


class Account(State, frozen=True):
    """An account as its registry announced it."""

    key: AccountKey
    kind: AccountKind
    status: AccountStatus
    holder_party: str
    holder_entity: str | None


class Authorization(State, frozen=True):
    """The latest version of an authorization with what has happened under it, in whole tonnes."""

    key: AuthorizationKey
    record: AuthorizationRecord
    message_id: UUID
    recorded_at: datetime
    issued: int = 0
    first_transferred: int = 0
    first_transfer_reserved: int = 0
    """Reserved by transfers under way that will be first transfers."""
    used: int = 0
    confirmed: int = 0
    """Step 2a: the sum of the quantities that steps 2b have confirmed of this estimate."""


class ApproachPermit(State, frozen=True):
    """An authorization in force that covers a cooperative approach, and when."""

    authorization: AuthorizationKey
    from_day: date | None
    until_day: date | None

    def covers(self, day: date) -> bool:
        """Tell whether `day` lies within the duration; element (c)."""
        return (self.from_day is None or self.from_day <= day) and (
            self.until_day is None or day <= self.until_day
        )


class Activity(State, frozen=True):
    """A mitigation activity as the latest decision of the Joint Committee describes it."""

    approach: str
    activity: str
    first_party: str
    sectors: tuple[str, ...]
    activity_types: tuple[str, ...]


class Decision(State, frozen=True):
    """A Joint Committee's decision, with what was issued under each allotment."""

    key: DecisionKey
    message_id: UUID
    """The message that reported it first."""
    kind: DecisionKind
    activity: str
    allotted: dict[tuple[str, int], int]
    """(registry, vintage) to tonnes."""
    issued: dict[tuple[str, int], int]


class MovedBlock(State, frozen=True):
    """A block of a transfer, with its quantity where that is not the number of serials."""

    interval: Interval
    quantity: Decimal | None = None
    unit: str | None = None
    """Unit of `quantity`; both are None for tCO2e."""


class Transfer(State, frozen=True):
    """A transfer and where it stands."""

    transfer_id: UUID
    message_id: UUID
    state: TransferState
    from_account: AccountKey
    to_account: AccountKey
    purpose: Purpose
    authorization: AuthorizationKey
    blocks: tuple[MovedBlock, ...]
    first_transfer: tuple[Interval, ...]
    """The serials whose first transfer this is."""
    asked: str
    """The registry whose answer the transfer waits for; the proposer is the other side."""
    proposed_at: datetime
    answer_until: datetime
    """From then on the hub may expire it; the asked registry is told an earlier time."""
    decided_at: datetime | None = None
    reason: str = ""
    proposal: TransferProposal | None = None
    outcomes: dict[str, OutcomeResult] = msgspec.field(default_factory=dict)
    """What each side did with the completion, by registry."""
    reverses: UUID | None = None
    """The completed transfer that this one takes back."""
    corrected_by: UUID | None = None
    """The transfer that took this one back."""

    @property
    def proposer(self) -> str:
        """The side that proposed, and that may withdraw."""
        here, there = self.from_account.registry, self.to_account.registry
        return here if self.asked == there else there


@unique
class EventKind(StrEnum):
    """What happened to an interval of units: the history, and the source of AEF Table 3."""

    ISSUANCE = "issuance"
    AUTHORIZATION = "authorization"
    FIRST_TRANSFER = "first transfer"
    TRANSFER = "transfer"
    ACQUISITION = "acquisition"
    USE_TOWARDS_NDC = "use towards NDC"
    USE_FOR_OIMP = "use for OIMP"
    VOLUNTARY_CANCELLATION = "voluntary cancellation"
    CANCELLATION_FOR_OMGE = "cancellation for OMGE"
    ADAPTATION_SHARE = "adaptation share"
    RETIREMENT = "retirement"
    REVERSAL = "reversal"


class UnitEvent(State, frozen=True):
    """One event in the life of an interval of units."""

    kind: EventKind
    interval: Interval
    quantity: Decimal | None
    unit: str | None
    registry: str
    """The registry in which the action was tracked."""
    from_account: AccountKey | None
    to_account: AccountKey | None
    happened_at: datetime
    message_id: UUID
    transfer_id: UUID | None = None
    authorization: AuthorizationKey | None = None
    purpose: Purpose | None = None
    using_party: str | None = None
    using_entity: str | None = None
    year_of_use: int | None = None


class ActionRecord(State, frozen=True):
    """An action that was applied, kept so that it can be corrected."""

    message_id: UUID
    action: ActionKind
    from_account: AccountKey
    to_account: AccountKey
    authorization: AuthorizationKey | None
    intervals: tuple[Interval, ...]
    corrected_by: UUID | None = None


class Correction(State, frozen=True):
    """A reversal or correction that was admitted."""

    message_id: UUID
    registry: str
    kind: CorrectionKind
    corrects: UUID
    replacement: UUID | None
    approvers: tuple[str, ...]
    reason: str


class Key(State, frozen=True):
    """A public key of a registry; trusted for what was received from `valid_from` on."""

    key_id: str
    """RFC 7638 thumbprint, the `kid` of envelopes; no two registries share a key."""
    registry: str
    jwk: dict[str, str]
    message_id: UUID | None
    """The announcement; None for the keys with which a registry was enrolled."""
    valid_from: datetime
    valid_until: datetime | None
    revoked_from: datetime | None = None
    revocation_reason: str = ""


class Maintenance(State, frozen=True):
    """A time in which a registry is away and its deadlines stand still."""

    message_id: UUID
    registry: str
    starts_at: datetime
    ends_at: datetime
    words: str


class Freeze(State, frozen=True):
    """Disputed serials that may not move until `until`."""

    discrepancy_id: UUID
    interval: Interval
    until: datetime


class InitialReport(State, frozen=True):
    """The initial report of a Party on an approach is recorded."""

    party: str
    approach: str
    submitted_on: str


class Outgoing(State, frozen=True):
    """A message that the hub owes a registry."""

    to: str
    message: HubMessage


@unique
class CaseKind(StrEnum):
    """Why admission itself opens a reconciliation case."""

    LATE_ANSWER = "late_answer"
    CANNOT_APPLY = "cannot_apply"
    DOUBLE_ISSUANCE = "double_issuance"
    DECISION_DIFFERS = "decision_differs"


class Case(State, frozen=True):
    """A disagreement found while a message was admitted."""

    kind: CaseKind
    intervals: tuple[Interval, ...]
    registries: tuple[str, ...]
    message_id: UUID
    transfer_id: UUID | None
    words: str


class DiscrepancyReply(State, frozen=True):
    """A registry's answer to a discrepancy, for the reconciliation service to act on."""

    discrepancy_id: UUID
    registry: str
    accepts: bool
    words: str
    message_id: UUID


class Policy(State, frozen=True):
    """What an operator sets; the defaults are the rules' own."""

    answer_within: timedelta = timedelta(days=3)
    """How long the hub waits for an answer; only the hub's clock counts."""
    hop_margin: timedelta = timedelta(minutes=10)
    """How much earlier the asked registry is told to answer; at most a tenth of the wait."""
    standstill_max: timedelta = timedelta(days=14)
    """The longest maintenance window, and how long windows can hold up one transfer in all."""
    clock_skew: timedelta = timedelta(minutes=5)
    """How far ahead of the hub's clock a sender may date an event."""
    operator: str | None = None
    """The registered participant that speaks for the operator of the hub."""
    speaks_for: dict[str, frozenset[str]] = msgspec.field(default_factory=dict)
    """Further Parties for which a registry speaks, such as the users of the international one."""
    ndc_periods: dict[str, tuple[int, int]] = msgspec.field(default_factory=dict)
    default_ndc_period: tuple[int, int] = (2021, 2030)
    initial_report_required: frozenset[str] = frozenset()
    """Parties whose first transfers wait for their initial report."""
    known_approaches: frozenset[str] | None = None
    """None: the form is checked only (no closed list is published)."""
    earlier_event_counts: bool = True
    """With both NDC and other purposes the earlier event is the first transfer (unverified)."""
