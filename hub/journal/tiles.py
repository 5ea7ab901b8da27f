"""Tiles: the hashes of the tree as the static files that a log publishes (C2SP tlog-tiles).

A tile is up to 256 neighbouring hashes of one level, eight tree levels high. Tiles only ever
grow at their end and are final once full, so a store appends bytes and never changes any.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from hub.journal.merkle import HASH_SIZE_BYTES, Frontier, Growth, append
from hub.journal.proofs import NodeId, NodeReader, ProofPlan, peaks_of

TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
TILE_LEVEL_MAX = 63

_PATH = re.compile(
    r"tile/(entries|[0-9]{1,2})/((?:x[0-9]{3}/){0,5}[0-9]{3})(?:\.p/([0-9]{1,3}))?", re.ASCII
)


class TileId(NamedTuple):
    """A tile by its level (0 holds leaf hashes) and its position within the level."""

    level: int
    position: int


class TileFile(NamedTuple):
    """One published file: a tile, or a bundle of entries (level None), of 1 to 256 items."""

    level: int | None
    position: int
    width: int = TILE_WIDTH

    @property
    def path(self) -> str:
        """Print the path below the log's prefix, without a leading slash."""
        level = "entries" if self.level is None else str(self.level)
        partial = "" if self.width == TILE_WIDTH else f".p/{self.width}"
        return f"tile/{level}/{_position_path(self.position)}{partial}"

    def is_within(self, size: int) -> bool:
        """Say whether a tree of this size has all items of the file, so that it may be served."""
        items = size >> (TILE_HEIGHT * (self.level or 0))
        return self.position * TILE_WIDTH + self.width <= items


def parse_tile_path(path: str) -> TileFile | None:
    """Read a requested path, None when it names no possible file.

    Only the one canonical spelling is read, so that a cache never holds a file twice.
    """
    match = _PATH.fullmatch(path)
    if match is None:
        return None
    level, position, width = match.groups()
    file = TileFile(
        level=None if level == "entries" else int(level),
        position=int(re.sub("[x/]", "", position)),
        width=TILE_WIDTH if width is None else int(width),
    )
    possible = (file.level or 0) <= TILE_LEVEL_MAX and 1 <= file.width <= TILE_WIDTH
    return file if possible and file.path == path else None


def _position_path(position: int) -> str:
    """Group the digits in threes; all groups but the last begin with an x."""
    digits = str(position)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[start : start + 3] for start in range(0, len(digits), 3)]
    return "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])


def files_of(size: int) -> Iterator[TileFile]:
    """List the tiles, full and partial, that a tree of this size consists of, by level."""
    level = 0
    while items := size >> (TILE_HEIGHT * level):
        yield from (TileFile(level, position) for position in range(items // TILE_WIDTH))
        if items % TILE_WIDTH:
            yield TileFile(level, items // TILE_WIDTH, items % TILE_WIDTH)
        level += 1


@dataclass(frozen=True, slots=True, kw_only=True)
class TileExtension:
    """Bytes that an append adds at the end of one tile.

    `start_width` is what the tile must hold before (0: the tile is new); a store that finds
    another width must refuse the append, for then somebody else has appended.
    """

    tile: TileId
    start_width: int
    hashes: bytes

    @property
    def end_width(self) -> int:
        """Return how many hashes the tile holds afterwards; 256 makes it final."""
        return self.start_width + len(self.hashes) // HASH_SIZE_BYTES


def extensions_of(growth: Growth) -> tuple[TileExtension, ...]:
    """Return what an append adds to the tiles, level by level, each tile at most once.

    They must be durable before the new size is published (DESIGN: no checkpoint without tiles).
    """
    return tuple(
        extension
        for level, nodes in enumerate(growth.added[::TILE_HEIGHT])
        for extension in _cut(level, growth.before.size >> (TILE_HEIGHT * level), list(nodes))
    )


def tiles_between(before: int, after: int) -> frozenset[TileId]:
    """Name the tiles that growing from one size to another begins, extends or fills."""
    tiles: list[TileId] = []
    level = 0
    while (first := before >> (TILE_HEIGHT * level)) < (end := after >> (TILE_HEIGHT * level)):
        positions = range(first // TILE_WIDTH, -(-end // TILE_WIDTH))
        tiles.extend(TileId(level, position) for position in positions)
        level += 1
    return frozenset(tiles)


def _cut(level: int, first: int, nodes: list[bytes]) -> Iterator[TileExtension]:
    """Cut the new hashes of one level, the first of them number `first`, at tile borders."""
    end = first + len(nodes)
    for position in range(first // TILE_WIDTH, -(-end // TILE_WIDTH)):
        start = max(first, position * TILE_WIDTH)
        stop = min(end, (position + 1) * TILE_WIDTH)
        yield TileExtension(
            tile=TileId(level, position),
            start_width=start % TILE_WIDTH,
            hashes=b"".join(nodes[start - first : stop - first]),
        )


def _tile_of(node: NodeId) -> TileId:
    """Return the tile that holds a node, or the hashes that it is made of."""
    level, steps = divmod(node.level, TILE_HEIGHT)
    return TileId(level, node.position << steps >> TILE_HEIGHT)


def tiles_for(nodes: Iterable[NodeId]) -> frozenset[TileId]:
    """Return the tiles that must be read to know these nodes."""
    return frozenset(map(_tile_of, nodes))


def files_for(nodes: Iterable[NodeId], size: int) -> frozenset[TileFile]:
    """Return the files to fetch from a log of this size, partial where the tree ends."""
    return frozenset(
        TileFile(level, position, min(TILE_WIDTH, width))
        for level, position in tiles_for(nodes)
        if (width := (size >> (TILE_HEIGHT * level)) - position * TILE_WIDTH) > 0
    )


def node_reader(tiles: Mapping[TileId, bytes]) -> NodeReader:
    """Read nodes out of tiles that are at hand; those between two tile levels are computed.

    Each tile is hashed once, so that many proofs out of one reader cost little more than one.
    The reader raises KeyError for a tile that is not there, and ValueError for one too short.
    """
    hashed: dict[TileId, tuple[Sequence[bytes], ...]] = {}

    def read(node: NodeId) -> bytes:
        tile = _tile_of(node)
        if tile not in hashed:
            hashed[tile] = append(Frontier(), split_hashes(tiles[tile])).added
        steps = node.level % TILE_HEIGHT
        first = tile.position << (TILE_HEIGHT - steps)
        try:
            return hashed[tile][steps][node.position - first]
        except IndexError as cause:
            raise ValueError(f"tile {tile.level}/{tile.position} is too short") from cause

    return read


def split_hashes(data: bytes) -> list[bytes]:
    """Cut the bytes of a tile into its hashes; a rest that is no whole hash is left out."""
    ends = range(HASH_SIZE_BYTES, len(data) + 1, HASH_SIZE_BYTES)
    return [data[end - HASH_SIZE_BYTES : end] for end in ends]


def plan_frontier(size: int) -> ProofPlan:
    """Plan the reading of a tree's frontier: its peaks, largest first."""
    return ProofPlan(subtrees=tuple((peak,) for peak in peaks_of(0, size)))


def frontier_from_tiles(size: int, tiles: Mapping[TileId, bytes]) -> Frontier:
    """Rebuild the right edge of a tree from its tiles; errors as in `node_reader`."""
    return Frontier(size=size, peaks=plan_frontier(size).resolve(node_reader(tiles)))
