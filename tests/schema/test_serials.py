"""The algebra of serial sets, held against Python's sets of integers."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema.identifiers import (
    ApproachId,
    IdentifierError,
    ItmoBlock,
    ItmoSeries,
    PartyId,
    RegistryId,
    SerialRange,
)
from schema.serials import SerialSet, overlapping, repeated, split_high, split_low
from schema.series_sets import (
    blocks_of,
    collect_blocks,
    count_serials,
    cover,
    intersect,
    overlap,
    repeated_blocks,
    subtract,
    unite,
)

# Small numbers, so that ranges touch, nest and overlap all the time.
serial_numbers = st.integers(1, 60)
ranges = st.builds(
    lambda first, length: SerialRange(first, first + length), serial_numbers, st.integers(0, 12)
)
range_lists = st.lists(ranges, max_size=12)
sets = range_lists.map(SerialSet.of)
all_series = st.builds(
    ItmoSeries,
    approach=st.just(ApproachId("CA0007")),
    registry=st.just(RegistryId("JPN01")),
    first_party=st.sampled_from([PartyId("VNM"), PartyId("GHA")]),
    vintage=st.sampled_from([2021, 2022]),
)
block_lists = st.lists(st.builds(ItmoBlock, all_series, ranges), max_size=12)


def listed(serials: SerialSet | list[SerialRange]) -> set[int]:
    parts = serials.ranges if isinstance(serials, SerialSet) else serials
    return {n for part in parts for n in range(part.first, part.last + 1)}


def units(blocks: list[ItmoBlock] | tuple[ItmoBlock, ...]) -> set[tuple[ItmoSeries, int]]:
    return {(block.series, n) for block in blocks for n in listed([block.serials])}


@given(range_lists)
def test_a_set_has_exactly_the_serials_of_its_ranges(some: list[SerialRange]) -> None:
    serials = SerialSet.of(some)
    assert listed(serials) == listed(some)
    assert serials.count == len(listed(some))
    assert bool(serials) == bool(some)


@given(range_lists)
def test_a_set_is_spelled_in_one_way_however_it_was_cut(some: list[SerialRange]) -> None:
    one_by_one = SerialSet.of(SerialRange(n, n) for n in listed(some))
    assert SerialSet.of(some) == one_by_one
    assert hash(SerialSet.of(reversed(some))) == hash(one_by_one)


@given(sets, sets)
def test_union_intersection_and_difference_are_those_of_sets(a: SerialSet, b: SerialSet) -> None:
    assert listed(a | b) == listed(a) | listed(b)
    assert listed(a & b) == listed(a) & listed(b)
    assert listed(a - b) == listed(a) - listed(b)


@given(sets, sets)
def test_overlaps_and_covers_are_those_of_sets(a: SerialSet, b: SerialSet) -> None:
    assert a.overlaps(b) == bool(listed(a) & listed(b))
    assert a.covers(b) == (listed(a) >= listed(b))


@given(sets, serial_numbers)
def test_a_serial_is_in_the_set_or_not(a: SerialSet, serial: int) -> None:
    assert (serial in a) == (serial in listed(a))


@given(sets, st.data())
def test_taking_low_and_high_parts_the_set_without_loss(a: SerialSet, data: st.DataObject) -> None:
    count = data.draw(st.integers(0, a.count))
    ordered = sorted(listed(a))
    low, high_rest = a.take_low(count)
    high, low_rest = a.take_high(count)
    assert sorted(listed(low)) == ordered[:count]
    assert sorted(listed(high_rest)) == ordered[count:]
    assert sorted(listed(high)) == ordered[len(ordered) - count :]
    assert sorted(listed(low_rest)) == ordered[: len(ordered) - count]


@given(sets)
def test_more_than_there_is_cannot_be_taken(a: SerialSet) -> None:
    with pytest.raises(ValueError, match="cannot take"):
        a.take_low(a.count + 1)
    with pytest.raises(ValueError, match="cannot take"):
        a.take_high(a.count + 1)
    with pytest.raises(ValueError, match="cannot take"):
        a.take_low(-1)


def test_a_partial_transfer_leaves_the_sender_the_low_range() -> None:
    kept, sent = split_high(SerialRange(1, 3000), 1000)
    assert (kept, sent) == (SerialRange(1, 2000), SerialRange(2001, 3000))


@given(ranges, st.integers(-2, 16))
def test_a_split_leaves_serials_on_both_sides_or_is_refused(whole: SerialRange, count: int) -> None:
    if 0 < count < whole.count:
        low, high = split_low(whole, count)
        assert (low.count, high.first, high.last) == (count, low.last + 1, whole.last)
        assert split_high(whole, whole.count - count) == (low, high)
    else:
        with pytest.raises(ValueError, match="cannot cut"):
            split_low(whole, count)
        with pytest.raises(ValueError, match="cannot cut"):
            split_high(whole, count)


@given(ranges, ranges)
def test_two_ranges_overlap_when_they_share_a_serial(a: SerialRange, b: SerialRange) -> None:
    assert overlapping(a, b) == bool(listed([a]) & listed([b]))


@given(range_lists)
def test_repeated_serials_are_those_claimed_more_than_once(some: list[SerialRange]) -> None:
    claims = [n for part in some for n in listed([part])]
    assert listed(repeated(some)) == {n for n in claims if claims.count(n) > 1}


@pytest.mark.parametrize(
    "second",
    [
        pytest.param(SerialRange(10, 12), id="overlapping ranges"),
        pytest.param(SerialRange(11, 12), id="touching ranges"),
        pytest.param(SerialRange(1, 2), id="ranges out of order"),
    ],
)
def test_a_second_spelling_of_a_set_is_refused(second: SerialRange) -> None:
    with pytest.raises(IdentifierError) as refused:
        SerialSet((SerialRange(5, 10), second))
    assert refused.value.code == "ranges_not_canonical"


def test_a_decoded_set_is_canonical_too() -> None:
    wire = msgspec.json.encode(SerialSet((SerialRange(1, 2), SerialRange(4, 5))))
    assert msgspec.json.decode(wire, type=SerialSet).count == 4
    with pytest.raises(msgspec.ValidationError, match="ranges_not_canonical"):
        msgspec.json.decode(wire.replace(b"4", b"3"), type=SerialSet)


@given(block_lists, block_lists)
def test_series_never_mix(a: list[ItmoBlock], b: list[ItmoBlock]) -> None:
    one, other = collect_blocks(a), collect_blocks(b)
    assert units(blocks_of(unite(one, other))) == units(a) | units(b)
    assert units(blocks_of(intersect(one, other))) == units(a) & units(b)
    assert units(blocks_of(subtract(one, other))) == units(a) - units(b)
    assert overlap(one, other) == bool(units(a) & units(b))
    assert cover(one, other) == (units(a) >= units(b))
    assert count_serials(one) == len(units(a))


@given(block_lists, block_lists)
def test_equal_coverage_means_equal_dictionaries(a: list[ItmoBlock], b: list[ItmoBlock]) -> None:
    both = collect_blocks(a + b)
    assert unite(collect_blocks(a), collect_blocks(b)) == both
    assert subtract(both, both) == {}
    assert collect_blocks(blocks_of(both)) == both


@given(block_lists)
def test_a_unit_in_two_blocks_is_found(blocks: list[ItmoBlock]) -> None:
    claims = [unit for block in blocks for unit in units([block])]
    twice = {unit for unit in claims if claims.count(unit) > 1}
    assert units(blocks_of(repeated_blocks(blocks))) == twice
