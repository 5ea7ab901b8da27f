"""The end of a transfer: the units move or are released, and both sides are told the same."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial

import msgspec

from hub.domain.admission import Admission, Desk, hub_message_id
from hub.domain.blocks import part_of, tonnes_of, wire_block
from hub.domain.ledger import Ledger
from hub.domain.lifecycle import TransferEvent
from hub.domain.proposals import count, first_transfer_parts, follow
from hub.domain.reversals import finish_reversal
from hub.domain.state import (
    EventKind,
    Interval,
    MovedBlock,
    Outgoing,
    Transfer,
    UnitEvent,
)
from schema.codes import TransferState
from schema.messages import TransferOutcome


def complete(desk: Desk, accepted: Transfer) -> Admission:
    """Move the units in the transaction that records the acceptance, and tell both sides."""
    now = desk.moment.received_at
    completed = msgspec.structs.replace(
        accepted,
        state=follow(accepted.state, TransferEvent.COMPLETED),
        decided_at=now,
    )
    desk.ledger.transfers[completed.transfer_id] = completed
    firsts = tuple(first_transfer_parts(completed))
    if completed.reverses is not None:
        finish_reversal(desk, completed, desk.ledger.transfers[completed.reverses])
    else:
        _move(desk.ledger, completed)
        desk.ledger.events.extend(_events(completed, firsts, now))
    return Admission(outgoing=_outcomes(completed, firsts, now))


def _move(ledger: Ledger, transfer: Transfer) -> None:
    transfer_id = transfer.transfer_id
    moved = partial(
        msgspec.structs.replace,
        account=transfer.to_account,
        authorization=transfer.authorization,
        reserved_by=None,
        last_record=transfer_id,
    )
    became_itmos = partial(moved, first_transfer=transfer_id)
    firsts = frozenset(transfer.first_transfer)
    for block in transfer.blocks:
        interval = block.interval
        ledger.carve(interval, became_itmos if interval in firsts else moved)
    for part in firsts - {block.interval for block in transfer.blocks}:
        ledger.carve(part, became_itmos)
    tonnes = tonnes_of(firsts)
    count(ledger, transfer, reserved=-tonnes, transferred=tonnes)


def _events(
    transfer: Transfer, firsts: tuple[MovedBlock, ...], now: datetime
) -> Iterator[UnitEvent]:
    """Tell the move as both sides report it: (first) transfer here, acquisition there."""
    here, there = transfer.from_account.registry, transfer.to_account.registry
    for block in firsts:
        yield _event(transfer, EventKind.FIRST_TRANSFER, here, block, now)
    for block in _later_parts(transfer):
        yield _event(transfer, EventKind.TRANSFER, here, block, now)
    for block in transfer.blocks:
        yield _event(transfer, EventKind.ACQUISITION, there, block, now)


def _event(
    transfer: Transfer, kind: EventKind, registry: str, block: MovedBlock, now: datetime
) -> UnitEvent:
    return UnitEvent(
        kind=kind,
        interval=block.interval,
        quantity=block.quantity,
        unit=block.unit,
        registry=registry,
        from_account=transfer.from_account,
        to_account=transfer.to_account,
        happened_at=now,
        message_id=transfer.message_id,
        transfer_id=transfer.transfer_id,
        authorization=transfer.authorization,
        purpose=transfer.purpose,
    )


def _later_parts(transfer: Transfer) -> Iterator[MovedBlock]:
    """Yield the parts that were first transferred before; both tuples are in order."""
    firsts = iter(transfer.first_transfer)
    part = next(firsts, None)
    for block in transfer.blocks:
        interval = block.interval
        position = interval.first
        while part is not None and part.series == interval.series and part.last <= interval.last:
            if part.first > position:
                yield part_of(block, Interval(interval.series, position, part.first - 1))
            position = part.last + 1
            part = next(firsts, None)
        if position <= interval.last:
            yield part_of(block, Interval(interval.series, position, interval.last))


def release(desk: Desk, transfer: Transfer, state: TransferState, reason: str) -> Admission:
    """Give back what was reserved, and tell both sides."""
    ledger, now = desk.ledger, desk.moment.received_at
    for block in transfer.blocks:
        ledger.carve(block.interval, partial(msgspec.structs.replace, reserved_by=None))
    released = msgspec.structs.replace(transfer, state=state, decided_at=now, reason=reason)
    ledger.transfers[transfer.transfer_id] = released
    count(ledger, transfer, reserved=-tonnes_of(transfer.first_transfer))
    return Admission(outgoing=_outcomes(released, (), now))


def _outcomes(
    transfer: Transfer, firsts: tuple[MovedBlock, ...], now: datetime
) -> tuple[Outgoing, ...]:
    blocks = tuple(map(wire_block, firsts))
    return tuple(
        Outgoing(
            to=registry,
            message=TransferOutcome(
                message_id=hub_message_id(transfer.transfer_id, "outcome", registry),
                transfer_id=transfer.transfer_id,
                state=transfer.state,
                decided_at=now,
                reason=transfer.reason,
                first_transfer_blocks=blocks,
            ),
        )
        for registry in (transfer.from_account.registry, transfer.to_account.registry)
    )
