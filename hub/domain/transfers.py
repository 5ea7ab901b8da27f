"""Transfers between registries: proposal, answer, withdrawal, completion, expiry.

The proposal reserves the serials, so the completion can never break a rule. The hub completes in
the transaction that records the acceptance. Only the hub expires a transfer, by its own clock.
"""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

import msgspec

from hub.domain.admission import Admission, Desk, check_account, gaps, hub_message_id, refused
from hub.domain.blocks import check_blocks, moved_blocks, reference_to_interval, wire_block
from hub.domain.gates import (
    Act,
    Intent,
    first_transfer_at_transfer,
    gates_for,
    refusals_of,
)
from hub.domain.ledger import Ledger
from hub.domain.lifecycle import TransferEvent, next_state
from hub.domain.state import (
    AccountKey,
    AuthorizationKey,
    Case,
    CaseKind,
    EventKind,
    Interval,
    MovedBlock,
    Outgoing,
    Transfer,
    UnitEvent,
    Units,
)
from schema.codes import (
    AccountKind,
    Answer,
    Metric,
    OutcomeResult,
    TransferState,
    UnitStatus,
)
from schema.identifiers import ItmoSeries
from schema.messages import (
    OutcomeAnswer,
    TransferAnswer,
    TransferOutcome,
    TransferProposal,
    TransferRequest,
    TransferWithdrawal,
    UnitBlock,
)
from schema.refusals import Refusal, RefusalCode, refuse


def propose(desk: Desk, message: TransferProposal) -> Admission:
    """Check a proposal; reserve its serials and ask the acquirer, or refuse with every reason."""
    if message.transfer_id in desk.ledger.transfers:
        return refused([refuse(RefusalCode.TRANSFER_ID_REUSED, f"{message.transfer_id} exists")])
    malformed = check_blocks(message.blocks, desk.moment.received_at)
    if malformed:
        return refused(malformed)
    blocks = moved_blocks(message.blocks)
    first = _first_transfer_intervals(desk, message, blocks)
    refusals = [
        *unit_refusals(
            desk,
            AccountKey(desk.moment.sender, message.from_account),
            AuthorizationKey(message.authorization_party, message.authorization_id),
            blocks,
        ),
        *_account_refusals(desk, message),
        *refusals_of(gates_for(intent_of(desk, message, first), desk.ledger, desk.policy)),
    ]
    if refusals:
        return refused(refusals)
    transfer = _reserve(desk, message, blocks, first)
    return Admission(outgoing=(_request(desk, message, transfer),))


def intent_of(desk: Desk, message: TransferProposal, first: tuple[Interval, ...]) -> Intent:
    """Return the proposal as the gates see it."""
    acquirer = desk.ledger.registries.get(message.to.registry)
    return Intent(
        act=Act.TRANSFER,
        intervals=tuple(block.interval for block in moved_blocks(message.blocks)),
        authorization=AuthorizationKey(message.authorization_party, message.authorization_id),
        purpose=message.purpose,
        counterparty=None if acquirer is None else acquirer.party,
        entity=message.acquiring_entity,
        at=desk.moment.received_at,
        first_transfer_tonnes=sum(interval.count for interval in first),
    )


def unit_refusals(
    desk: Desk, account: AccountKey, key: AuthorizationKey, blocks: tuple[MovedBlock, ...]
) -> Iterator[Refusal]:
    """Yield why these serials cannot leave `account` under `key` now, block by block."""
    for block in blocks:
        interval = block.interval
        reference = reference_to_interval(interval)
        pieces = desk.ledger.overlapping(interval)
        missing = gaps(pieces, interval.first, interval.last)
        if missing:
            words = ", ".join(f"{first}-{last}" for first, last in missing)
            yield refuse(RefusalCode.UNITS_UNKNOWN, f"never issued: {words}", reference)
        objections = (
            objection for units in pieces for objection in _objections(units, account, key)
        )
        for code, detail in dict.fromkeys(objections):
            yield refuse(code, detail, reference)
        if any(freeze.until > desk.moment.received_at for freeze in desk.ledger.frozen(interval)):
            yield refuse(RefusalCode.UNITS_FROZEN, "the serials are disputed", reference)
        yield from _quantity_refusals(block, pieces)


