"""The sweeps over blocks agree with a comparison of every pair, whatever the blocks."""

from hypothesis import given
from hypothesis import strategies as st

from hub.domain.aef.sweep import (
    Placed,
    cross_disagreements,
    cross_overlaps,
    disagreements,
    overlaps,
)
from schema.aef.fields import Table

Block = Placed[str]


@st.composite
def blocks(draw: st.DrawFn) -> list[Block]:
    drawn = draw(
        st.lists(st.tuples(st.integers(1, 40), st.integers(0, 15), st.sampled_from("abc")))
    )
    return [
        Placed(first=first, last=first + more, table=Table.ACTIONS, row_index=index, value=value)
        for index, (first, more, value) in enumerate(drawn)
    ]


def meet(one: Block, other: Block) -> bool:
    return max(one.first, other.first) <= min(one.last, other.last)


@given(found=blocks())
def test_overlaps_are_found_exactly_where_there_are_any(found: list[Block]) -> None:
    pairs = list(overlaps(found))
    assert all(meet(*pair) for pair in pairs)
    clean = [block for block in found if not any(block in pair for pair in pairs)]
    assert not any(meet(one, other) for one in clean for other in clean if one is not other)


@given(found=blocks())
def test_disagreements_are_found_exactly_where_there_are_any(found: list[Block]) -> None:
    pairs = list(disagreements(found))
    assert all(meet(one, other) and one.value != other.value for one, other in pairs)
    expected = any(meet(a, b) and a.value != b.value for a in found for b in found)
    assert bool(pairs) is expected


@given(left=blocks(), right=blocks())
def test_every_left_block_that_meets_a_right_one_is_told_once(
    left: list[Block], right: list[Block]
) -> None:
    pairs = list(cross_overlaps(left, right))
    assert all(meet(*pair) for pair in pairs)
    expected = [block for block in left if any(meet(block, other) for other in right)]
    assert [one for one, _ in pairs] == expected


@given(left=blocks(), right=blocks())
def test_every_left_block_that_meets_a_right_one_of_another_value_is_told_once(
    left: list[Block], right: list[Block]
) -> None:
    pairs = list(cross_disagreements(left, right))
    assert all(meet(one, other) and one.value != other.value for one, other in pairs)
    expected = [
        block
        for block in left
        if any(meet(block, other) and block.value != other.value for other in right)
    ]
    assert [one for one, _ in pairs] == expected
