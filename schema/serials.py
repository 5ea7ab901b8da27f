"""Sets of serial numbers as ranges, with the algebra of sets: no serial is ever listed one by one.

A set does not know how its serials were cut into blocks, so two registries that hold the same
serials in different blocks hold equal sets.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from itertools import pairwise
from operator import attrgetter
from typing import NamedTuple

import msgspec

from schema.faults import IdentifierError, IdentifierFault
from schema.identifiers import SerialRange

_first = attrgetter("first")
_last = attrgetter("last")


class SerialSet(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """Serials of one number space as sorted ranges that neither overlap nor touch.

    The one spelling of a set, so that equal sets compare and hash equal. `|`, `&`, `-` and `in`
    mean what they mean for Python sets. Build it with `SerialSet.of` from ranges in any order.

    Raises:
        IdentifierError: `ranges_not_canonical`, from the plain constructor and from decoding.
    """

    ranges: tuple[SerialRange, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a second spelling of the same set."""
        for low, high in pairwise(self.ranges):
            if high.first <= low.last + 1:
                both = f"{low.display()}, {high.display()}"
                raise IdentifierError(IdentifierFault.RANGES_NOT_CANONICAL, both)

    @classmethod
    def of(cls, ranges: Iterable[SerialRange]) -> "SerialSet":
        """Sort ranges and join those that overlap or touch."""
        return cls(tuple(_joined(sorted(ranges, key=_first))))

    @property
    def count(self) -> int:
        """Number of serials: for tCO2e, tonnes."""
        return sum(serials.count for serials in self.ranges)

    def __bool__(self) -> bool:
        """Tell whether the set holds any serial."""
        return bool(self.ranges)

    def __contains__(self, serial: int) -> bool:
        """Tell whether one serial is in the set."""
        index = bisect_left(self.ranges, serial, key=_last)
        return index < len(self.ranges) and self.ranges[index].first <= serial

    def __or__(self, other: "SerialSet") -> "SerialSet":
        """Union: the serials of either."""
        return SerialSet.of((*self.ranges, *other.ranges))

    def __and__(self, other: "SerialSet") -> "SerialSet":
        """Intersection: the serials of both."""
        return SerialSet(tuple(_common(self.ranges, other.ranges)))

    def __sub__(self, other: "SerialSet") -> "SerialSet":
        """Difference: the serials of this set that the other lacks."""
        return SerialSet(tuple(_remaining(self.ranges, other.ranges)))

    def overlaps(self, other: "SerialSet") -> bool:
        """Tell whether any serial is in both."""
        return next(_common(self.ranges, other.ranges), None) is not None

    def covers(self, other: "SerialSet") -> bool:
        """Tell whether every serial of the other is in this set."""
        return not other - self

    def take_low(self, count: int) -> "Taken":
        """Take the `count` lowest serials.

        Raises:
            ValueError: when the set holds fewer, or `count` is negative.
        """
        if not 0 <= count <= self.count:
            raise ValueError(f"cannot take {count} of {self.count} serials")
        low: list[SerialRange] = []
        missing = count
        for index, serials in enumerate(self.ranges):
            if missing < serials.count:
                head, tail = _cut_after(serials, missing)
                return Taken(
                    SerialSet((*low, *head)), SerialSet((*tail, *self.ranges[index + 1 :]))
                )
            low.append(serials)
            missing -= serials.count
        return Taken(self, SerialSet())

    def take_high(self, count: int) -> "Taken":
        """Take the `count` highest serials.

        Raises:
            ValueError: when the set holds fewer, or `count` is negative.
        """
        rest, taken = self.take_low(self.count - count)
        return Taken(taken, rest)


class Taken(NamedTuple):
    """What was taken out of a set, and what is left of it."""

    taken: SerialSet
    rest: SerialSet


class Split(NamedTuple):
    """One range cut in two: the sender of a partial transfer keeps `low`."""

    low: SerialRange
    high: SerialRange


def split_low(serials: SerialRange, count: int) -> Split:
    """Cut a range so that its low part has `count` serials.

    Raises:
        ValueError: unless both parts get at least one serial.
    """
    if not 0 < count < serials.count:
        raise ValueError(f"cannot cut {count} from a range of {serials.count} serials")
    middle = serials.first + count
    return Split(SerialRange(serials.first, middle - 1), SerialRange(middle, serials.last))


def split_high(serials: SerialRange, count: int) -> Split:
    """Cut a range so that its high part, the one that a partial transfer sends, has `count`.

    Raises:
        ValueError: unless both parts get at least one serial.
    """
    return split_low(serials, serials.count - count)


def overlapping(one: SerialRange, other: SerialRange) -> bool:
    """Tell whether two ranges of one number space share a serial."""
    return max(one.first, other.first) <= min(one.last, other.last)


def repeated(ranges: Iterable[SerialRange]) -> SerialSet:
    """Return the serials that occur in more than one of the ranges: the double claims."""
    found: list[SerialRange] = []
    covered_to = 0
    for serials in sorted(ranges, key=_first):
        if serials.first <= covered_to:
            found.append(SerialRange(serials.first, min(serials.last, covered_to)))
        covered_to = max(covered_to, serials.last)
    return SerialSet.of(found)


def _joined(ordered: list[SerialRange]) -> Iterator[SerialRange]:
    if not ordered:
        return
    first, last = ordered[0].first, ordered[0].last
    for serials in ordered:
        if serials.first > last + 1:
            yield SerialRange(first, last)
            first, last = serials.first, serials.last
        elif serials.last > last:
            last = serials.last
    yield SerialRange(first, last)


def _common(
    ours: tuple[SerialRange, ...], theirs: tuple[SerialRange, ...]
) -> Iterator[SerialRange]:
    if not ours or not theirs:
        return
    # A small set against a large one must not walk the large one from its beginning.
    i = bisect_left(ours, theirs[0].first, key=_last)
    j = bisect_left(theirs, ours[0].first, key=_last)
    while i < len(ours) and j < len(theirs):
        one, other = ours[i], theirs[j]
        if overlapping(one, other):
            yield SerialRange(max(one.first, other.first), min(one.last, other.last))
        if one.last < other.last:
            i += 1
        else:
            j += 1


def _remaining(
    ours: tuple[SerialRange, ...], taken: tuple[SerialRange, ...]
) -> Iterator[SerialRange]:
    if not ours or not taken:
        yield from ours
        return
    start = bisect_left(ours, taken[0].first, key=_last)
    end = bisect_right(ours, taken[-1].last, key=_first)
    yield from ours[:start]
    j = bisect_left(taken, ours[0].first, key=_last)
    for serials in ours[start:end]:
        first = serials.first
        while j < len(taken) and taken[j].first <= serials.last:
            if taken[j].first > first:
                yield SerialRange(first, taken[j].first - 1)
            first = max(first, taken[j].last + 1)
            if first > serials.last:
                break
            j += 1
        if first <= serials.last:
            yield SerialRange(first, serials.last)
    yield from ours[end:]


def _cut_after(
    serials: SerialRange, count: int
) -> tuple[tuple[SerialRange, ...], tuple[SerialRange, ...]]:
    if count == 0:
        return (), (serials,)
    low, high = split_low(serials, count)
    return (low,), (high,)
