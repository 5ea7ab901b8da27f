from datetime import UTC, datetime, timedelta
from itertools import product
from uuid import UUID

import pytest
from msgspec.structs import replace

from hub.domain.reconciliation.codes import Aspect, FindingCode, Severity
from hub.domain.reconciliation.discrepancy import (
    CLOSED_STATES,
    TRANSITIONS,
    ClosingByHand,
    Discrepancy,
    DiscrepancyEvent,
    DiscrepancyState,
    Dispute,
    accept,
    acknowledge,
    advance,
    close_by_hand,
    next_state,
)
from schema.identifiers import SerialRange
from schema.refusals import Refusal, RefusalCode
from schema.serials import SerialSet
from tests.domain.reconciliation.worlds import JPN, MNG, SERIES

S, E = DiscrepancyState, DiscrepancyEvent
OPENED = datetime(2031, 7, 1, tzinfo=UTC)
LATER = OPENED + timedelta(days=2)
DISCREPANCY = Discrepancy(
    discrepancy_id=UUID(int=7),
    dispute=Dispute(aspect=Aspect.POSITION, sources=("JPN01", "hub"), series=SERIES[0]),
    sources=("JPN01", "hub"),
    code=FindingCode.OTHER_HOLDER,
    severity=Severity.HIGH,
    serials=SerialSet((SerialRange(10, 19),)),
    evidence_digest="00",
    concerned=frozenset({JPN, MNG}),
    state=S.OPEN,
    opened_at=OPENED,
    changed_at=OPENED,
)


def closed(state: DiscrepancyState) -> Discrepancy:
    return replace(DISCREPANCY, state=state, closed_at=OPENED, acknowledged_by=frozenset({JPN}))


@pytest.mark.parametrize(("state", "event"), list(product(S, E)))
def test_every_event_in_every_state_is_a_transition_or_a_coded_refusal(
    state: DiscrepancyState, event: DiscrepancyEvent
) -> None:
    following = next_state(state, event)
    assert isinstance(following, S) or following is RefusalCode.NOT_ALLOWED_IN_STATE


def test_every_state_can_be_reached_and_left() -> None:
    reached = {S.OPEN}
    for _ in S:
        reached |= {following for state in reached for following in TRANSITIONS[state].values()}
    assert reached == set(S)
    assert all(S.OPEN in TRANSITIONS[state].values() for state in S)


@pytest.mark.parametrize("state", sorted(CLOSED_STATES))
def test_people_change_nothing_about_what_is_closed(state: DiscrepancyState) -> None:
    for event in (E.ACKNOWLEDGED, E.ACCEPTED_BY_ALL, E.CLOSED_BY_HAND):
        refused = advance(closed(state), event, at=LATER)
        assert isinstance(refused, Refusal)
        assert refused.code is RefusalCode.NOT_ALLOWED_IN_STATE


@pytest.mark.parametrize("state", [S.RESOLVED, S.ACCEPTED_BY_BOTH])
def test_what_is_found_again_is_reopened_and_asks_for_new_answers(
    state: DiscrepancyState,
) -> None:
    after = advance(closed(state), E.FOUND_AGAIN, at=LATER)
    assert isinstance(after, Discrepancy)
    assert (after.state, after.recurrences, after.closed_at) == (S.OPEN, 1, None)
    assert after.acknowledged_by == frozenset()
    assert after.opened_at == OPENED


def test_what_was_closed_by_hand_is_borne_with_as_long_as_it_is_the_same() -> None:
    before = closed(S.RESOLVED_MANUALLY)
    assert advance(before, E.FOUND_AGAIN, at=LATER) == before
    changed = advance(before, E.FOUND_CHANGED, at=LATER)
    assert isinstance(changed, Discrepancy)
    assert (changed.state, changed.recurrences) == (S.OPEN, 1)


def test_what_was_closed_by_hand_and_went_away_is_reopened_when_it_comes_back() -> None:
    gone = advance(closed(S.RESOLVED_MANUALLY), E.NOT_FOUND, at=LATER)
    assert isinstance(gone, Discrepancy)
    assert gone.state is S.RESOLVED
    back = advance(gone, E.FOUND_AGAIN, at=LATER)
    assert isinstance(back, Discrepancy)
    assert back.state is S.OPEN


def test_an_acknowledgement_is_of_the_evidence_that_was_shown() -> None:
    noted = acknowledge(DISCREPANCY, JPN, at=LATER)
    assert isinstance(noted, Discrepancy)
    assert (noted.state, noted.acknowledged_by) == (S.ACKNOWLEDGED, {JPN})
    assert advance(noted, E.FOUND_AGAIN, at=LATER) == noted
    changed = advance(noted, E.FOUND_CHANGED, at=LATER)
    assert isinstance(changed, Discrepancy)
    assert (changed.state, changed.acknowledged_by) == (S.OPEN, frozenset())


def test_a_registry_that_is_not_concerned_has_no_say() -> None:
    for answer in (acknowledge, accept):
        refused = answer(DISCREPANCY, "GHA01", at=LATER)
        assert isinstance(refused, Refusal)
        assert refused.code is RefusalCode.SENDER_NOT_ENTITLED


def test_a_correction_closes_when_all_registries_concerned_have_signed() -> None:
    first = accept(DISCREPANCY, JPN, at=LATER)
    assert isinstance(first, Discrepancy)
    assert (first.state, first.closed_at) == (S.ACKNOWLEDGED, None)
    again = accept(first, JPN, at=LATER)
    assert again == first
    both = accept(first, MNG, at=LATER)
    assert isinstance(both, Discrepancy)
    assert (both.state, both.closed_at) == (S.ACCEPTED_BY_BOTH, LATER)


@pytest.mark.parametrize(
    ("approvers", "reason", "code"),
    [
        pytest.param(("A. One",), "lost", RefusalCode.SECOND_APPROVER_MISSING, id="one person"),
        pytest.param((), "lost", RefusalCode.SECOND_APPROVER_MISSING, id="nobody"),
        pytest.param(
            ("A. One", " a. one"), "lost", RefusalCode.APPROVERS_NOT_DISTINCT, id="twice the same"
        ),
        pytest.param(
            ("A. One", " "), "lost", RefusalCode.APPROVERS_NOT_DISTINCT, id="an empty name"
        ),
        pytest.param(("A. One", "B. Two"), " ", RefusalCode.BODY_MALFORMED, id="no reason"),
        pytest.param(
            ("A. One", "B. Two"), "x" * 2_001, RefusalCode.BODY_MALFORMED, id="endless reason"
        ),
    ],
)
def test_closing_by_hand_needs_two_people_and_a_reason(
    approvers: tuple[str, ...], reason: str, code: RefusalCode
) -> None:
    refused = close_by_hand(
        DISCREPANCY, ClosingByHand(approvers=approvers, reason=reason), at=LATER
    )
    assert isinstance(refused, Refusal)
    assert refused.code is code


def test_two_people_close_by_hand() -> None:
    closing = ClosingByHand(approvers=("A. One", "B. Two"), reason="A known gap of 2024.")
    after = close_by_hand(DISCREPANCY, closing, at=LATER)
    assert isinstance(after, Discrepancy)
    assert (after.state, after.closed_at) == (S.RESOLVED_MANUALLY, LATER)
