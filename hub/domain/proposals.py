"""The proposal of a transfer: checked whole, then its serials are reserved and the acquirer asked.

The reservation holds everything that the completion needs (serials, authorized quantity), so the
completion can never break a rule.
"""

from collections.abc import Iterator, Sequence
from functools import partial

import msgspec

from hub.domain.admission import (
    Admission,
    Desk,
    check_account,
    hub_message_id,
    party_of,
    refused,
)
from hub.domain.blocks import part_of, read_blocks, tonnes_of, wire_block
from hub.domain.deadlines import answer_until, told_until
from hub.domain.first_transfer import Trigger, triggers
from hub.domain.gates import gate_refusals
from hub.domain.holdings import (
    Found,
    activities_coming_under,
    find,
    is_settled,
    measures_in,
    pending_first_transfers,
    series_in,
    unit_refusals,
)
from hub.domain.intents import Act, Intent
from hub.domain.ledger import Ledger
from hub.domain.lifecycle import TransferEvent, next_state
from hub.domain.state import (
    AccountKey,
    AuthorizationKey,
    Interval,
    MovedBlock,
    Outgoing,
    State,
    Transfer,
)
from schema.codes import AccountKind, TransferState
from schema.messages import TransferProposal, TransferRequest
from schema.refusals import Refusal, RefusalCode, refuse


class Plan(State, frozen=True):
    """A proposal as the rules see it: what was found, what is wrong, what it would do."""

    blocks: tuple[MovedBlock, ...]
    first: tuple[Interval, ...]
    """The serials whose first transfer it would be."""
    intent: Intent
    refusals: list[Refusal]
    """Why it is refused, the gates of the authorization apart."""


def propose(desk: Desk, message: TransferProposal) -> Admission:
    """Check a proposal; reserve its serials and ask the acquirer, or refuse with every reason."""
    plan = plan_of(desk, message)
    refusals = [*plan.refusals, *gate_refusals(plan.intent, desk.ledger, desk.policy)]
    if refusals:
        return refused(refusals)
    transfer = _transfer(desk, message, plan)
    reserve(desk.ledger, transfer)
    return Admission(outgoing=(request(desk, message, transfer),))


def plan_of(desk: Desk, message: TransferProposal) -> Plan:
    """Look at a proposal without doing anything."""
    malformed, blocks = read_blocks(message.blocks, desk.moment.received_at)
    found = find(desk, blocks)
    account = AccountKey(desk.moment.sender, message.from_account)
    key = authorization_named(message)
    acquirer = party_of(desk.ledger, AccountKey(message.to.registry, message.to.account))
    first = _first_transfers(desk, message, acquirer, found)
    return Plan(
        blocks=blocks,
        first=first,
        intent=_intent(desk, message, acquirer, first, found),
        refusals=[
            *_sequence_refusals(desk, message),
            *malformed,
            *unit_refusals(desk, account, key, found),
            *_account_refusals(desk, message),
        ],
    )


def authorization_named(message: TransferProposal) -> AuthorizationKey:
    """Return the authorization under which the units move."""
    return AuthorizationKey(message.authorization_party, message.authorization_id)


def _intent(
    desk: Desk,
    message: TransferProposal,
    acquirer: str | None,
    first: tuple[Interval, ...],
    found: Sequence[Found],
) -> Intent:
    key = authorization_named(message)
    return Intent(
        act=Act.TRANSFER,
        series=series_in(found),
        authorization=key,
        purpose=message.purpose,
        counterparty=acquirer,
        entity=message.acquiring_entity,
        at=desk.moment.received_at,
        first_transfer_tonnes=tonnes_of(first),
        settled=is_settled(found),
        activities=activities_coming_under(found),
        measures=measures_in(found),
    )


def _sequence_refusals(desk: Desk, message: TransferProposal) -> Iterator[Refusal]:
    if message.transfer_id in desk.ledger.transfers:
        yield refuse(RefusalCode.TRANSFER_ID_REUSED, f"{message.transfer_id} exists")


