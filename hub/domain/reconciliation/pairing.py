"""Transfers without acquisitions, and acquisitions without transfers.

A unit may go back and forth, so per serial and per pair of registries the number of transfers that
the giver records must equal the number of acquisitions that the taker records.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hub.domain.reconciliation.attributes import GHG, Measure, UnitState
from hub.domain.reconciliation.axis import (
    SERIAL_MASK,
    SERIES_LIMIT,
    Int64s,
    position_of,
    runs,
    series_id_of,
)
from hub.domain.reconciliation.codes import MEANING, FindingCode
from hub.domain.reconciliation.findings import Evidence, Finding, Statement, in_order
from hub.domain.reconciliation.vocabulary import Interner
from schema.identifiers import ItmoSeries, RegistryId, SerialRange

Route = tuple[RegistryId, RegistryId, Measure]
"""Giver, taker, and how the units are measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """Units that went from one registry to another, as one of the two records it."""

    series: ItmoSeries
    serials: SerialRange
    giver: RegistryId
    taker: RegistryId
    measure: Measure = GHG


def unpaired(transfers: Sequence[Movement], acquisitions: Sequence[Movement]) -> list[Finding]:
    """Return the serials that one registry says it gave or took, and the other does not.

    `transfers` are recorded by their givers, `acquisitions` by their takers, both for the same
    time; movements of which one registry has stated nothing for that time are not to be given.
    """
    movements = [*transfers, *acquisitions]
    routes: Interner[Route] = Interner("route", first=0, limit=SERIES_LIMIT)
    series: Interner[ItmoSeries] = Interner("series", first=0, limit=SERIES_LIMIT)
    route = _column([routes.number((one.giver, one.taker, one.measure)) for one in movements])
    ids = [series.number(one.series) for one in movements]
    start = _column(
        [position_of(i, one.serials.first) for i, one in zip(ids, movements, strict=True)]
    )
    length = _column([one.serials.count for one in movements])
    step = np.repeat(_column([1, -1]), [len(transfers), len(acquisitions)])
    where, route = np.concatenate((start, start + length)), np.concatenate((route, route))
    order = np.lexsort((where, route))
    where, route = where[order], route[order]
    # Every route begins and ends at 0, so one running sum serves all of them.
    surplus = np.sign(np.cumsum(np.concatenate((step, -step))[order]))
    kept = np.flatnonzero((surplus[:-1] != 0) & (where[1:] != where[:-1]))
    sign, route, begin, end = surplus[kept], route[kept], where[kept], where[kept + 1]
    breaks = np.ones(len(kept), dtype=np.bool_)
    breaks[1:] = (sign[1:] != sign[:-1]) | (route[1:] != route[:-1]) | (begin[1:] != end[:-1])
    firsts, stops = runs(breaks)
    return in_order(
        _finding(
            series.values[series_id_of(begins_at)],
            SerialRange(begins_at & SERIAL_MASK, (ends_at - 1) & SERIAL_MASK),
            routes.values[number],
            given=surplus_sign > 0,
        )
        for begins_at, ends_at, number, surplus_sign in zip(
            begin[firsts].tolist(),
            end[stops - 1].tolist(),
            route[firsts].tolist(),
            sign[firsts].tolist(),
            strict=True,
        )
    )


def _column(values: list[int]) -> Int64s:
    return np.array(values, dtype=np.int64)


def _finding(series: ItmoSeries, serials: SerialRange, route: Route, *, given: bool) -> Finding:
    giver, taker, measure = route
    code = (
        FindingCode.TRANSFER_WITHOUT_ACQUISITION
        if given
        else FindingCode.ACQUISITION_WITHOUT_TRANSFER
    )
    arrived = UnitState(
        registry=taker, account=None, account_kind=None, status=None, measure=measure
    )
    return Finding(
        code=code,
        severity=MEANING[code].severity,
        sources=(giver, taker),
        series=series,
        serials=serials,
        evidence=(
            Evidence(
                serials=serials,
                statements=(
                    Statement(source=giver, state=arrived if given else None),
                    Statement(source=taker, state=None if given else arrived),
                ),
            ),
        ),
    )
