"""The tree grows, proves and verifies exactly as RFC 9162 says."""

from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.journal.merkle import (
    EMPTY_ROOT,
    Frontier,
    append,
    leaf_hash,
    node_hash,
    root_of,
)
from hub.journal.proofs import (
    NodeId,
    plan_consistency,
    plan_inclusion,
    root_from_inclusion,
    verify_consistency,
    verify_inclusion,
)
from tests.journal import golden_log

SIZE_MAX = 40
LEAVES = [leaf_hash(bytes([number])) for number in range(256)]


def naive_root(leaves: Sequence[bytes]) -> bytes:
    """Hash a list of leaves word for word as RFC 9162 section 2.1.1 defines it."""
    if not leaves:
        return EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(naive_root(leaves[:split]), naive_root(leaves[split:]))


def read_node(node: NodeId) -> bytes:
    width = 1 << node.level
    return naive_root(LEAVES[node.position * width : (node.position + 1) * width])


def inclusion(index: int, size: int) -> tuple[bytes, ...]:
    return plan_inclusion(index, size).resolve(read_node)


def consistency(first: int, second: int) -> tuple[bytes, ...]:
    return plan_consistency(first, second).resolve(read_node)


def is_consistent(first: int, second: int, proof: Sequence[bytes]) -> bool:
    return verify_consistency(
        first_size=first,
        second_size=second,
        first_root=root_of(LEAVES[:first]),
        second_root=root_of(LEAVES[:second]),
        proof=proof,
    )


def damaged(proof: Sequence[bytes]) -> Iterator[tuple[bytes, ...]]:
    """Every way to cut, lengthen or turn a proof, and to flip a bit in it."""
    hashes = tuple(proof)
    for position, value in enumerate(hashes):
        flipped = bytes([value[0] ^ 1]) + value[1:]
        yield (*hashes[:position], flipped, *hashes[position + 1 :])
        yield (*hashes[:position], value[:-1], *hashes[position + 1 :])
        yield (*hashes[:position], *hashes[position + 1 :])
    yield (*hashes, LEAVES[0])
    yield (LEAVES[0], *hashes)
    if hashes != hashes[::-1]:
        yield hashes[::-1]


@pytest.mark.parametrize("size", range(len(golden_log.ROOTS)))
def test_the_golden_roots_are_reached_entry_by_entry_and_at_once(size: int) -> None:
    leaves = [leaf_hash(entry) for entry in golden_log.ENTRIES[:size]]
    frontier = Frontier()
    for leaf in leaves:
        frontier = append(frontier, [leaf]).after
    assert frontier == append(Frontier(), leaves).after
    assert frontier.root() == golden_log.ROOTS[size]


@given(cuts=st.lists(st.integers(0, 70), max_size=6))
def test_batches_of_any_size_grow_the_same_tree_and_name_every_new_node(cuts: list[int]) -> None:
    frontier = Frontier()
    for count in cuts:
        growth = append(frontier, LEAVES[: frontier.size + count][frontier.size :])
        for level, nodes in enumerate(growth.added):
            first = frontier.size >> level
            numbered = enumerate(nodes, start=first)
            assert all(node == read_node(NodeId(level, index)) for index, node in numbered)
            assert first + len(nodes) == growth.after.size >> level
        frontier = growth.after
        assert frontier.root() == naive_root(LEAVES[: frontier.size])


@pytest.mark.parametrize("size", range(1, SIZE_MAX))
def test_every_leaf_of_a_tree_proves_in_and_nothing_else_does(size: int) -> None:
    root = root_of(LEAVES[:size])
    for index in range(size):
        proof = inclusion(index, size)
        accepted = [
            (number, place)
            for number, leaf in enumerate(LEAVES[: size + 1])
            for place in range(-1, size + 1)
            if verify_inclusion(leaf, index=place, tree_size=size, proof=proof, root=root)
        ]
        assert accepted == [(index, index)]


