"""The gates of an authorization: may these units be issued, transferred, used, for this purpose?

Gates are computed, never assumed: each is a rule with a code (whose decision and paragraph stand in
`schema.refusal_rules`), a verdict and an explanation in words. Admission refuses on the failing
ones, all at once; `explain` shows all of them without doing anything.
"""

from collections.abc import Iterator
from datetime import date

from hub.domain.coverage import authorization_checks
from hub.domain.intents import Check, Gate, Intent, Verdict, check, vintages_of
from hub.domain.ledger import Ledger
from hub.domain.state import Policy
from schema.codes import Purpose
from schema.identifiers import FIRST_ITMO_VINTAGE
from schema.refusals import Refusal, RefusalCode, refuse


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


def _checks(intent: Intent, ledger: Ledger, policy: Policy) -> Iterator[Check]:
    yield from _vintage_checks(intent, policy)
    yield from _approach_checks(intent, ledger)
    authorization = ledger.authorizations.get(intent.authorization)
    if authorization is None:
        key = intent.authorization
        words = f"{key.party} {key.authorization_id} is not recorded"
        yield check(RefusalCode.AUTHORIZATION_UNKNOWN, False, lambda: words)  # noqa: FBT003
        return
    yield from authorization_checks(intent, authorization, ledger)
    yield from _report_checks(intent, ledger, policy)


def _vintage_checks(intent: Intent, policy: Policy) -> Iterator[Check]:
    vintages = vintages_of(intent)
    early = [vintage for vintage in vintages if vintage < FIRST_ITMO_VINTAGE]
    yield check(
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
        yield check(
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
    return check(
        rule,
        any(permit.covers(day) for permit in permits),
        lambda: f"authorization of {approach} as cooperative approach by {party} on {day}",
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
