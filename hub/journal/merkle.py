"""The Merkle tree of RFC 9162 section 2.1: hashes, growth and roots.

A tree is known by its frontier, the roots of the complete subtrees that its size is the sum of:
enough to append and to state the root, and never more than 63 hashes. Proofs are in
`hub.journal.proofs`, the hashes that a log publishes in `hub.journal.tiles`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from hashlib import sha256

HASH_SIZE_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()
LEVELS_COUNT_MAX = 63


def leaf_hash(entry: bytes) -> bytes:
    """Hash an entry (RFC 9162 section 2.1.1).

    The prefix 0x00 keeps a leaf from being replayed as an inner node.
    """
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two neighbouring subtrees into their parent (RFC 9162 section 2.1.1)."""
    return sha256(b"\x01" + left + right).digest()


def join_peaks(peaks: Sequence[bytes]) -> bytes:
    """Hash the complete subtrees that make up a tree, largest first, into its root."""
    if not peaks:
        return EMPTY_ROOT
    return reduce(lambda right, left: node_hash(left, right), reversed(peaks))


@dataclass(frozen=True, slots=True, kw_only=True)
class Frontier:
    """The right edge of a tree: its size and the roots of its complete subtrees, largest first.

    There is one peak for each one-bit of the size. Two frontiers are equal exactly when the
    trees are.
    """

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a frontier that belongs to no tree (ValueError): a stored one may be damaged."""
        if not 0 <= self.size < 1 << LEVELS_COUNT_MAX:
            raise ValueError(f"not a tree size: {self.size}")
        if len(self.peaks) != self.size.bit_count():
            raise ValueError(f"{len(self.peaks)} peaks do not make a tree of {self.size}")
        if any(len(peak) != HASH_SIZE_BYTES for peak in self.peaks):
            raise ValueError("a peak has 32 bytes")

    def root(self) -> bytes:
        """Return the root of the tree."""
        return join_peaks(self.peaks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """What an append added: the new frontier, and the new hashes level by level.

    `added[k]` holds the complete subtrees of 2^k leaves that came into being, in order; the
    first of them is number `before.size >> k` of its level.
    """

    before: Frontier
    after: Frontier
    added: tuple[Sequence[bytes], ...]


def append(frontier: Frontier, leaf_hashes: Sequence[bytes]) -> Growth:
    """Append a batch of leaf hashes: about one hash of two nodes for each leaf."""
    added: list[Sequence[bytes]] = []
    peaks: list[bytes] = []
    waiting = list(frontier.peaks)
    nodes: Sequence[bytes] = leaf_hashes
    while nodes:
        # At each level a peak of the old tree waits for its right neighbour, or none does.
        row = [waiting.pop(), *nodes] if frontier.size >> len(added) & 1 else list(nodes)
        added.append(nodes)
        if len(row) & 1:
            peaks.append(row.pop())
        nodes = _parents(row)
    after = Frontier(size=frontier.size + len(leaf_hashes), peaks=(*waiting, *reversed(peaks)))
    return Growth(before=frontier, after=after, added=tuple(added))


def _parents(row: Sequence[bytes]) -> list[bytes]:
    nodes = iter(row)
    # Spelt out for speed: calling node_hash for each pair would cost a fifth more.
    return [
        sha256(b"\x01" + left + right).digest() for left, right in zip(nodes, nodes, strict=True)
    ]


def root_of(leaf_hashes: Sequence[bytes]) -> bytes:
    """Return the root over these leaf hashes."""
    return append(Frontier(), leaf_hashes).after.root()
