"""Authorizations: versions in sequence, changes that leave first transferred units alone.

Rules: decision 4/CMA.6 paras. 2-5 (components, steps, elements), para. 5(g) (changes); Japan's form
for the JCM (steps 1, 2a, 2b).
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from hub.domain.admission import (
    Admission,
    Desk,
    check_approach,
    check_approvers,
    check_parties,
    refused,
    speaks_for,
)
from hub.domain.attachment import attach, attachment_refusals
from hub.domain.ledger import Ledger
from hub.domain.state import ApproachPermit, Authorization, AuthorizationKey, DecisionKey
from schema.authorization import AuthorizationRecord
from schema.codes import AuthorizationStatus, AuthorizationStep, purposes_covered
from schema.messages import AuthorizationNotice
from schema.refusals import Refusal, RefusalCode, refuse

S = AuthorizationStatus

NEXT_STATUSES: Final[dict[AuthorizationStatus, frozenset[AuthorizationStatus]]] = {
    S.DRAFT: frozenset({S.DRAFT, S.IN_FORCE, S.REVOKED}),
    S.IN_FORCE: frozenset(S) - {S.DRAFT},
    S.SUSPENDED: frozenset(S) - {S.DRAFT},
    S.EXPIRED: frozenset({S.EXPIRED, S.IN_FORCE, S.REVOKED}),
    S.CONSUMED: frozenset({S.CONSUMED, S.IN_FORCE, S.REVOKED}),
    S.REVOKED: frozenset(),
}
"""The statuses that the next version may have; a revocation is the end."""


def authorize(desk: Desk, message: AuthorizationNotice) -> Admission:
    """Record a version of an authorization of the sender's Party."""
    record = message.authorization
    key = AuthorizationKey(record.party, record.authorization_id)
    known = desk.ledger.authorizations.get(key)
    authorization = _next(desk, message, known)
    refusals = [
        *check_parties(record.party, *record.elements.parties),
        *check_approach(desk, record.elements.approach),
        *_entitlement(desk, record),
        *_sequence(known, record),
        *_confirmation(desk.ledger, known, record),
        *_change_refusals(known, record),
        *attachment_refusals(desk, authorization),
    ]
    if refusals:
        return refused(refusals)
    _confirm(desk.ledger, known, record)
    desk.ledger.authorizations[key] = authorization
    _permit(desk.ledger, authorization)
    attach(desk, authorization)
    return Admission()


def _next(desk: Desk, message: AuthorizationNotice, known: Authorization | None) -> Authorization:
    record, at = message.authorization, desk.moment.received_at
    if known is not None:
        return msgspec.structs.replace(
            known, record=record, message_id=message.message_id, recorded_at=at
        )
    return Authorization(
        key=AuthorizationKey(record.party, record.authorization_id),
        record=record,
        message_id=message.message_id,
        recorded_at=at,
    )


def authorizes_approach(record: AuthorizationRecord) -> bool:
    """Tell whether this record is the authorization of the cooperative approach itself."""
    return record.status is AuthorizationStatus.IN_FORCE and record.step in {
        AuthorizationStep.APPROACH,
        AuthorizationStep.CONSOLIDATED,
    }


def _permit(ledger: Ledger, authorization: Authorization) -> None:
    record = authorization.record
    place = (record.party, record.elements.approach)
    others = [
        permit
        for permit in ledger.approach_authorizations.get(place, ())
        if permit.authorization != authorization.key
    ]
    if authorizes_approach(record):
        dates = record.elements.dates
        others.append(
            ApproachPermit(
                authorization=authorization.key,
                from_day=dates.from_day,
                until_day=dates.until_day,
            )
        )
    ordered = tuple(sorted(others, key=lambda permit: permit.authorization))
    if ordered:
        ledger.approach_authorizations[place] = ordered
    else:
        ledger.approach_authorizations.pop(place, None)


def _entitlement(desk: Desk, record: AuthorizationRecord) -> Iterator[Refusal]:
    if not speaks_for(desk, record.party):
        words = f"{desk.moment.sender} does not speak for {record.party}"
        yield refuse(RefusalCode.SENDER_NOT_ENTITLED, words)


def _sequence(known: Authorization | None, record: AuthorizationRecord) -> Iterator[Refusal]:
    expected = 1 if known is None else known.record.version + 1
    if record.version != expected:
        words = f"version {record.version}, expected {expected}"
        yield refuse(RefusalCode.VERSION_OUT_OF_SEQUENCE, words)
    if known is None:
        return
    if record.status not in NEXT_STATUSES[known.record.status]:
        words = f"{record.status} after {known.record.status}"
        yield refuse(RefusalCode.NOT_ALLOWED_IN_STATE, words)
    was, now = known.record, record
    if (was.step, was.elements.approach, was.confirms, was.activity) != (
        now.step,
        now.elements.approach,
        now.confirms,
        now.activity,
    ):
        words = "step, approach, activity and estimate stay the same in all versions"
        yield refuse(RefusalCode.NOT_ALLOWED_IN_STATE, words)


def _estimate_key(record: AuthorizationRecord) -> AuthorizationKey | None:
    if record.step is not AuthorizationStep.ACTUAL_QUANTITY or record.confirms is None:
        return None
    return AuthorizationKey(record.party, record.confirms)


