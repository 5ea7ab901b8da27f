"""Issuance: a registry states that units were born in one of its accounts.

Rules: decision 6/CMA.4 annex I para. 5 (unique identifiers, the originating registry in them); for
the JCM each government issues its share after the Joint Committee's decision, and no unit moves
between registries.
"""

from collections.abc import Iterator, Sequence

import msgspec

from hub.domain.admission import Admission, Desk, check_account, check_time, refused, speaks_for
from hub.domain.blocks import read_blocks, reference_to_interval, tonnes_of
from hub.domain.decisions import allotment_refusals, record_allotments
from hub.domain.first_transfer import is_first_transfer_at_issuance
from hub.domain.gates import gate_refusals
from hub.domain.holdings import Found, clip, find, measures_in, series_in
from hub.domain.intents import Act, Intent
from hub.domain.state import (
    AccountKey,
    AuthorizationKey,
    Case,
    CaseKind,
    EventKind,
    Interval,
    MovedBlock,
    State,
    UnitEvent,
    Units,
)
from schema.codes import AccountKind, RegistryKind, UnitStatus
from schema.messages import IssuanceNotice
from schema.refusals import Refusal, RefusalCode, refuse


class IssuancePlan(State, frozen=True):
    """An issuance as the rules see it: what is wrong, and what it would do."""

    found: tuple[Found, ...]
    """The blocks, with the units that exist already under their serials."""
    first: tuple[Interval, ...]
    """The serials that would be first transferred by their birth."""
    intent: Intent | None
    """None where no authorization is named, so that no gate applies."""
    refusals: list[Refusal]
    """Why it is refused, the gates of the authorization apart."""


def issue(desk: Desk, message: IssuanceNotice) -> Admission:
    """Admit an issuance: all blocks or none. Serials that exist already open a case."""
    plan = plan_of(desk, message)
    refusals = plan.refusals
    if plan.intent is not None:
        refusals = [*refusals, *gate_refusals(plan.intent, desk.ledger, desk.policy)]
    if refusals:
        return refused(refusals, *_double_issuance(desk, message, plan.found))
    _apply(desk, message, plan)
    return Admission()


def plan_of(desk: Desk, message: IssuanceNotice) -> IssuancePlan:
    """Look at an issuance without doing anything."""
    wire = [issued.block for issued in message.blocks]
    malformed, blocks = read_blocks(wire, desk.moment.received_at)
    found, account = find(desk, blocks), AccountKey(desk.moment.sender, message.account)
    first = _first_transfers(desk, authorization_named(message), blocks)
    kinds = (AccountKind.HOLDING, AccountKind.PENDING)
    return IssuancePlan(
        found=found,
        first=first,
        intent=_intent(message, found, first),
        refusals=[
            *malformed,
            *_foreign_prefixes(desk, message, found),
            *_doubled(found),
            *check_account(desk.ledger, account, kinds, receives=True),
            *allotment_refusals(desk, message, blocks),
            *_halves(message),
            *check_time(desk, message.issued_at),
        ],
    )


def _foreign_prefixes(
    desk: Desk, message: IssuanceNotice, found: Sequence[Found]
) -> Iterator[Refusal]:
    sender = desk.moment.sender
    for each in found:
        if each.block.interval.series.registry != sender:
            yield refuse(
                RefusalCode.REGISTRY_PREFIX_FOREIGN,
                f"{sender} issues under {each.block.interval.series.registry}",
                reference_to_interval(each.block.interval),
            )
    if message.decision is None and message.authorization_id is None:
        yield from _foreign_parties(desk, found)


def _foreign_parties(desk: Desk, found: Sequence[Found]) -> Iterator[Refusal]:
    """Another Party's mitigation is issued under its authorization or a common decision only."""
    if desk.ledger.registries[desk.moment.sender].kind is RegistryKind.MECHANISM:
        return
    for party in sorted({series.first_party for series in series_in(found)}):
        if not speaks_for(desk, party):
            words = f"mitigation of {party} without its authorization or a decision"
            yield refuse(RefusalCode.SENDER_NOT_ENTITLED, words)


def _doubled(found: Sequence[Found]) -> Iterator[Refusal]:
    for each in found:
        if each.units:
            interval = each.block.interval
            first, last = clip(each.units[0], interval).first, clip(each.units[-1], interval).last
            yield refuse(
                RefusalCode.SERIALS_ALREADY_ISSUED,
                f"serials {first} to {last} exist in {each.units[0].account.registry}",
                reference_to_interval(interval),
            )


