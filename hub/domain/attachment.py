"""Units that were issued before their authorization come under it when it arrives.

In the JCM step 2b confirms the actual quantity at issuance; whether the authorization or the
issuance is reported first must not matter. An authorization in force that names the Joint
Committee's decision takes in what was issued under that decision: units of its vintages in the
tracking registry it names (elements (k) and (i)), which belong to no authorization or to the
estimate that it confirms.
"""

from collections.abc import Iterator
from functools import partial

import msgspec

from hub.domain.admission import Desk
from hub.domain.blocks import tonnes_of
from hub.domain.first_transfer import is_first_transfer_at_issuance
from hub.domain.holdings import clip
from hub.domain.state import (
    Authorization,
    AuthorizationKey,
    DecisionKey,
    EventKind,
    Interval,
    UnitEvent,
    Units,
)
from schema.authorization import Elements
from schema.codes import AuthorizationStatus, AuthorizationStep, UnitStatus
from schema.refusals import Refusal, RefusalCode, refuse

_TAKES_IN = frozenset({AuthorizationStep.CONSOLIDATED, AuthorizationStep.ACTUAL_QUANTITY})


Part = tuple[Units, Interval]
"""Units, uncut, and the interval of the decision in which they lie."""


def attachment_refusals(desk: Desk, authorization: Authorization) -> Iterator[Refusal]:
    """Yield why the units issued under the decision cannot come under the authorization."""
    parts = attachable(desk, authorization)
    quantity = authorization.record.elements.quantity
    tonnes = tonnes_of(parts)
    first = tonnes_of(part for part in parts if _is_first_transfer(desk, authorization, part))
    total = max(
        authorization.issued + tonnes,
        authorization.first_transferred + authorization.first_transfer_reserved + first,
    )
    if parts and quantity is not None and total > quantity:
        words = f"{total} t were issued under the decision, {quantity} t are authorized"
        yield refuse(RefusalCode.AUTHORIZED_QUANTITY_EXCEEDED, words)


def attach(desk: Desk, authorization: Authorization) -> None:
    """Put the units under the authorization; by that they may be first transferred."""
    parts = attachable(desk, authorization)
    first_transferred = 0
    for part in parts:
        first = _is_first_transfer(desk, authorization, part)
        first_transferred += part.count if first else 0
        before = desk.ledger.carve(
            part,
            partial(
                msgspec.structs.replace,
                authorization=authorization.key,
                first_transfer=authorization.message_id if first else None,
            ),
        )
        kinds = [EventKind.AUTHORIZATION, *([EventKind.FIRST_TRANSFER] if first else [])]
        desk.ledger.events.extend(
            _event(desk, authorization, kind, units) for units in before for kind in kinds
        )
    if parts:
        desk.ledger.authorizations[authorization.key] = msgspec.structs.replace(
            authorization,
            issued=authorization.issued + tonnes_of(parts),
            first_transferred=authorization.first_transferred + first_transferred,
        )


def attachable(desk: Desk, authorization: Authorization) -> tuple[Interval, ...]:
    """Return the serials that come under the authorization by its decision."""
    record = authorization.record
    if (
        record.decision is None
        or record.status is not AuthorizationStatus.IN_FORCE
        or record.step not in _TAKES_IN
    ):
        return ()
    decision = DecisionKey(record.elements.approach, record.party, record.decision)
    estimate = None if record.confirms is None else AuthorizationKey(record.party, record.confirms)
    return tuple(
        clip(units, interval)
        for interval in desk.ledger.issued_under.get(decision, ())
        if _in_elements(record.elements, interval)
        for units in desk.ledger.overlapping(interval)
        if units.authorization in {None, estimate} and _is_free(units)
    )


def _in_elements(elements: Elements, interval: Interval) -> bool:
    series = interval.series
    return (not elements.vintages or series.vintage in elements.vintages) and (
        elements.tracking_registry in {None, series.registry}
    )


def _is_free(units: Units) -> bool:
    """Units that were used, or that a transfer under way has reserved, stay as they are."""
    return (
        units.status is UnitStatus.HELD
        and units.reserved_by is None
        and units.first_transfer is None
    )


def _is_first_transfer(desk: Desk, authorization: Authorization, part: Interval) -> bool:
    return is_first_transfer_at_issuance(authorization.record, part.series.registry, desk.policy)


def _event(desk: Desk, authorization: Authorization, kind: EventKind, units: Units) -> UnitEvent:
    return UnitEvent(
        kind=kind,
        interval=Interval(units.series, units.first, units.last),
        quantity=units.quantity,
        unit=units.unit,
        registry=units.account.registry,
        from_account=units.account,
        to_account=units.account,
        happened_at=desk.moment.received_at,
        message_id=authorization.message_id,
        authorization=authorization.key,
    )