@pytest.mark.parametrize("size", range(1, SIZE_MAX))
def test_a_damaged_inclusion_proof_fails(size: int) -> None:
    root = root_of(LEAVES[:size])
    for index in range(size):
        for proof in damaged(inclusion(index, size)):
            leaf = LEAVES[index]
            assert not verify_inclusion(leaf, index=index, tree_size=size, proof=proof, root=root)


@pytest.mark.parametrize("size", range(SIZE_MAX))
def test_every_earlier_tree_is_consistent_and_no_damaged_proof_is(size: int) -> None:
    for first in range(size + 1):
        proof = consistency(first, size)
        assert is_consistent(first, size, proof)
        for wrong in damaged(proof):
            assert not is_consistent(first, size, wrong)


@pytest.mark.parametrize("size", range(2, SIZE_MAX))
def test_no_consistency_proof_hides_a_changed_root(size: int) -> None:
    other = LEAVES[255]
    for first in range(size + 1):
        proof = consistency(first, size)
        roots = (root_of(LEAVES[:first]), root_of(LEAVES[:size]))
        for first_root, second_root in ((other, roots[1]), (roots[0], other), roots[::-1]):
            # From nothing there is nothing to prove: any tree begins with the empty one.
            expected = (first == 0 and first_root == EMPTY_ROOT) or first_root == second_root
            assert expected == verify_consistency(
                first_size=first,
                second_size=size,
                first_root=first_root,
                second_root=second_root,
                proof=proof,
            )


@pytest.mark.parametrize("first", range(SIZE_MAX))
def test_a_tree_is_not_consistent_with_a_smaller_one(first: int) -> None:
    for second in range(-1, first):
        assert not is_consistent(first, second, ())
        with pytest.raises(ValueError, match="does not grow"):
            plan_consistency(first, second)


def test_an_empty_proof_shows_growth_only_from_nothing() -> None:
    assert is_consistent(0, 5, ())
    assert not is_consistent(3, 5, ())
    assert not is_consistent(4, 5, ())


def test_the_published_consistency_proof_verifies() -> None:
    assert verify_consistency(
        first_size=1,
        second_size=8,
        first_root=golden_log.CONSISTENCY_ROOT_1,
        second_root=golden_log.CONSISTENCY_ROOT_8,
        proof=golden_log.CONSISTENCY_PROOF_1_TO_8,
    )


def test_the_published_consistency_proof_is_what_we_would_hand_out() -> None:
    leaves = [leaf_hash(entry) for entry in golden_log.CONSISTENCY_ENTRIES]
    added = append(Frontier(), leaves).added
    proof = plan_consistency(1, 8).resolve(lambda node: added[node.level][node.position])
    assert root_of(leaves) == golden_log.CONSISTENCY_ROOT_8
    assert proof == golden_log.CONSISTENCY_PROOF_1_TO_8


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_a_leaf_outside_the_tree_has_no_proof(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="has no leaf"):
        plan_inclusion(index, size)
    assert root_from_inclusion(LEAVES[0], index=index, tree_size=size, proof=()) is None


def test_a_plan_lists_the_nodes_that_its_proof_reads() -> None:
    # Leaf 2 of 7: its neighbour 3, the pair 0-1, and on the right 4-5 with 6 alone.
    plan = plan_inclusion(2, 7)
    assert plan.nodes() == (NodeId(0, 3), NodeId(1, 0), NodeId(1, 2), NodeId(0, 6))
    assert len(plan.subtrees) == 3


def test_a_proof_in_a_tree_of_ten_million_reads_few_nodes() -> None:
    assert len(plan_inclusion(4_999_999, 10_000_000).nodes()) <= 24 + 23


@pytest.mark.parametrize(
    ("size", "peaks"),
    [(-1, ()), (1 << 63, (bytes(32),)), (3, (bytes(32),)), (1, (bytes(31),))],
    ids=["a negative size", "a size of 2^63", "a peak too few", "a short hash"],
)
def test_a_damaged_frontier_cannot_be_built(size: int, peaks: tuple[bytes, ...]) -> None:
    with pytest.raises(ValueError, match=r"tree|peak"):
        Frontier(size=size, peaks=peaks)
