"""What a simulated registry answers to orders: the bodies of the answers under `/control`."""

from datetime import datetime
from enum import StrEnum, unique
from uuid import UUID

from connectors.driving.misbehaviour import Order
from schema.authorization import AuthorizationRecord
from schema.codes import AccountKind, AccountStatus, TransferState, UnitStatus
from schema.refusals import Refusal
from schema.wire import WireStruct


class Ready(WireStruct, frozen=True):
    """The one line on standard output, written when requests are answered."""

    registry: str
    url: str
    key_id: str
    control_token: str
    pid: int


@unique
class LetterState(StrEnum):
    """Where an outgoing message stands."""

    WAITING = "waiting"
    RECEIPTED = "receipted"
    FAULTY = "faulty"
    """The hub refused the envelope as such; it was never admitted."""


@unique
class Side(StrEnum):
    """On which side of a transfer this registry stands."""

    OUT = "out"
    IN = "in"


class Sent(WireStruct, frozen=True):
    """One message that the order has queued, and what the hub has said about it so far."""

    message_id: UUID
    kind: str
    transfer_id: UUID | None
    state: LetterState
    receipt: str | None
    """The hub's receipt as received, compact JWS; verified before it was kept."""
    result: str | None
    """`applied` or `refused`; None without a receipt."""
    refusals: tuple[Refusal, ...]
    fault_code: str | None
    """Why the hub refused the envelope as such."""
    fault: str | None


class Done(WireStruct, frozen=True):
    """The answer to an order."""

    sent: tuple[Sent, ...]


class NotDone(WireStruct, frozen=True):
    """The answer to an order that cannot be carried out."""

    code: str
    detail: str


class AccountSeen(WireStruct, frozen=True):
    """An account."""

    account: str
    account_kind: AccountKind
    status: AccountStatus
    holder_party: str


class HoldingSeen(WireStruct, frozen=True):
    """A live row of the books."""

    account: str
    approach: str
    registry: str
    first_party: str
    vintage: int
    first: int
    last: int
    status: UnitStatus
    first_transferred: bool
    authorization_id: str | None
    quantity: str
    unit: str
    reserved_for: str | None


class TransferSeen(WireStruct, frozen=True):
    """A transfer as the registry knows it."""

    transfer_id: UUID
    side: Side
    counterparty: str
    state: TransferState
    tonnes: int
    reason: str


class LetterSeen(WireStruct, frozen=True):
    """An outgoing message."""

    message_id: UUID
    kind: str
    state: LetterState
    jti: UUID | None
    attempts: int
    fault_code: str | None
    fault: str | None


class ReceivedSeen(WireStruct, frozen=True):
    """An envelope of the hub."""

    jti: UUID
    message_id: UUID
    kind: str
    received_at: datetime
    envelope: str
    answer: str


class StateSeen(WireStruct, frozen=True):
    """Everything."""

    registry: str
    told_time: datetime
    hub_id: str | None
    accounts: tuple[AccountSeen, ...]
    holdings: tuple[HoldingSeen, ...]
    authorizations: tuple[AuthorizationRecord, ...]
    transfers: tuple[TransferSeen, ...]
    outgoing: tuple[LetterSeen, ...]
    incoming: tuple[ReceivedSeen, ...]
    orders: tuple[Order, ...]
    anomalies: tuple[str, ...]
    """What the hub has said against the protocol."""
