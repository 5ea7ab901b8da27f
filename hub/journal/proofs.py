"""Inclusion and consistency proofs: which hashes they consist of, and how they are checked.

A proof is planned before anything is read, so that a store can fetch all it needs at once; the
checks need nothing but their arguments (RFC 9162 sections 2.1.3 and 2.1.4).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from hub.journal.merkle import EMPTY_ROOT, HASH_SIZE_BYTES, join_peaks, node_hash


class NodeId(NamedTuple):
    """The complete subtree at a position, counted from 0, among those of 2^level leaves."""

    level: int
    position: int


NodeReader = Callable[[NodeId], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofPlan:
    """The subtrees whose hashes make up a proof, in the proof's order.

    A subtree at the right edge of the tree may be incomplete; it is then given as the complete
    ones that it consists of, largest first.
    """

    subtrees: tuple[tuple[NodeId, ...], ...]

    def nodes(self) -> tuple[NodeId, ...]:
        """List every node that is to be read."""
        return tuple(node for subtree in self.subtrees for node in subtree)

    def resolve(self, read: NodeReader) -> tuple[bytes, ...]:
        """Read the nodes and return the proof."""
        return tuple(join_peaks([read(node) for node in subtree]) for subtree in self.subtrees)


def peaks_of(begin: int, end: int) -> tuple[NodeId, ...]:
    """Return the complete subtrees, largest first, that the leaves from begin to end make up.

    `begin` is a multiple of the largest of them, as for every subtree of a tree.
    """
    peaks: list[NodeId] = []
    while begin < end:
        level = (end - begin).bit_length() - 1
        peaks.append(NodeId(level, begin >> level))
        begin += 1 << level
    return tuple(peaks)


def plan_inclusion(index: int, size: int) -> ProofPlan:
    """Plan the proof that leaf `index` is in the tree of `size` leaves (RFC 9162 s. 2.1.3.1).

    ValueError when the tree has no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} has no leaf {index}")
    siblings: list[tuple[NodeId, ...]] = []
    begin, end = 0, size
    while end - begin > 1:
        middle = _middle(begin, end)
        if index < middle:
            siblings.append(peaks_of(middle, end))
            end = middle
        else:
            siblings.append(peaks_of(begin, middle))
            begin = middle
    return ProofPlan(subtrees=tuple(reversed(siblings)))


def plan_consistency(first_size: int, second_size: int) -> ProofPlan:
    """Plan the proof that a tree only grew from one size to the other (RFC 9162 s. 2.1.4.1).

    ValueError when it did not grow at all. The proof is empty for equal sizes and from nothing.
    """
    if not 0 <= first_size <= second_size:
        raise ValueError(f"a tree does not grow from {first_size} to {second_size}")
    if first_size == 0:
        return ProofPlan(subtrees=())
    siblings: list[tuple[NodeId, ...]] = []
    begin, end = 0, second_size
    while first_size != end:
        middle = _middle(begin, end)
        if first_size <= middle:
            siblings.append(peaks_of(middle, end))
            end = middle
        else:
            siblings.append(peaks_of(begin, middle))
            begin = middle
    # The old tree, or what is left of it, is known to the verifier only when it is a whole
    # subtree that starts at the first leaf.
    if begin:
        siblings.append(peaks_of(begin, end))
    return ProofPlan(subtrees=tuple(reversed(siblings)))


def _middle(begin: int, end: int) -> int:
    """Split as RFC 9162 does: the left side is the largest power of two below the whole."""
    return begin + (1 << ((end - begin - 1).bit_length() - 1))


def root_from_inclusion(
    leaf_hash: bytes, *, index: int, tree_size: int, proof: Sequence[bytes]
) -> bytes | None:
    """Compute the root that an inclusion proof leads to, None when it has the wrong shape.

    RFC 9162 section 2.1.3.2. The path depends on the leaf's place alone; the size only bounds
    it, and is bound to the root by the checkpoint that states both.
    """
    if not 0 <= index < tree_size or not _are_hashes([leaf_hash, *proof]):
        return None
    node, last, computed = index, tree_size - 1, leaf_hash
    for sibling in proof:
        if last == 0:
            return None
        if node & 1 or node == last:
            computed = node_hash(sibling, computed)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            computed = node_hash(computed, sibling)
        node, last = node >> 1, last >> 1
    return computed if last == 0 else None


def verify_inclusion(
    leaf_hash: bytes, *, index: int, tree_size: int, proof: Sequence[bytes], root: bytes
) -> bool:
    """Say whether the proof shows this leaf at this place of the tree with this root."""
    computed = root_from_inclusion(leaf_hash, index=index, tree_size=tree_size, proof=proof)
    return computed is not None and computed == root


def verify_consistency(
    *,
    first_size: int,
    second_size: int,
    first_root: bytes,
    second_root: bytes,
    proof: Sequence[bytes],
) -> bool:
    """Say whether the proof shows that the first tree is the beginning of the second.

    RFC 9162 section 2.1.4.2; beyond it, the empty tree is the beginning of every tree, shown by
    its own root and an empty proof.
    """
    if not 0 <= first_size <= second_size or not _are_hashes([first_root, second_root, *proof]):
        return False
    if first_size == second_size:
        return not proof and first_root == second_root
    if first_size == 0:
        return not proof and first_root == EMPTY_ROOT
    whole_subtree = first_size & (first_size - 1) == 0
    path = [first_root, *proof] if whole_subtree else list(proof)
    return _walk(first_size - 1, second_size - 1, path) == (first_root, second_root)


def _walk(node: int, last: int, path: list[bytes]) -> tuple[bytes, bytes] | None:
    """Compute both roots from a consistency path, None when it has the wrong shape."""
    if not path:
        return None
    while node & 1:
        node, last = node >> 1, last >> 1
    first = second = path[0]
    for sibling in path[1:]:
        if last == 0:
            return None
        if node & 1 or node == last:
            first, second = node_hash(sibling, first), node_hash(sibling, second)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            second = node_hash(second, sibling)
        node, last = node >> 1, last >> 1
    return (first, second) if last == 0 else None


def _are_hashes(values: Sequence[bytes]) -> bool:
    return all(len(value) == HASH_SIZE_BYTES for value in values)
