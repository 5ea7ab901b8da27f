"""What two statements say differently, as intervals of serials.

Equal rows are dropped first, which is exact: both sides are free of overlaps, so no other block of
either side can touch those serials. The rest is swept: at each block edge the word is added or
taken away, and the running sum is the word in force.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from hub.domain.reconciliation.attributes import Facet
from hub.domain.reconciliation.axis import Bools, Int64s, empty
from hub.domain.reconciliation.columns import Snapshot
from hub.domain.reconciliation.vocabulary import Projection

WINDOW_ROWS: Final = 1 << 16
"""Rows of the left side looked at together: small enough for the processor's cache."""
SWEEP_ROWS: Final = 1 << 20
"""Differing rows swept together: bounds memory when everything differs."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Blocks:
    """Sorted blocks without overlaps, as three columns."""

    start: Int64s
    end: Int64s
    word: Int64s

    def __len__(self) -> int:
        """Return the number of blocks."""
        return len(self.start)

    @classmethod
    def none(cls) -> Self:
        """Return no blocks."""
        return cls(start=empty(), end=empty(), word=empty())

    def window(self, low: int, high: int) -> "Blocks":
        """Return what lies between two positions, cut at both."""
        begin = int(np.searchsorted(self.end, low, side="right"))
        stop = int(np.searchsorted(self.start, high, side="left"))
        return Blocks(
            start=np.maximum(self.start[begin:stop], low),
            end=np.minimum(self.end[begin:stop], high),
            word=self.word[begin:stop],
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Differences:
    """Maximal intervals on which both words are constant and differ; 0 means not stated."""

    start: Int64s
    end: Int64s
    left: Int64s
    right: Int64s

    def __len__(self) -> int:
        """Return the number of intervals."""
        return len(self.start)

    @property
    def units(self) -> int:
        """Number of serials on which the sides differ."""
        return int((self.end - self.start).sum())


def taken(found: Differences, rows: Int64s) -> Differences:
    """Return the intervals at the given rows."""
    return Differences(
        start=found.start[rows], end=found.end[rows], left=found.left[rows], right=found.right[rows]
    )


def row_slice(found: Differences, begin: int, end: int) -> Differences:
    """Return the intervals from row `begin` up to row `end`."""
    return Differences(
        start=found.start[begin:end],
        end=found.end[begin:end],
        left=found.left[begin:end],
        right=found.right[begin:end],
    )


def common_facets(left: Snapshot, right: Snapshot) -> frozenset[Facet]:
    """Return what both sides state; only that can be compared."""
    return left.facets & right.facets


def differences(left: Snapshot, right: Snapshot) -> Differences:
    """Return every interval on which the two statements differ.

    Both must share one vocabulary. Time grows with the rows read and, much more steeply, with the
    rows that differ; memory is bounded by the rows that differ.

    Raises:
        ValueError: the snapshots have vocabularies of their own.
    """
    if left.vocabulary is not right.vocabulary:
        raise ValueError("two snapshots can be compared only when they share one vocabulary")
    projection = left.vocabulary.projection(common_facets(left, right))
    left_rest, right_rest = _without_equal_rows(left, right, projection)
    parts = [
        _sweep(left_rest.window(low, high), right_rest.window(low, high))
        for low, high in _windows_of(left_rest, right_rest)
    ]
    return joined(parts)


def _without_equal_rows(
    left: Snapshot, right: Snapshot, projection: Projection
) -> tuple[Blocks, Blocks]:
    """Drop the rows that stand on both sides alike; compared window by window."""
    left_parts: list[Blocks] = []
    right_parts: list[Blocks] = []
    for left_rows, right_rows in _row_windows(left, right):
        ours, theirs = _rows(left, left_rows, projection), _rows(right, right_rows, projection)
        if _alike(ours, theirs):
            continue
        kept_ours, kept_theirs = _unmatched(ours, theirs)
        left_parts.append(kept_ours)
        right_parts.append(kept_theirs)
    return _concatenated(left_parts), _concatenated(right_parts)


def _row_windows(left: Snapshot, right: Snapshot) -> Iterator[tuple[slice, slice]]:
    """Cut both sides at the same positions, about `WINDOW_ROWS` rows at a time."""
    longer, shorter = (left, right) if len(left) >= len(right) else (right, left)
    cuts = np.arange(WINDOW_ROWS, len(longer), WINDOW_ROWS, dtype=np.int64)
    matching = np.searchsorted(shorter.start, longer.start[cuts], side="left")
    long_edges = [0, *cuts.tolist(), len(longer)]
    short_edges = [0, *matching.tolist(), len(shorter)]
    for index in range(len(long_edges) - 1):
        of_long = slice(long_edges[index], long_edges[index + 1])
        of_short = slice(short_edges[index], short_edges[index + 1])
        yield (of_long, of_short) if longer is left else (of_short, of_long)


def _rows(snapshot: Snapshot, rows: slice, projection: Projection) -> Blocks:
    return Blocks(
        start=np.asarray(snapshot.start[rows]),
        end=np.asarray(snapshot.end[rows]),
        word=projection.apply(np.asarray(snapshot.word[rows])),
    )


def _alike(ours: Blocks, theirs: Blocks) -> bool:
    return (
        np.array_equal(ours.start, theirs.start)
        and np.array_equal(ours.end, theirs.end)
        and np.array_equal(ours.word, theirs.word)
    )


def _unmatched(ours: Blocks, theirs: Blocks) -> tuple[Blocks, Blocks]:
    """Return the rows of each side that have no equal on the other."""
    if len(ours) == 0 or len(theirs) == 0:
        return ours, theirs
    place = np.searchsorted(theirs.start, ours.start)
    np.minimum(place, len(theirs) - 1, out=place)
    equal = theirs.start[place] == ours.start
    equal &= theirs.end[place] == ours.end
    equal &= theirs.word[place] == ours.word
    unmatched_theirs = np.ones(len(theirs), dtype=np.bool_)
    unmatched_theirs[place[equal]] = False
    return _selected(ours, ~equal), _selected(theirs, unmatched_theirs)


def _selected(blocks: Blocks, keep: Bools) -> Blocks:
    rows = np.flatnonzero(keep)
    return Blocks(start=blocks.start[rows], end=blocks.end[rows], word=blocks.word[rows])


def _concatenated(parts: list[Blocks]) -> Blocks:
    return Blocks(
        start=np.concatenate([empty(), *(part.start for part in parts)]),
        end=np.concatenate([empty(), *(part.end for part in parts)]),
        word=np.concatenate([empty(), *(part.word for part in parts)]),
    )


def _windows_of(left: Blocks, right: Blocks) -> Iterator[tuple[int, int]]:
    """Cut the axis so that no window holds many more than `SWEEP_ROWS` rows of a side."""
    lowest, highest = 0, np.iinfo(np.int64).max
    cuts = np.union1d(left.start[SWEEP_ROWS::SWEEP_ROWS], right.start[SWEEP_ROWS::SWEEP_ROWS])
    edges = [lowest, *cuts.tolist(), int(highest)]
    for index in range(len(edges) - 1):
        yield edges[index], edges[index + 1]


def segments(left: Blocks, right: Blocks) -> Differences:
    """Cut the axis at every block edge of either side and tell both words in force between.

    Segments that neither side states are left out; those on which the sides agree are not.
    """
    where = np.concatenate((left.start, left.end, right.start, right.end))
    order = np.argsort(where, kind="stable")
    none_left, none_right = np.zeros_like(left.word), np.zeros_like(right.word)
    left_step = np.concatenate((left.word, -left.word, none_right, none_right))[order]
    right_step = np.concatenate((none_left, none_left, right.word, -right.word))[order]
    where = where[order]
    # The running sum is the word in force: at most one block of a side covers any serial.
    left_word, right_word = np.cumsum(left_step), np.cumsum(right_step)
    # Only the last of several edges at one position tells what holds after it; after the last
    # edge nothing is in force.
    stated = ((left_word != 0) | (right_word != 0))[:-1] & (where[1:] != where[:-1])
    begin = np.flatnonzero(stated)
    return Differences(
        start=where[begin], end=where[begin + 1], left=left_word[begin], right=right_word[begin]
    )


def _sweep(left: Blocks, right: Blocks) -> Differences:
    found = segments(left, right)
    return taken(found, np.flatnonzero(found.left != found.right))


def joined(parts: list[Differences]) -> Differences:
    """Put the windows together and join intervals that meet and say the same."""
    start = np.concatenate([empty(), *(part.start for part in parts)])
    end = np.concatenate([empty(), *(part.end for part in parts)])
    left = np.concatenate([empty(), *(part.left for part in parts)])
    right = np.concatenate([empty(), *(part.right for part in parts)])
    if len(start) == 0:
        return Differences(start=start, end=end, left=left, right=right)
    begins = np.ones(len(start), dtype=np.bool_)
    begins[1:] = (start[1:] != end[:-1]) | (left[1:] != left[:-1]) | (right[1:] != right[:-1])
    first = np.flatnonzero(begins)
    final = np.append(first[1:], len(start)) - 1
    return Differences(start=start[first], end=end[final], left=left[first], right=right[first])
