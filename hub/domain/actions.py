"""Actions inside one registry: use, cancellation, retirement and declared first transfers.

Rules: see `hub.domain.action_rules`. A declaration moves nothing: it states that the event which
the authorization names as first transfer (its own date, or the issuance) has happened to units that
were issued before they came under it.
"""

from collections.abc import Iterator, Sequence

from hub.domain.action_effects import ActionPlan, apply, authorization_named, using_party
from hub.domain.action_rules import ACTION_RULES, fired_by_end
from hub.domain.admission import (
    Admission,
    Desk,
    check_account,
    check_time,
    party_of,
    refused,
)
from hub.domain.blocks import read_blocks, reference_to_interval, tonnes_of
from hub.domain.first_transfer import fired_at_issuance, triggers
from hub.domain.gates import gate_refusals
from hub.domain.holdings import (
    Found,
    activities_coming_under,
    clip,
    find,
    is_settled,
    measures_in,
    pending_first_transfers,
    series_in,
    unit_refusals,
)
from hub.domain.intents import Intent
from hub.domain.state import (
    AccountKey,
    Authorization,
    Interval,
)
from schema.codes import AccountKind, ActionKind
from schema.messages import ActionNotice
from schema.refusals import Refusal, RefusalCode, refuse


def act(desk: Desk, message: ActionNotice) -> Admission:
    """Admit an action: all blocks or none."""
    plan = plan_of(desk, message)
    refusals = plan.refusals
    if plan.intent is not None:
        refusals = [*refusals, *gate_refusals(plan.intent, desk.ledger, desk.policy)]
    if refusals:
        return refused(refusals)
    apply(desk, message, plan)
    return Admission()


def plan_of(desk: Desk, message: ActionNotice) -> ActionPlan:
    """Look at an action without doing anything."""
    malformed, blocks = read_blocks(message.blocks, desk.moment.received_at)
    found = find(desk, blocks)
    key = authorization_named(message)
    authorization = None if key is None else desk.ledger.authorizations.get(key)
    first = _first_transfers(desk, message, found, authorization)
    account = AccountKey(desk.moment.sender, message.account)
    return ActionPlan(
        blocks=blocks,
        first=first,
        intent=_intent(desk, message, found, first),
        refusals=[
            *_entitlement(desk, message),
            *malformed,
            *unit_refusals(desk, account, key, found),
            *_state_refusals(desk, message, found, first),
            *_declaration_refusals(desk, message, found, authorization),
            *_account_refusals(desk, message),
            *_authorization_refusals(message),
            *_year_refusals(desk, message, found),
            *check_time(desk, message.acted_at),
        ],
    )


def _intent(
    desk: Desk, message: ActionNotice, found: Sequence[Found], first: tuple[Interval, ...]
) -> Intent | None:
    key = authorization_named(message)
    if key is None:
        return None
    return Intent(
        act=ACTION_RULES[message.action].act,
        series=series_in(found),
        authorization=key,
        purpose=message.purpose,
        counterparty=using_party(desk, message),
        entity=message.using_entity,
        at=message.acted_at,
        first_transfer_tonnes=tonnes_of(first),
        settled=is_settled(found),
        year_of_use=message.year_of_use,
        activities=activities_coming_under(found),
        measures=measures_in(found),
    )


def _first_transfers(
    desk: Desk,
    message: ActionNotice,
    found: Sequence[Found],
    authorization: Authorization | None,
) -> tuple[Interval, ...]:
    """Return the serials that are first transferred by this action; a Party's own use is none."""
    if authorization is None:
        return ()
    if message.action is ActionKind.FIRST_TRANSFER:
        return tuple(
            clip(units, each.block.interval)
            for each in found
            for units in each.units
            if units.first_transfer is None
        )
    return pending_first_transfers(
        [each for each in found if not _is_own_use(desk, message, each)],
        authorization,
        triggers(authorization.record, message.purpose, desk.policy),
        fired_by_end(message.purpose),
    )


def _is_own_use(desk: Desk, message: ActionNotice, found: Found) -> bool:
    """Tell whether the Party uses its own mitigation, which is no transfer."""
    return (
        message.action is ActionKind.USE_TOWARDS_NDC
        and using_party(desk, message) == found.block.interval.series.first_party
    )


