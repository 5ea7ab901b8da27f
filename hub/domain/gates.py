"""The gates of an authorization: may these units be issued, transferred, used, for this purpose?

Gates are computed, never assumed: each is a rule with a code (whose decision and paragraph stand in
`schema.refusal_rules`), a verdict and an explanation in words. Admission refuses on the failing
ones, all at once; `explain` shows all of them without doing anything.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime
from enum import StrEnum, unique

from hub.domain.ledger import Ledger
from hub.domain.state import Authorization, AuthorizationKey, Policy, State
from schema.authorization import AuthorizationRecord, Elements
from schema.codes import (
    AuthorizationStatus,
    AuthorizationStep,
    Metric,
    Purpose,
    purposes_covered,
)
from schema.identifiers import FIRST_ITMO_VINTAGE, ItmoSeries
from schema.refusals import Refusal, RefusalCode, refuse


@unique
class Verdict(StrEnum):
    """What a gate says."""

    PASSED = "passed"
    FAILED = "failed"
    WARNING = "warning"


class Gate(State, frozen=True):
    """One rule, applied to one intent."""

    rule: RefusalCode
    verdict: Verdict
    explanation: str


@unique
class Act(StrEnum):
    """What is to be done under the authorization."""

    ISSUANCE = "issuance"
    TRANSFER = "transfer"
    USE = "use"
    CANCELLATION = "cancellation"


class Intent(State, frozen=True):
    """What somebody wants to do with units, as far as the gates ask."""

    act: Act
    series: tuple[ItmoSeries, ...]
    """The series of the units, each once."""
    authorization: AuthorizationKey
    purpose: Purpose | None
    counterparty: str | None
    """The acquiring or using Party, alpha-3."""
    entity: str | None
    at: datetime
    first_transfer_tonnes: int
    """How much of it would be a first transfer; 0 where none."""
    settled: bool = False
    """Every unit was first transferred before: no later change of the authorization touches it."""
    issued_tonnes: int = 0
    year_of_use: int | None = None
    activities: tuple[str, ...] = ()
    """The activities of the units that come under the authorization by this act."""
    measures: tuple[str | None, ...] = (None,)
    """The units of measurement; None for tCO2e."""


Check = tuple[RefusalCode, Verdict, Callable[[], str]]
"""A gate whose explanation is not written yet: admission needs only those of the failing ones."""


def gates_for(intent: Intent, ledger: Ledger, policy: Policy) -> list[Gate]:
    """Return every gate that concerns `intent`, with its explanation."""
    return [
        Gate(rule=rule, verdict=verdict, explanation=words())
        for rule, verdict, words in _checks(intent, ledger, policy)
    ]


def gate_refusals(intent: Intent, ledger: Ledger, policy: Policy) -> list[Refusal]:
    """Return the refusals of the failing gates."""
    return [
        refuse(rule, words())
        for rule, verdict, words in _checks(intent, ledger, policy)
        if verdict is Verdict.FAILED
    ]


def _check(rule: RefusalCode, holds: bool, words: Callable[[], str]) -> Check:  # noqa: FBT001
    return rule, Verdict.PASSED if holds else Verdict.FAILED, words


def _checks(intent: Intent, ledger: Ledger, policy: Policy) -> Iterator[Check]:
    yield from _vintage_checks(intent, policy)
    yield from _approach_checks(intent, ledger)
    authorization = ledger.authorizations.get(intent.authorization)
    if authorization is None:
        key = intent.authorization
        words = f"{key.party} {key.authorization_id} is not recorded"
        yield _check(RefusalCode.AUTHORIZATION_UNKNOWN, False, lambda: words)  # noqa: FBT003
        return
    yield from _status_checks(intent, authorization)
    yield from _coverage_checks(intent, authorization.record)
    yield from _activity_checks(intent, authorization.record, ledger)
    yield from _quantity_checks(intent, authorization)
    yield from _date_checks(intent, authorization.record)
    yield from _report_checks(intent, ledger, policy)


def _vintages(intent: Intent) -> list[int]:
    return sorted({series.vintage for series in intent.series})


def _vintage_checks(intent: Intent, policy: Policy) -> Iterator[Check]:
    vintages = _vintages(intent)
    early = [vintage for vintage in vintages if vintage < FIRST_ITMO_VINTAGE]
    yield _check(
        RefusalCode.VINTAGE_BEFORE_2021,
        not early,
        lambda: (
            f"mitigation of {', '.join(map(str, early))} cannot become an ITMO"
            if early
            else f"all mitigation occurred from {FIRST_ITMO_VINTAGE} onward"
        ),
    )
    if intent.purpose is Purpose.NDC and intent.counterparty is not None:
        first, last = policy.ndc_periods.get(intent.counterparty, policy.default_ndc_period)
        years = [year for year in vintages if year >= FIRST_ITMO_VINTAGE]
        if intent.year_of_use is not None:
            years.append(intent.year_of_use)
        yield _check(
            RefusalCode.OUTSIDE_NDC_PERIOD,
            all(first <= year <= last for year in years),
            lambda: f"years {years} against the NDC period {first}-{last} of {intent.counterparty}",
        )


def _approach_checks(intent: Intent, ledger: Ledger) -> Iterator[Check]:
    day = intent.at.date()
    for party, approach in sorted({(each.first_party, each.approach) for each in intent.series}):
        yield _approach_check(RefusalCode.APPROACH_NOT_AUTHORIZED, ledger, (party, approach), day)
        user = intent.counterparty
        if intent.purpose is Purpose.NDC and user is not None and user != party:
            rule = RefusalCode.USING_PARTY_APPROACH_NOT_AUTHORIZED
            yield _approach_check(rule, ledger, (user, approach), day)


def _approach_check(rule: RefusalCode, ledger: Ledger, place: tuple[str, str], day: date) -> Check:
    permits = ledger.approach_authorizations.get(place, ())
    party, approach = place
    return _check(
        rule,
        any(permit.covers(day) for permit in permits),
        lambda: f"authorization of {approach} as cooperative approach by {party} on {day}",
    )


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
    yield _check(
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
        yield _check(
            RefusalCode.COUNTERPARTY_NOT_AUTHORIZED,
            intent.counterparty in elements.parties,
            lambda: f"{intent.counterparty} against the Parties {', '.join(elements.parties)}",
        )
    covered = frozenset() if elements.uses is None else purposes_covered(elements.uses)
    yield _check(
        RefusalCode.PURPOSE_NOT_AUTHORIZED,
        bool(covered) if intent.purpose is None else intent.purpose in covered,
        lambda: (
            f"{intent.purpose or intent.act} under an authorization for "
            f"{elements.uses or 'the approach alone'}"
        ),
    )
    yield _check(
        RefusalCode.VINTAGE_NOT_AUTHORIZED,
        not elements.vintages or all(each.vintage in elements.vintages for each in intent.series),
        lambda: f"vintages {_vintages(intent)} against {list(elements.vintages) or 'any'}",
    )
    yield _check(
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
    yield _check(
        rule,
        set(have) <= set(allowed),
        lambda: f"activity {name}: {', '.join(have) or 'none'} against {', '.join(allowed)}",
    )


def _quantity_checks(intent: Intent, authorization: Authorization) -> Iterator[Check]:
    record = authorization.record
    if intent.first_transfer_tonnes:
        estimate = record.step is AuthorizationStep.ESTIMATED_QUANTITY
        yield _check(
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
    yield _check(
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
        yield _check(
            RefusalCode.LAST_DATE_PASSED,
            day <= last,
            lambda: f"{intent.act} on {day}, last date {last}",
        )


def _report_checks(intent: Intent, ledger: Ledger, policy: Policy) -> Iterator[Check]:
    if not intent.first_transfer_tonnes:
        return
    for party, approach in sorted({(each.first_party, each.approach) for each in intent.series}):
        known = (party, approach) in ledger.initial_reports
        missing = Verdict.FAILED if party in policy.initial_report_required else Verdict.WARNING
        yield _report_check(party, approach, Verdict.PASSED if known else missing)


def _report_check(party: str, approach: str, verdict: Verdict) -> Check:
    found = (
        "is recorded"
        if verdict is Verdict.PASSED
        else "is not recorded; due with the authorization or the next transparency report"
    )
    words = f"initial report of {party} on {approach} {found}"
    return RefusalCode.INITIAL_REPORT_MISSING, verdict, lambda: words


def _inside_duration(record: AuthorizationRecord, day: date) -> bool:
    dates = record.elements.dates
    return (dates.from_day is None or dates.from_day <= day) and (
        dates.until_day is None or day <= dates.until_day
    )
