"""Corrections: a new record names an old one and undoes it; nothing is ever overwritten.

A registry corrects its own actions at once; a transfer is taken back with the other side's consent.
Only what is untouched since can be undone, once, with a reason and two approvers. Disputed serials
may be corrected: this is how a dispute ends. An issuance is not undone, since serials are never
used again: surplus units are cancelled.
"""

from collections.abc import Iterator

import msgspec

from hub.domain.action_rules import ACTION_RULES
from hub.domain.admission import Admission, Desk, check_account, check_approvers, refused
from hub.domain.blocks import tonnes_of
from hub.domain.intents import Act
from hub.domain.reversals import take_back
from hub.domain.state import (
    ActionRecord,
    EventKind,
    Interval,
    UnitEvent,
)
from hub.domain.undoing import HOLDING, carve_all, clearing, keep, uncount, untouched_refusals
from schema.codes import CorrectionKind, UnitStatus
from schema.messages import CorrectionNotice
from schema.refusals import Refusal, RefusalCode, refuse


def correct(desk: Desk, message: CorrectionNotice) -> Admission:
    """Undo the record that the message names, or ask the other side to agree to it."""
    transfer = desk.ledger.transfers.get(message.corrects)
    action = desk.ledger.actions.get(message.corrects)
    refusals = [
        *check_approvers(message.approvers, message.reason),
        *_replacement_refusals(message),
    ]
    if transfer is not None:
        return take_back(desk, message, transfer, refusals)
    if action is not None:
        return _undo(desk, message, action, refusals)
    words = f"no transfer or action {message.corrects}"
    return refused([refuse(RefusalCode.RECORD_UNKNOWN, words), *refusals])


def _replacement_refusals(message: CorrectionNotice) -> Iterator[Refusal]:
    names_one = message.replacement is not None
    if names_one is not (message.correction is CorrectionKind.CORRECTION):
        words = f"a {message.correction} with {'a' if names_one else 'no'} replacement"
        yield refuse(RefusalCode.REPLACEMENT_INCONSISTENT, words)


def _undo(
    desk: Desk, message: CorrectionNotice, action: ActionRecord, refusals: list[Refusal]
) -> Admission:
    refusals = [*refusals, *_action_refusals(desk, message, action)]
    if refusals:
        return refused(refusals)
    source, message_id = action.from_account, message.message_id
    before = carve_all(
        desk,
        action.intervals,
        clearing(
            action.message_id,
            lambda units: msgspec.structs.replace(
                units, account=source, status=UnitStatus.HELD, last_record=message_id
            ),
        ),
    )
    is_use = ACTION_RULES[action.action].act is Act.USE
    used = tonnes_of(action.intervals) if is_use else 0
    uncount(desk, action.authorization, before, action.message_id, used)
    desk.ledger.actions[action.message_id] = msgspec.structs.replace(
        action, corrected_by=message_id
    )
    keep(desk, message)
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
    yield from untouched_refusals(desk, action.intervals, message)
    yield from check_account(desk.ledger, action.from_account, HOLDING, receives=True)
