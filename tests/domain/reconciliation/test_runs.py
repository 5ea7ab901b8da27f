from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from hub.domain.reconciliation.attributes import UnitState
from hub.domain.reconciliation.codes import Aspect, FindingCode, Severity
from hub.domain.reconciliation.comparison import compare
from hub.domain.reconciliation.concerned import (
    answer_due_at,
    holders_stated,
    registries_concerned,
)
from hub.domain.reconciliation.discrepancy import (
    ClosingByHand,
    Discrepancy,
    DiscrepancyEvent,
    DiscrepancyState,
    close_by_hand,
)
from hub.domain.reconciliation.findings import Evidence, Finding, Statement
from hub.domain.reconciliation.runs import Outcome, Run, settle
from hub.domain.reconciliation.vocabulary import Vocabulary
from schema.codes import AccountKind, UnitStatus
from schema.identifiers import AccountId, RegistryId, SerialRange
from tests.domain.reconciliation.naive import World
from tests.domain.reconciliation.worlds import (
    GHA,
    JPN,
    MNG,
    SERIES,
    neighbouring_worlds,
    snapshot_of,
    units,
)

S, E = DiscrepancyState, DiscrepancyEvent
KNOWN = frozenset({JPN, MNG, GHA})
HELD = UnitState(
    registry=JPN,
    account=AccountId("A-1"),
    account_kind=AccountKind.HOLDING,
    status=UnitStatus.HELD,
)
MOVED = replace(HELD, account=AccountId("A-2"))


def run_number(number: int, *, aspects: Iterable[Aspect] = Aspect, hour: int | None = None) -> Run:
    return Run(
        run_id=UUID(int=number),
        sources=("hub", "JPN01"),
        among_all=False,
        aspects=frozenset(aspects),
        series=None,
        at=datetime(2031, 7, 1, tzinfo=UTC) + timedelta(hours=number if hour is None else hour),
        known_registries=KNOWN,
    )


class Desk:
    """Keeps discrepancies as a service would, and runs one comparison after another."""

    def __init__(self) -> None:
        self.kept: dict[UUID, Discrepancy] = {}
        self.runs = 0

    def find(self, *findings: Finding, **of_run: object) -> Outcome:
        self.runs += 1
        outcome = settle(
            findings,
            self.kept.values(),
            run_number(self.runs, **of_run),  # type: ignore[arg-type]
        )
        self.kept.update({one.discrepancy_id: one for one in outcome.opened})
        self.kept.update({one.after.discrepancy_id: one.after for one in outcome.changes})
        return outcome

    @property
    def only(self) -> Discrepancy:
        (one,) = self.kept.values()
        return one


def dispute(first: int, last: int, *, there: UnitState = MOVED) -> Finding:
    """Tell that another account holds some serials."""
    serials = SerialRange(first, last)
    return Finding(
        code=FindingCode.OTHER_HOLDER,
        severity=Severity.HIGH,
        sources=("hub", "JPN01"),
        series=SERIES[0],
        serials=serials,
        evidence=(
            Evidence(
                serials=serials,
                statements=(
                    Statement(source="hub", state=HELD),
                    Statement(source="JPN01", state=there),
                ),
            ),
        ),
    )


def ranges(discrepancy: Discrepancy) -> list[tuple[int, int]]:
    return [(one.first, one.last) for one in discrepancy.serials.ranges]


def test_a_new_finding_opens_a_discrepancy() -> None:
    desk = Desk()
    desk.find(dispute(10, 19))
    assert (desk.only.state, ranges(desk.only)) == (S.OPEN, [(10, 19)])
    assert desk.only.concerned == {JPN}


def test_what_is_found_again_is_not_opened_twice() -> None:
    desk = Desk()
    desk.find(dispute(10, 19))
    before = desk.only
    outcome = desk.find(dispute(10, 19))
    assert outcome.opened == ()
    assert [one.event for one in outcome.changes] == [E.FOUND_AGAIN]
    assert desk.only == before


@pytest.mark.parametrize(
    ("findings", "serials"),
    [
        pytest.param([dispute(10, 30)], [(10, 30)], id="it has grown"),
        pytest.param([dispute(12, 15)], [(12, 15)], id="it has shrunk"),
        pytest.param(
            [dispute(10, 12), dispute(17, 19)], [(10, 12), (17, 19)], id="it has fallen apart"
        ),
        pytest.param([dispute(15, 25)], [(15, 25)], id="it has shifted"),
        pytest.param(
            [dispute(10, 19, there=replace(HELD, account=AccountId("A-3")))],
            [(10, 19)],
            id="the other side says something else",
        ),
    ],
)
def test_a_dispute_that_changes_is_still_the_same_one(
    findings: list[Finding], serials: list[tuple[int, int]]
) -> None:
    desk = Desk()
    desk.find(dispute(10, 19))
    (change,) = desk.find(*findings).changes
    assert change.event is E.FOUND_CHANGED
    assert ranges(desk.only) == serials


def test_disputes_that_grow_together_keep_their_own_serials() -> None:
    desk = Desk()
    desk.find(dispute(10, 19))
    desk.find(dispute(10, 19), dispute(30, 39))
    desk.find(dispute(5, 45))
    first, second = desk.kept.values()
    assert ranges(first) == [(5, 29), (40, 45)]
    assert ranges(second) == [(30, 39)]


def test_statements_that_agree_again_resolve() -> None:
    desk = Desk()
    desk.find(dispute(10, 19))
    desk.find()
    assert desk.only.state is S.RESOLVED
    assert desk.only.closed_at == run_number(2).at
    assert desk.find().changes == ()


