"""Overlap of blocks in one pass: which rows share serials, and which of those disagree.

All functions take blocks of one number space and are O(n log n) whatever the input, because each
block is compared only with the furthest-reaching blocks before it.
"""

from bisect import bisect_right
from collections.abc import Hashable, Iterable, Iterator
from typing import Generic, NamedTuple, TypeVar

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
        furthest = furthest.with_block(block)


def cross_disagreements(left: Iterable[Placed[V]], right: Iterable[Placed[V]]) -> Iterator[Pair[V]]:
    """Yield one pair for each left block that overlaps a right block of another value."""
    reach = _Reach[V](right)
    for block in left:
        other = reach.before(block.last).other_than(block.value)
        if other is not None and other.last >= block.first:
            yield block, other


def overlaps(blocks: Iterable[Placed[V]]) -> Iterator[Pair[V]]:
    """Yield a pair for each block that overlaps an earlier-starting one, whatever the values."""
    furthest: Placed[V] | None = None
    for block in _sorted(blocks):
        if furthest is not None and furthest.last >= block.first:
            yield _in_row_order(furthest, block)
        if furthest is None or block.last > furthest.last:
            furthest = block


def cross_overlaps(left: Iterable[Placed[V]], right: Iterable[Placed[V]]) -> Iterator[Pair[V]]:
    """Yield one pair for each left block that overlaps a right block, whatever the values."""
    reach = _Reach[V](right)
    for block in left:
        other = reach.before(block.last).best
        if other is not None and other.last >= block.first:
            yield block, other


class _Reach(Generic[V]):
    """For every serial, the furthest-reaching of the blocks that begin at it or before."""

    def __init__(self, blocks: Iterable[Placed[V]]) -> None:
        self._firsts: list[int] = []
        self._furthest: list[_Furthest[V]] = [_Furthest()]
        for block in _sorted(blocks):
            self._firsts.append(block.first)
            self._furthest.append(self._furthest[-1].with_block(block))

    def before(self, serial: int) -> "_Furthest[V]":
        return self._furthest[bisect_right(self._firsts, serial)]


class _Furthest(NamedTuple, Generic[V]):
    """The furthest-reaching block so far, and the furthest-reaching one of any other value."""

    best: Placed[V] | None = None
    second: Placed[V] | None = None

    def other_than(self, value: V) -> Placed[V] | None:
        if self.best is None or self.best.value != value:
            return self.best
        return self.second

    def with_block(self, block: Placed[V]) -> "_Furthest[V]":
        best, second = self.best, self.second
        if best is None:
            return _Furthest(block, None)
        if block.value == best.value:
            return _Furthest(block, second) if block.last > best.last else self
        if block.last > best.last:
            return _Furthest(block, best)
        if second is None or block.last > second.last:
            return _Furthest(best, block)
        return self


def _sorted(blocks: Iterable[Placed[V]]) -> list[Placed[V]]:
    return sorted(blocks, key=lambda block: (block.first, block.last))


def _in_row_order(one: Placed[V], other: Placed[V]) -> Pair[V]:
    def position(block: Placed[V]) -> tuple[int, Table, int]:
        return block.report_index, block.table, block.row_index

    return (one, other) if position(one) <= position(other) else (other, one)
