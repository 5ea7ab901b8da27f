"""What the registry does in its books about requests and outcomes of transfers."""

import sqlite3
from dataclasses import replace
from uuid import UUID, uuid4

from connectors.driving.answers import Side
from connectors.driving.misbehaviour import Misbehaviour
from connectors.simulator.booking import BookEntry
from connectors.simulator.holding import CannotBookError, Cause, Holding
from connectors.simulator.mailbox import post
from connectors.simulator.records import KnownTransfer, first_transferred_on_arrival, put_transfer
from connectors.simulator.registry import Registry
from connectors.simulator.store import keep_setting
from schema.codes import (
    AccountKind,
    AccountStatus,
    Answer,
    OutcomeResult,
    TransferState,
    UnitStatus,
)
from schema.messages import (
    MessageKind,
    OutcomeAnswer,
    TransferAnswer,
    TransferOutcome,
    TransferProposal,
    TransferRequest,
    UnitBlock,
)

_RECEIVING = frozenset({AccountStatus.OPEN, AccountStatus.RECEIVE_ONLY})


def take_request(registry: Registry, request: TransferRequest) -> None:
    """Note a transfer on its way in; answer it at once, unless an officer will."""
    decided_before = registry.store.setting(_decided(request.transfer_id)) is not None
    if decided_before or registry.records.transfer(request.transfer_id) is not None:
        return
    transfer = KnownTransfer(
        transfer_id=request.transfer_id,
        side=Side.IN,
        counterparty=request.proposer,
        state=TransferState.CHECKED,
        proposal=request.proposal,
        reason="",
    )
    with registry.store.transaction() as connection:
        put_transfer(connection, transfer)
        if registry.conduct.take(Misbehaviour.IGNORE) or not registry.answers_automatically:
            return
        answer, reason = _judge(registry, request)
        answer_request(connection, transfer, answer, reason)


def answer_request(
    connection: sqlite3.Connection, transfer: KnownTransfer, answer: Answer, reason: str
) -> TransferAnswer:
    """Queue the registry's answer to a transfer request."""
    message = TransferAnswer(
        message_id=uuid4(), transfer_id=transfer.transfer_id, answer=answer, reason=reason
    )
    state = TransferState.ACCEPTED if answer is Answer.ACCEPT else TransferState.REJECTED
    put_transfer(connection, replace(transfer, state=state, reason=reason))
    post(connection, [message])
    return message


def _judge(registry: Registry, request: TransferRequest) -> tuple[Answer, str]:
    order = registry.conduct.take(Misbehaviour.REJECT)
    if order is not None:
        return Answer.REJECT, order.value or "rejected by order"
    account = registry.book.accounts().get(request.proposal.to.account)
    if account is None:
        return Answer.REJECT, f"no account {request.proposal.to.account}"
    if account.status not in _RECEIVING:
        return Answer.REJECT, f"account {account.account} is {account.status}"
    if account.account_kind is not AccountKind.HOLDING:
        return Answer.REJECT, f"account {account.account} is no holding account"
    return Answer.ACCEPT, ""


def take_outcome(registry: Registry, outcome: TransferOutcome) -> None:
    """Book the end of a transfer, and say so when it was completed."""
    if registry.conduct.take(Misbehaviour.IGNORE):
        return
    transfer = registry.records.transfer(outcome.transfer_id)
    completed = outcome.state is TransferState.COMPLETED
    fault = "this transfer is not known here"
    if transfer is not None and completed:
        fault = _complete(registry, transfer, outcome)
    elif transfer is not None:
        cause = Cause(message_id=outcome.message_id, kind=MessageKind.TRANSFER_OUTCOME)
        release(registry, transfer.proposal, outcome.state, outcome.reason, cause)
    else:
        # The request has been overtaken by the end: nobody waits for an answer to it any more.
        with registry.store.transaction() as connection:
            keep_setting(connection, _decided(outcome.transfer_id), outcome.state.encode())
    if completed:
        result = OutcomeResult.CANNOT_APPLY if fault else OutcomeResult.APPLIED
        answer = OutcomeAnswer(
            message_id=uuid4(),
            transfer_id=outcome.transfer_id,
            result=result,
            reason=fault,
        )
        with registry.store.transaction() as connection:
            post(connection, [answer])


