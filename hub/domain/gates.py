"""The gates of an authorization: may these units be issued, transferred, used, for this purpose?

Gates are computed, never assumed: each is a rule with a code (whose decision and paragraph stand in
`schema.refusal_rules`), a verdict and an explanation in words. Admission refuses on the failing
ones, all at once; `explain` shows all of them without doing anything.
"""

from collections.abc import Iterator
from datetime import date, datetime
from enum import StrEnum, unique
from typing import Final

from hub.domain.ledger import Ledger
from hub.domain.state import Authorization, AuthorizationKey, Interval, Policy, State
from schema.authorization import AuthorizationRecord
from schema.codes import (
    AuthorizationStatus,
    AuthorizationStep,
    FirstTransferForNdc,
    FirstTransferForOimp,
    Purpose,
    purposes_covered,
)
from schema.identifiers import FIRST_ITMO_VINTAGE
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
    intervals: tuple[Interval, ...]
    authorization: AuthorizationKey
    purpose: Purpose | None
    counterparty: str | None
    """The acquiring or using Party, alpha-3."""
    entity: str | None
    at: datetime
    first_transfer_tonnes: int
    """How much of it would be a first transfer; 0 where none."""
    issued_tonnes: int = 0
    year_of_use: int | None = None


def gates_for(intent: Intent, ledger: Ledger, policy: Policy) -> list[Gate]:
    """Return every gate that concerns `intent`, in precedence order of their codes."""
    gates = list(_vintage_gates(intent, policy))
    authorization = ledger.authorizations.get(intent.authorization)
    gates.extend(_approach_gates(intent, ledger))
    if authorization is None:
        words = f"{intent.authorization.party} {intent.authorization.authorization_id}"
        gates.append(_failed(RefusalCode.AUTHORIZATION_UNKNOWN, f"{words} is not recorded"))
        return gates
    gates.extend(_authorization_gates(intent, authorization))
    gates.extend(_report_gates(intent, ledger, policy))
    return gates


def refusals_of(gates: list[Gate]) -> list[Refusal]:
    """Return the refusals of the failing gates."""
    return [refuse(gate.rule, gate.explanation) for gate in gates if gate.verdict is Verdict.FAILED]


def _gate(rule: RefusalCode, holds: bool, explanation: str) -> Gate:  # noqa: FBT001
    return Gate(
        rule=rule, verdict=Verdict.PASSED if holds else Verdict.FAILED, explanation=explanation
    )


def _failed(rule: RefusalCode, explanation: str) -> Gate:
    return Gate(rule=rule, verdict=Verdict.FAILED, explanation=explanation)


def _vintages(intent: Intent) -> list[int]:
    return sorted({interval.series.vintage for interval in intent.intervals})


def _vintage_gates(intent: Intent, policy: Policy) -> Iterator[Gate]:
    early = [vintage for vintage in _vintages(intent) if vintage < FIRST_ITMO_VINTAGE]
    yield _gate(
        RefusalCode.VINTAGE_BEFORE_2021,
        not early,
        f"mitigation occurred in {', '.join(map(str, early))}: before {FIRST_ITMO_VINTAGE} it "
        "cannot become an ITMO"
        if early
        else f"all mitigation occurred from {FIRST_ITMO_VINTAGE} onward",
    )
    if intent.purpose is Purpose.NDC and intent.counterparty is not None:
        first, last = policy.ndc_periods.get(intent.counterparty, policy.default_ndc_period)
        years = [*_vintages(intent), *([intent.year_of_use] if intent.year_of_use else [])]
        outside = [year for year in years if year > last or FIRST_ITMO_VINTAGE <= year < first]
        yield _gate(
            RefusalCode.OUTSIDE_NDC_PERIOD,
            not outside,
            f"years {years} against the NDC period {first}-{last} of {intent.counterparty}",
        )


def _approach_gates(intent: Intent, ledger: Ledger) -> Iterator[Gate]:
    for party, approach in sorted(
        {(interval.series.first_party, interval.series.approach) for interval in intent.intervals}
    ):
        yield _gate(
            RefusalCode.APPROACH_NOT_AUTHORIZED,
            (party, approach) in ledger.approach_authorizations,
            f"authorization of {approach} as cooperative approach by {party}",
        )
        needs_counterparty = intent.purpose is Purpose.NDC and intent.counterparty not in {
            None,
            party,
        }
        if needs_counterparty and intent.counterparty is not None:
            yield _gate(
                RefusalCode.USING_PARTY_APPROACH_NOT_AUTHORIZED,
                (intent.counterparty, approach) in ledger.approach_authorizations,
                f"authorization of {approach} by {intent.counterparty}, for use towards its NDC",
            )