def _account_refusals(desk: Desk, message: TransferProposal) -> Iterator[Refusal]:
    ledger, sender, to = desk.ledger, desk.moment.sender, message.to
    giving = AccountKey(sender, message.from_account)
    kinds = (AccountKind.HOLDING, AccountKind.PENDING)
    yield from check_account(ledger, giving, kinds, receives=False)
    if to.registry == sender:
        yield refuse(RefusalCode.REGISTRIES_MUST_DIFFER, f"both accounts are in {sender}")
        return
    counterparty = ledger.registries.get(to.registry)
    if counterparty is None:
        yield refuse(RefusalCode.COUNTERPARTY_UNKNOWN, f"{to.registry} is not registered")
        return
    if counterparty.suspended:
        yield refuse(RefusalCode.REGISTRY_SUSPENDED, f"{to.registry} is suspended")
    receiving = AccountKey(to.registry, to.account)
    yield from check_account(ledger, receiving, (AccountKind.HOLDING,), receives=True)


def _first_transfers(
    desk: Desk, message: TransferProposal, acquirer: str | None, found: Sequence[Found]
) -> tuple[Interval, ...]:
    """Para. 2(a): the first transfer to another Party than the one of the mitigation."""
    authorization = desk.ledger.authorizations.get(authorization_named(message))
    if authorization is None:
        return ()
    record = authorization.record
    abroad = acquirer is not None and acquirer != record.party
    return pending_first_transfers(
        found,
        authorization,
        triggers(record, message.purpose, desk.policy),
        frozenset({Trigger.INTERNATIONAL_TRANSFER}) if abroad else frozenset(),
    )


def _transfer(desk: Desk, message: TransferProposal, plan: Plan) -> Transfer:
    now, to = desk.moment.received_at, message.to
    windows = desk.ledger.maintenance.get(to.registry, ())
    return Transfer(
        transfer_id=message.transfer_id,
        message_id=message.message_id,
        state=follow(TransferState.PROPOSED, TransferEvent.CHECKS_PASSED),
        from_account=AccountKey(desk.moment.sender, message.from_account),
        to_account=AccountKey(to.registry, to.account),
        purpose=message.purpose,
        authorization=authorization_named(message),
        blocks=plan.blocks,
        first_transfer=plan.first,
        asked=to.registry,
        proposed_at=now,
        answer_until=answer_until(now, windows, desk.policy),
        proposal=message,
    )


def follow(state: TransferState, event: TransferEvent) -> TransferState:
    """Return the state after an event that only the hub causes, and never out of turn."""
    following = next_state(state, event)
    assert isinstance(following, TransferState), f"{event} in {state}"
    return following


def reserve(ledger: Ledger, transfer: Transfer) -> None:
    """Keep the serials, and the authorized quantity they need, for this transfer alone."""
    reserved = partial(msgspec.structs.replace, reserved_by=transfer.transfer_id)
    for block in transfer.blocks:
        ledger.carve(block.interval, reserved)
    ledger.transfers[transfer.transfer_id] = transfer
    count(ledger, transfer, reserved=tonnes_of(transfer.first_transfer))


def count(ledger: Ledger, transfer: Transfer, *, reserved: int = 0, transferred: int = 0) -> None:
    """Add to what the authorization of a transfer has reserved and first transferred, in tonnes."""
    if not (reserved or transferred):
        return
    authorization = ledger.authorizations[transfer.authorization]
    ledger.authorizations[transfer.authorization] = msgspec.structs.replace(
        authorization,
        first_transfer_reserved=authorization.first_transfer_reserved + reserved,
        first_transferred=authorization.first_transferred + transferred,
    )


def request(desk: Desk, message: TransferProposal, transfer: Transfer) -> Outgoing:
    """Return the hub's question to the other side of a transfer."""
    return Outgoing(
        to=transfer.asked,
        message=TransferRequest(
            message_id=hub_message_id(transfer.transfer_id, "request", transfer.asked),
            transfer_id=transfer.transfer_id,
            proposal=message,
            proposer=transfer.proposer,
            first_transfer_blocks=tuple(map(wire_block, first_transfer_parts(transfer))),
            answer_until=told_until(transfer.answer_until, desk.policy),
            proposal_envelope=desk.moment.envelope,
            reverses=transfer.reverses,
        ),
    )


def first_transfer_parts(transfer: Transfer) -> Iterator[MovedBlock]:
    """Yield the serials that are first transferred by this transfer, with their quantities."""
    blocks = iter(transfer.blocks)
    block = next(blocks, None)
    for part in transfer.first_transfer:
        while block is not None and not _inside(part, block.interval):
            block = next(blocks, None)
        assert block is not None, "a first transfer lies in a block of its transfer"
        yield block if part == block.interval else part_of(block, part)


def _inside(part: Interval, whole: Interval) -> bool:
    return part.series == whole.series and whole.first <= part.first and part.last <= whole.last
