"""A statement as columns: sorted, free of overlaps, and ready to be compared."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final, Self

import numpy as np

from hub.domain.reconciliation.attributes import ALL_FACETS, Facet, UnitState
from hub.domain.reconciliation.axis import (
    SERIAL_BITS,
    SERIAL_MASK,
    Int64s,
    empty,
    position_of,
)
from hub.domain.reconciliation.vocabulary import Vocabulary
from schema.codes import Metric
from schema.identifiers import ItmoBlock, ItmoSeries

QUANTITY_DECIMALS: Final = 6
MICRO: Final = 10**QUANTITY_DECIMALS
"""Quantities in another metric are held as whole millionths of their unit, so that sums are
exact."""
QUANTITY_MICRO_MAX: Final = 2**62


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedRow:
    """One row of a statement, before it is known whether the row can be right.

    `first` and `last` are closed, one serial a tonne for tCO2e. `quantity` is in the unit of the
    metric; None where the source states none.
    """

    series: ItmoSeries
    first: int
    last: int
    state: UnitState
    quantity: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Quantities:
    """The quantities of blocks that are not counted in tCO2e, sorted by position."""

    start: Int64s
    end: Int64s
    micro: Int64s
    """Millionths of the unit of the metric."""

    def __len__(self) -> int:
        """Return how many blocks have a quantity of their own."""
        return len(self.start)


NO_QUANTITIES: Final = Quantities(start=empty(), end=empty(), micro=empty())


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Snapshot:
    """What one source states at one instant: blocks sorted by position, none overlapping.

    `start` and `end` are half-open positions on the axis of `axis`; `word` is numbered by
    `vocabulary`. Arrays may be memory-mapped: they are read in windows and never written.
    """

    vocabulary: Vocabulary
    source: str
    start: Int64s
    end: Int64s
    word: Int64s
    quantities: Quantities = NO_QUANTITIES
    facets: frozenset[Facet] = ALL_FACETS

    def __post_init__(self) -> None:
        """Refuse columns that cannot belong together.

        Raises:
            ValueError: they differ in length.
        """
        if not len(self.start) == len(self.end) == len(self.word):
            raise ValueError("the columns of a snapshot differ in length")

    def __len__(self) -> int:
        """Return the number of blocks."""
        return len(self.start)

    @property
    def units(self) -> int:
        """Number of serials, which is tonnes for tCO2e."""
        return int((self.end - self.start).sum())

    @property
    def series_id(self) -> Int64s:
        """The number of each block's series."""
        numbers: Int64s = self.start >> SERIAL_BITS
        return numbers

    @property
    def first(self) -> Int64s:
        """The first serial of each block."""
        serials: Int64s = self.start & SERIAL_MASK
        return serials

    @property
    def last(self) -> Int64s:
        """The last serial of each block."""
        serials: Int64s = (self.end - 1) & SERIAL_MASK
        return serials

    @classmethod
    def of_rows(
        cls,
        vocabulary: Vocabulary,
        source: str,
        rows: Iterable[StatedRow],
        *,
        facets: frozenset[Facet] = ALL_FACETS,
    ) -> Self:
        """Build a snapshot from rows that `contradictions` has found in order."""
        taken = list(rows)
        ids = [vocabulary.series.number(row.series) for row in taken]
        start = np.fromiter(
            (position_of(series, row.first) for series, row in zip(ids, taken, strict=True)),
            dtype=np.int64,
            count=len(taken),
        )
        end = np.fromiter(
            (position_of(series, row.last) + 1 for series, row in zip(ids, taken, strict=True)),
            dtype=np.int64,
            count=len(taken),
        )
        word = np.fromiter(
            (vocabulary.word(row.state) for row in taken), dtype=np.int64, count=len(taken)
        )
        return cls.of_columns(
            vocabulary,
            source,
            start=start,
            end=end,
            word=word,
            quantities=_quantities_of(taken, start, end),
            facets=facets,
        )

    @classmethod
    def of_columns(
        cls,
        vocabulary: Vocabulary,
        source: str,
        *,
        start: Int64s,
        end: Int64s,
        word: Int64s,
        quantities: Quantities = NO_QUANTITIES,
        facets: frozenset[Facet] = ALL_FACETS,
    ) -> Self:
        """Build a snapshot from columns in any order; sorted input is taken as it is."""
        if len(start) > 1 and not bool((start[1:] > start[:-1]).all()):
            order = np.argsort(start, kind="stable")
            start, end, word = start[order], end[order], word[order]
        return cls(
            vocabulary=vocabulary,
            source=source,
            start=start,
            end=end,
            word=word,
            quantities=quantities,
            facets=facets,
        )

    def within(self, blocks: Sequence[ItmoBlock]) -> "Snapshot":
        """Return what is stated about some disjoint serials, cut at their ends.

        Quantities in another metric are kept where their whole block lies inside.
        """
        number = self.vocabulary.series.number
        spans = sorted(
            (
                position_of(number(block.series), block.serials.first),
                position_of(number(block.series), block.serials.last) + 1,
            )
            for block in blocks
        )
        low, high = np.array(spans, dtype=np.int64).reshape(-1, 2).T
        rows, span = _rows_in(self.start, self.end, low, high)
        return replace(
            self,
            start=np.maximum(self.start[rows], low[span]),
            end=np.minimum(self.end[rows], high[span]),
            word=self.word[rows],
            quantities=_quantities_in(self.quantities, low, high),
        )


