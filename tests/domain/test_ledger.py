"""Intervals may be cut any way: the ledger is one state, and it loses nothing."""

from decimal import Decimal
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.ledger import Ledger, share_of
from hub.domain.state import AccountKey, Freeze, Interval, Units
from schema.codes import UnitStatus
from schema.identifiers import ItmoSeries, parse_approach_id, parse_party_id, parse_registry_id
from tests.builders import NOW
from tests.domain.federation import joined

SERIES = ItmoSeries(
    parse_approach_id("CA0007"), parse_registry_id("MNG01"), parse_party_id("MNG"), 2021
)
LAST = 30


def units(first: int, last: int, quantity: str | None = None) -> Units:
    return Units(
        series=SERIES,
        first=first,
        last=last,
        account=AccountKey("MNG01", "A"),
        status=UnitStatus.HELD,
        issuance=UUID(int=1),
        activity="MN001",
        authorization=None,
        first_transfer=None,
        reserved_by=None,
        last_record=UUID(int=1),
        quantity=None if quantity is None else Decimal(quantity),
        unit=None if quantity is None else "MWh",
    )


@st.composite
def spans(draw: st.DrawFn) -> tuple[int, int]:
    first = draw(st.integers(1, LAST))
    return first, draw(st.integers(first, LAST))


def moved_to(account: str) -> AccountKey:
    return AccountKey("JPN01", account)


@given(
    births=st.sets(st.integers(0, 2), min_size=1),
    moves=st.lists(st.tuples(spans(), st.sampled_from("ABC")), max_size=8),
)
def test_carving_is_what_happens_to_each_serial_by_itself(
    births: set[int], moves: list[tuple[tuple[int, int], str]]
) -> None:
    ledger = Ledger()
    naive: dict[int, AccountKey] = {}
    for birth in births:
        first, last = birth * 10 + 1, birth * 10 + 9
        ledger.bear(units(first, last, "0.09"))
        naive |= dict.fromkeys(range(first, last + 1), AccountKey("MNG01", "A"))
    for (first, last), name in moves:
        target = moved_to(name)
        before = ledger.carve(
            Interval(SERIES, first, last),
            lambda each, target=target: msgspec.structs.replace(each, account=target),  # type: ignore[misc]
        )
        inside = {serial for serial in naive if first <= serial <= last}
        assert {s for each in before for s in range(each.first, each.last + 1)} == inside
        naive |= dict.fromkeys(inside, target)
    rows = ledger.units[SERIES].rows
    assert {
        serial: each.account for each in rows for serial in range(each.first, each.last + 1)
    } == naive
    assert sum(each.count for each in rows) == len(naive)
    assert all(each.quantity == Decimal("0.01") * each.count for each in rows)
    for (first, last), _ in moves:
        overlapping = ledger.overlapping(Interval(SERIES, first, last))
        assert overlapping == [e for e in rows if e.first <= last and first <= e.last]


@given(st.integers(1, 10**6), st.integers(1, 10**12), st.data())
def test_no_cut_leaves_a_remainder(count: int, millionths_each: int, data: st.DataObject) -> None:
    """Whatever a serial carries in whole millionths, parts add up to the whole."""
    quantity = Decimal(count * millionths_each).scaleb(-6)
    part = data.draw(st.integers(0, count))
    low, high = share_of(quantity, count, part), share_of(quantity, count, count - part)
    assert low is not None
    assert high is not None
    assert low + high == quantity


def test_tonnes_have_no_quantity_of_their_own() -> None:
    assert share_of(None, 10, 3) is None


def test_a_serial_is_never_born_twice() -> None:
    ledger = Ledger()
    ledger.bear(units(1, 10))
    with pytest.raises(AssertionError, match="exist already"):
        ledger.bear(units(10, 20))


def test_neighbours_that_are_alike_are_one_state() -> None:
    assert joined([units(1, 4, "0.04"), units(5, 10, "0.06")]) == [units(1, 10, "0.1")]
    assert len(joined([units(1, 4), units(6, 10)])) == 2


def test_only_freezes_that_touch_the_serials_are_found() -> None:
    ledger = Ledger()
    freeze = Freeze(discrepancy_id=UUID(int=1), interval=Interval(SERIES, 5, 6), until=NOW)
    ledger.freezes.append(freeze)
    assert ledger.frozen(Interval(SERIES, 1, 5)) == [freeze]
    assert ledger.frozen(Interval(SERIES, 6, 9)) == [freeze]
    assert ledger.frozen(Interval(SERIES, 1, 4)) == []
    assert ledger.frozen(Interval(SERIES, 7, 9)) == []
    other = msgspec.structs.replace(SERIES, vintage=2022)
    assert ledger.frozen(Interval(other, 5, 6)) == []