def _double_issuance(
    desk: Desk, message: IssuanceNotice, found: Sequence[Found]
) -> tuple[Case, ...]:
    doubled = [each for each in found if each.units]
    if not doubled:
        return ()
    holders = {units.account.registry for each in doubled for units in each.units}
    return (
        Case(
            kind=CaseKind.DOUBLE_ISSUANCE,
            intervals=tuple(each.block.interval for each in doubled),
            registries=tuple(sorted({desk.moment.sender, *holders})),
            message_id=message.message_id,
            transfer_id=None,
            words="an issuance names serials that exist already",
        ),
    )


def authorization_named(message: IssuanceNotice) -> AuthorizationKey | None:
    """Return the authorization under which the units are issued, if any."""
    if message.authorization_party is None or message.authorization_id is None:
        return None
    return AuthorizationKey(message.authorization_party, message.authorization_id)


def _halves(message: IssuanceNotice) -> Iterator[Refusal]:
    if (message.authorization_party is None) is not (message.authorization_id is None):
        words = "the authorization is named by halves"
        yield refuse(RefusalCode.AUTHORIZATION_UNKNOWN, words)


def _intent(
    message: IssuanceNotice, found: Sequence[Found], first: tuple[Interval, ...]
) -> Intent | None:
    """Return the issuance as the gates see it; None where no authorization is named."""
    key = authorization_named(message)
    if key is None:
        return None
    return Intent(
        act=Act.ISSUANCE,
        series=series_in(found),
        authorization=key,
        purpose=None,
        counterparty=None,
        entity=None,
        at=message.issued_at,
        first_transfer_tonnes=tonnes_of(first),
        issued_tonnes=tonnes_of(each.block.interval for each in found),
        activities=(message.activity,),
        measures=measures_in(found),
    )


def _first_transfers(
    desk: Desk, key: AuthorizationKey | None, blocks: Sequence[MovedBlock]
) -> tuple[Interval, ...]:
    authorization = None if key is None else desk.ledger.authorizations.get(key)
    if authorization is None:
        return ()
    return tuple(
        block.interval
        for block in blocks
        if is_first_transfer_at_issuance(
            authorization.record, block.interval.series.registry, desk.policy
        )
    )


def _apply(desk: Desk, message: IssuanceNotice, plan: IssuancePlan) -> None:
    ledger, key, first = desk.ledger, authorization_named(message), frozenset(plan.first)
    account = AccountKey(desk.moment.sender, message.account)
    blocks = [each.block for each in plan.found]
    for block in blocks:
        interval = block.interval
        is_first = interval in first
        ledger.bear(
            Units(
                series=interval.series,
                first=interval.first,
                last=interval.last,
                account=account,
                status=UnitStatus.HELD,
                issuance=message.message_id,
                activity=message.activity,
                authorization=key,
                first_transfer=message.message_id if is_first else None,
                reserved_by=None,
                last_record=message.message_id,
                quantity=block.quantity,
                unit=block.unit,
            )
        )
        ledger.events.append(_event(message, EventKind.ISSUANCE, account, block))
        if is_first:
            ledger.events.append(_event(message, EventKind.FIRST_TRANSFER, account, block))
    _count(desk, message, blocks, tonnes_of(plan.first))


def _count(
    desk: Desk, message: IssuanceNotice, blocks: Sequence[MovedBlock], first_transferred: int
) -> None:
    key = authorization_named(message)
    if key is not None:
        authorization = desk.ledger.authorizations[key]
        desk.ledger.authorizations[key] = msgspec.structs.replace(
            authorization,
            issued=authorization.issued + tonnes_of(block.interval for block in blocks),
            first_transferred=authorization.first_transferred + first_transferred,
        )
    record_allotments(desk, message, blocks)


def _event(
    message: IssuanceNotice, kind: EventKind, account: AccountKey, block: MovedBlock
) -> UnitEvent:
    return UnitEvent(
        kind=kind,
        interval=block.interval,
        quantity=block.quantity,
        unit=block.unit,
        registry=account.registry,
        from_account=None,
        to_account=account,
        happened_at=message.issued_at,
        message_id=message.message_id,
        authorization=authorization_named(message),
    )
