"""What follows a proposal: answer, withdrawal, completion, expiry and what each side then did.

The hub completes in the transaction that records the acceptance. Only the hub expires a transfer,
by its own clock; an answer after the deadline is recorded and changes nothing.
"""

from collections.abc import Iterator
from uuid import UUID

import msgspec

from hub.domain.admission import Admission, Desk, check_account, refused
from hub.domain.blocks import reference_to_interval
from hub.domain.completion import complete, release
from hub.domain.holdings import is_frozen
from hub.domain.lifecycle import TransferEvent, next_state
from hub.domain.state import (
    Case,
    CaseKind,
    Transfer,
)
from schema.codes import AccountKind, Answer, AuthorizationStatus, OutcomeResult, TransferState
from schema.messages import OutcomeAnswer, TransferAnswer, TransferWithdrawal
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
        return release(desk, transfer, following, message.reason)
    obstacles = list(_obstacles(desk, transfer))
    if obstacles:
        return refused(obstacles)
    return complete(desk, msgspec.structs.replace(transfer, state=following))


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
    return release(desk, transfer, following, message.reason)


def expire(desk: Desk, transfer: Transfer) -> Admission:
    """Expire a transfer whose deadline has passed by the hub's clock; the hub alone calls this."""
    following = next_state(transfer.state, TransferEvent.EXPIRED)
    if isinstance(following, RefusalCode) or desk.moment.received_at < transfer.answer_until:
        return Admission()
    return release(desk, transfer, following, "no answer before the deadline")


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