def columns_of(
    *, series_id: Int64s, first: Int64s, last: Int64s, series_numbers: Int64s | None = None
) -> tuple[Int64s, Int64s]:
    """Return start and end positions for columns as a database keeps them.

    `series_numbers` translates the database's own series ids into those of the vocabulary.
    """
    ids = series_id if series_numbers is None else series_numbers[series_id]
    base = ids.astype(np.int64) << SERIAL_BITS
    return base + first, base + last + 1


def micro_of(quantity: Decimal) -> int:
    """Return a quantity in whole millionths of its unit.

    Raises:
        ValueError: it is negative, too large, not a number, or finer than a millionth.
    """
    if not quantity.is_finite():
        raise ValueError(f"not a quantity: {quantity}")
    scaled = quantity.scaleb(QUANTITY_DECIMALS)
    if scaled != scaled.to_integral_value() or not 0 <= scaled < QUANTITY_MICRO_MAX:
        raise ValueError(f"not a quantity in millionths: {quantity}")
    return int(scaled)


def quantity_of(micro: int) -> Decimal:
    """Return the quantity of so many millionths of a unit."""
    return Decimal(micro).scaleb(-QUANTITY_DECIMALS)


def _rows_in(start: Int64s, end: Int64s, low: Int64s, high: Int64s) -> tuple[Int64s, Int64s]:
    """Return the rows that reach into each span, and the span of each."""
    begin = np.searchsorted(end, low, side="right")
    count = np.maximum(np.searchsorted(start, high, side="left") - begin, 0)
    span = np.repeat(np.arange(len(low)), count)
    offset = np.arange(len(span)) - np.repeat(np.cumsum(count) - count, count)
    return begin[span] + offset, span


def _quantities_in(quantities: Quantities, low: Int64s, high: Int64s) -> Quantities:
    rows, span = _rows_in(quantities.start, quantities.end, low, high)
    whole = (quantities.start[rows] >= low[span]) & (quantities.end[rows] <= high[span])
    rows = rows[whole]
    return Quantities(
        start=quantities.start[rows], end=quantities.end[rows], micro=quantities.micro[rows]
    )


def _quantities_of(rows: list[StatedRow], start: Int64s, end: Int64s) -> Quantities:
    """Collect the rows that need a quantity beside their serials."""
    stated = [
        (index, micro_of(row.quantity))
        for index, row in enumerate(rows)
        if row.quantity is not None and row.state.measure.metric is Metric.NON_GHG
    ]
    if not stated:
        return NO_QUANTITIES
    index = np.array([place for place, _ in stated], dtype=np.int64)
    micro = np.array([value for _, value in stated], dtype=np.int64)
    order = np.argsort(start[index], kind="stable")
    index = index[order]
    return Quantities(start=start[index], end=end[index], micro=micro[order])
