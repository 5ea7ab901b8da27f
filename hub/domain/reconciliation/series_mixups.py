"""Serials that one side states in one series and the other in its neighbour.

A registry that writes a wrong vintage makes one mistake, not two: what is missing in one series and
extra in another, with the same serials and the same state, is told once. Only series that differ
in exactly one part are considered, the vintage first.
"""

from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations, islice
from typing import Final

import numpy as np

from hub.domain.reconciliation.axis import SERIAL_BITS
from hub.domain.reconciliation.classification import FindingMaker
from hub.domain.reconciliation.codes import FindingCode
from hub.domain.reconciliation.findings import Finding
from hub.domain.reconciliation.sweep import (
    Blocks,
    Differences,
    joined,
    row_slice,
    segments,
    taken,
)
from hub.domain.reconciliation.vocabulary import Vocabulary
from schema.identifiers import ItmoSeries

NEIGHBOURS_MAX: Final = 256
"""Series that differ in one part only; where more than these are at odds, it is no slip."""
PAIRS_MAX: Final = 20_000
"""Pairs of series looked at; what is found beyond them is told as missing and extra."""
PARTS_IN_ORDER: Final = ("vintage", "first_party", "registry", "approach")
"""The order in which another part is looked for: the likeliest slip first."""


def take_mixups(
    found: Differences, vocabulary: Vocabulary, sources: tuple[str, str]
) -> tuple[Differences, list[Finding]]:
    """Return the differences without the mixed-up series, and one finding for each mix-up."""
    one_sided = (found.left == 0) | (found.right == 0)
    if not (found.left == 0).any() or not (found.right == 0).any():
        return found, []
    rest = _OneSided(taken(found, np.flatnonzero(one_sided)))
    maker = FindingMaker(vocabulary, sources)
    findings: list[Finding] = []
    for part, left_id, right_id in islice(_neighbours(rest, vocabulary), PAIRS_MAX):
        code = FindingCode.OTHER_VINTAGE if part == "vintage" else FindingCode.OTHER_SERIES_PART
        alike = rest.take_alike(left_id, right_id)
        other_series = vocabulary.series.value(right_id)
        findings.extend(maker.of_one_cause(alike, code, other_series=other_series))
    if not findings:
        return found, []
    both_sided = taken(found, np.flatnonzero(~one_sided))
    return _in_position_order([both_sided, *rest.remaining()]), findings


def _neighbours(rest: "_OneSided", vocabulary: Vocabulary) -> Iterator[tuple[str, int, int]]:
    """Return pairs of series that differ in one part: the left side's first.

    Both sides go through the pairs in the same order, so that neither is preferred.
    """
    groups: dict[tuple[int, str], list[tuple[ItmoSeries, int]]] = defaultdict(list)
    for series_id in rest.series_ids:
        series = vocabulary.series.value(series_id)
        for rank, part in enumerate(PARTS_IN_ORDER):
            groups[rank, _without(series, part)].append((series, series_id))
    for key in sorted(groups):
        if len(groups[key]) > NEIGHBOURS_MAX:
            continue
        for (_, one), (_, other) in combinations(sorted(groups[key]), 2):
            for left_id, right_id in ((one, other), (other, one)):
                if rest.may_be_alike(left_id, right_id):
                    yield PARTS_IN_ORDER[key[0]], left_id, right_id


def _without(series: ItmoSeries, part: str) -> str:
    return " ".join(str(getattr(series, name)) for name in PARTS_IN_ORDER if name != part)


class _OneSided:
    """What one side alone states, per series, on the bare axis of serials."""

    def __init__(self, found: Differences) -> None:
        ids, begins = np.unique(found.start >> SERIAL_BITS, return_index=True)
        edges = [*begins.tolist(), len(found)]
        self.series_ids: list[int] = ids.tolist()
        self._left: dict[int, Blocks] = {}
        self._right: dict[int, Blocks] = {}
        self._words: tuple[dict[int, frozenset[int]], dict[int, frozenset[int]]] = ({}, {})
        for index, series_id in enumerate(self.series_ids):
            part = _shifted(row_slice(found, edges[index], edges[index + 1]), -series_id)
            self._left[series_id] = _left_of(part)
            self._right[series_id] = _right_of(part)
            self._words[0][series_id] = frozenset(part.left.tolist()) - {0}
            self._words[1][series_id] = frozenset(part.right.tolist()) - {0}

    def may_be_alike(self, left_id: int, right_id: int) -> bool:
        """Tell cheaply whether the two series have any state in common."""
        return not self._words[0][left_id].isdisjoint(self._words[1][right_id])

    def take_alike(self, left_id: int, right_id: int) -> Differences:
        """Take out what the left states in one series and the right, alike, in the other.

        The intervals returned lie in the left side's series.
        """
        ours, theirs = self._left[left_id], self._right[right_id]
        found = segments(ours, theirs)
        alike = found.left == found.right
        if alike.any():
            rest = taken(found, np.flatnonzero(~alike))
            self._left[left_id], self._right[right_id] = _left_of(rest), _right_of(rest)
        return _shifted(joined([taken(found, np.flatnonzero(alike))]), left_id)

    def remaining(self) -> Iterator[Differences]:
        """Return what no neighbouring series explains."""
        for series_id in self.series_ids:
            for ours, theirs in (
                (self._left[series_id], _NONE),
                (_NONE, self._right[series_id]),
            ):
                yield _shifted(segments(ours, theirs), series_id)


_NONE: Final = Blocks.none()


def _left_of(found: Differences) -> Blocks:
    rows = np.flatnonzero(found.left)
    return Blocks(start=found.start[rows], end=found.end[rows], word=found.left[rows])


def _right_of(found: Differences) -> Blocks:
    rows = np.flatnonzero(found.right)
    return Blocks(start=found.start[rows], end=found.end[rows], word=found.right[rows])


def _shifted(found: Differences, series: int) -> Differences:
    """Move intervals by whole series along the axis."""
    offset = series << SERIAL_BITS
    return Differences(
        start=found.start + offset, end=found.end + offset, left=found.left, right=found.right
    )


def _in_position_order(parts: list[Differences]) -> Differences:
    start = np.concatenate([part.start for part in parts])
    everything = Differences(
        start=start,
        end=np.concatenate([part.end for part in parts]),
        left=np.concatenate([part.left for part in parts]),
        right=np.concatenate([part.right for part in parts]),
    )
    return joined([taken(everything, np.argsort(start, kind="stable"))])
