"""The journal in the database: entries, tiles and the head that puts commits in order.

The hashes of level 0 are those of the entries; only the levels above are kept as tiles. An entry
and its hash are durable with the commit, and so before any checkpoint that covers them.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg

from hub.journal.merkle import HASH_SIZE_BYTES, Frontier, append, leaf_hash
from hub.journal.proofs import ProofPlan, plan_consistency, plan_inclusion
from hub.journal.tiles import (
    TILE_WIDTH,
    TileExtension,
    TileId,
    extensions_of,
    node_reader,
    tiles_for,
)
from hub.storage.errors import IntegrityRefusedError
from hub.storage.rows import bulk_copy, columns_of
from hub.storage.tables import journal as tables

READ_COUNT_MAX: Final = 10_000

_HEAD: Final = "SELECT size, peaks FROM journal_head"
_HEAD_ALONE: Final = "SELECT size, peaks FROM journal_head FOR UPDATE"
_NEW_HEAD: Final = "UPDATE journal_head SET size = $1, peaks = $2::bytea[]"
_LEAVES: Final = bulk_copy(
    tables.journal_leaf,
    "leaf_index",
    "entry",
    "leaf_hash",
    "envelope_id",
    "position",
    "message_id",
    "recorded_at",
)
_NEW_TILES: Final = bulk_copy(tables.journal_tile, "level", "position", "hashes")
_GROW_TILES: Final = """
UPDATE journal_tile t SET hashes = t.hashes || n.hashes
FROM unnest($1::smallint[], $2::bigint[], $3::int[], $4::bytea[])
     AS n (level, position, size_bytes, hashes)
WHERE t.level = n.level AND t.position = n.position AND octet_length(t.hashes) = n.size_bytes
"""
_TILES: Final = """
SELECT t.level, t.position, t.hashes
FROM unnest($1::smallint[], $2::bigint[]) AS n (level, position)
JOIN journal_tile t USING (level, position)
"""
_LEAF_TILES: Final = """
SELECT n.position, string_agg(l.leaf_hash, ''::bytea ORDER BY l.leaf_index)
FROM unnest($1::bigint[]) AS n (position)
JOIN journal_leaf l
    ON l.leaf_index >= n.position * 256 AND l.leaf_index < n.position * 256 + 256
GROUP BY n.position
"""
_ENTRIES: Final = """
SELECT entry FROM journal_leaf
WHERE leaf_index >= $1 AND leaf_index < $1 + $2
ORDER BY leaf_index
"""
_STORED_LEAVES: Final = """
SELECT leaf_index, entry, leaf_hash, envelope_id, position, message_id, recorded_at
FROM journal_leaf
WHERE leaf_index >= $1 AND leaf_index < $1 + $2
ORDER BY leaf_index
"""
_LEAVES_OF_MESSAGES: Final = """
SELECT message_id, leaf_index, leaf_hash FROM journal_leaf
WHERE message_id = ANY ($1::uuid[])
ORDER BY leaf_index DESC
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLeaf:
    """An entry to append, and the message that it stands for."""

    entry: bytes
    envelope_id: int | None = None
    position: int | None = None
    """Of the message in its envelope."""
    message_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredLeaf:
    """An entry as it is stored."""

    leaf_index: int
    entry: bytes
    leaf_hash: bytes
    envelope_id: int | None
    position: int | None
    message_id: UUID | None
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LeafPlace:
    """Where an entry stands."""

    leaf_index: int
    leaf_hash: bytes


async def append_leaves(
    connection: asyncpg.Connection, leaves: Sequence[NewLeaf], *, at: datetime
) -> list[LeafPlace]:
    """Append entries; return their places, in order.

    Locks the head until the commit: call it as late in a transaction as can be. What is inserted
    after it is in the order of the commits of all processes.

    Raises:
        IntegrityRefusedError: the tiles do not fit the head: somebody went around the journal.
    """
    before = _frontier(await connection.fetchrow(_HEAD_ALONE))
    hashes = [leaf_hash(leaf.entry) for leaf in leaves]
    if not leaves:
        return []
    growth = append(before, hashes)
    await _LEAVES.run(
        connection,
        [
            (
                before.size + offset,
                leaf.entry,
                hashes[offset],
                leaf.envelope_id,
                leaf.position,
                leaf.message_id,
                at,
            )
            for offset, leaf in enumerate(leaves)
        ],
    )
    await _write_tiles(
        connection, [extension for extension in extensions_of(growth) if extension.tile.level]
    )
    await connection.execute(_NEW_HEAD, growth.after.size, list(growth.after.peaks))
    return [
        LeafPlace(leaf_index=before.size + offset, leaf_hash=value)
        for offset, value in enumerate(hashes)
    ]


