"""Issuance: a registry states that units were born in one of its accounts.

Rules: decision 6/CMA.4 annex I para. 5 (unique identifiers, the originating registry in them); for
the JCM each government issues its share after the Joint Committee's decision, and no unit moves
between registries.
"""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

import msgspec

from hub.domain.admission import Admission, Desk, check_account, refused
from hub.domain.blocks import check_blocks, moved_blocks, reference_to_interval
from hub.domain.gates import Act, Intent, first_transfer_at_issuance, gates_for, refusals_of
from hub.domain.state import (
    AccountKey,
    Authorization,
    AuthorizationKey,
    Case,
    CaseKind,
    EventKind,
    Interval,
    MovedBlock,
    UnitEvent,
    Units,
)
from schema.codes import AccountKind, DecisionKind, UnitStatus
from schema.messages import IssuanceNotice
from schema.refusals import Refusal, RefusalCode, refuse


def issue(desk: Desk, message: IssuanceNotice) -> Admission:
    """Admit an issuance: all blocks or none."""
    wire = [issued.block for issued in message.blocks]
    malformed = check_blocks(wire, desk.moment.received_at)
    if malformed:
        return refused(malformed)
    blocks = moved_blocks(wire)
    doubled = list(_doubled(desk, blocks))
    refusals = [
        *_foreign_prefixes(desk, blocks),
        *doubled,
        *check_account(
            desk.ledger,
            AccountKey(desk.moment.sender, message.account),
            (AccountKind.HOLDING, AccountKind.PENDING),
            receives=True,
        ),
        *_decision_refusals(desk, message, blocks),
        *_authorization_refusals(desk, message, blocks),
    ]
    if refusals:
        return refused(refusals, *_double_issuance(desk, message, blocks, bool(doubled)))
    _apply(desk, message, blocks)
    return Admission()


def _foreign_prefixes(desk: Desk, blocks: tuple[MovedBlock, ...]) -> Iterator[Refusal]:
    for block in blocks:
        if block.interval.series.registry != desk.moment.sender:
            yield refuse(
                RefusalCode.REGISTRY_PREFIX_FOREIGN,
                f"{desk.moment.sender} issues under {block.interval.series.registry}",
                reference_to_interval(block.interval),
            )


def _doubled(desk: Desk, blocks: tuple[MovedBlock, ...]) -> Iterator[Refusal]:
    for block in blocks:
        existing = desk.ledger.overlapping(block.interval)
        if existing:
            yield refuse(
                RefusalCode.SERIALS_ALREADY_ISSUED,
                f"serials {max(existing[0].first, block.interval.first)} to "
                f"{min(existing[-1].last, block.interval.last)} exist in "
                f"{existing[0].account.registry}",
                reference_to_interval(block.interval),
            )


def _double_issuance(
    desk: Desk,
    message: IssuanceNotice,
    blocks: tuple[MovedBlock, ...],
    doubled: bool,  # noqa: FBT001
) -> tuple[Case, ...]:
    if not doubled:
        return ()
    hit = [block.interval for block in blocks if desk.ledger.overlapping(block.interval)]
    holders = {
        units.account.registry for interval in hit for units in desk.ledger.overlapping(interval)
    }
    return (
        Case(
            kind=CaseKind.DOUBLE_ISSUANCE,
            intervals=tuple(hit),
            registries=tuple(sorted({desk.moment.sender, *holders})),
            message_id=message.message_id,
            transfer_id=None,
            words="an issuance names serials that exist already",
        ),
    )


