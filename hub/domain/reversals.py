"""Corrections: a new record names an old one and undoes it; nothing is ever overwritten.

A registry corrects its own actions at once. A completed transfer is taken back by a transfer in the
other direction, which either side may propose and the other must accept; its id is the message id
of the correction. Only what is untouched since can be undone, once, with a reason and two
approvers. Disputed serials may be corrected: this is how a dispute ends. An issuance is not undone,
since serials are never used again: surplus units are cancelled.
"""

from collections.abc import Callable, Iterable, Iterator

import msgspec

from hub.domain.action_rules import ACTION_RULES
from hub.domain.admission import Admission, Desk, check_account, check_approvers, refused
from hub.domain.blocks import reference_to_interval, tonnes_of, wire_block
from hub.domain.deadlines import answer_until
from hub.domain.gates import Act
from hub.domain.lifecycle import TransferEvent, next_state
from hub.domain.proposals import follow, request, reserve
from hub.domain.state import (
    AccountKey,
    ActionRecord,
    AuthorizationKey,
    Correction,
    EventKind,
    Interval,
    Transfer,
    UnitEvent,
    Units,
)
from schema.codes import AccountKind, CorrectionKind, TransferState, UnitStatus
from schema.messages import AccountRef, CorrectionNotice, TransferProposal
from schema.refusals import Refusal, RefusalCode, refuse

_HOLDING = (AccountKind.HOLDING, AccountKind.PENDING)


def correct(desk: Desk, message: CorrectionNotice) -> Admission:
    """Undo the record that the message names, or ask the other side to agree to it."""
    transfer = desk.ledger.transfers.get(message.corrects)
    action = desk.ledger.actions.get(message.corrects)
    refusals = [
        *check_approvers(message.approvers, message.reason),
        *_replacement_refusals(message),
    ]
    if transfer is not None:
        return _take_back(desk, message, transfer, refusals)
    if action is not None:
        return _undo(desk, message, action, refusals)
    words = f"no transfer or action {message.corrects}"
    return refused([refuse(RefusalCode.RECORD_UNKNOWN, words), *refusals])


def _replacement_refusals(message: CorrectionNotice) -> Iterator[Refusal]:
    names_one = message.replacement is not None
    if names_one is not (message.correction is CorrectionKind.CORRECTION):
        words = f"a {message.correction} with {'a' if names_one else 'no'} replacement"
        yield refuse(RefusalCode.REPLACEMENT_INCONSISTENT, words)


def _untouched_refusals(
    desk: Desk, intervals: Iterable[Interval], message: CorrectionNotice
) -> Iterator[Refusal]:
    for interval in intervals:
        units = desk.ledger.overlapping(interval)
        reference = reference_to_interval(interval)
        later = sorted({str(each.last_record) for each in units} - {str(message.corrects)})
        if later:
            words = f"changed since by {', '.join(later)}"
            yield refuse(RefusalCode.UNITS_CHANGED_SINCE, words, reference)
        if any(each.reserved_by is not None for each in units):
            words = "reserved by a transfer under way"
            yield refuse(RefusalCode.UNITS_RESERVED, words, reference)


def _keep(desk: Desk, message: CorrectionNotice) -> None:
    desk.ledger.corrections[message.message_id] = Correction(
        message_id=message.message_id,
        registry=desk.moment.sender,
        kind=message.correction,
        corrects=message.corrects,
        replacement=message.replacement,
        approvers=message.approvers,
        reason=message.reason,
    )


def _clearing(record: object, change: Callable[[Units], Units]) -> Callable[[Units], Units]:
    """Return `change`, which also clears a first transfer that was `record` itself."""

    def cleared(units: Units) -> Units:
        changed = change(units)
        if changed.first_transfer != record:
            return changed
        return msgspec.structs.replace(changed, first_transfer=None)

    return cleared


def _carve(
    desk: Desk, intervals: Iterable[Interval], change: Callable[[Units], Units]
) -> list[Units]:
    return [units for interval in intervals for units in desk.ledger.carve(interval, change)]


def _uncount(
    desk: Desk, key: AuthorizationKey | None, before: Iterable[Units], record: object, used: int = 0
) -> None:
    """Take what is undone out of the authorization's counters."""
    cleared = sum(units.count for units in before if units.first_transfer == record)
    if key is None or not (cleared or used):
        return
    authorization = desk.ledger.authorizations[key]
    desk.ledger.authorizations[key] = msgspec.structs.replace(
        authorization,
        first_transferred=authorization.first_transferred - cleared,
        used=authorization.used - used,
    )


# An action is undone at once, by the registry that took it.


def _undo(
    desk: Desk, message: CorrectionNotice, action: ActionRecord, refusals: list[Refusal]
) -> Admission:
    refusals = [*refusals, *_action_refusals(desk, message, action)]
    if refusals:
        return refused(refusals)
    source, message_id = action.from_account, message.message_id
    before = _carve(
        desk,
        action.intervals,
        _clearing(
            action.message_id,
            lambda units: msgspec.structs.replace(
                units, account=source, status=UnitStatus.HELD, last_record=message_id
            ),
        ),
    )
    is_use = ACTION_RULES[action.action].act is Act.USE
    used = tonnes_of(action.intervals) if is_use else 0
    _uncount(desk, action.authorization, before, action.message_id, used)
    desk.ledger.actions[action.message_id] = msgspec.structs.replace(
        action, corrected_by=message_id
    )
    _keep(desk, message)
    desk.ledger.events.extend(
        UnitEvent(
            kind=EventKind.REVERSAL,
            interval=Interval(units.series, units.first, units.last),
            quantity=units.quantity,
            unit=units.unit,
            registry=source.registry,
            from_account=action.to_account,
            to_account=source,
            happened_at=desk.moment.received_at,
            message_id=message_id,
            authorization=action.authorization,
        )
        for units in before
    )
    return Admission()