def _authorization_gates(intent: Intent, authorization: Authorization) -> Iterator[Gate]:
    record = authorization.record
    elements = record.elements
    name = f"{record.party} {record.authorization_id} version {record.version}"
    yield _gate(
        RefusalCode.AUTHORIZATION_NOT_IN_FORCE,
        record.status is AuthorizationStatus.IN_FORCE
        and _inside_duration(record, intent.at.date()),
        f"{name} is {record.status}",
    )
    foreign = [
        interval.series
        for interval in intent.intervals
        if interval.series.first_party != record.party
        or interval.series.approach != elements.approach
    ]
    yield _gate(
        RefusalCode.AUTHORIZATION_DIFFERS,
        not foreign,
        f"{name} covers {elements.approach} units of {record.party}",
    )
    if elements.parties and intent.counterparty not in {None, record.party}:
        yield _gate(
            RefusalCode.COUNTERPARTY_NOT_AUTHORIZED,
            intent.counterparty in elements.parties,
            f"{intent.counterparty} among the authorized Parties {', '.join(elements.parties)}",
        )
    if intent.purpose is not None:
        covered = frozenset() if elements.uses is None else purposes_covered(elements.uses)
        yield _gate(
            RefusalCode.PURPOSE_NOT_AUTHORIZED,
            intent.purpose in covered,
            f"purpose {intent.purpose} under an authorization for {elements.uses or 'no use'}",
        )
    uncovered = [
        vintage
        for vintage in _vintages(intent)
        if elements.vintages and vintage not in elements.vintages
    ]
    yield _gate(
        RefusalCode.VINTAGE_NOT_AUTHORIZED,
        not uncovered,
        f"vintages {_vintages(intent)} against {list(elements.vintages) or 'any'}",
    )
    if intent.entity is not None:
        yield _gate(
            RefusalCode.ENTITY_NOT_AUTHORIZED,
            intent.entity in {entity.entity_id for entity in elements.entities},
            f"entity {intent.entity} among the authorized entities",
        )
    yield from _quantity_gates(intent, authorization)
    yield from _date_gates(intent, record)


def _quantity_gates(intent: Intent, authorization: Authorization) -> Iterator[Gate]:
    record = authorization.record
    if intent.first_transfer_tonnes:
        yield _gate(
            RefusalCode.QUANTITY_NOT_CONFIRMED,
            record.step is not AuthorizationStep.ESTIMATED_QUANTITY,
            f"step {record.step}: the quantity is "
            + ("an estimate" if record.step is AuthorizationStep.ESTIMATED_QUANTITY else "final"),
        )
    if record.elements.quantity is None:
        return
    first_transferred = authorization.first_transferred + authorization.first_transfer_reserved
    total = max(
        first_transferred + intent.first_transfer_tonnes,
        authorization.issued + intent.issued_tonnes,
    )
    yield _gate(
        RefusalCode.AUTHORIZED_QUANTITY_EXCEEDED,
        total <= record.elements.quantity,
        f"{total} t of {record.elements.quantity} t authorized "
        f"(issued {authorization.issued}, first transferred {authorization.first_transferred}, "
        f"reserved {authorization.first_transfer_reserved})",
    )


def _date_gates(intent: Intent, record: AuthorizationRecord) -> Iterator[Gate]:
    dates = record.elements.dates
    last = {
        Act.ISSUANCE: dates.last_issuance,
        Act.USE: dates.last_use,
        Act.CANCELLATION: dates.last_cancellation,
        Act.TRANSFER: None,
    }[intent.act]
    if last is not None:
        yield _gate(
            RefusalCode.LAST_DATE_PASSED,
            intent.at.date() <= last,
            f"{intent.act} on {intent.at.date()}, last date {last}",
        )


def _report_gates(intent: Intent, ledger: Ledger, policy: Policy) -> Iterator[Gate]:
    if not intent.first_transfer_tonnes:
        return
    for party, approach in sorted(
        {(interval.series.first_party, interval.series.approach) for interval in intent.intervals}
    ):
        known = (party, approach) in ledger.initial_reports
        missing = Verdict.FAILED if party in policy.initial_report_required else Verdict.WARNING
        yield Gate(
            rule=RefusalCode.INITIAL_REPORT_MISSING,
            verdict=Verdict.PASSED if known else missing,
            explanation=f"initial report of {party} on {approach} "
            + (
                "is recorded"
                if known
                else "is not recorded; due with the authorization or the next BTR"
            ),
        )


def _inside_duration(record: AuthorizationRecord, day: date) -> bool:
    dates = record.elements.dates
    return (dates.from_day is None or dates.from_day <= day) and (
        dates.until_day is None or day <= dates.until_day
    )


_OIMP: Final = frozenset({Purpose.OIMP, Purpose.IMP, Purpose.OP})


def first_transfer_at_issuance(
    record: AuthorizationRecord, registry_party: str, policy: Policy
) -> bool:
    """Tell whether units are first transferred by their issuance under `record`.

    Para. 2(b): the authorization (units issued under it exist only after it) or the issuance; para.
    2(a) as read for schemes in which each Party issues its share: the issuance in the registry of
    another Party than the first transferring one.
    """
    elements = record.elements
    if elements.uses is None:
        return False
    covered = purposes_covered(elements.uses)
    oimp = bool(covered & _OIMP) and elements.first_transfer.for_oimp in {
        FirstTransferForOimp.AUTHORIZATION,
        FirstTransferForOimp.ISSUANCE,
    }
    ndc = (
        Purpose.NDC in covered
        and elements.first_transfer.for_ndc is FirstTransferForNdc.ISSUANCE_TO_ACQUIRING_PARTY
        and registry_party != record.party
    )
    if Purpose.NDC in covered and covered & _OIMP and not policy.earlier_event_counts:
        return ndc
    return oimp or ndc


def first_transfer_at_transfer(record: AuthorizationRecord) -> bool:
    """Tell whether an international transfer is the first transfer (para. 2(a))."""
    elements = record.elements
    covered = frozenset() if elements.uses is None else purposes_covered(elements.uses)
    return (
        Purpose.NDC in covered
        and elements.first_transfer.for_ndc is FirstTransferForNdc.INTERNATIONAL_TRANSFER
    )


def first_transfer_at_use(record: AuthorizationRecord, purpose: Purpose | None) -> bool:
    """Tell whether this use or cancellation is the first transfer."""
    definition = record.elements.first_transfer
    if purpose is Purpose.NDC:
        return definition.for_ndc is FirstTransferForNdc.USE
    return (
        purpose in _OIMP or purpose is None
    ) and definition.for_oimp is FirstTransferForOimp.USE_OR_CANCELLATION
