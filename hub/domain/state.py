"""The state that the rules read and write: values only, equal for equal content.

One `Units` is a homogeneous interval of serials: everything that the hub knows about these units is
the same for all of them. How intervals are cut has no meaning; two cuts of one state are one state.
"""

from datetime import datetime, timedelta
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
    authorization: AuthorizationKey | None
    first_transfer: UUID | None
    """The record that was the first transfer; None while there was none (per serial, para. 2)."""
    reserved_by: UUID | None
    """The transfer that has reserved these units."""
    quantity: Decimal | None
    """Non-GHG quantity of the interval; None for tCO2e, where it is the number of serials."""

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


class Decision(State, frozen=True):
    """A Joint Committee's decision, with what was issued under each allotment."""

    message_id: UUID
    decision_id: str
    kind: DecisionKind
    approach: str
    first_party: str
    activity: str
    allotted: dict[tuple[str, int], int]
    """(registry, vintage) to tonnes."""
    issued: dict[tuple[str, int], int]


class MovedBlock(State, frozen=True):
    """A block of a transfer, with its quantity where that is not the number of serials."""

    interval: Interval
    quantity: Decimal | None


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
    proposed_at: datetime
    answer_until: datetime
    decided_at: datetime | None = None
    reason: str = ""
    proposal: TransferProposal | None = None
    outcomes: dict[str, OutcomeResult] = msgspec.field(default_factory=dict)
    """What each side did with the completion, by registry."""
    corrected_by: UUID | None = None


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
    CORRECTION = "correction"


class UnitEvent(State, frozen=True):
    """One event in the life of an interval of units."""

    kind: EventKind
    interval: Interval
    quantity: Decimal | None
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
    registry: str
    action: ActionKind
    intervals: tuple[Interval, ...]
    corrected_by: UUID | None = None


class Correction(State, frozen=True):
    """A reversal or correction that was applied."""

    message_id: UUID
    kind: CorrectionKind
    corrects: UUID
    approvers: tuple[str, ...]
    reason: str


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


class Case(State, frozen=True):
    """A disagreement found while a message was admitted."""

    kind: CaseKind
    intervals: tuple[Interval, ...]
    registries: tuple[str, ...]
    message_id: UUID
    transfer_id: UUID | None
    words: str


class Policy(State, frozen=True):
    """What an operator sets; the defaults are the rules' own."""

    answer_within: timedelta = timedelta(days=3)
    """How long an acquirer has; only the hub's clock counts."""
    ndc_periods: dict[str, tuple[int, int]] = msgspec.field(default_factory=dict)
    default_ndc_period: tuple[int, int] = (2021, 2030)
    initial_report_required: frozenset[str] = frozenset()
    """Parties whose first transfers wait for their initial report."""
    known_approaches: frozenset[str] | None = None
    """None: the form is checked only (no closed list is published)."""
    earlier_event_counts: bool = True
    """With both NDC and other purposes the earlier event is the first transfer (unverified)."""
