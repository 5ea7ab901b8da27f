"""How things stand, in one statement."""

from dataclasses import dataclass
from typing import Final

import asyncpg

_PROBE: Final = """
SELECT (SELECT size FROM journal_head) AS journal_size,
       (SELECT count(*) FROM outbox WHERE state = 'waiting') AS deliveries_waiting,
       (SELECT count(*) FROM outbox WHERE state = 'dead') AS deliveries_given_up
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Counts that an operator looks at first."""

    journal_size: int
    deliveries_waiting: int
    deliveries_given_up: int


async def standing(connection: asyncpg.Connection) -> Standing:
    """Return how things stand now."""
    return Standing(**dict(await connection.fetchrow(_PROBE)))
