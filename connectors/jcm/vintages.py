"""One issuance over several calendar years becomes vintages, and no tonne is lost or made.

The scheme issues for a monitoring period, which may lie in several years; a unit of Article 6.2
has one vintage, the calendar year in which the mitigation took place (decision 6/CMA.4 annex I
para. 5). **That the amount is spread evenly over the days is this project's reading**: a split that
the scheme itself states goes before it.
"""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum, unique
from typing import NamedTuple


class SplitError(ValueError):
    """A stated split does not fit the amount or the period; the text says how."""


@unique
class Basis(StrEnum):
    """Where a split comes from."""

    STATED = "stated by the scheme"
    ONE_YEAR = "the period lies in one year"
    DAYS = "by days, our reading"


class Share(NamedTuple):
    """What one calendar year gets, in whole tonnes."""

    vintage: int
    tonnes: int


class VintageSplit(NamedTuple):
    """The shares of all years of a period, in order, and why they are so."""

    shares: tuple[Share, ...]
    basis: Basis

    @property
    def tonnes(self) -> int:
        """The amount that was split."""
        return sum(share.tonnes for share in self.shares)


def split_by_days(tonnes: int, first: date, last: date) -> VintageSplit:
    """Split an amount over the years of a period (both days included) by their days.

    Each year gets the whole part of its exact share. The tonnes left over, fewer than there are
    years, go one each to the years with the greatest fractions, the earlier year first when two
    are equal. The shares add up to the amount, and each is within one tonne of its exact share.
    """
    assert tonnes >= 0, "an amount is not negative"
    assert first <= last, "a period has its days in order"
    days = _days_by_year(first, last)
    total_days = sum(days.values())
    whole = {year: tonnes * count // total_days for year, count in days.items()}
    left = tonnes - sum(whole.values())
    by_fraction = sorted(days, key=lambda year: (-(tonnes * days[year] % total_days), year))
    for year in by_fraction[:left]:
        whole[year] += 1
    basis = Basis.ONE_YEAR if len(days) == 1 else Basis.DAYS
    return VintageSplit(tuple(Share(year, whole[year]) for year in days), basis)


def take_stated_split(
    tonnes: int, first: date, last: date, stated: Mapping[int, int]
) -> VintageSplit:
    """Take a split that the scheme states.

    Raises:
        SplitError: it does not add up to the amount, names a year outside the period, or is
            negative.
    """
    outside = sorted(year for year in stated if not first.year <= year <= last.year)
    if outside:
        raise SplitError(f"{outside} lie outside {first} to {last}")
    if any(share < 0 for share in stated.values()):
        raise SplitError("a share is negative")
    if sum(stated.values()) != tonnes:
        raise SplitError(f"the shares add up to {sum(stated.values())}, the amount is {tonnes}")
    shares = tuple(Share(year, stated.get(year, 0)) for year in range(first.year, last.year + 1))
    return VintageSplit(shares, Basis.STATED)


def _days_by_year(first: date, last: date) -> dict[int, int]:
    days: dict[int, int] = {}
    for year in range(first.year, last.year + 1):
        start = max(first, date(year, 1, 1))
        end = min(last, date(year, 12, 31))
        days[year] = (end - start).days + 1
    return days
