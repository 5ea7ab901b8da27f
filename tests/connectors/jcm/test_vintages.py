"""An issuance over several years is split without losing or making a tonne."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.jcm.vintages import Basis, Share, SplitError, split_by_days, take_stated_split

DAYS = st.dates(date(2013, 1, 1), date(2040, 12, 31))


@pytest.mark.parametrize(
    ("tonnes", "first", "last", "shares"),
    [
        pytest.param(
            6063,
            date(2019, 7, 6),
            date(2020, 12, 31),
            (Share(2019, 1991), Share(2020, 4072)),
            id="the tonne left over goes to the greater fraction",
        ),
        pytest.param(
            1,
            date(2017, 12, 2),
            date(2018, 12, 31),
            (Share(2017, 0), Share(2018, 1)),
            id="one tonne is not cut",
        ),
        pytest.param(
            7158, date(2017, 1, 1), date(2017, 7, 31), (Share(2017, 7158),), id="one year"
        ),
        pytest.param(
            3,
            date(2021, 12, 31),
            date(2022, 1, 1),
            (Share(2021, 2), Share(2022, 1)),
            id="of equal fractions the earlier year is first",
        ),
        pytest.param(
            0, date(2021, 1, 1), date(2022, 1, 1), (Share(2021, 0), Share(2022, 0)), id="nothing"
        ),
    ],
)
def test_an_amount_is_split_by_days(
    tonnes: int, first: date, last: date, shares: tuple[Share, ...]
) -> None:
    assert split_by_days(tonnes, first, last).shares == shares


@given(st.integers(0, 2**53 - 1), DAYS, DAYS)
def test_the_shares_add_up_and_each_is_near_its_exact_share(
    tonnes: int, one: date, other: date
) -> None:
    first, last = min(one, other), max(one, other)
    split = split_by_days(tonnes, first, last)
    assert split.tonnes == tonnes
    assert [share.vintage for share in split.shares] == list(range(first.year, last.year + 1))
    total_days = (last - first).days + 1
    for share in split.shares:
        start, end = max(first, date(share.vintage, 1, 1)), min(last, date(share.vintage, 12, 31))
        exact = Fraction(tonnes * ((end - start).days + 1), total_days)
        assert abs(share.tonnes - exact) < 1
    assert (split.basis is Basis.ONE_YEAR) == (first.year == last.year)


def test_a_stated_split_goes_before_our_reading() -> None:
    split = take_stated_split(10, date(2021, 3, 1), date(2022, 2, 1), {2021: 9, 2022: 1})
    assert (split.shares, split.basis) == ((Share(2021, 9), Share(2022, 1)), Basis.STATED)


@pytest.mark.parametrize(
    ("stated", "words"),
    [
        pytest.param({2021: 9}, "add up to 9", id="it must add up"),
        pytest.param({2021: 5, 2023: 5}, "outside", id="it must lie in the period"),
        pytest.param({2021: 11, 2022: -1}, "negative", id="no share is negative"),
    ],
)
def test_a_stated_split_that_does_not_fit_is_refused(stated: dict[int, int], words: str) -> None:
    with pytest.raises(SplitError, match=words):
        take_stated_split(10, date(2021, 3, 1), date(2022, 2, 1), stated)
