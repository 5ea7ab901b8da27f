"""What the registry does about each message of the hub, inside the transaction that keeps it."""

from dataclasses import replace
from typing import Final, assert_never

from connectors.simulator.holding import Cause, Holding
from connectors.simulator.mailbox import Letter
from connectors.simulator.records import first_at_use
from connectors.simulator.registry import Entry, Registry
from connectors.simulator.transfers import release, set_state, take_outcome, take_request
from schema.codec import decode_body
from schema.codes import ActionKind, ReceiptResult, TransferState, UnitStatus
from schema.messages import (
    ActionNotice,
    Batch,
    DiscrepancyNotice,
    IssuanceNotice,
    MaintenanceNotice,
    Message,
    MessageKind,
    MessageResult,
    Receipt,
    TransferOutcome,
    TransferProposal,
    TransferRequest,
    kind_of,
)
from schema.refusals import Refusal

HubSaid = TransferRequest | TransferOutcome | DiscrepancyNotice | MaintenanceNotice | Receipt

STATUS_AFTER: Final[dict[ActionKind, UnitStatus]] = {
    ActionKind.FIRST_TRANSFER: UnitStatus.HELD,
    ActionKind.USE_TOWARDS_NDC: UnitStatus.USED_NDC,
    ActionKind.USE_FOR_OIMP: UnitStatus.USED_OIMP,
    ActionKind.VOLUNTARY_CANCELLATION: UnitStatus.CANCELLED,
    ActionKind.CANCELLATION_FOR_OMGE: UnitStatus.CANCELLED_OMGE,
    ActionKind.ADAPTATION_SHARE: UnitStatus.CANCELLED_ADAPTATION,
    ActionKind.RETIREMENT: UnitStatus.RETIRED,
}


def react(registry: Registry, message: HubSaid) -> None:
    """Do what a new message of the hub asks for; answers are queued, never sent here."""
    match message:
        case TransferRequest():
            take_request(registry, message)
        case TransferOutcome():
            take_outcome(registry, message)
        case DiscrepancyNotice() | MaintenanceNotice():
            pass  # kept with all that was received, for an officer to read and answer
        case Receipt():
            letter = registry.mailbox.letter_in(message.in_reply_to)
            if letter is not None:
                follow_receipt(registry, letter, message)
        case never:
            assert_never(never)


def follow_receipt(registry: Registry, letter: Letter, receipt: Receipt) -> None:
    """Do in the books what the hub has applied or refused; inside the caller's transaction."""
    results = {result.message_id: result for result in receipt.results}
    for message in _members(letter.message()):
        result = results.get(message.message_id)
        if result is not None and result.result is ReceiptResult.APPLIED:
            _applied(registry, message)
        elif result is not None:
            _undo(registry, message, _words(result))


def follow_fault(registry: Registry, letter: Letter, words: str) -> None:
    """Undo in the books what the hub never admitted; inside the caller's transaction."""
    for message in _members(letter.message()):
        _undo(registry, message, words)


def _members(message: Message) -> list[Message]:
    if not isinstance(message, Batch):
        return [message]
    decoded = [decode_body(entry.kind, bytes(entry.body)) for entry in message.messages]
    return [member for member in decoded if not isinstance(member, Refusal)]


def _words(result: MessageResult) -> str:
    return "; ".join(f"{refusal.code}: {refusal.detail}" for refusal in result.refusals)[:4_000]


def _applied(registry: Registry, message: Message) -> None:
    match message:
        case TransferProposal():
            set_state(registry, message, TransferState.CHECKED)
        case ActionNotice():
            _do_action(registry, message)
        case _:
            pass


def _undo(registry: Registry, message: Message, words: str) -> None:
    match message:
        case TransferProposal():
            cause = Cause(message_id=message.message_id, kind=MessageKind.TRANSFER_PROPOSAL)
            release(registry, message, TransferState.REFUSED, words, cause)
        case ActionNotice():
            with registry.entry(_cause(message)) as entry:
                entry.book.keep(_claimed(entry, message), moved_from=None)
        case IssuanceNotice():
            with registry.entry(_cause(message)) as entry:
                entry.book.let_go(entry.book.born_of(str(message.message_id)))
        case _:
            pass


def _do_action(registry: Registry, message: ActionNotice) -> None:
    record = registry.records.authorization(message.authorization_party, message.authorization_id)
    first = message.action is ActionKind.FIRST_TRANSFER or first_at_use(record, message.purpose)
    with registry.entry(_cause(message)) as entry:
        acted = [
            replace(
                holding,
                account=message.to_account or message.account,
                status=STATUS_AFTER[message.action],
                first_transferred=holding.first_transferred or first,
            )
            for holding in _claimed(entry, message)
        ]
        entry.book.keep(acted, moved_from=message.account)


def _claimed(entry: Entry, message: ActionNotice) -> list[Holding]:
    """End the rows reserved for an action and return them, free again."""
    claimed = entry.book.reserved(str(message.message_id))
    return [replace(holding, status=UnitStatus.HELD, reserved_for=None) for holding in claimed]


def _cause(message: ActionNotice | IssuanceNotice) -> Cause:
    return Cause(message_id=message.message_id, kind=kind_of(message))
