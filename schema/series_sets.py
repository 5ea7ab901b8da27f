"""Sets of serials by number space: what an account, a registry or an authorization covers.

The key is an `ItmoSeries`, or for a foreign format its interval key; spaces never mix. Results
leave out a key whose set would be empty, so that equal coverage means equal dictionaries.
"""

from collections.abc import Hashable, Iterable, Mapping
from typing import TypeVar

from schema.identifiers import ItmoBlock, ItmoSeries, SerialRange
from schema.serials import SerialSet, repeated

Space = TypeVar("Space", bound=Hashable)

_NOTHING = SerialSet()


def collect(pairs: Iterable[tuple[Space, SerialRange]]) -> dict[Space, SerialSet]:
    """Gather ranges by number space, joining what overlaps or touches."""
    return {space: SerialSet.of(ranges) for space, ranges in _grouped(pairs).items()}


def collect_blocks(blocks: Iterable[ItmoBlock]) -> dict[ItmoSeries, SerialSet]:
    """Gather blocks by series; how they were cut is forgotten."""
    return collect((block.series, block.serials) for block in blocks)


def repeated_blocks(blocks: Iterable[ItmoBlock]) -> dict[ItmoSeries, SerialSet]:
    """Return the serials that more than one of the blocks names."""
    grouped = _grouped((block.series, block.serials) for block in blocks)
    return _kept((series, repeated(ranges)) for series, ranges in grouped.items())


def blocks_of(sets: Mapping[ItmoSeries, SerialSet]) -> tuple[ItmoBlock, ...]:
    """Spell the sets as the fewest possible blocks, sorted by series and serial."""
    return tuple(
        ItmoBlock(series, serials) for series in sorted(sets) for serials in sets[series].ranges
    )


def unite(
    one: Mapping[Space, SerialSet], other: Mapping[Space, SerialSet]
) -> dict[Space, SerialSet]:
    """Union, space by space."""
    return _kept(
        (space, one.get(space, _NOTHING) | other.get(space, _NOTHING))
        for space in dict.fromkeys((*one, *other))
    )


def intersect(
    one: Mapping[Space, SerialSet], other: Mapping[Space, SerialSet]
) -> dict[Space, SerialSet]:
    """Intersection, space by space."""
    return _kept((space, serials & other.get(space, _NOTHING)) for space, serials in one.items())


def subtract(
    one: Mapping[Space, SerialSet], other: Mapping[Space, SerialSet]
) -> dict[Space, SerialSet]:
    """Difference, space by space."""
    return _kept((space, serials - other.get(space, _NOTHING)) for space, serials in one.items())


def overlap(one: Mapping[Space, SerialSet], other: Mapping[Space, SerialSet]) -> bool:
    """Tell whether any serial of any space is in both."""
    return any(serials.overlaps(other.get(space, _NOTHING)) for space, serials in one.items())


def cover(one: Mapping[Space, SerialSet], other: Mapping[Space, SerialSet]) -> bool:
    """Tell whether every serial of the second is in the first."""
    return all(one.get(space, _NOTHING).covers(serials) for space, serials in other.items())


def count_serials(sets: Mapping[Space, SerialSet]) -> int:
    """Count the serials of all spaces: for tCO2e, tonnes."""
    return sum(serials.count for serials in sets.values())


def _grouped(pairs: Iterable[tuple[Space, SerialRange]]) -> dict[Space, list[SerialRange]]:
    grouped: dict[Space, list[SerialRange]] = {}
    for space, serials in pairs:
        grouped.setdefault(space, []).append(serials)
    return grouped


def _kept(pairs: Iterable[tuple[Space, SerialSet]]) -> dict[Space, SerialSet]:
    return {space: serials for space, serials in pairs if serials}
