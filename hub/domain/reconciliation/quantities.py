"""Quantities in another metric than tCO2e, compared between the block edges that both sides share.

A quantity belongs to a block, not to a serial. Whatever splits the sides have made, between two
edges that both have, with every serial stated on both, the sums must be equal.
"""

import numpy as np

from hub.domain.reconciliation.attributes import Facet
from hub.domain.reconciliation.axis import SERIAL_MASK, Bools, Int64s, runs, series_id_of
from hub.domain.reconciliation.codes import MEANING, FindingCode
from hub.domain.reconciliation.columns import Quantities, Snapshot, quantity_of
from hub.domain.reconciliation.findings import Evidence, Finding, Statement
from hub.domain.reconciliation.sweep import Differences
from hub.domain.reconciliation.vocabulary import MASK, Field
from schema.identifiers import SerialRange


def other_quantities(left: Snapshot, right: Snapshot, found: Differences) -> list[Finding]:
    """Return where the quantities differ; `found` tells where the metric itself differs."""
    if Facet.QUANTITY not in left.facets & right.facets:
        return []
    ours, theirs = left.quantities, right.quantities
    if len(ours) == 0 or len(theirs) == 0:
        return []
    edges = np.intersect1d(_edges(ours), _edges(theirs))
    if len(edges) == 0:
        return []
    our_micro, our_units = _between(ours, edges)
    their_micro, their_units = _between(theirs, edges)
    length = np.diff(edges)
    differs = (our_micro != their_micro) & (our_units == length) & (their_units == length)
    differs &= ~_touched(edges, found)
    rows = np.flatnonzero(differs)
    breaks = np.ones(len(rows), dtype=np.bool_)
    breaks[1:] = np.diff(rows) != 1
    begins, ends = runs(breaks)
    teller = _Teller(left, right, edges, (our_micro, their_micro))
    return [
        teller.finding(rows[begin:end])
        for begin, end in zip(begins.tolist(), ends.tolist(), strict=True)
    ]


def _edges(quantities: Quantities) -> Int64s:
    return np.union1d(quantities.start, quantities.end)


def _between(quantities: Quantities, edges: Int64s) -> tuple[Int64s, Int64s]:
    """Return the quantity and the number of serials between each edge and the next.

    Sums may wrap around; their differences do not.
    """
    ended = np.searchsorted(quantities.end, edges, side="right")
    micro = np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(quantities.micro)))
    length = quantities.end - quantities.start
    units = np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(length)))
    return np.diff(micro[ended]), np.diff(units[ended])


def _touched(edges: Int64s, found: Differences) -> Bools:
    """Tell which stretches meet a difference of metric: that is told already."""
    rows = np.flatnonzero(((found.left ^ found.right) & MASK[Field.MEASURE]) != 0)
    start, end = found.start[rows], found.end[rows]
    reaching = np.searchsorted(end, edges[:-1], side="right")
    begun = np.searchsorted(start, edges[1:], side="left")
    touched: Bools = begun > reaching
    return touched


class _Teller:
    """Builds findings from stretches between common edges."""

    def __init__(
        self,
        left: Snapshot,
        right: Snapshot,
        edges: Int64s,
        micro: tuple[Int64s, Int64s],
    ) -> None:
        self._sides = (left, right)
        self._edges: list[int] = edges.tolist()
        self._micro: tuple[list[int], list[int]] = (micro[0].tolist(), micro[1].tolist())

    def finding(self, stretches: Int64s) -> Finding:
        """Build one finding from adjacent stretches."""
        places = stretches.tolist()
        evidence = tuple(self._evidence(place) for place in places)
        vocabulary = self._sides[0].vocabulary
        return Finding(
            code=FindingCode.OTHER_QUANTITY,
            severity=MEANING[FindingCode.OTHER_QUANTITY].severity,
            sources=(self._sides[0].source, self._sides[1].source),
            series=vocabulary.series.value(series_id_of(self._edges[places[0]])),
            serials=SerialRange(evidence[0].serials.first, evidence[-1].serials.last),
            facets=frozenset({Facet.QUANTITY}),
            evidence=evidence,
        )

    def _evidence(self, place: int) -> Evidence:
        start, end = self._edges[place], self._edges[place + 1]
        return Evidence(
            serials=SerialRange(start & SERIAL_MASK, (end - 1) & SERIAL_MASK),
            statements=(self._statement(0, place), self._statement(1, place)),
        )

    def _statement(self, side: int, place: int) -> Statement:
        """Tell the quantity of a stretch, with the state of its first block."""
        snapshot = self._sides[side]
        row = int(np.searchsorted(snapshot.start, self._edges[place], side="right")) - 1
        return Statement(
            source=snapshot.source,
            state=snapshot.vocabulary.state(int(snapshot.word[row])),
            quantity=quantity_of(self._micro[side][place]),
        )