def _decision_refusals(
    desk: Desk, message: IssuanceNotice, blocks: tuple[MovedBlock, ...]
) -> Iterator[Refusal]:
    if message.decision is None:
        return
    decision = desk.ledger.decisions.get(message.decision)
    if decision is None or decision.kind is not DecisionKind.ISSUANCE:
        yield refuse(RefusalCode.DECISION_UNKNOWN, f"no decision on issuance {message.decision}")
        return
    for vintage, tonnes in _by_vintage(blocks).items():
        key = (desk.moment.sender, vintage)
        allotted, issued = decision.allotted.get(key, 0), decision.issued.get(key, 0)
        if issued + tonnes > allotted:
            yield refuse(
                RefusalCode.DECISION_ALLOCATION_EXCEEDED,
                f"{decision.decision_id}: {allotted} t of vintage {vintage} for "
                f"{desk.moment.sender}, issued {issued} t, {tonnes} t more",
            )


def _by_vintage(blocks: tuple[MovedBlock, ...]) -> Counter[int]:
    tonnes: Counter[int] = Counter()
    for block in blocks:
        tonnes[block.interval.series.vintage] += block.interval.count
    return tonnes


def _key(message: IssuanceNotice) -> AuthorizationKey | None:
    if message.authorization_party is None or message.authorization_id is None:
        return None
    return AuthorizationKey(message.authorization_party, message.authorization_id)


def _authorization_refusals(
    desk: Desk, message: IssuanceNotice, blocks: tuple[MovedBlock, ...]
) -> list[Refusal]:
    key = _key(message)
    if key is None:
        return []
    total = sum(block.interval.count for block in blocks)
    authorization = desk.ledger.authorizations.get(key)
    first = authorization is not None and _is_first_transfer(desk, authorization)
    intent = Intent(
        act=Act.ISSUANCE,
        intervals=tuple(block.interval for block in blocks),
        authorization=key,
        purpose=None,
        counterparty=None,
        entity=None,
        at=message.issued_at,
        first_transfer_tonnes=total if first else 0,
        issued_tonnes=total,
    )
    return refusals_of(gates_for(intent, desk.ledger, desk.policy))


def _is_first_transfer(desk: Desk, authorization: Authorization) -> bool:
    registry = desk.ledger.registries[desk.moment.sender]
    return first_transfer_at_issuance(authorization.record, registry.party, desk.policy)


def _apply(desk: Desk, message: IssuanceNotice, blocks: tuple[MovedBlock, ...]) -> None:
    ledger = desk.ledger
    key = _key(message)
    authorization = None if key is None else ledger.authorizations[key]
    first = authorization is not None and _is_first_transfer(desk, authorization)
    account = AccountKey(desk.moment.sender, message.account)
    for block in blocks:
        ledger.bear(
            Units(
                series=block.interval.series,
                first=block.interval.first,
                last=block.interval.last,
                account=account,
                status=UnitStatus.HELD,
                issuance=message.message_id,
                authorization=key,
                first_transfer=message.message_id if first else None,
                reserved_by=None,
                quantity=block.quantity,
            )
        )
        kinds = [EventKind.ISSUANCE, *([EventKind.FIRST_TRANSFER] if first else [])]
        ledger.events.extend(
            _event(desk, message, kind, block.interval, block.quantity) for kind in kinds
        )
    total = sum(block.interval.count for block in blocks)
    if authorization is not None:
        ledger.authorizations[authorization.key] = msgspec.structs.replace(
            authorization,
            issued=authorization.issued + total,
            first_transferred=authorization.first_transferred + (total if first else 0),
        )
    if message.decision is not None:
        decision = ledger.decisions[message.decision]
        issued = Counter(decision.issued)
        issued.update(
            {(account.registry, year): tonnes for year, tonnes in _by_vintage(blocks).items()}
        )
        ledger.decisions[message.decision] = msgspec.structs.replace(decision, issued=dict(issued))


def _event(
    desk: Desk,
    message: IssuanceNotice,
    kind: EventKind,
    interval: Interval,
    quantity: Decimal | None,
) -> UnitEvent:
    return UnitEvent(
        kind=kind,
        interval=interval,
        quantity=quantity,
        registry=desk.moment.sender,
        from_account=None,
        to_account=AccountKey(desk.moment.sender, message.account),
        happened_at=message.issued_at,
        message_id=message.message_id,
        authorization=_key(message),
    )
