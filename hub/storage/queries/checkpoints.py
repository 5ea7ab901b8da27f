"""Checkpoints of our journal, their cosignatures, and the logs of others that we witness."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import asyncpg

_NEW: Final = """
INSERT INTO checkpoint (size, root, note, signed_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (size) DO NOTHING
"""
_COSIGN: Final = """
INSERT INTO cosignature (size, witness, line, cosigned_at, received_at)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (size, witness) DO NOTHING
"""
_PUBLISH: Final = """
UPDATE checkpoint SET published_at = $2 WHERE size = $1 AND published_at IS NULL
"""
_LATEST: Final = """
SELECT size, root, note, signed_at, published_at FROM checkpoint ORDER BY size DESC LIMIT 1
"""
_LATEST_PUBLISHED: Final = """
SELECT size, root, note, signed_at, published_at FROM checkpoint
WHERE published_at IS NOT NULL ORDER BY size DESC LIMIT 1
"""
_COVERING: Final = """
SELECT size, root, note, signed_at, published_at FROM checkpoint
WHERE published_at IS NOT NULL AND size > $1 ORDER BY size LIMIT 1
"""
_RANGE: Final = """
SELECT size, root, note, signed_at, published_at FROM checkpoint
WHERE size > $1 ORDER BY size LIMIT $2
"""
_COSIGNATURES: Final = """
SELECT size, witness, line, cosigned_at, received_at FROM cosignature
WHERE size = $1 ORDER BY witness
"""
_WITNESSED: Final = "SELECT size, root, note FROM witnessed_log WHERE origin = $1"
_FIRST_WITNESSED: Final = """
INSERT INTO witnessed_log (origin, size, root, note, witnessed_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (origin) DO NOTHING
"""
_ADVANCE: Final = """
UPDATE witnessed_log SET size = $2, root = $3, note = $4, witnessed_at = $5
WHERE origin = $1 AND size = $6 AND root = $7
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCheckpoint:
    """A checkpoint that was signed: its note is without cosignatures."""

    size: int
    root: bytes
    note: bytes
    signed_at: datetime
    published_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCosignature:
    """A witness's line for one of our checkpoints."""

    size: int
    witness: str
    line: bytes
    cosigned_at: datetime
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessedTree:
    """The latest tree of another log that this hub has cosigned."""

    size: int
    root: bytes
    note: bytes


async def store_checkpoint(
    connection: asyncpg.Connection, *, size: int, root: bytes, note: bytes, signed_at: datetime
) -> bool:
    """Keep a signed checkpoint; False when one of this size is there, which then is the one."""
    status = await connection.execute(_NEW, size, root, note, signed_at)
    return bool(status == "INSERT 0 1")


async def store_cosignature(connection: asyncpg.Connection, cosignature: StoredCosignature) -> None:
    """Keep the first line of a witness for a size."""
    await connection.execute(
        _COSIGN,
        cosignature.size,
        cosignature.witness,
        cosignature.line,
        cosignature.cosigned_at,
        cosignature.received_at,
    )


async def publish_checkpoint(connection: asyncpg.Connection, size: int, *, at: datetime) -> None:
    """Let a checkpoint be seen from now on."""
    await connection.execute(_PUBLISH, size, at)


async def latest_checkpoint(connection: asyncpg.Connection) -> StoredCheckpoint | None:
    """Return the largest checkpoint that was signed, published or not."""
    return _checkpoint(await connection.fetchrow(_LATEST))


async def latest_published(connection: asyncpg.Connection) -> StoredCheckpoint | None:
    """Return the largest checkpoint that may be seen."""
    return _checkpoint(await connection.fetchrow(_LATEST_PUBLISHED))


async def published_covering(
    connection: asyncpg.Connection, leaf_index: int
) -> StoredCheckpoint | None:
    """Return the first published checkpoint that covers a leaf."""
    return _checkpoint(await connection.fetchrow(_COVERING, leaf_index))


async def checkpoints_after(
    connection: asyncpg.Connection, size: int, *, limit: int
) -> list[StoredCheckpoint]:
    """Return signed checkpoints above a size, in order."""
    return [StoredCheckpoint(**dict(row)) for row in await connection.fetch(_RANGE, size, limit)]


async def cosignatures_of(connection: asyncpg.Connection, size: int) -> Sequence[StoredCosignature]:
    """Return the witnesses' lines for a checkpoint."""
    return [StoredCosignature(**dict(row)) for row in await connection.fetch(_COSIGNATURES, size)]


def _checkpoint(row: asyncpg.Record | None) -> StoredCheckpoint | None:
    return None if row is None else StoredCheckpoint(**dict(row))


async def witnessed_tree(connection: asyncpg.Connection, origin: str) -> WitnessedTree | None:
    """Return the tree of another log that was cosigned last."""
    row = await connection.fetchrow(_WITNESSED, origin)
    return None if row is None else WitnessedTree(**dict(row))


async def advance_witnessed(
    connection: asyncpg.Connection,
    origin: str,
    *,
    replaces: WitnessedTree | None,
    by: WitnessedTree,
    at: datetime,
) -> bool:
    """Replace the remembered tree if it is still `replaces`; False for the loser of a race.

    The cosignature may leave only after this has been committed.
    """
    if replaces is None:
        status = await connection.execute(_FIRST_WITNESSED, origin, by.size, by.root, by.note, at)
        return bool(status == "INSERT 0 1")
    status = await connection.execute(
        _ADVANCE, origin, by.size, by.root, by.note, at, replaces.size, replaces.root
    )
    return bool(status == "UPDATE 1")
