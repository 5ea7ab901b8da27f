"""The whole state of a simulated registry, for whoever drives it."""

from datetime import datetime
from uuid import UUID

from connectors.simulator.mailbox import LetterState
from connectors.simulator.misbehaviour import Order
from connectors.simulator.records import Side
from connectors.simulator.registry import Registry
from connectors.simulator.store import from_ticks
from schema.authorization import AuthorizationRecord
from schema.codes import AccountKind, AccountStatus, TransferState, UnitStatus
from schema.wire import WireStruct

LETTERS_MAX = 100_000


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


def view_of(registry: Registry) -> StateSeen:
    """Return the state now."""
    return StateSeen(
        registry=registry.profile.registry,
        told_time=registry.clock.told_now(),
        hub_id=None if registry.hub is None else registry.hub.hub_id,
        accounts=tuple(
            AccountSeen(
                account=each.account,
                account_kind=each.account_kind,
                status=each.status,
                holder_party=each.holder_party,
            )
            for each in registry.book.accounts().values()
        ),
        holdings=tuple(
            HoldingSeen(
                account=each.account,
                approach=each.approach,
                registry=each.registry,
                first_party=each.first_party,
                vintage=each.vintage,
                first=each.first,
                last=each.last,
                status=each.status,
                first_transferred=each.first_transferred,
                authorization_id=each.authorization_id,
                quantity=each.quantity,
                unit=each.unit,
                reserved_for=each.reserved_for,
            )
            for each in registry.book.live()
        ),
        authorizations=tuple(registry.records.authorizations()),
        transfers=tuple(
            TransferSeen(
                transfer_id=each.transfer_id,
                side=each.side,
                counterparty=each.counterparty,
                state=each.state,
                tonnes=sum(block.last - block.first + 1 for block in each.proposal.blocks),
                reason=each.reason,
            )
            for each in registry.records.transfers()
        ),
        outgoing=_letters(registry),
        incoming=_received(registry),
        orders=registry.conduct.orders,
        anomalies=tuple(registry.anomalies),
    )


def _letters(registry: Registry) -> tuple[LetterSeen, ...]:
    return tuple(
        LetterSeen(
            message_id=each.message_id,
            kind=each.kind,
            state=each.state,
            jti=each.jti,
            attempts=each.attempts,
            fault_code=each.fault_code,
            fault=each.fault,
        )
        for each in registry.mailbox.letters_after(0, LETTERS_MAX)
    )


def _received(registry: Registry) -> tuple[ReceivedSeen, ...]:
    return tuple(
        ReceivedSeen(
            jti=each.jti,
            message_id=each.message_id,
            kind=each.kind,
            received_at=from_ticks(each.received_at),
            envelope=each.envelope.decode("ascii"),
            answer=each.answer.decode("ascii"),
        )
        for each in registry.mailbox.all_received()
    )