def _objections(
    units: Units, account: AccountKey, key: AuthorizationKey
) -> Iterator[tuple[RefusalCode, str]]:
    if units.status is not UnitStatus.HELD:
        yield RefusalCode.UNITS_ALREADY_USED, f"the serials are {units.status}"
    elif units.account != account:
        words = f"{account.registry} {account.account} does not hold all of the serials"
        yield RefusalCode.UNITS_NOT_HELD, words
    elif units.reserved_by is not None:
        yield RefusalCode.UNITS_RESERVED, f"reserved by transfer {units.reserved_by}"
    if units.authorization is not None and units.authorization != key:
        other = f"{units.authorization.party} {units.authorization.authorization_id}"
        yield RefusalCode.AUTHORIZATION_DIFFERS, f"the serials belong to {other}"


def _quantity_refusals(block: MovedBlock, pieces: list[Units]) -> Iterator[Refusal]:
    interval = block.interval
    reference = reference_to_interval(interval)
    if any((units.quantity is None) is not (block.quantity is None) for units in pieces):
        words = "GHG and non-GHG units differ from the issuance"
        yield refuse(RefusalCode.METRIC_DIFFERS, words, reference)
    elif block.quantity is not None:
        held = sum(units.quantity or 0 for units in pieces)
        if block.quantity > held:
            words = f"{block.quantity} of {held} held"
            yield refuse(RefusalCode.QUANTITY_EXCEEDS_HOLDING, words, reference)


def _account_refusals(desk: Desk, message: TransferProposal) -> Iterator[Refusal]:
    sender, to = desk.moment.sender, message.to
    yield from check_account(
        desk.ledger,
        AccountKey(sender, message.from_account),
        (AccountKind.HOLDING, AccountKind.PENDING),
        receives=False,
    )
    if to.registry == sender:
        yield refuse(RefusalCode.REGISTRIES_MUST_DIFFER, f"both accounts are in {sender}")
    elif to.registry not in desk.ledger.registries:
        yield refuse(RefusalCode.COUNTERPARTY_UNKNOWN, f"{to.registry} is not registered")
    else:
        yield from check_account(
            desk.ledger,
            AccountKey(to.registry, to.account),
            (AccountKind.HOLDING,),
            receives=True,
        )


def _first_transfer_intervals(
    desk: Desk, message: TransferProposal, blocks: tuple[MovedBlock, ...]
) -> tuple[Interval, ...]:
    key = AuthorizationKey(message.authorization_party, message.authorization_id)
    authorization = desk.ledger.authorizations.get(key)
    if authorization is None or not first_transfer_at_transfer(authorization.record):
        return ()
    found = []
    for block in blocks:
        for units in desk.ledger.overlapping(block.interval):
            if units.first_transfer is None:
                first = max(units.first, block.interval.first)
                last = min(units.last, block.interval.last)
                found.append(Interval(units.series, first, last))
    return tuple(found)


def _reserve(
    desk: Desk,
    message: TransferProposal,
    blocks: tuple[MovedBlock, ...],
    first: tuple[Interval, ...],
) -> Transfer:
    ledger, now = desk.ledger, desk.moment.received_at
    transfer = Transfer(
        transfer_id=message.transfer_id,
        message_id=message.message_id,
        state=_follow(TransferState.PROPOSED, TransferEvent.CHECKS_PASSED),
        from_account=AccountKey(desk.moment.sender, message.from_account),
        to_account=AccountKey(message.to.registry, message.to.account),
        purpose=message.purpose,
        authorization=AuthorizationKey(message.authorization_party, message.authorization_id),
        blocks=blocks,
        first_transfer=first,
        proposed_at=now,
        answer_until=now + desk.policy.answer_within,
        proposal=message,
    )
    for block in blocks:
        ledger.carve(
            block.interval,
            lambda units: msgspec.structs.replace(units, reserved_by=transfer.transfer_id),
        )
    ledger.transfers[transfer.transfer_id] = transfer
    _count(ledger, transfer, reserved=sum(interval.count for interval in first))
    return transfer


def _follow(state: TransferState, event: TransferEvent) -> TransferState:
    following = next_state(state, event)
    assert isinstance(following, TransferState), f"{event} in {state}"
    return following


def _count(ledger: Ledger, transfer: Transfer, *, reserved: int = 0, transferred: int = 0) -> None:
    authorization = ledger.authorizations[transfer.authorization]
    ledger.authorizations[transfer.authorization] = msgspec.structs.replace(
        authorization,
        first_transfer_reserved=authorization.first_transfer_reserved + reserved,
        first_transferred=authorization.first_transferred + transferred,
    )