def _action_refusals(
    desk: Desk, message: CorrectionNotice, action: ActionRecord
) -> Iterator[Refusal]:
    sender = desk.moment.sender
    if action.from_account.registry != sender:
        words = f"the action is of {action.from_account.registry}"
        yield refuse(RefusalCode.SENDER_NOT_ENTITLED, words)
    if action.corrected_by is not None:
        words = f"corrected by {action.corrected_by}"
        yield refuse(RefusalCode.ALREADY_CORRECTED, words)
        return
    yield from _untouched_refusals(desk, action.intervals, message)
    yield from check_account(desk.ledger, action.from_account, _HOLDING, receives=True)


# A transfer is taken back by a transfer in the other direction, with the other side's consent.


def _take_back(
    desk: Desk, message: CorrectionNotice, transfer: Transfer, refusals: list[Refusal]
) -> Admission:
    refusals = [*refusals, *_transfer_refusals(desk, message, transfer)]
    if refusals:
        return refused(refusals)
    back = _back(desk, message, transfer)
    reserve(desk.ledger, back)
    _keep(desk, message)
    assert back.proposal is not None, "the hub has just written it"
    return Admission(outgoing=(request(desk, back.proposal, back),))


def _transfer_refusals(
    desk: Desk, message: CorrectionNotice, transfer: Transfer
) -> Iterator[Refusal]:
    ledger, sender = desk.ledger, desk.moment.sender
    sides = (transfer.from_account.registry, transfer.to_account.registry)
    if sender not in sides:
        words = f"the transfer is of {' and '.join(sides)}"
        yield refuse(RefusalCode.SENDER_NOT_ENTITLED, words)
    for side in sides:
        if side != sender and ledger.registries[side].suspended:
            yield refuse(RefusalCode.REGISTRY_SUSPENDED, f"{side} is suspended")
    if message.message_id in ledger.transfers:
        words = f"{message.message_id} is the id of a transfer"
        yield refuse(RefusalCode.TRANSFER_ID_REUSED, words)
    following = next_state(transfer.state, TransferEvent.REVERSAL_ASKED)
    if isinstance(following, RefusalCode):
        yield refuse(following, f"the transfer is {transfer.state}")
        return
    if transfer.corrected_by is not None or transfer.reverses is not None:
        yield refuse(RefusalCode.ALREADY_CORRECTED, _why_corrected(transfer))
        return
    intervals = (block.interval for block in transfer.blocks)
    yield from _untouched_refusals(desk, intervals, message)
    yield from check_account(ledger, transfer.to_account, _HOLDING, receives=False)
    yield from check_account(ledger, transfer.from_account, _HOLDING, receives=True)


def _why_corrected(transfer: Transfer) -> str:
    if transfer.corrected_by is not None:
        return f"taken back by {transfer.corrected_by}"
    return f"it took back {transfer.reverses}"


def _back(desk: Desk, message: CorrectionNotice, transfer: Transfer) -> Transfer:
    now, sender = desk.moment.received_at, desk.moment.sender
    giving, receiving = transfer.to_account, transfer.from_account
    asked = receiving.registry if sender == giving.registry else giving.registry
    windows = desk.ledger.maintenance.get(asked, ())
    return Transfer(
        transfer_id=message.message_id,
        message_id=message.message_id,
        state=follow(TransferState.PROPOSED, TransferEvent.CHECKS_PASSED),
        from_account=giving,
        to_account=receiving,
        purpose=transfer.purpose,
        authorization=transfer.authorization,
        blocks=transfer.blocks,
        first_transfer=(),
        asked=asked,
        proposed_at=now,
        answer_until=answer_until(now, windows, desk.policy),
        proposal=_proposal(desk, message, transfer, receiving),
        reverses=transfer.transfer_id,
    )


def _proposal(
    desk: Desk, message: CorrectionNotice, transfer: Transfer, receiving: AccountKey
) -> TransferProposal:
    """Return the way back as the proposal that the hub writes on behalf of the corrector."""
    return TransferProposal(
        message_id=message.message_id,
        transfer_id=message.message_id,
        from_account=transfer.to_account.account,
        to=AccountRef(registry=receiving.registry, account=receiving.account),
        purpose=transfer.purpose,
        authorization_party=transfer.authorization.party,
        authorization_id=transfer.authorization.authorization_id,
        acquiring_entity=None,
        proposed_at=desk.moment.received_at,
        blocks=tuple(wire_block(block) for block in transfer.blocks),
    )


def finish_reversal(desk: Desk, back: Transfer, original: Transfer) -> None:
    """Move the units back; a first transfer that was `original` itself is undone with it."""
    ledger = desk.ledger
    before = _carve(
        desk,
        (block.interval for block in back.blocks),
        _clearing(
            original.transfer_id,
            lambda units: msgspec.structs.replace(
                units,
                account=back.to_account,
                reserved_by=None,
                last_record=back.transfer_id,
            ),
        ),
    )
    _uncount(desk, original.authorization, before, original.transfer_id)
    ledger.transfers[original.transfer_id] = msgspec.structs.replace(
        original, corrected_by=back.transfer_id
    )
    ledger.events.extend(
        UnitEvent(
            kind=EventKind.REVERSAL,
            interval=block.interval,
            quantity=block.quantity,
            unit=block.unit,
            registry=registry,
            from_account=back.from_account,
            to_account=back.to_account,
            happened_at=desk.moment.received_at,
            message_id=back.message_id,
            transfer_id=back.transfer_id,
            authorization=back.authorization,
        )
        for block in back.blocks
        for registry in (back.to_account.registry, back.from_account.registry)
    )