def _complete(registry: Registry, transfer: KnownTransfer, outcome: TransferOutcome) -> str:
    """Book a completed transfer; return why it cannot be booked, or nothing."""
    order = registry.conduct.take(Misbehaviour.CANNOT_APPLY)
    if order is not None:
        return order.value or "cannot be booked, by order"
    cause = Cause(
        message_id=outcome.message_id,
        kind=MessageKind.TRANSFER_OUTCOME,
        transfer_id=transfer.transfer_id,
        counterparty=transfer.counterparty,
    )
    with registry.entry(cause) as entry:
        entry.connection.execute("SAVEPOINT booking")
        try:
            if transfer.side is Side.OUT:
                _send_away(entry.book, transfer)
            else:
                _take_in(registry, entry.book, transfer, outcome)
        except CannotBookError as cannot:
            entry.connection.execute("ROLLBACK TO booking")
            return str(cannot)
        put_transfer(entry.connection, replace(transfer, state=TransferState.COMPLETED))
    return ""


def _send_away(book: BookEntry, transfer: KnownTransfer) -> None:
    claimed = book.reserved(str(transfer.transfer_id))
    wanted = sum(block.last - block.first + 1 for block in transfer.proposal.blocks)
    if sum(holding.count for holding in claimed) != wanted:
        raise CannotBookError("the units are no longer reserved for this transfer")
    book.let_go(claimed)


def _take_in(
    registry: Registry, book: BookEntry, transfer: KnownTransfer, outcome: TransferOutcome
) -> None:
    proposal = transfer.proposal
    record = registry.records.authorization(proposal.authorization_party, proposal.authorization_id)
    for block in proposal.blocks:
        arriving = Holding.of(
            block,
            account=proposal.to.account,
            first_transferred=first_transferred_on_arrival(record, proposal, block.registry[:3]),
            authorization=(proposal.authorization_party, proposal.authorization_id),
            origin=str(transfer.transfer_id),
        )
        book.add(_flagged(arriving, outcome.first_transfer_blocks))


def _flagged(holding: Holding, first: tuple[UnitBlock, ...]) -> list[Holding]:
    """Cut a block where first transfer begins and ends; the named parts carry the flag."""
    if holding.first_transferred:
        return [holding]
    series = (holding.approach, holding.registry, holding.first_party, holding.vintage)
    named = sorted(
        (max(block.first, holding.first), min(block.last, holding.last))
        for block in first
        if (block.approach, block.registry, block.first_party, block.vintage) == series
        and block.first <= holding.last
        and block.last >= holding.first
    )
    parts, start = [], holding.first
    for low, high in named:
        if start < low:
            parts.append(holding.part(start, low - 1))
        parts.append(replace(holding.part(low, high), first_transferred=True))
        start = high + 1
    if start <= holding.last:
        parts.append(holding.part(start, holding.last))
    return parts


def release(
    registry: Registry, proposal: TransferProposal, state: TransferState, reason: str, cause: Cause
) -> None:
    """Give units back that were reserved for a transfer which did not come about."""
    with registry.entry(cause) as entry:
        claimed = entry.book.reserved(str(proposal.transfer_id))
        entry.book.keep(
            [replace(each, status=UnitStatus.HELD, reserved_for=None) for each in claimed],
            moved_from=None,
        )
        transfer = registry.records.transfer(proposal.transfer_id)
        if transfer is not None:
            put_transfer(entry.connection, replace(transfer, state=state, reason=reason))


def set_state(registry: Registry, proposal: TransferProposal, state: TransferState) -> None:
    """Note that the hub has checked a proposal, unless more is known already."""
    transfer = registry.records.transfer(proposal.transfer_id)
    if transfer is not None and transfer.state is TransferState.PROPOSED:
        with registry.store.transaction() as connection:
            put_transfer(connection, replace(transfer, state=state))


def _decided(transfer_id: UUID) -> str:
    return f"decided before its request: {transfer_id}"