def _request(desk: Desk, message: TransferProposal, transfer: Transfer) -> Outgoing:
    to = transfer.to_account.registry
    return Outgoing(
        to=to,
        message=TransferRequest(
            message_id=hub_message_id(transfer.transfer_id, "request", to),
            transfer_id=transfer.transfer_id,
            proposal=message,
            proposer=transfer.from_account.registry,
            first_transfer_blocks=_first_transfer_blocks(transfer),
            answer_until=transfer.answer_until,
            proposal_envelope=desk.moment.envelope,
        ),
    )


def _first_transfer_blocks(transfer: Transfer) -> tuple[UnitBlock, ...]:
    return tuple(wire_block(interval, Metric.GHG, None) for interval in transfer.first_transfer)


def answer(desk: Desk, message: TransferAnswer) -> Admission:
    """Record the acquirer's answer; an acceptance completes the transfer at once."""
    transfer = desk.ledger.transfers.get(message.transfer_id)
    if transfer is None:
        return _unknown(message.transfer_id)
    if transfer.to_account.registry != desk.moment.sender:
        return _not_entitled(desk, "answer", transfer)
    accepted = message.answer is Answer.ACCEPT
    event = TransferEvent.ACCEPTED_BY_ACQUIRER if accepted else TransferEvent.REJECTED_BY_ACQUIRER
    following = next_state(transfer.state, event)
    if isinstance(following, RefusalCode):
        return _late(transfer, following, message.message_id, f"{message.answer} came")
    if accepted:
        return _complete(desk, msgspec.structs.replace(transfer, state=following))
    return _release(desk, transfer, following, message.reason)


def withdraw(desk: Desk, message: TransferWithdrawal) -> Admission:
    """Take a proposal back before it is accepted."""
    transfer = desk.ledger.transfers.get(message.transfer_id)
    if transfer is None:
        return _unknown(message.transfer_id)
    if transfer.from_account.registry != desk.moment.sender:
        return _not_entitled(desk, "withdraw", transfer)
    following = next_state(transfer.state, TransferEvent.WITHDRAWN_BY_PROPOSER)
    if isinstance(following, RefusalCode):
        words = f"the transfer is {transfer.state}"
        return refused([refuse(following, words)])
    return _release(desk, transfer, following, message.reason)


def expire(desk: Desk, transfer: Transfer) -> Admission:
    """Expire a transfer whose deadline has passed by the hub's clock; the hub alone calls this."""
    following = next_state(transfer.state, TransferEvent.EXPIRED_BY_HUB)
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
    if transfer.state is not TransferState.COMPLETED:
        words = f"the transfer is {transfer.state}"
        return refused([refuse(RefusalCode.NOT_ALLOWED_IN_STATE, words)])
    if transfer.outcomes.get(sender, message.result) is not message.result and (
        transfer.outcomes[sender] is OutcomeResult.APPLIED
    ):
        words = f"{sender} has already applied the transfer"
        return refused([refuse(RefusalCode.NOT_ALLOWED_IN_STATE, words)])
    desk.ledger.transfers[transfer.transfer_id] = msgspec.structs.replace(
        transfer, outcomes={**transfer.outcomes, sender: message.result}
    )
    if message.result is OutcomeResult.APPLIED:
        return Admission()
    words = f"{sender} cannot apply the completed transfer: {message.reason}"
    return Admission(cases=(_case(CaseKind.CANNOT_APPLY, transfer, message.message_id, words),))


def _unknown(transfer_id: object) -> Admission:
    return refused([refuse(RefusalCode.TRANSFER_UNKNOWN, f"no transfer {transfer_id}")])


def _not_entitled(desk: Desk, act: str, transfer: Transfer) -> Admission:
    words = f"{desk.moment.sender} may not {act} transfer {transfer.transfer_id}"
    return refused([refuse(RefusalCode.SENDER_NOT_ENTITLED, words)])


def _late(transfer: Transfer, code: RefusalCode, message_id: UUID, what: str) -> Admission:
    words = f"{what} when the transfer was {transfer.state}"
    return refused([refuse(code, words)], _case(CaseKind.LATE_ANSWER, transfer, message_id, words))


