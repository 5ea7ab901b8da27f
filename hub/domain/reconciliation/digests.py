"""Digests in a tree: what did not change costs nothing.

Root, series, leaf: a leaf covers 2**leaf_bits serials of one series. Every digest is the sum of
those below it, so one transfer changes one root, one series and as many leaves as its serials
touch, whatever the size of the holding.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np

from hub.domain.reconciliation.attributes import UnitState
from hub.domain.reconciliation.axis import SERIAL_BITS, SERIAL_MASK, Int64s
from hub.domain.reconciliation.columns import Snapshot
from hub.domain.reconciliation.digest_keys import EDGE_BITS, Digest, DigestKey, UInt64s
from hub.domain.reconciliation.digest_tags import TagTables
from schema.identifiers import SERIAL_LIMIT, ItmoBlock, ItmoSeries, SerialRange

LEAVES_MAX: Final = 1 << 22
"""More leaves than this ask for a larger leaf."""
_WINDOW_ROWS: Final = 1 << 15
_NOTHING: Final = Digest()


class TooManyLeavesError(Exception):
    """A holding has more leaves than a tree may have: take a larger leaf."""


class DigestTree:
    """The digests of one source under one key; whoever owns it keeps it up to date."""

    def __init__(self, key: DigestKey) -> None:
        """Begin with nothing stated."""
        self.key = key
        self.root = _NOTHING
        self.series: dict[ItmoSeries, Digest] = {}
        self.leaves: dict[ItmoSeries, dict[int, Digest]] = {}
        self._leaf_count = 0

    def add(self, block: ItmoBlock, state: UnitState, *, micro: int = 0) -> None:
        """State a block; `micro` is its quantity in millionths, if not in tCO2e.

        Raises:
            TooManyLeavesError: the block touches too many leaves.
        """
        for leaf, digest in contributions(self.key, block, state):
            self.put(block.series, leaf, digest)
        self.put_quantity(block.series, micro)

    def remove(self, block: ItmoBlock, state: UnitState, *, micro: int = 0) -> None:
        """Take back what `add` stated, in whatever blocks it was stated.

        Raises:
            TooManyLeavesError: the block touches too many leaves.
        """
        for leaf, digest in contributions(self.key, block, state):
            self.put(block.series, leaf, _NOTHING.minus(digest))
        self.put_quantity(block.series, -micro)

    def put(self, series: ItmoSeries, leaf: int, digest: Digest) -> None:
        """Add a digest to one leaf and to all above it.

        Raises:
            TooManyLeavesError: it would be one leaf too many.
        """
        leaves = self.leaves.setdefault(series, {})
        before = leaves.pop(leaf, None)
        after = digest if before is None else before.plus(digest)
        if after != _NOTHING:
            leaves[leaf] = after
        self._leaf_count += (after != _NOTHING) - (before is not None)
        if self._leaf_count > LEAVES_MAX:
            raise TooManyLeavesError(f"more than {LEAVES_MAX} leaves of 2**{self.key.leaf_bits}")
        self._put_series(series, digest)

    def put_quantity(self, series: ItmoSeries, micro: int) -> None:
        """Add a quantity in another metric to a series: it has no place in one leaf."""
        self._put_series(series, Digest(micro=micro))

    def _put_series(self, series: ItmoSeries, digest: Digest) -> None:
        after = self.series.pop(series, _NOTHING).plus(digest)
        if after != _NOTHING:
            self.series[series] = after
        self.root = self.root.plus(digest)


def contributions(key: DigestKey, block: ItmoBlock, state: UnitState) -> list[tuple[int, Digest]]:
    """Return what one block adds to each leaf that it touches.

    Raises:
        TooManyLeavesError: the block touches too many leaves.
    """
    tag, series_tag = key.state_tag(state), key.series_tag(block.series)
    lower = np.array([block.serials.first - 1], dtype=np.int64)
    upper = np.array([block.serials.last], dtype=np.int64)
    leaf, lower, upper, _ = _cut_at_leaves(lower, upper, key.leaf_bits)
    high = np.full(len(leaf), tag.high ^ series_tag.high, dtype=np.uint64)
    low = np.full(len(leaf), (tag.low ^ series_tag.low) << EDGE_BITS, dtype=np.uint64)
    high_lane, low_lane = _lanes(key, high, low, lower, upper)
    return [
        (number, Digest(units, low_value, high_value))
        for number, units, low_value, high_value in zip(
            leaf.tolist(),
            (upper - lower).tolist(),
            low_lane.tolist(),
            high_lane.tolist(),
            strict=True,
        )
    ]


def tree_of(snapshot: Snapshot, key: DigestKey) -> DigestTree:
    """Return the digests of a whole statement.

    Raises:
        TooManyLeavesError: its blocks touch too many leaves.
    """
    tree = DigestTree(key)
    tags = TagTables(snapshot.vocabulary, key)
    for rows in _windows(len(snapshot)):
        start, end = np.asarray(snapshot.start[rows]), np.asarray(snapshot.end[rows])
        high, low = tags.of_rows(start >> SERIAL_BITS, np.asarray(snapshot.word[rows]))
        lower = (start & SERIAL_MASK) - 1
        leaf, lower, upper, row = _cut_at_leaves(lower, lower + (end - start), key.leaf_bits)
        if row is not None:
            start, high, low = start[row], high[row], low[row]
        high_lane, low_lane = _lanes(key, high, low, lower, upper)
        values = (upper - lower, low_lane, high_lane)
        _add_by_leaf(tree, snapshot, start >> SERIAL_BITS, leaf, values)
    for start_at, micro in zip(
        snapshot.quantities.start.tolist(), snapshot.quantities.micro.tolist(), strict=True
    ):
        series = snapshot.vocabulary.series.value(start_at >> SERIAL_BITS)
        tree.put_quantity(series, micro)
    return tree


def differing_blocks(one: DigestTree, other: DigestTree) -> list[ItmoBlock]:
    """Return the serials whose digests differ, adjacent leaves as one block.

    Nothing is read below an equal digest. Where a series differs in nothing but its quantities,
    all of it is returned.

    Raises:
        ValueError: the trees have different keys.
    """
    if one.key != other.key:
        raise ValueError("digests under different keys cannot be compared")
    if one.root == other.root:
        return []
    differing = [
        series
        for series in dict.fromkeys([*one.series, *other.series])
        if one.series.get(series) != other.series.get(series)
    ]
    return [
        ItmoBlock(series, serials)
        for series in sorted(differing)
        for serials in _differing_ranges(
            one.leaves.get(series, {}), other.leaves.get(series, {}), one.key.leaf_bits
        )
    ]


def _differing_ranges(
    one: dict[int, Digest], other: dict[int, Digest], leaf_bits: int
) -> Iterator[SerialRange]:
    leaves = sorted(leaf for leaf in one.keys() | other.keys() if one.get(leaf) != other.get(leaf))
    if not leaves:
        yield SerialRange(1, SERIAL_LIMIT - 1)
        return
    first = previous = leaves[0]
    for leaf in leaves[1:]:
        if leaf != previous + 1:
            yield _range_of(first, previous, leaf_bits)
            first = leaf
        previous = leaf
    yield _range_of(first, previous, leaf_bits)


def _range_of(first_leaf: int, last_leaf: int, leaf_bits: int) -> SerialRange:
    last = min((last_leaf + 1) << leaf_bits, SERIAL_LIMIT - 1)
    return SerialRange((first_leaf << leaf_bits) + 1, last)


def _windows(rows: int) -> Iterator[slice]:
    for begin in range(0, rows, _WINDOW_ROWS):
        yield slice(begin, min(begin + _WINDOW_ROWS, rows))


def _cut_at_leaves(
    lower: Int64s, upper: Int64s, leaf_bits: int
) -> tuple[Int64s, Int64s, Int64s, Int64s | None]:
    """Cut blocks where leaves meet; return leaf, edges, and the row each piece comes from."""
    leaf = lower >> leaf_bits
    pieces = ((upper - 1) >> leaf_bits) - leaf + 1
    total = int(pieces.sum())
    if total == len(leaf):
        return leaf, lower, upper, None
    if total > LEAVES_MAX:
        raise TooManyLeavesError(f"{total} leaves of 2**{leaf_bits} serials")
    row = np.repeat(np.arange(len(leaf)), pieces)
    offset = np.arange(total) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    leaf = leaf[row] + offset
    lower = np.maximum(lower[row], leaf << leaf_bits)
    upper = np.minimum(upper[row], (leaf + 1) << leaf_bits)
    return leaf, lower, upper, row


def _lanes(
    key: DigestKey, high: UInt64s, low: UInt64s, lower: Int64s, upper: Int64s
) -> tuple[UInt64s, UInt64s]:
    """Return, per block, the value of its lower edge less the value of its upper edge."""
    at_lower = key.edge_values(high, low | lower.astype(np.uint64))
    at_upper = key.edge_values(high, low | upper.astype(np.uint64))
    return at_lower[0] - at_upper[0], at_lower[1] - at_upper[1]


def _add_by_leaf(
    tree: DigestTree,
    snapshot: Snapshot,
    series_id: Int64s,
    leaf: Int64s,
    values: tuple[Int64s, UInt64s, UInt64s],
) -> None:
    """Sum the values of rows in one leaf; the rows come sorted by series and leaf."""
    breaks = np.ones(len(leaf), dtype=np.bool_)
    breaks[1:] = (leaf[1:] != leaf[:-1]) | (series_id[1:] != series_id[:-1])
    begins = np.flatnonzero(breaks)
    units, low, high = (np.add.reduceat(value, begins).tolist() for value in values)
    numbers, leaves = series_id[begins].tolist(), leaf[begins].tolist()
    for place, number in enumerate(numbers):
        series = snapshot.vocabulary.series.value(number)
        tree.put(series, leaves[place], Digest(units[place], low[place], high[place]))