def _confirmation(
    ledger: Ledger, known: Authorization | None, record: AuthorizationRecord
) -> Iterator[Refusal]:
    """Step 2b confirms the estimate of a 2a, in parts that together stay below it."""
    yield from _decision_refusals(ledger, record)
    if record.step is not AuthorizationStep.ACTUAL_QUANTITY:
        return
    estimate_key = _estimate_key(record)
    estimate = None if estimate_key is None else ledger.authorizations.get(estimate_key)
    if estimate is None or estimate.record.step is not AuthorizationStep.ESTIMATED_QUANTITY:
        yield refuse(RefusalCode.AUTHORIZATION_UNKNOWN, f"no step 2a {record.confirms!r}")
        return
    of = estimate.record
    if (of.activity, of.elements.approach) != (record.activity, record.elements.approach):
        words = f"step 2a is about {of.activity or 'no activity'} under {of.elements.approach}"
        yield refuse(RefusalCode.AUTHORIZATION_DIFFERS, words)
    if record.elements.quantity is None:
        yield refuse(RefusalCode.QUANTITY_NOT_CONFIRMED, "step 2b states the actual quantity")
    total, ceiling = estimate.confirmed + _confirms_more(known, record), of.elements.quantity
    if ceiling is not None and total > ceiling:
        words = f"steps 2b would confirm {total} t, the estimate of 2a was {ceiling} t"
        yield refuse(RefusalCode.AUTHORIZED_QUANTITY_EXCEEDED, words)


def _decision_refusals(ledger: Ledger, record: AuthorizationRecord) -> Iterator[Refusal]:
    if record.decision is None:
        return
    key = DecisionKey(record.elements.approach, record.party, record.decision)
    decision = ledger.decisions.get(key)
    if decision is None:
        yield refuse(RefusalCode.DECISION_UNKNOWN, f"no decision {record.decision}")
    elif record.activity not in {None, decision.activity}:
        words = f"decision {record.decision} is about activity {decision.activity}"
        yield refuse(RefusalCode.DECISION_UNKNOWN, words)


def confirmed_tonnes(record: AuthorizationRecord) -> int:
    """Return how much of its estimate a step 2b takes up; a draft or a revoked one nothing."""
    if record.status in {AuthorizationStatus.DRAFT, AuthorizationStatus.REVOKED}:
        return 0
    return record.elements.quantity or 0


def _confirms_more(known: Authorization | None, record: AuthorizationRecord) -> int:
    before = 0 if known is None else confirmed_tonnes(known.record)
    return confirmed_tonnes(record) - before


def _confirm(ledger: Ledger, known: Authorization | None, record: AuthorizationRecord) -> None:
    key = _estimate_key(record)
    if key is not None:
        estimate = ledger.authorizations[key]
        more = _confirms_more(known, record)
        ledger.authorizations[key] = msgspec.structs.replace(
            estimate, confirmed=estimate.confirmed + more
        )


def _change_refusals(known: Authorization | None, record: AuthorizationRecord) -> Iterator[Refusal]:
    """A change needs a reason; one that touches first transferred units a declared ground too."""
    if known is None:
        return
    approval = record.approval
    if approval is None or not approval.reason.strip():
        yield refuse(RefusalCode.SECOND_APPROVER_MISSING, "a new version needs a reason")
    touched = known.first_transferred + known.first_transfer_reserved
    reaches = narrowed(known.record, record, touched) if touched else ()
    if not reaches:
        return
    ground = None if approval is None else approval.ground
    declared = {each.ground for each in known.record.elements.change_grounds}
    if ground is None:
        words = f"{touched} t are or will be first transferred; {', '.join(reaches)} would change"
        yield refuse(RefusalCode.CHANGE_TOUCHES_FIRST_TRANSFERRED, words)
    elif ground not in declared:
        words = f"ground {ground!r} was not declared in element (g)"
        yield refuse(RefusalCode.CHANGE_GROUND_NOT_DECLARED, words)
    if approval is not None:
        yield from check_approvers(approval.approvers, approval.reason)


def narrowed(
    was: AuthorizationRecord, now: AuthorizationRecord, touched_tonnes: int
) -> tuple[str, ...]:
    """Return the elements in which a new version allows less than `touched_tonnes` were given."""
    old, new = was.elements, now.elements
    uses = [
        frozenset() if each.uses is None else purposes_covered(each.uses) for each in (old, new)
    ]
    quantity = new.quantity
    reaches = {
        "status": now.status is AuthorizationStatus.REVOKED,
        "Parties (b)": _shrinks(old.parties, new.parties),
        "first transfer (d)": old.first_transfer != new.first_transfer,
        "uses (e)": not uses[0] <= uses[1],
        "quantity (h)": quantity is not None and quantity < touched_tonnes,
        "vintages (k)": _shrinks(old.vintages, new.vintages),
        "metric (l)": (old.metric, old.non_ghg_unit) != (new.metric, new.non_ghg_unit),
        "sectors (m)": _shrinks(old.sectors, new.sectors),
        "activity types (n)": _shrinks(old.activity_types, new.activity_types),
    }
    return tuple(name for name, reached in reaches.items() if reached)


def _shrinks(old: tuple[object, ...], new: tuple[object, ...]) -> bool:
    """Tell whether a list, where empty means anything, allows less than before."""
    return bool(new) and (not old or not set(old) <= set(new))
