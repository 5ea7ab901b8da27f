"""The whole state of a simulated registry, for whoever drives it."""

from typing import Final

from connectors.driving.answers import (
    AccountSeen,
    HoldingSeen,
    LetterSeen,
    ReceivedSeen,
    StateSeen,
    TransferSeen,
)
from connectors.simulator.registry import Registry
from connectors.simulator.store import from_ticks

LETTERS_MAX: Final = 100_000


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