def test_what_comes_back_is_reopened_with_its_history() -> None:
    desk = Desk()
    desk.find(dispute(10, 19))
    desk.find()
    desk.find(dispute(15, 25))
    assert (desk.only.state, desk.only.recurrences) == (S.OPEN, 1)
    assert ranges(desk.only) == [(15, 25)]


def test_what_was_closed_by_hand_stays_closed_until_it_changes() -> None:
    desk = Desk()
    desk.find(dispute(10, 19))
    closing = ClosingByHand(approvers=("A. One", "B. Two"), reason="A known gap.")
    by_hand = close_by_hand(desk.only, closing, at=run_number(1).at)
    assert isinstance(by_hand, Discrepancy)
    desk.kept[by_hand.discrepancy_id] = by_hand
    desk.find(dispute(10, 19))
    assert desk.only.state is S.RESOLVED_MANUALLY
    desk.find(dispute(10, 20))
    assert desk.only.state is S.OPEN


def test_a_run_says_nothing_about_what_it_did_not_compare() -> None:
    desk = Desk()
    desk.find(dispute(10, 19))
    assert desk.find(aspects=[Aspect.EXISTENCE]).changes == ()
    other = settle([], desk.kept.values(), replace(run_number(9), sources=("hub", "MNG01")))
    assert other.changes == ()
    elsewhere = replace(run_number(9), series=frozenset({SERIES[1]}))
    assert settle([], desk.kept.values(), elsewhere).changes == ()


def test_statements_older_than_a_discrepancy_neither_close_nor_repeat_it() -> None:
    desk = Desk()
    desk.find(dispute(10, 19), hour=10)
    late = desk.find(dispute(10, 19), hour=5)
    assert (late.opened, late.changes) == ((), ())
    assert desk.find(hour=6).changes == ()
    desk.find(hour=11)
    assert desk.only.state is S.RESOLVED
    outcome = desk.find(dispute(10, 19), hour=10)
    assert (outcome.opened, outcome.changes) == ((), ())


def test_a_run_that_is_repeated_opens_the_same_discrepancies() -> None:
    once = settle([dispute(10, 19)], [], run_number(1))
    again = settle([dispute(10, 19)], [], run_number(1))
    other = settle([dispute(10, 19)], [], run_number(2))
    assert once == again
    assert once.opened[0].discrepancy_id != other.opened[0].discrepancy_id


def test_a_further_registry_joins_a_double_claim() -> None:
    def claim(*registries: RegistryId) -> Finding:
        serials = SerialRange(1, 9)
        statements = tuple(
            Statement(source=one, state=replace(HELD, registry=one)) for one in registries
        )
        return Finding(
            code=FindingCode.DOUBLE_CLAIM,
            severity=Severity.CRITICAL,
            sources=registries,
            series=SERIES[0],
            serials=serials,
            evidence=(Evidence(serials=serials, statements=statements),),
        )

    def run(number: int, *sources: RegistryId) -> Run:
        return replace(run_number(number), sources=sources, among_all=True)

    (opened,) = settle([claim(JPN, MNG)], [], run(1, JPN, MNG, GHA)).opened
    (change,) = settle([claim(JPN, MNG, GHA)], [opened], run(2, JPN, MNG, GHA)).changes
    assert change.event is E.FOUND_CHANGED
    assert change.after.concerned == {JPN, MNG, GHA}
    without_ghana = settle([claim(JPN, MNG)], [change.after], run(3, JPN, MNG))
    assert (without_ghana.opened, without_ghana.changes) == ((), ())
    two_sides = settle([], [change.after], run_number(4))
    assert two_sides.changes == ()
    (resolved,) = settle([], [change.after], run(5, JPN, MNG, GHA)).changes
    assert resolved.after.state is S.RESOLVED


@given(st.lists(neighbouring_worlds(), min_size=1, max_size=5))
def test_after_every_run_the_open_discrepancies_are_what_was_found(
    pairs: list[tuple[World, World]],
) -> None:
    desk = Desk()
    for here, there in pairs:
        vocabulary = Vocabulary()
        findings = compare(
            snapshot_of(here, vocabulary=vocabulary),
            snapshot_of(there, vocabulary=vocabulary, source="JPN01"),
        )
        known_before = set(desk.kept)
        outcome = desk.find(*findings)
        found = sorted(
            (run_number(1).dispute_of(one), serial)
            for one in findings
            for serial in range(one.serials.first, one.serials.last + 1)
        )
        open_now = sorted(
            (one.dispute, serial)
            for one in desk.kept.values()
            if not one.is_closed
            for low in one.serials.ranges
            for serial in range(low.first, low.last + 1)
        )
        assert open_now == found
        assert known_before.isdisjoint(one.discrepancy_id for one in outcome.opened)
        repeated = desk.find(*findings)
        assert repeated.opened == ()
        assert all(one.event is E.FOUND_AGAIN for one in repeated.changes)


def test_the_first_transferring_party_is_told_where_its_adjustment_is_touched() -> None:
    vocabulary = Vocabulary()
    here = snapshot_of(dict.fromkeys(units(SERIES[0], 1, 9), HELD), vocabulary=vocabulary)
    there = snapshot_of({}, vocabulary=vocabulary, source="JPN01")
    (missing,) = compare(here, there)
    assert registries_concerned(missing, KNOWN) == {JPN, MNG}
    assert registries_concerned(dispute(1, 9), KNOWN) == {JPN}
    assert holders_stated(missing, "hub") == {JPN}
    assert holders_stated(missing, "JPN01") == frozenset()


def test_the_graver_it_is_the_sooner_an_answer_is_due() -> None:
    told_at = datetime(2031, 7, 1, tzinfo=UTC)
    due = [answer_due_at(severity, told_at) for severity in Severity]
    assert due == sorted(due)
    assert due[0] > told_at
