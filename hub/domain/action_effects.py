"""What an admitted action does: units change, counters count, the history grows."""

from collections.abc import Iterator

import msgspec

from hub.domain.action_rules import ACTION_RULES
from hub.domain.admission import (
    Desk,
    party_of,
)
from hub.domain.blocks import part_of, tonnes_of
from hub.domain.intents import Act, Intent
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
from schema.codes import ActionKind
from schema.messages import ActionNotice
from schema.refusals import Refusal


class ActionPlan(State, frozen=True):
    """An action as the rules see it: what was found, what is wrong, what it would do."""

    blocks: tuple[MovedBlock, ...]
    first: tuple[Interval, ...]
    """The serials whose first transfer it would be."""
    intent: Intent | None
    """None where no authorization is named, so that no gate applies."""
    refusals: list[Refusal]
    """Why it is refused, the gates of the authorization apart."""


def authorization_named(message: ActionNotice) -> AuthorizationKey | None:
    """Return the authorization under which the action is taken, if any."""
    if message.authorization_party is None or message.authorization_id is None:
        return None
    return AuthorizationKey(message.authorization_party, message.authorization_id)


def using_party(desk: Desk, message: ActionNotice) -> str | None:
    """Return the Party that uses the units; for an NDC it is the one of the account."""
    if message.action is ActionKind.USE_TOWARDS_NDC and message.using_party is None:
        return party_of(desk.ledger, AccountKey(desk.moment.sender, message.account))
    return message.using_party


def apply(desk: Desk, message: ActionNotice, plan: ActionPlan) -> None:
    """Move the units, and book the first transfers that the action is."""
    ledger, rule = desk.ledger, ACTION_RULES[message.action]
    key, message_id = authorization_named(message), message.message_id
    source = AccountKey(desk.moment.sender, message.account)
    target = (
        source if message.to_account is None else AccountKey(source.registry, message.to_account)
    )

    def change(units: Units) -> Units:
        return msgspec.structs.replace(
            units,
            account=target,
            status=rule.status,
            authorization=key,
            last_record=message_id,
        )

    for block in plan.blocks:
        ledger.carve(block.interval, change)
    for part in plan.first:
        ledger.carve(part, lambda units: msgspec.structs.replace(units, first_transfer=message_id))
    ledger.events.extend(_events(desk, message, plan, target))
    if key is not None:
        authorization = ledger.authorizations[key]
        used = tonnes_of(block.interval for block in plan.blocks) if rule.act is Act.USE else 0
        ledger.authorizations[key] = msgspec.structs.replace(
            authorization,
            first_transferred=authorization.first_transferred + tonnes_of(plan.first),
            used=authorization.used + used,
        )
    ledger.actions[message_id] = ActionRecord(
        message_id=message_id,
        action=message.action,
        from_account=source,
        to_account=target,
        authorization=key,
        intervals=tuple(block.interval for block in plan.blocks),
    )


def _events(
    desk: Desk, message: ActionNotice, plan: ActionPlan, target: AccountKey
) -> Iterator[UnitEvent]:
    if message.action is not ActionKind.FIRST_TRANSFER:
        for block in plan.blocks:
            for part in plan.first:
                if _inside(part, block.interval):
                    yield _event(
                        desk, message, EventKind.FIRST_TRANSFER, part_of(block, part), target
                    )
    for block in plan.blocks:
        yield _event(desk, message, ACTION_RULES[message.action].event, block, target)


def _inside(part: Interval, whole: Interval) -> bool:
    return part.series == whole.series and whole.first <= part.first and part.last <= whole.last


def _event(
    desk: Desk, message: ActionNotice, kind: EventKind, block: MovedBlock, target: AccountKey
) -> UnitEvent:
    return UnitEvent(
        kind=kind,
        interval=block.interval,
        quantity=block.quantity,
        unit=block.unit,
        registry=desk.moment.sender,
        from_account=AccountKey(desk.moment.sender, message.account),
        to_account=target,
        happened_at=message.acted_at,
        message_id=message.message_id,
        authorization=authorization_named(message),
        purpose=message.purpose,
        using_party=using_party(desk, message),
        using_entity=message.using_entity,
        year_of_use=message.year_of_use,
    )
