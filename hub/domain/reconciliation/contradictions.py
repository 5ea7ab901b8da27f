"""A statement against itself: what contradicts itself is refused, with the rows named.

Row numbers count from 0 in the order in which the source stated them.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum, unique
from typing import Final

import numpy as np

from hub.domain.reconciliation.axis import Int64s, position_of
from hub.domain.reconciliation.columns import StatedRow, micro_of
from schema.codes import AccountKind, Metric
from schema.identifiers import SERIAL_LIMIT, ItmoSeries

CONTRADICTIONS_TOLD_MAX: Final = 1_000
"""More than this is told as the first so many: the source has to mend its export anyway."""


@unique
class ContradictionCode(StrEnum):
    """One way in which a statement can contradict itself."""

    IDENTIFIER_MALFORMED = "identifier_malformed"
    AUTHORIZATION_STATUS_UNKNOWN = "authorization_status_unknown"
    SERIAL_OUT_OF_RANGE = "serial_out_of_range"
    RANGE_INVERTED = "range_inverted"
    QUANTITY_NOT_BLOCK_LENGTH = "quantity_not_block_length"
    QUANTITY_MISSING = "quantity_missing"
    QUANTITY_MALFORMED = "quantity_malformed"
    OVERLAP = "overlap"
    WRONG_TOTAL = "wrong_total"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """One contradiction and the rows that make it; no rows when a total has no block at all."""

    code: ContradictionCode
    rows: tuple[int, ...]
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TotalStated:
    """A total of one series in one account, in whole serials."""

    series: ItmoSeries
    account: str
    account_kind: AccountKind
    units: int


def contradictions(
    rows: Sequence[StatedRow], totals: Iterable[TotalStated] = ()
) -> list[Contradiction]:
    """Return every contradiction of a statement, at most `CONTRADICTIONS_TOLD_MAX`.

    Overlaps and totals are looked at only when every row is sound by itself. Totals are compared
    both ways when any are stated.
    """
    by_row = [fault for index, row in enumerate(rows) for fault in _of_row(index, row)]
    if by_row:
        return by_row[:CONTRADICTIONS_TOLD_MAX]
    found = [*_overlaps(rows), *_wrong_totals(rows, list(totals))]
    return found[:CONTRADICTIONS_TOLD_MAX]


def overlapping_rows(start: Int64s, end: Int64s) -> Int64s:
    """Return pairs of overlapping blocks as an array of two columns of row numbers.

    Each row that begins inside an earlier block is named once, with the block that reaches
    furthest over it.
    """
    order = np.argsort(start, kind="stable")
    sorted_end = end[order]
    reach = np.maximum.accumulate(sorted_end)
    inside = np.flatnonzero(start[order][1:] < reach[:-1]) + 1
    holds_reach = np.where(sorted_end == reach, np.arange(len(order)), 0)
    reached_by = np.maximum.accumulate(holds_reach)
    return np.stack((order[reached_by[inside - 1]], order[inside]), axis=1)


def _of_row(index: int, row: StatedRow) -> Iterator[Contradiction]:
    shown = f"{row.first}-{row.last}"
    if not (0 < row.first < SERIAL_LIMIT and 0 < row.last < SERIAL_LIMIT):
        yield _fault(ContradictionCode.SERIAL_OUT_OF_RANGE, index, shown)
        return
    if row.first > row.last:
        yield _fault(ContradictionCode.RANGE_INVERTED, index, shown)
        return
    if row.state.measure.metric is Metric.NON_GHG:
        yield from _of_other_metric(index, row.quantity)
        return
    count = row.last - row.first + 1
    if row.quantity is not None and row.quantity != count:
        detail = f"{shown} are {count} serials, the quantity is {row.quantity}"
        yield _fault(ContradictionCode.QUANTITY_NOT_BLOCK_LENGTH, index, detail)


def _of_other_metric(index: int, quantity: Decimal | None) -> Iterator[Contradiction]:
    if quantity is None:
        yield _fault(ContradictionCode.QUANTITY_MISSING, index, "not counted in tCO2e")
        return
    try:
        micro_of(quantity)
    except ValueError:
        yield _fault(ContradictionCode.QUANTITY_MALFORMED, index, str(quantity))


def _fault(code: ContradictionCode, index: int, detail: str) -> Contradiction:
    return Contradiction(code=code, rows=(index,), detail=detail)


def _overlaps(rows: Sequence[StatedRow]) -> Iterator[Contradiction]:
    numbers: dict[ItmoSeries, int] = {}
    ids = [numbers.setdefault(row.series, len(numbers)) for row in rows]
    start = np.array(
        [position_of(series, row.first) for series, row in zip(ids, rows, strict=True)],
        dtype=np.int64,
    )
    length = np.array([row.last - row.first + 1 for row in rows], dtype=np.int64)
    for one, other in overlapping_rows(start, start + length).tolist():
        first = max(rows[one].first, rows[other].first)
        last = min(rows[one].last, rows[other].last)
        yield Contradiction(
            code=ContradictionCode.OVERLAP,
            rows=(one, other),
            detail=f"serials {first}-{last} are stated twice",
        )


def _wrong_totals(
    rows: Sequence[StatedRow], totals: Sequence[TotalStated]
) -> Iterator[Contradiction]:
    if not totals:
        return
    stated: dict[tuple[ItmoSeries, str, AccountKind | None], int] = defaultdict(int)
    for total in totals:
        stated[total.series, total.account, total.account_kind] += total.units
    counted: dict[tuple[ItmoSeries, str, AccountKind | None], list[int]] = defaultdict(list)
    for index, row in enumerate(rows):
        counted[row.series, row.state.account or "", row.state.account_kind].append(index)
    for key in dict.fromkeys([*stated, *counted]):
        of_key = counted.get(key, [])
        units = sum(rows[index].last - rows[index].first + 1 for index in of_key)
        if units != stated.get(key, 0):
            detail = f"account {key[1]}: blocks {units}, total {stated.get(key, 0)}"
            yield Contradiction(
                code=ContradictionCode.WRONG_TOTAL, rows=tuple(of_key), detail=detail
            )
