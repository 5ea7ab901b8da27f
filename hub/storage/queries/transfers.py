"""Transfers that are due, for the service that expires them."""

from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg

_DUE: Final = """
SELECT transfer_id FROM transfer
WHERE state = 'checked' AND answer_until <= $1
ORDER BY answer_until
LIMIT $2
"""
_STANDING_STILL: Final = """
SELECT registry, starts_at, ends_at FROM maintenance_window
WHERE registry = ANY ($1::text[]) AND ends_at > $2 AND starts_at < $3
ORDER BY registry, starts_at
"""


async def due_transfers(connection: asyncpg.Connection, *, at: datetime, limit: int) -> list[UUID]:
    """Return transfers whose deadline for an answer has passed, the longest overdue first.

    Load them in a unit of work before expiring them: they may have been answered meanwhile.
    """
    return [row[0] for row in await connection.fetch(_DUE, at, limit)]


async def maintenance_between(
    connection: asyncpg.Connection, registries: list[str], *, begin: datetime, end: datetime
) -> list[tuple[str, datetime, datetime]]:
    """Return the announced absences (registry, from, until) that touch a span of time."""
    rows = await connection.fetch(_STANDING_STILL, registries, begin, end)
    return [tuple(row) for row in rows]