def _case(kind: CaseKind, transfer: Transfer, message_id: UUID, words: str) -> Case:
    return Case(
        kind=kind,
        intervals=tuple(block.interval for block in transfer.blocks),
        registries=(transfer.from_account.registry, transfer.to_account.registry),
        message_id=message_id,
        transfer_id=transfer.transfer_id,
        words=words,
    )


def _complete(desk: Desk, transfer: Transfer) -> Admission:
    ledger, now = desk.ledger, desk.moment.received_at
    firsts = sum(interval.count for interval in transfer.first_transfer)

    def move(units: Units) -> Units:
        first = units.first_transfer
        if first is None and any(
            interval.series == units.series and interval.first <= units.first <= interval.last
            for interval in transfer.first_transfer
        ):
            first = transfer.transfer_id
        return msgspec.structs.replace(
            units,
            account=transfer.to_account,
            authorization=transfer.authorization,
            reserved_by=None,
            first_transfer=first,
        )

    for block in transfer.blocks:
        ledger.carve(block.interval, move)
    completed = msgspec.structs.replace(
        transfer,
        state=_follow(transfer.state, TransferEvent.COMPLETED_BY_HUB),
        decided_at=now,
    )
    ledger.transfers[transfer.transfer_id] = completed
    _count(ledger, transfer, reserved=-firsts, transferred=firsts)
    ledger.events.extend(_events(completed, now))
    return Admission(outgoing=_outcomes(completed, now))


def _events(transfer: Transfer, now: datetime) -> Iterator[UnitEvent]:
    """Tell the move as both sides report it: (first) transfer here, acquisition there."""
    firsts = set(transfer.first_transfer)
    quantities = {block.interval: block.quantity for block in transfer.blocks}
    plain = [
        Interval(series, first, last)
        for block in transfer.blocks
        for series, first, last in _without(block.interval, transfer.first_transfer)
    ]
    told = [
        *((EventKind.FIRST_TRANSFER, transfer.from_account.registry, part) for part in firsts),
        *((EventKind.TRANSFER, transfer.from_account.registry, part) for part in plain),
        *(
            (EventKind.ACQUISITION, transfer.to_account.registry, block.interval)
            for block in transfer.blocks
        ),
    ]
    for kind, registry, interval in sorted(told):
        yield UnitEvent(
            kind=kind,
            interval=interval,
            quantity=quantities.get(interval),
            registry=registry,
            from_account=transfer.from_account,
            to_account=transfer.to_account,
            happened_at=now,
            message_id=transfer.message_id,
            transfer_id=transfer.transfer_id,
            authorization=transfer.authorization,
            purpose=transfer.purpose,
        )


def _without(
    interval: Interval, taken: tuple[Interval, ...]
) -> Iterator[tuple[ItmoSeries, int, int]]:
    position = interval.first
    for other in sorted(part for part in taken if part.series == interval.series):
        if other.last < position or other.first > interval.last:
            continue
        if other.first > position:
            yield interval.series, position, other.first - 1
        position = max(position, other.last + 1)
    if position <= interval.last:
        yield interval.series, position, interval.last


def _release(desk: Desk, transfer: Transfer, state: TransferState, reason: str) -> Admission:
    ledger, now = desk.ledger, desk.moment.received_at
    for block in transfer.blocks:
        ledger.carve(block.interval, lambda units: msgspec.structs.replace(units, reserved_by=None))
    released = msgspec.structs.replace(transfer, state=state, decided_at=now, reason=reason)
    ledger.transfers[transfer.transfer_id] = released
    _count(ledger, transfer, reserved=-sum(part.count for part in transfer.first_transfer))
    return Admission(outgoing=_outcomes(released, now))


def _outcomes(transfer: Transfer, now: datetime) -> tuple[Outgoing, ...]:
    completed = transfer.state is TransferState.COMPLETED
    return tuple(
        Outgoing(
            to=registry,
            message=TransferOutcome(
                message_id=hub_message_id(transfer.transfer_id, "outcome", registry),
                transfer_id=transfer.transfer_id,
                state=transfer.state,
                decided_at=now,
                reason=transfer.reason,
                first_transfer_blocks=_first_transfer_blocks(transfer) if completed else (),
            ),
        )
        for registry in (transfer.from_account.registry, transfer.to_account.registry)
    )
