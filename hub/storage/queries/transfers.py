"""Transfers that are due, for the service that expires them; and what a transfer takes away."""

from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

import asyncpg

from schema.identifiers import ItmoBlock, ItmoSeries, SerialRange

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


_LEAVING: Final = """
SELECT receiver.party, receiver.name,
       series.approach, series.registry, series.first_party, series.vintage, block.first, block.last
FROM transfer
JOIN registry AS receiver ON receiver.registry = transfer.to_registry
JOIN transfer_block AS block USING (transfer_id)
JOIN series USING (series_id)
WHERE transfer.transfer_id = $1 AND transfer.from_registry = $2
  AND transfer.to_registry <> transfer.from_registry
ORDER BY block.position
"""


class LeavingBlock(NamedTuple):
    """A block that a transfer takes out of a registry, and who receives it."""

    party: str
    registry_name: str
    block: ItmoBlock


async def leaving(
    connection: asyncpg.Connection, transfer_id: UUID, registry: str
) -> list[LeavingBlock]:
    """Return what a transfer takes out of a registry: nothing when it is not the sender."""
    return [
        LeavingBlock(
            party=party,
            registry_name=name,
            block=ItmoBlock(ItmoSeries(*series), SerialRange(first, last)),
        )
        for party, name, *series, first, last in await connection.fetch(
            _LEAVING, transfer_id, registry
        )
    ]


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
