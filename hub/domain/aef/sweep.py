"""Overlap of blocks in one pass: which rows share serials, and which of those disagree.

All functions take blocks of one number space and are O(n log n) whatever the input, because each
block is compared only with the furthest-reaching blocks before it.
"""

from collections.abc import Hashable, Iterable, Iterator
from typing import Generic, TypeVar

import msgspec

from schema.aef.fields import Table

V = TypeVar("V", bound=Hashable)


class Placed(msgspec.Struct, Generic[V], frozen=True):
    """The block of one row together with what is compared about it."""

    first: int
    last: int
    table: Table
    row_index: int
    value: V
    report_index: int = 0


Pair = tuple[Placed[V], Placed[V]]


def disagreements(blocks: Iterable[Placed[V]]) -> Iterator[Pair[V]]:
    """Yield a pair for each block that overlaps an earlier-starting one of another value.

    The second of the pair is the later row of the reports, which is where a reader looks.
    """
    furthest = _Furthest[V]()
    for block in _sorted(blocks):
        other = furthest.other_than(block.value)
        if other is not None and other.last >= block.first:
            yield _in_row_order(other, block)
        furthest.add(block)


def cross_disagreements(left: Iterable[Placed[V]], right: Iterable[Placed[V]]) -> Iterator[Pair[V]]:
    """Yield pairs of a left and a right block that overlap and differ in value.

    At least one pair is given for each block of the later start that disagrees with the other
    side; the left block stands first.
    """
    reach = {True: _Furthest[V](), False: _Furthest[V]()}
    tagged = [(True, block) for block in left] + [(False, block) for block in right]
    for is_left, block in sorted(tagged, key=lambda entry: (entry[1].first, entry[1].last)):
        other = reach[not is_left].other_than(block.value)
        if other is not None and other.last >= block.first:
            yield (block, other) if is_left else (other, block)
        reach[is_left].add(block)


def overlaps(blocks: Iterable[Placed[V]]) -> Iterator[Pair[V]]:
    """Yield a pair for each block that overlaps an earlier-starting one, whatever the values."""
    furthest: Placed[V] | None = None
    for block in _sorted(blocks):
        if furthest is not None and furthest.last >= block.first:
            yield _in_row_order(furthest, block)
        if furthest is None or block.last > furthest.last:
            furthest = block


def cross_overlaps(left: Iterable[Placed[V]], right: Iterable[Placed[V]]) -> Iterator[Pair[V]]:
    """Yield pairs of a left and a right block that overlap, at least one for each later block."""
    reach: dict[bool, Placed[V] | None] = {True: None, False: None}
    tagged = [(True, block) for block in left] + [(False, block) for block in right]
    for is_left, block in sorted(tagged, key=lambda entry: (entry[1].first, entry[1].last)):
        other = reach[not is_left]
        if other is not None and other.last >= block.first:
            yield (block, other) if is_left else (other, block)
        mine = reach[is_left]
        if mine is None or block.last > mine.last:
            reach[is_left] = block


class _Furthest(Generic[V]):
    """The furthest-reaching block so far, and the furthest-reaching one of any other value."""

    def __init__(self) -> None:
        self._best: Placed[V] | None = None
        self._second: Placed[V] | None = None

    def other_than(self, value: V) -> Placed[V] | None:
        if self._best is None or self._best.value != value:
            return self._best
        return self._second

    def add(self, block: Placed[V]) -> None:
        best, second = self._best, self._second
        if best is None or block.value == best.value:
            if best is None or block.last > best.last:
                self._best = block
        elif block.last > best.last:
            self._best, self._second = block, best
        elif second is None or block.last > second.last:
            self._second = block


def _sorted(blocks: Iterable[Placed[V]]) -> list[Placed[V]]:
    return sorted(blocks, key=lambda block: (block.first, block.last))


def _in_row_order(one: Placed[V], other: Placed[V]) -> Pair[V]:
    def position(block: Placed[V]) -> tuple[int, Table, int]:
        return block.report_index, block.table, block.row_index

    return (one, other) if position(one) <= position(other) else (other, one)
