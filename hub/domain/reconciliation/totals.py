"""The first level for people: totals by series and account, compared both ways."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

import numpy as np

from hub.domain.reconciliation.axis import SERIAL_BITS
from hub.domain.reconciliation.columns import Snapshot
from hub.domain.reconciliation.contradictions import TotalStated
from hub.domain.reconciliation.vocabulary import MASK, Field
from schema.codes import AccountKind
from schema.identifiers import ItmoSeries

_WINDOW_ROWS: Final = 1 << 18
_ACCOUNT_MASK: Final = MASK[Field.ACCOUNT] | MASK[Field.ACCOUNT_KIND]


class TotalKey(NamedTuple):
    """What is added up: one series in one account."""

    series: ItmoSeries
    account: str
    account_kind: AccountKind | None


class TotalDifference(NamedTuple):
    """Two totals that differ; None where a side knows no such series in that account."""

    key: TotalKey
    ours: int | None
    theirs: int | None


def totals_of(snapshot: Snapshot) -> dict[TotalKey, int]:
    """Return the number of serials of each series in each account, whatever their state."""
    counted: Counter[tuple[int, int]] = Counter()
    for begin in range(0, len(snapshot), _WINDOW_ROWS):
        rows = slice(begin, begin + _WINDOW_ROWS)
        start, word = np.asarray(snapshot.start[rows]), np.asarray(snapshot.word[rows])
        series, account = start >> SERIAL_BITS, word & _ACCOUNT_MASK
        order = np.lexsort((account, series))
        series, account = series[order], account[order]
        breaks = np.ones(len(order), dtype=np.bool_)
        breaks[1:] = (series[1:] != series[:-1]) | (account[1:] != account[:-1])
        first = np.flatnonzero(breaks)
        units = np.add.reduceat((snapshot.end[rows] - start)[order], first)
        for key, count in zip(
            zip(series[first].tolist(), account[first].tolist(), strict=True),
            units.tolist(),
            strict=True,
        ):
            counted[key] += count
    totals: Counter[TotalKey] = Counter()
    for (series_id, account_word), count in counted.items():
        account_name, kind = snapshot.vocabulary.account(account_word)
        series_value = snapshot.vocabulary.series.value(series_id)
        totals[TotalKey(series_value, account_name or "", kind)] += count
    return dict(totals)


def totals_stated(totals: Iterable[TotalStated]) -> dict[TotalKey, int]:
    """Return the totals of a statement by what they add up."""
    counted: Counter[TotalKey] = Counter()
    for total in totals:
        counted[TotalKey(total.series, total.account, total.account_kind)] += total.units
    return dict(counted)


def differing_totals(
    ours: Mapping[TotalKey, int], theirs: Mapping[TotalKey, int]
) -> list[TotalDifference]:
    """Return the totals that differ, in the order of series and accounts."""
    return [
        TotalDifference(key, ours.get(key), theirs.get(key))
        for key in sorted(ours.keys() | theirs.keys(), key=_order)
        if ours.get(key) != theirs.get(key)
    ]


def _order(key: TotalKey) -> tuple[ItmoSeries, str, str]:
    return key.series, key.account, str(key.account_kind)