async def _write_tiles(connection: asyncpg.Connection, extensions: Sequence[TileExtension]) -> None:
    await _NEW_TILES.run(
        connection,
        [(*one.tile, one.hashes) for one in extensions if one.start_width == 0],
    )
    grown = [
        (*one.tile, one.start_width * HASH_SIZE_BYTES, one.hashes)
        for one in extensions
        if one.start_width
    ]
    if not grown:
        return
    status = await connection.execute(_GROW_TILES, *columns_of(grown))
    if status != f"UPDATE {len(grown)}":
        raise IntegrityRefusedError("the tiles of the journal do not fit its head")


def _frontier(row: asyncpg.Record) -> Frontier:
    return Frontier(size=row["size"], peaks=tuple(row["peaks"]))


async def journal_frontier(connection: asyncpg.Connection) -> Frontier:
    """Return the right edge of the tree as it is committed: its size, and so its root."""
    return _frontier(await connection.fetchrow(_HEAD))


async def read_tiles(
    connection: asyncpg.Connection, tiles: Collection[TileId]
) -> dict[TileId, bytes]:
    """Return the hashes of those tiles that are there, partial at the right edge."""
    leaf_tiles = [tile.position for tile in tiles if tile.level == 0]
    found: dict[TileId, bytes] = {}
    if leaf_tiles:
        for position, hashes in await connection.fetch(_LEAF_TILES, leaf_tiles):
            found[TileId(0, position)] = hashes
    higher = [tile for tile in tiles if tile.level]
    if higher:
        for level, position, hashes in await connection.fetch(_TILES, *columns_of(higher)):
            found[TileId(level, position)] = hashes
    return found


async def read_entries(connection: asyncpg.Connection, first: int, count: int) -> list[bytes]:
    """Return up to `count` entries from number `first` on."""
    rows = await connection.fetch(_ENTRIES, first, min(count, TILE_WIDTH))
    return [row[0] for row in rows]


async def read_leaves(connection: asyncpg.Connection, first: int, count: int) -> list[StoredLeaf]:
    """Return `count` entries from number `first` on, with what they stand for, for the audit."""
    rows = await connection.fetch(_STORED_LEAVES, first, min(count, READ_COUNT_MAX))
    return [StoredLeaf(**dict(row)) for row in rows]


async def leaves_of_messages(
    connection: asyncpg.Connection, message_ids: Collection[UUID]
) -> Mapping[UUID, LeafPlace]:
    """Return the place of the first entry of each message."""
    rows = await connection.fetch(_LEAVES_OF_MESSAGES, list(message_ids))
    return {row[0]: LeafPlace(leaf_index=row[1], leaf_hash=row[2]) for row in rows}


async def inclusion_proof(
    connection: asyncpg.Connection, *, leaf_index: int, size: int
) -> tuple[bytes, ...]:
    """Return the proof that a leaf is in the tree of `size` (ValueError when it is not)."""
    return await _resolve(connection, plan_inclusion(leaf_index, size))


async def consistency_proof(
    connection: asyncpg.Connection, *, old_size: int, size: int
) -> tuple[bytes, ...]:
    """Return the proof that the tree only grew (ValueError when it did not)."""
    return await _resolve(connection, plan_consistency(old_size, size))


async def _resolve(connection: asyncpg.Connection, plan: ProofPlan) -> tuple[bytes, ...]:
    tiles = await read_tiles(connection, tiles_for(plan.nodes()))
    return plan.resolve(node_reader(tiles))
