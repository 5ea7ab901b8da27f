"""Actions inside one registry: use, cancellation, retirement and declared first transfers.

Rules: decision 2/CMA.3 annex paras. 2 (first transfer), 8 (use), 29 (what a registry records),
37 and 39 (OMGE and adaptation, both voluntary in Article 6.2).
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from hub.domain.admission import Admission, Desk, check_account, refused
from hub.domain.blocks import check_blocks, moved_blocks, reference_to_interval
from hub.domain.gates import Act, Intent, first_transfer_at_use, gates_for, refusals_of
from hub.domain.state import (
    AccountKey,
    ActionRecord,
    AuthorizationKey,
    EventKind,
    Interval,
    MovedBlock,
    State,
    UnitEvent,
    Units,
)
from hub.domain.transfers import unit_refusals
from schema.codes import (
    AccountKind,
    ActionKind,
    FirstTransferForOimp,
    Purpose,
    UnitStatus,
)
from schema.messages import ActionNotice
from schema.refusals import Refusal, RefusalCode, refuse


class ActionRule(State, frozen=True):
    """What one kind of action does to units."""

    act: Act
    event: EventKind
    status: UnitStatus
    account_kinds: tuple[AccountKind, ...]
    """The kinds of account that may receive the units; none for a declaration."""


ACTION_RULES: Final[dict[ActionKind, ActionRule]] = {
    ActionKind.FIRST_TRANSFER: ActionRule(
        act=Act.TRANSFER,
        event=EventKind.FIRST_TRANSFER,
        status=UnitStatus.HELD,
        account_kinds=(),
    ),
    ActionKind.USE_TOWARDS_NDC: ActionRule(
        act=Act.USE,
        event=EventKind.USE_TOWARDS_NDC,
        status=UnitStatus.USED_NDC,
        account_kinds=(AccountKind.RETIREMENT_NDC,),
    ),
    ActionKind.USE_FOR_OIMP: ActionRule(
        act=Act.USE,
        event=EventKind.USE_FOR_OIMP,
        status=UnitStatus.USED_OIMP,
        account_kinds=(AccountKind.RETIREMENT_OIMP,),
    ),
    ActionKind.VOLUNTARY_CANCELLATION: ActionRule(
        act=Act.CANCELLATION,
        event=EventKind.VOLUNTARY_CANCELLATION,
        status=UnitStatus.CANCELLED,
        account_kinds=(AccountKind.CANCELLATION_VOLUNTARY,),
    ),
    ActionKind.CANCELLATION_FOR_OMGE: ActionRule(
        act=Act.CANCELLATION,
        event=EventKind.CANCELLATION_FOR_OMGE,
        status=UnitStatus.CANCELLED_OMGE,
        account_kinds=(AccountKind.CANCELLATION_OMGE,),
    ),
    ActionKind.ADAPTATION_SHARE: ActionRule(
        act=Act.CANCELLATION,
        event=EventKind.ADAPTATION_SHARE,
        status=UnitStatus.CANCELLED_ADAPTATION,
        account_kinds=(AccountKind.CANCELLATION_ADAPTATION,),
    ),
    ActionKind.RETIREMENT: ActionRule(
        act=Act.CANCELLATION,
        event=EventKind.RETIREMENT,
        status=UnitStatus.RETIRED,
        account_kinds=(AccountKind.RETIREMENT_NDC, AccountKind.RETIREMENT_OIMP),
    ),
}


def act(desk: Desk, message: ActionNotice) -> Admission:
    """Admit an action: all blocks or none."""
    malformed = check_blocks(message.blocks, desk.moment.received_at)
    if malformed:
        return refused(malformed)
    blocks = moved_blocks(message.blocks)
    key = AuthorizationKey(message.authorization_party, message.authorization_id)
    first = _first_transfers(desk, message, blocks)
    account = AccountKey(desk.moment.sender, message.account)
    refusals = [
        *unit_refusals(desk, account, key, blocks),
        *_state_refusals(desk, message, blocks, first),
        *_account_refusals(desk, message),
        *refusals_of(gates_for(intent_of(desk, message, first), desk.ledger, desk.policy)),
        *_year_refusals(desk, message),
    ]
    if refusals:
        return refused(refusals)
    _apply(desk, message, blocks, first)
    return Admission()


def intent_of(desk: Desk, message: ActionNotice, first: tuple[Interval, ...]) -> Intent:
    """Return the action as the gates see it."""
    return Intent(
        act=ACTION_RULES[message.action].act,
        intervals=tuple(block.interval for block in moved_blocks(message.blocks)),
        authorization=AuthorizationKey(message.authorization_party, message.authorization_id),
        purpose=message.purpose,
        counterparty=_using_party(desk, message),
        entity=message.using_entity,
        at=message.acted_at,
        first_transfer_tonnes=sum(interval.count for interval in first),
        year_of_use=message.year_of_use,
    )


def _using_party(desk: Desk, message: ActionNotice) -> str | None:
    if message.action is ActionKind.USE_TOWARDS_NDC and message.using_party is None:
        return desk.ledger.registries[desk.moment.sender].party
    return message.using_party


def _first_transfers(
    desk: Desk, message: ActionNotice, blocks: tuple[MovedBlock, ...]
) -> tuple[Interval, ...]:
    key = AuthorizationKey(message.authorization_party, message.authorization_id)
    authorization = desk.ledger.authorizations.get(key)
    if authorization is None:
        return ()
    declared = message.action is ActionKind.FIRST_TRANSFER
    if not declared and not first_transfer_at_use(authorization.record, message.purpose):
        return ()
    return tuple(
        Interval(
            units.series,
            max(units.first, block.interval.first),
            min(units.last, block.interval.last),
        )
        for block in blocks
        for units in desk.ledger.overlapping(block.interval)
        if units.first_transfer is None
    )


def _state_refusals(
    desk: Desk,
    message: ActionNotice,
    blocks: tuple[MovedBlock, ...],
    first: tuple[Interval, ...],
) -> Iterator[Refusal]:
    if message.action is ActionKind.FIRST_TRANSFER:
        yield from _declaration_refusals(desk, message, blocks)
    elif message.action in {ActionKind.USE_TOWARDS_NDC, ActionKind.USE_FOR_OIMP}:
        covered = set(first)
        for block in blocks:
            for units in desk.ledger.overlapping(block.interval):
                waiting = units.first_transfer is None and not any(
                    part.series == units.series and part.first <= units.last for part in covered
                )
                if waiting and not _own_use(desk, message, units):
                    yield refuse(
                        RefusalCode.UNITS_NOT_FIRST_TRANSFERRED,
                        f"serials {units.first}-{units.last} are no ITMOs yet",
                        reference_to_interval(block.interval),
                    )


def _own_use(desk: Desk, message: ActionNotice, units: Units) -> bool:
    """Tell whether the Party uses its own mitigation, which needs no first transfer."""
    return (
        message.action is ActionKind.USE_TOWARDS_NDC
        and _using_party(desk, message) == units.series.first_party
    )


def _declaration_refusals(
    desk: Desk, message: ActionNotice, blocks: tuple[MovedBlock, ...]
) -> Iterator[Refusal]:
    key = AuthorizationKey(message.authorization_party, message.authorization_id)
    authorization = desk.ledger.authorizations.get(key)
    event = authorization and authorization.record.elements.first_transfer.for_oimp
    if event not in {FirstTransferForOimp.AUTHORIZATION, FirstTransferForOimp.ISSUANCE}:
        yield refuse(
            RefusalCode.FIRST_TRANSFER_EVENT_DIFFERS,
            f"the authorization names {event or 'no event for OIMP'}",
        )
    for block in blocks:
        if any(
            units.first_transfer is not None for units in desk.ledger.overlapping(block.interval)
        ):
            yield refuse(
                RefusalCode.ALREADY_FIRST_TRANSFERRED,
                "first transferred before",
                reference_to_interval(block.interval),
            )


def _account_refusals(desk: Desk, message: ActionNotice) -> Iterator[Refusal]:
    sender = desk.moment.sender
    holding = (AccountKind.HOLDING, AccountKind.PENDING)
    yield from check_account(
        desk.ledger, AccountKey(sender, message.account), holding, receives=False
    )
    rule = ACTION_RULES[message.action]
    if not rule.account_kinds:
        return
    if message.to_account is None:
        yield refuse(RefusalCode.ACCOUNT_UNKNOWN, "the receiving account is missing")
        return
    target = AccountKey(sender, message.to_account)
    yield from check_account(desk.ledger, target, rule.account_kinds, receives=True)
    if message.to_account == message.account:
        yield refuse(RefusalCode.ACCOUNTS_MUST_DIFFER, f"both accounts are {message.account}")


def _year_refusals(desk: Desk, message: ActionNotice) -> Iterator[Refusal]:
    if message.action is not ActionKind.USE_TOWARDS_NDC:
        return
    year = message.year_of_use
    if year is None or year > desk.moment.received_at.year:
        yield refuse(RefusalCode.YEAR_OF_USE_IMPLAUSIBLE, f"year of use {year}")
    if message.purpose is not Purpose.NDC:
        words = f"use towards the NDC with purpose {message.purpose or 'missing'}"
        yield refuse(RefusalCode.PURPOSE_NOT_AUTHORIZED, words)


def _apply(
    desk: Desk,
    message: ActionNotice,
    blocks: tuple[MovedBlock, ...],
    first: tuple[Interval, ...],
) -> None:
    ledger, rule = desk.ledger, ACTION_RULES[message.action]
    key = AuthorizationKey(message.authorization_party, message.authorization_id)
    source = AccountKey(desk.moment.sender, message.account)
    target = (
        source if message.to_account is None else AccountKey(source.registry, message.to_account)
    )

    def change(units: Units) -> Units:
        is_first = units.first_transfer is None and any(
            part.series == units.series and part.first <= units.first <= part.last for part in first
        )
        return msgspec.structs.replace(
            units,
            account=target,
            status=rule.status,
            authorization=key,
            first_transfer=message.message_id if is_first else units.first_transfer,
        )

    for block in blocks:
        ledger.carve(block.interval, change)
    kinds = [(rule.event, block.interval, block.quantity) for block in blocks]
    if message.action is not ActionKind.FIRST_TRANSFER:
        kinds = [*((EventKind.FIRST_TRANSFER, part, None) for part in first), *kinds]
    ledger.events.extend(
        UnitEvent(
            kind=kind,
            interval=interval,
            quantity=quantity,
            registry=source.registry,
            from_account=source,
            to_account=target,
            happened_at=message.acted_at,
            message_id=message.message_id,
            authorization=key,
            purpose=message.purpose,
            using_party=_using_party(desk, message),
            using_entity=message.using_entity,
            year_of_use=message.year_of_use,
        )
        for kind, interval, quantity in kinds
    )
    used = sum(block.interval.count for block in blocks) if rule.act is Act.USE else 0
    authorization = ledger.authorizations[key]
    ledger.authorizations[key] = msgspec.structs.replace(
        authorization,
        first_transferred=authorization.first_transferred + sum(part.count for part in first),
        used=authorization.used + used,
    )
    ledger.actions[message.message_id] = ActionRecord(
        message_id=message.message_id,
        registry=source.registry,
        action=message.action,
        intervals=tuple(block.interval for block in blocks),
    )
