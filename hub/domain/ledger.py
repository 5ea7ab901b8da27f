"""The part of the hub's state that a batch of messages can touch, held in memory.

Storage loads it (see `hub.domain.needs`), the rules change it, storage writes back the difference.
The ledger is the only mutable object of the domain; one batch owns it.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Final
from uuid import UUID

import msgspec

from hub.domain.state import (
    Account,
    AccountKey,
    ActionRecord,
    Activity,
    ApproachPermit,
    Authorization,
    AuthorizationKey,
    Correction,
    Decision,
    DecisionKey,
    Freeze,
    InitialReport,
    Interval,
    Key,
    Maintenance,
    Registry,
    Transfer,
    UnitEvent,
    Units,
)
from schema.identifiers import ItmoSeries

Change = Callable[[Units], Units]
DECIMALS: Final = 6
"""Decimal places of a non-GHG quantity, as on the wire."""


class SeriesUnits:
    """The units of one series, sorted and disjoint."""

    __slots__ = ("_firsts", "_rows")

    def __init__(self, rows: Iterable[Units]) -> None:
        self._rows = sorted(rows, key=lambda units: units.first)
        self._firsts = [units.first for units in self._rows]

    @property
    def rows(self) -> list[Units]:
        """All intervals in order."""
        return self._rows

    def _window(self, first: int, last: int) -> tuple[int, int]:
        low = bisect_right(self._firsts, first) - 1
        if low < 0 or self._rows[low].last < first:
            low += 1
        return low, bisect_right(self._firsts, last)

    def overlapping(self, first: int, last: int) -> list[Units]:
        """Return the intervals that share serials with `first` to `last`, uncut."""
        low, high = self._window(first, last)
        return self._rows[low:high]

    def carve(self, first: int, last: int, change: Change) -> list[Units]:
        """Cut the intervals at the borders and replace what lies inside by `change` of it.

        Every piece inherits all of its parent's state. Returns the pieces before the change.
        """
        low, high = self._window(first, last)
        before: list[Units] = []
        after: list[Units] = []
        for units in self._rows[low:high]:
            left, inside, right = cut(units, first, last)
            before.append(inside)
            after.extend(piece for piece in (left, change(inside), right) if piece is not None)
        self._rows[low:high] = after
        self._firsts[low:high] = [units.first for units in after]
        return before

    def insert(self, units: Units) -> None:
        """Add an interval that overlaps none."""
        assert not self.overlapping(units.first, units.last), "serials exist already"
        position = bisect_left(self._firsts, units.first)
        self._rows.insert(position, units)
        self._firsts.insert(position, units.first)


def cut(units: Units, first: int, last: int) -> tuple[Units | None, Units, Units | None]:
    """Cut `units` at `first` and `last`; a non-GHG quantity goes with its serials, exactly."""
    low, high = max(units.first, first), min(units.last, last)
    left = _piece(units, units.first, low - 1) if units.first < low else None
    right = _piece(units, high + 1, units.last) if high < units.last else None
    if left is None and right is None:
        return None, units, None
    return left, _piece(units, low, high), right


def _piece(units: Units, first: int, last: int) -> Units:
    quantity = share_of(units.quantity, units.count, last - first + 1)
    return msgspec.structs.replace(units, first=first, last=last, quantity=quantity)


def share_of(quantity: Decimal | None, count: int, part: int) -> Decimal | None:
    """Return the non-GHG quantity of `part` out of `count` serials.

    Issuance makes sure that every serial carries a whole number of millionths, so that no cut
    ever leaves a remainder and the order of cuts has no meaning.
    """
    if quantity is None:
        return None
    return Decimal(int(quantity.scaleb(DECIMALS)) // count * part).scaleb(-DECIMALS)


class Ledger:
    """The loaded slice of the hub's state; see the module."""

    def __init__(self) -> None:
        self.registries: dict[str, Registry] = {}
        self.units: dict[ItmoSeries, SeriesUnits] = {}
        self.accounts: dict[AccountKey, Account] = {}
        self.authorizations: dict[AuthorizationKey, Authorization] = {}
        self.approach_authorizations: dict[tuple[str, str], tuple[ApproachPermit, ...]] = {}
        """(Party, approach) to the authorizations of the approach in force, in order of key."""
        self.activities: dict[tuple[str, str], Activity] = {}
        """By approach and activity."""
        self.decisions: dict[DecisionKey, Decision] = {}
        self.issued_under: dict[DecisionKey, list[Interval]] = {}
        """What was issued under each decision; loaded where `Needs.issued_under` asks for it.

        Issuance only adds to it, so that a later message of the batch reads it whole.
        """
        self.transfers: dict[UUID, Transfer] = {}
        self.actions: dict[UUID, ActionRecord] = {}
        self.corrections: dict[UUID, Correction] = {}
        self.keys: dict[str, Key] = {}
        """By key id."""
        self.maintenance: dict[str, tuple[Maintenance, ...]] = {}
        """The windows of each registry, in the order of their admission."""
        self.freezes: list[Freeze] = []
        self.initial_reports: dict[tuple[str, str], InitialReport] = {}
        self.events: list[UnitEvent] = []
        """What happened in this batch, in order."""

    def overlapping(self, interval: Interval) -> list[Units]:
        """Return the known units that share serials with `interval`."""
        series = self.units.get(interval.series)
        return series.overlapping(interval.first, interval.last) if series else []

    def carve(self, interval: Interval, change: Change) -> list[Units]:
        """Change the units of `interval`; see `SeriesUnits.carve`."""
        return self.units[interval.series].carve(interval.first, interval.last, change)

    def bear(self, units: Units) -> None:
        """Add new units."""
        series = self.units.get(units.series)
        if series is None:
            self.units[units.series] = SeriesUnits([units])
        else:
            series.insert(units)

    def frozen(self, interval: Interval) -> list[Freeze]:
        """Return the freezes that touch `interval` (whether they are still in force is time's)."""
        return [
            freeze
            for freeze in self.freezes
            if freeze.interval.series == interval.series
            and freeze.interval.first <= interval.last
            and interval.first <= freeze.interval.last
        ]
