"""What an authorization covers: its status, its elements (a) to (n), its quantity, its dates.

Rules: decision 4/CMA.6 para. 5, one element after the other.
"""

from collections.abc import Iterator
from datetime import date

from hub.domain.intents import Act, Check, Intent, Verdict, check, vintages_of
from hub.domain.ledger import Ledger
from hub.domain.state import Authorization
from schema.authorization import AuthorizationRecord, Elements
from schema.codes import (
    AuthorizationStatus,
    AuthorizationStep,
    Metric,
    Purpose,
    purposes_covered,
)
from schema.refusals import RefusalCode


def authorization_checks(
    intent: Intent, authorization: Authorization, ledger: Ledger
) -> Iterator[Check]:
    """Yield every gate of one authorization."""
    yield from _status_checks(intent, authorization)
    yield from _coverage_checks(intent, authorization.record)
    yield from _activity_checks(intent, authorization.record, ledger)
    yield from _quantity_checks(intent, authorization)
    yield from _date_checks(intent, authorization.record)


def _name(record: AuthorizationRecord) -> str:
    return f"{record.party} {record.authorization_id} version {record.version}"


def _status_checks(intent: Intent, authorization: Authorization) -> Iterator[Check]:
    """Decision 4/CMA.6 para. 5(g): what was first transferred stays what it is.

    Only a revocation reaches it, which then needed a ground declared in advance.
    """
    record = authorization.record
    in_force = record.status is AuthorizationStatus.IN_FORCE and _inside_duration(
        record, intent.at.date()
    )
    untouched = intent.settled and record.status is not AuthorizationStatus.REVOKED
    verdict = Verdict.PASSED if in_force else Verdict.WARNING if untouched else Verdict.FAILED
    yield (
        RefusalCode.AUTHORIZATION_NOT_IN_FORCE,
        verdict,
        lambda: (
            f"{_name(record)} is {record.status} on {intent.at.date()}"
            + ("; the units were first transferred before" if verdict is Verdict.WARNING else "")
        ),
    )


def _coverage_checks(intent: Intent, record: AuthorizationRecord) -> Iterator[Check]:
    elements = record.elements
    approach, activity = elements.approach, record.activity
    yield check(
        RefusalCode.AUTHORIZATION_DIFFERS,
        all(
            each.first_party == record.party and each.approach == approach for each in intent.series
        )
        and (activity is None or all(each == activity for each in intent.activities)),
        lambda: (
            f"{_name(record)} covers {approach} units of {record.party}"
            + ("" if activity is None else f", activity {activity}")
        ),
    )
    if elements.parties and intent.counterparty not in {None, record.party}:
        yield check(
            RefusalCode.COUNTERPARTY_NOT_AUTHORIZED,
            intent.counterparty in elements.parties,
            lambda: f"{intent.counterparty} against the Parties {', '.join(elements.parties)}",
        )
    covered = frozenset() if elements.uses is None else purposes_covered(elements.uses)
    yield check(
        RefusalCode.PURPOSE_NOT_AUTHORIZED,
        bool(covered) if intent.purpose is None else intent.purpose in covered,
        lambda: (
            f"{intent.purpose or intent.act} under an authorization for "
            f"{elements.uses or 'the approach alone'}"
        ),
    )
    yield check(
        RefusalCode.VINTAGE_NOT_AUTHORIZED,
        not elements.vintages or all(each.vintage in elements.vintages for each in intent.series),
        lambda: f"vintages {vintages_of(intent)} against {list(elements.vintages) or 'any'}",
    )
    yield check(
        RefusalCode.METRIC_NOT_AUTHORIZED,
        all(_measured_as(elements, measure) for measure in intent.measures),
        lambda: (
            f"{', '.join(measure or 'tCO2e' for measure in intent.measures)} under an "
            f"authorization for {elements.non_ghg_unit or elements.metric}"
        ),
    )
    if intent.entity is not None:
        named = any(entity.entity_id == intent.entity for entity in elements.entities)
        unnamed = Verdict.FAILED if elements.entities else Verdict.WARNING
        yield (
            RefusalCode.ENTITY_NOT_AUTHORIZED,
            Verdict.PASSED if named else unnamed,
            lambda: f"entity {intent.entity} among {len(elements.entities)} authorized entities",
        )


def _measured_as(elements: Elements, measure: str | None) -> bool:
    if measure is None:
        return elements.metric is Metric.GHG
    return elements.metric is Metric.NON_GHG and elements.non_ghg_unit in {None, measure}


def _activity_checks(
    intent: Intent, record: AuthorizationRecord, ledger: Ledger
) -> Iterator[Check]:
    """Elements (m) and (n), where a decision on the activity says what it is."""
    elements = record.elements
    for name in intent.activities:
        activity = ledger.activities.get((elements.approach, name))
        yield from _list_checks(
            RefusalCode.SECTOR_NOT_AUTHORIZED,
            elements.sectors,
            None if activity is None else activity.sectors,
            name,
        )
        yield from _list_checks(
            RefusalCode.ACTIVITY_TYPE_NOT_AUTHORIZED,
            elements.activity_types,
            None if activity is None else activity.activity_types,
            name,
        )


def _list_checks(
    rule: RefusalCode, allowed: tuple[str, ...], have: tuple[str, ...] | None, name: str
) -> Iterator[Check]:
    if not allowed:
        return
    if have is None:
        yield rule, Verdict.WARNING, lambda: f"no decision says what activity {name} is"
        return
    yield check(
        rule,
        set(have) <= set(allowed),
        lambda: f"activity {name}: {', '.join(have) or 'none'} against {', '.join(allowed)}",
    )


def _quantity_checks(intent: Intent, authorization: Authorization) -> Iterator[Check]:
    record = authorization.record
    if intent.first_transfer_tonnes:
        estimate = record.step is AuthorizationStep.ESTIMATED_QUANTITY
        yield check(
            RefusalCode.QUANTITY_NOT_CONFIRMED,
            not estimate,
            lambda: f"step {record.step}: the quantity is {'an estimate' if estimate else 'final'}",
        )
    quantity = record.elements.quantity
    if quantity is None or not (intent.first_transfer_tonnes or intent.issued_tonnes):
        return
    first_transferred = authorization.first_transferred + authorization.first_transfer_reserved
    total = max(
        first_transferred + intent.first_transfer_tonnes,
        authorization.issued + intent.issued_tonnes if intent.issued_tonnes else 0,
    )
    yield check(
        RefusalCode.AUTHORIZED_QUANTITY_EXCEEDED,
        total <= quantity,
        lambda: (
            f"{total} t of {quantity} t authorized "
            f"(issued {authorization.issued}, first transferred {authorization.first_transferred}, "
            f"reserved {authorization.first_transfer_reserved})"
        ),
    )


def _date_checks(intent: Intent, record: AuthorizationRecord) -> Iterator[Check]:
    """Element (c): the last dates are linked to the first transfer for other purposes."""
    dates = record.elements.dates
    last = {
        Act.ISSUANCE: dates.last_issuance,
        Act.USE: dates.last_use,
        Act.CANCELLATION: dates.last_cancellation,
        Act.TRANSFER: None,
    }[intent.act]
    if last is not None and intent.purpose is not Purpose.NDC:
        day = intent.at.date()
        yield check(
            RefusalCode.LAST_DATE_PASSED,
            day <= last,
            lambda: f"{intent.act} on {day}, last date {last}",
        )


def _inside_duration(record: AuthorizationRecord, day: date) -> bool:
    dates = record.elements.dates
    return (dates.from_day is None or dates.from_day <= day) and (
        dates.until_day is None or day <= dates.until_day
    )
