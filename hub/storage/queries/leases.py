"""Leases: of several hubs on one database, one does a periodic work."""

from datetime import datetime, timedelta
from typing import Final

import asyncpg

_TAKE: Final = """
INSERT INTO lease (name, holder, held_until, fence) VALUES ($1, $2, $3, 1)
ON CONFLICT (name) DO UPDATE
SET held_until = excluded.held_until,
    fence = lease.fence + (lease.holder <> excluded.holder OR lease.held_until <= $4)::int,
    holder = excluded.holder
WHERE lease.holder = excluded.holder OR lease.held_until <= $4
RETURNING fence
"""
_RELEASE: Final = """
UPDATE lease SET held_until = $3 WHERE name = $1 AND holder = $2 AND held_until > $3
"""


async def take_lease(
    connection: asyncpg.Connection, name: str, *, holder: str, at: datetime, lasts: timedelta
) -> int | None:
    """Take or prolong a lease; None while somebody else has it.

    The returned fence is higher for each new holder: who finds a higher one than its own has lost
    the lease meanwhile.
    """
    fence: int | None = await connection.fetchval(_TAKE, name, holder, at + lasts, at)
    return fence


async def release_lease(
    connection: asyncpg.Connection, name: str, *, holder: str, at: datetime
) -> None:
    """Let the next one begin at once."""
    await connection.execute(_RELEASE, name, holder, at)
