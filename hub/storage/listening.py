"""Waking up when another task or process has committed something (LISTEN and NOTIFY).

A notice is a hint, never the news itself: whoever is woken reads what is there, and polls now and
then, because notices are lost while the connection is down.
"""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from enum import StrEnum, unique
from typing import Final

import asyncpg

from hub.storage.errors import told_by_remedy

WAITING_COUNT_MAX: Final = 1_000


@unique
class Channel(StrEnum):
    """What a notice is about."""

    OUTBOX = "itmo_outbox"
    """Something is owed; the payload is the lowest new id, or nothing."""
    REGISTER = "itmo_register"
    """Accounts, authorizations, registries or keys have changed: read them anew."""
    JOURNAL = "itmo_journal"
    """The journal has grown; the payload is its size."""
    DISCREPANCY = "itmo_discrepancy"
    """A discrepancy was opened or moved on; the payload is its id."""


@asynccontextmanager
async def listening(
    dsn: str, channels: Collection[Channel]
) -> AsyncIterator[asyncio.Queue[tuple[Channel, str] | None]]:
    """Listen on a connection of its own; None in the queue says that the connection is lost.

    When more notices wait than the queue holds, the newest are dropped: they are hints only.
    """
    queue: asyncio.Queue[tuple[Channel, str] | None] = asyncio.Queue(WAITING_COUNT_MAX)

    def put(notice: tuple[Channel, str] | None) -> None:
        if not queue.full():
            queue.put_nowait(notice)

    def notified(_: object, __: int, channel: str, payload: object) -> None:
        put((Channel(channel), str(payload)))

    with told_by_remedy():
        connection = await asyncpg.connect(dsn)
        try:
            connection.add_termination_listener(lambda _: put(None))
            for channel in channels:
                await connection.add_listener(channel.value, notified)
            yield queue
        finally:
            connection.terminate()
