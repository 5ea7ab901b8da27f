"""A completed transfer is taken back by a transfer in the other direction.

Either side may propose it and the other must accept; its id is the message id of the correction.
"""

from collections.abc import Iterator

import msgspec

from hub.domain.admission import Admission, Desk, check_account, refused
from hub.domain.blocks import wire_block
from hub.domain.deadlines import answer_until
from hub.domain.lifecycle import TransferEvent, next_state
from hub.domain.proposals import follow, request, reserve
from hub.domain.state import (
    AccountKey,
    EventKind,
    Transfer,
    UnitEvent,
)
from hub.domain.undoing import HOLDING, carve_all, clearing, keep, uncount, untouched_refusals
from schema.codes import TransferState
from schema.messages import AccountRef, CorrectionNotice, TransferProposal
from schema.refusals import Refusal, RefusalCode, refuse


def take_back(
    desk: Desk, message: CorrectionNotice, transfer: Transfer, refusals: list[Refusal]
) -> Admission:
    """Reserve the units for their way back and ask the other side, or refuse with every reason."""
    refusals = [*refusals, *_transfer_refusals(desk, message, transfer)]
    if refusals:
        return refused(refusals)
    back = _back(desk, message, transfer)
    reserve(desk.ledger, back)
    keep(desk, message)
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
    yield from untouched_refusals(desk, intervals, message)
    yield from check_account(ledger, transfer.to_account, HOLDING, receives=False)
    yield from check_account(ledger, transfer.from_account, HOLDING, receives=True)


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
    before = carve_all(
        desk,
        (block.interval for block in back.blocks),
        clearing(
            original.transfer_id,
            lambda units: msgspec.structs.replace(
                units,
                account=back.to_account,
                reserved_by=None,
                last_record=back.transfer_id,
            ),
        ),
    )
    uncount(desk, original.authorization, before, original.transfer_id)
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
