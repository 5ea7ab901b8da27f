from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.reconciliation.attributes import UnitState
from hub.domain.reconciliation.columns import StatedRow
from hub.domain.reconciliation.contradictions import (
    ContradictionCode,
    TotalStated,
    contradictions,
)
from schema.codes import AccountKind, UnitStatus
from schema.identifiers import SERIAL_LIMIT, AccountId
from tests.domain.reconciliation.worlds import JPN, MEGAWATT_HOURS, SERIES

HELD = UnitState(
    registry=JPN,
    account=AccountId("A-1"),
    account_kind=AccountKind.HOLDING,
    status=UnitStatus.HELD,
)
IN_MWH = UnitState(
    registry=JPN,
    account=AccountId("A-1"),
    account_kind=AccountKind.HOLDING,
    status=UnitStatus.HELD,
    measure=MEGAWATT_HOURS,
)


def row(
    first: int,
    last: int,
    *,
    quantity: str | None = None,
    state: UnitState = HELD,
    series: int = 0,
) -> StatedRow:
    return StatedRow(
        series=SERIES[series],
        first=first,
        last=last,
        state=state,
        quantity=None if quantity is None else Decimal(quantity),
    )


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        pytest.param(row(0, 3), ContradictionCode.SERIAL_OUT_OF_RANGE, id="serials begin at 1"),
        pytest.param(
            row(1, SERIAL_LIMIT),
            ContradictionCode.SERIAL_OUT_OF_RANGE,
            id="serials lie below the limit",
        ),
        pytest.param(row(9, 3), ContradictionCode.RANGE_INVERTED, id="first is not after last"),
        pytest.param(
            row(1, 29_251, quantity="29250"),
            ContradictionCode.QUANTITY_NOT_BLOCK_LENGTH,
            id="1 to 29251 are 29251 tonnes, not 29250",
        ),
        pytest.param(
            row(1, 3, state=IN_MWH),
            ContradictionCode.QUANTITY_MISSING,
            id="another metric needs a quantity",
        ),
        pytest.param(
            row(1, 3, state=IN_MWH, quantity="1.0000001"),
            ContradictionCode.QUANTITY_MALFORMED,
            id="a quantity is told in millionths at most",
        ),
        pytest.param(
            row(1, 3, state=IN_MWH, quantity="-1"),
            ContradictionCode.QUANTITY_MALFORMED,
            id="a quantity is not negative",
        ),
    ],
)
def test_a_row_that_cannot_be_right_is_named(wrong: StatedRow, code: ContradictionCode) -> None:
    (found,) = contradictions([row(1, 5, series=1), wrong])
    assert (found.code, found.rows) == (code, (1,))


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(1, 30), st.integers(0, 6)), max_size=8))
def test_exactly_the_rows_that_begin_inside_another_block_are_named(
    spans: list[tuple[int, int, int]],
) -> None:
    rows = [row(first, first + more, series=series) for series, first, more in spans]
    found = contradictions(rows)
    order = sorted(range(len(rows)), key=lambda index: (rows[index].first, index))
    expected = {
        later
        for place, later in enumerate(order)
        if any(
            rows[earlier].series == rows[later].series and rows[earlier].last >= rows[later].first
            for earlier in order[:place]
        )
    }
    assert {one.rows[1] for one in found} == expected
    for one in found:
        earlier, later = (rows[index] for index in one.rows)
        assert earlier.series == later.series
        assert max(earlier.first, later.first) <= min(earlier.last, later.last)


def test_totals_are_compared_both_ways() -> None:
    rows = [row(1, 5), row(6, 9), row(1, 5, series=1)]
    totals = [
        TotalStated(series=SERIES[0], account="A-1", account_kind=AccountKind.HOLDING, units=8),
        TotalStated(series=SERIES[2], account="A-1", account_kind=AccountKind.HOLDING, units=1),
    ]
    found = contradictions(rows, totals)
    assert {one.code for one in found} == {ContradictionCode.WRONG_TOTAL}
    assert {one.rows for one in found} == {(0, 1), (2,), ()}


def test_a_statement_that_agrees_with_itself_is_in_order() -> None:
    rows = [row(1, 5, quantity="5"), row(6, 9), row(1, 5, series=1, state=IN_MWH, quantity="2.5")]
    totals = [
        TotalStated(series=SERIES[0], account="A-1", account_kind=AccountKind.HOLDING, units=9),
        TotalStated(series=SERIES[1], account="A-1", account_kind=AccountKind.HOLDING, units=5),
    ]
    assert contradictions(rows, totals) == []
