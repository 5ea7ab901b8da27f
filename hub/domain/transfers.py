"""What follows a proposal: answer, withdrawal, completion, expiry and what each side then did.

The hub completes in the transaction that records the acceptance. Only the hub expires a transfer,
by its own clock; an answer after the deadline is recorded and changes nothing.
"""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from uuid import UUID

import msgspec

from hub.domain.admission import Admission, Desk, check_account, hub_message_id, refused
from hub.domain.blocks import part_of, reference_to_interval, tonnes_of, wire_block
from hub.domain.holdings import is_frozen
from hub.domain.ledger import Ledger
from hub.domain.lifecycle import TransferEvent, next_state
from hub.domain.proposals import count, first_transfer_parts, follow
from hub.domain.reversals import finish_reversal
from hub.domain.state import (
    Case,
    CaseKind,
    EventKind,
    Interval,
    MovedBlock,
    Outgoing,
    Transfer,
    UnitEvent,
)
from schema.codes import AccountKind, Answer, AuthorizationStatus, OutcomeResult, TransferState
from schema.messages import OutcomeAnswer, TransferAnswer, TransferOutcome, TransferWithdrawal
from schema.refusals import Refusal, RefusalCode, refuse


def answer(desk: Desk, message: TransferAnswer) -> Admission:
    """Record the answer of the asked registry; an acceptance completes the transfer at once."""
    transfer = desk.ledger.transfers.get(message.transfer_id)
    if transfer is None:
        return _unknown(message.transfer_id)
    if transfer.asked != desk.moment.sender:
        return _not_entitled(desk, "answer", transfer)
    accepted = message.answer is Answer.ACCEPT
    event = TransferEvent.ACCEPTED if accepted else TransferEvent.REJECTED
    following = next_state(transfer.state, event)
    if isinstance(following, RefusalCode):
        return _late(transfer, following, message)
    if desk.moment.received_at >= transfer.answer_until:
        return _late(transfer, RefusalCode.DEADLINE_PASSED, message)
    if not accepted:
        return _release(desk, transfer, following, message.reason)
    obstacles = list(_obstacles(desk, transfer))
    if obstacles:
        return refused(obstacles)
    return _complete(desk, msgspec.structs.replace(transfer, state=following))


def _obstacles(desk: Desk, transfer: Transfer) -> Iterator[Refusal]:
    """Yield what has come up since the proposal that the reservation could not keep away.

    The transfer stays as it is: the acceptance can come again until the deadline.
    """
    ledger = desk.ledger
    if ledger.registries[transfer.proposer].suspended:
        words = f"{transfer.proposer} is suspended"
        yield refuse(RefusalCode.REGISTRY_SUSPENDED, words)
    kinds = (AccountKind.HOLDING, AccountKind.PENDING)
    yield from check_account(ledger, transfer.to_account, kinds, receives=True)
    if transfer.reverses is not None:
        # Disputes and revocations are what corrections are for.
        return
    for block in transfer.blocks:
        if is_frozen(desk, ledger.frozen(block.interval)):
            reference = reference_to_interval(block.interval)
            yield refuse(RefusalCode.UNITS_FROZEN, "the serials are disputed", reference)
    record = ledger.authorizations[transfer.authorization].record
    if record.status is AuthorizationStatus.REVOKED:
        words = f"{record.party} {record.authorization_id} version {record.version} is revoked"
        yield refuse(RefusalCode.AUTHORIZATION_NOT_IN_FORCE, words)


def withdraw(desk: Desk, message: TransferWithdrawal) -> Admission:
    """Take a proposal back before it is accepted."""
    transfer = desk.ledger.transfers.get(message.transfer_id)
    if transfer is None:
        return _unknown(message.transfer_id)
    if transfer.proposer != desk.moment.sender:
        return _not_entitled(desk, "withdraw", transfer)
    following = next_state(transfer.state, TransferEvent.WITHDRAWN)
    if isinstance(following, RefusalCode):
        return refused([refuse(following, f"the transfer is {transfer.state}")])
    return _release(desk, transfer, following, message.reason)


def expire(desk: Desk, transfer: Transfer) -> Admission:
    """Expire a transfer whose deadline has passed by the hub's clock; the hub alone calls this."""
    following = next_state(transfer.state, TransferEvent.EXPIRED)
    if isinstance(following, RefusalCode) or desk.moment.received_at < transfer.answer_until:
        return Admission()
    return _release(desk, transfer, following, "no answer before the deadline")


def record_outcome(desk: Desk, message: OutcomeAnswer) -> Admission:
    """Record what a side did with the completion; CANNOT_APPLY opens a case at once."""
    transfer = desk.ledger.transfers.get(message.transfer_id)
    if transfer is None:
        return _unknown(message.transfer_id)
    sender = desk.moment.sender
    if sender not in {transfer.from_account.registry, transfer.to_account.registry}:
        return _not_entitled(desk, "report an outcome of", transfer)
    following = next_state(transfer.state, TransferEvent.OUTCOME_REPORTED)
    if isinstance(following, RefusalCode):
        return refused([refuse(following, f"the transfer is {transfer.state}")])
    before = transfer.outcomes.get(sender)
    if before is message.result:
        return Admission()
    if before is OutcomeResult.APPLIED:
        words = f"{sender} has already applied the transfer"
        return refused([refuse(RefusalCode.NOT_ALLOWED_IN_STATE, words)])
    desk.ledger.transfers[transfer.transfer_id] = msgspec.structs.replace(
        transfer, outcomes={**transfer.outcomes, sender: message.result}
    )
    if message.result is OutcomeResult.APPLIED:
        return Admission()
    words = f"{sender} cannot apply the completed transfer: {message.reason}"
    return Admission(cases=(_case(CaseKind.CANNOT_APPLY, transfer, message.message_id, words),))


def _unknown(transfer_id: UUID) -> Admission:
    return refused([refuse(RefusalCode.TRANSFER_UNKNOWN, f"no transfer {transfer_id}")])


def _not_entitled(desk: Desk, act: str, transfer: Transfer) -> Admission:
    words = f"{desk.moment.sender} may not {act} transfer {transfer.transfer_id}"
    return refused([refuse(RefusalCode.SENDER_NOT_ENTITLED, words)])


def _late(transfer: Transfer, code: RefusalCode, message: TransferAnswer) -> Admission:
    """Refuse a late answer; one that says otherwise than what happened opens a case."""
    words = f"{message.answer} came when the transfer was {transfer.state}"
    if code is RefusalCode.DEADLINE_PASSED:
        words = f"{message.answer} came after {transfer.answer_until.isoformat()}"
    told = [refuse(code, words)]
    accepted = message.answer is Answer.ACCEPT
    if accepted is (transfer.state is TransferState.COMPLETED):
        return refused(told)
    return refused(told, _case(CaseKind.LATE_ANSWER, transfer, message.message_id, words))


def _case(kind: CaseKind, transfer: Transfer, message_id: UUID, words: str) -> Case:
    return Case(
        kind=kind,
        intervals=tuple(block.interval for block in transfer.blocks),
        registries=(transfer.from_account.registry, transfer.to_account.registry),
        message_id=message_id,
        transfer_id=transfer.transfer_id,
        words=words,
    )


def _complete(desk: Desk, accepted: Transfer) -> Admission:
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


def _release(desk: Desk, transfer: Transfer, state: TransferState, reason: str) -> Admission:
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