def _entitlement(desk: Desk, message: ActionNotice) -> Iterator[Refusal]:
    """A use towards the NDC is stated by the registry of the Party that uses (para. 29)."""
    if message.action is not ActionKind.USE_TOWARDS_NDC:
        return
    holder = party_of(desk.ledger, AccountKey(desk.moment.sender, message.account))
    user = using_party(desk, message)
    if holder is not None and user != holder:
        words = f"use by {user} of units that are held for {holder}"
        yield refuse(RefusalCode.SENDER_NOT_ENTITLED, words)


def _state_refusals(
    desk: Desk, message: ActionNotice, found: Sequence[Found], first: tuple[Interval, ...]
) -> Iterator[Refusal]:
    if not ACTION_RULES[message.action].needs_first_transfer:
        return
    by_this = frozenset(first)
    for each in found:
        if _is_own_use(desk, message, each):
            continue
        interval = each.block.interval
        waiting = [
            part
            for units in each.units
            if units.first_transfer is None and (part := clip(units, interval)) not in by_this
        ]
        if waiting:
            words = ", ".join(f"{part.first}-{part.last}" for part in waiting)
            yield refuse(
                RefusalCode.UNITS_NOT_FIRST_TRANSFERRED,
                f"serials {words} are no ITMOs yet",
                reference_to_interval(interval),
            )


def _declaration_refusals(
    desk: Desk,
    message: ActionNotice,
    found: Sequence[Found],
    authorization: Authorization | None,
) -> Iterator[Refusal]:
    if message.action is not ActionKind.FIRST_TRANSFER:
        return
    if authorization is not None:
        record = authorization.record
        possible = triggers(record, message.purpose, desk.policy)
        for series in series_in(found):
            if not possible & fired_at_issuance(record, series.registry):
                named = " or ".join(sorted(possible)) or "no event"
                words = f"the authorization names {named}, which is reported as such"
                yield refuse(RefusalCode.FIRST_TRANSFER_EVENT_DIFFERS, words)
    for each in found:
        if any(units.first_transfer is not None for units in each.units):
            yield refuse(
                RefusalCode.ALREADY_FIRST_TRANSFERRED,
                "first transferred before",
                reference_to_interval(each.block.interval),
            )


def _account_refusals(desk: Desk, message: ActionNotice) -> Iterator[Refusal]:
    sender = desk.moment.sender
    holding = (AccountKind.HOLDING, AccountKind.PENDING)
    source = AccountKey(sender, message.account)
    yield from check_account(desk.ledger, source, holding, receives=False)
    kinds = ACTION_RULES[message.action].account_kinds
    if not kinds:
        if message.to_account is not None:
            words = "a declared first transfer moves nothing"
            yield refuse(RefusalCode.ACCOUNT_KIND_WRONG, words)
    elif message.to_account is None:
        yield refuse(RefusalCode.ACCOUNT_UNKNOWN, "the receiving account is missing")
    elif message.to_account == message.account:
        yield refuse(RefusalCode.ACCOUNTS_MUST_DIFFER, f"both accounts are {message.account}")
    else:
        target = AccountKey(sender, message.to_account)
        yield from check_account(desk.ledger, target, kinds, receives=True)


def _authorization_refusals(message: ActionNotice) -> Iterator[Refusal]:
    rule = ACTION_RULES[message.action]
    if message.purpose not in rule.purposes:
        words = f"{message.action} with purpose {message.purpose or 'missing'}"
        yield refuse(RefusalCode.PURPOSE_NOT_AUTHORIZED, words)
    halves = (message.authorization_party is None) is not (message.authorization_id is None)
    if halves or (rule.needs_authorization and message.authorization_id is None):
        words = f"{message.action} names its authorization"
        yield refuse(RefusalCode.AUTHORIZATION_UNKNOWN, words)


def _year_refusals(desk: Desk, message: ActionNotice, found: Sequence[Found]) -> Iterator[Refusal]:
    """Para. 8: the adjustment of the user is booked in the calendar year of use."""
    if message.action is not ActionKind.USE_TOWARDS_NDC:
        return
    year, now = message.year_of_use, desk.moment.received_at.year
    vintage = max((series.vintage for series in series_in(found)), default=0)
    if year is None or not vintage <= year <= now:
        words = f"year of use {year or 'missing'}, vintage {vintage}, now {now}"
        yield refuse(RefusalCode.YEAR_OF_USE_IMPLAUSIBLE, words)
