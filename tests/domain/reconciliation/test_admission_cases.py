from datetime import UTC, datetime
from uuid import UUID

import pytest
from msgspec.structs import replace

from hub.domain.reconciliation.admission_cases import discrepancies_of
from hub.domain.reconciliation.codes import Aspect, FindingCode
from hub.domain.reconciliation.discrepancy import DiscrepancyState
from hub.domain.reconciliation.freezes import freeze
from hub.domain.reconciliation.runs import Run, settle
from hub.domain.state import Case, CaseKind, Interval
from schema.identifiers import SerialRange
from schema.refusals import Refusal
from tests.domain.reconciliation.worlds import JPN, MNG, SERIES

NOW = datetime(2031, 7, 1, tzinfo=UTC)
CASE = Case(
    kind=CaseKind.LATE_ANSWER,
    intervals=(
        Interval(SERIES[0], 1, 5),
        Interval(SERIES[0], 6, 9),
        Interval(SERIES[1], 1, 5),
    ),
    registries=(MNG, JPN),
    message_id=UUID(int=1),
    transfer_id=UUID(int=2),
    words="answered after expiry",
)


@pytest.mark.parametrize("kind", CaseKind)
def test_every_kind_of_case_has_a_code(kind: CaseKind) -> None:
    found = discrepancies_of(replace(CASE, kind=kind), at=NOW)
    assert {one.code for one in found} == {FindingCode(kind.value)}
    assert {one.dispute.aspect for one in found} == {Aspect.MESSAGE}


def test_a_case_is_one_discrepancy_a_series() -> None:
    first, second = discrepancies_of(CASE, at=NOW)
    assert first.serials.ranges == (SerialRange(1, 9),)
    assert second.serials.ranges == (SerialRange(1, 5),)
    assert first.discrepancy_id != second.discrepancy_id
    assert (first.state, first.concerned) == (DiscrepancyState.OPEN, {JPN, MNG})


def test_admitting_the_message_again_opens_nothing_new() -> None:
    again = discrepancies_of(CASE, at=datetime(2032, 1, 1, tzinfo=UTC))
    assert [one.discrepancy_id for one in again] == [
        one.discrepancy_id for one in discrepancies_of(CASE, at=NOW)
    ]


def test_a_case_about_no_serials_is_one_discrepancy_without_a_series() -> None:
    (found,) = discrepancies_of(replace(CASE, kind=CaseKind.DECISION_DIFFERS, intervals=()), at=NOW)
    assert (found.dispute.series, found.serials.count) == (None, 0)
    refused = freeze(found, JPN, holders=frozenset({JPN}), earlier=[], at=NOW)
    assert isinstance(refused, Refusal)


def test_no_run_closes_what_admission_found() -> None:
    run = Run(
        run_id=UUID(int=3),
        sources=(JPN, MNG),
        among_all=False,
        aspects=frozenset(Aspect),
        series=None,
        at=datetime(2032, 1, 1, tzinfo=UTC),
        known_registries=frozenset({JPN, MNG}),
    )
    assert settle([], discrepancies_of(CASE, at=NOW), run).changes == ()
