"""Health with reasons: whether the hub can keep evidence now, and what it waits for."""

from collections.abc import Callable
from datetime import datetime

import msgspec

from hub.storage.database import Database
from hub.storage.errors import StorageError
from hub.storage.queries.health import standing


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """What `/health` says."""

    status: str
    """`up`, or `no database`: then nothing is taken."""
    hub: str
    time: datetime
    journal_size: int | None = None
    deliveries_waiting: int | None = None
    deliveries_given_up: int | None = None


async def look(database: Database, hub_id: str, clock: Callable[[], datetime]) -> Health:
    """Ask the database, and say how things stand."""
    try:
        async with database.reading() as connection:
            found = await standing(connection)
    except StorageError:
        return Health(status="no database", hub=hub_id, time=clock())
    return Health(
        status="up",
        hub=hub_id,
        time=clock(),
        journal_size=found.journal_size,
        deliveries_waiting=found.deliveries_waiting,
        deliveries_given_up=found.deliveries_given_up,
    )
