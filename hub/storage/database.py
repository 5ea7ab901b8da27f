"""The database as the services see it: transactions, plain reads, wake-up calls."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.storage.engine import CONNECTIONS_MAX, make_engine
from hub.storage.errors import told_by_remedy
from hub.storage.ids import Ids
from hub.storage.slice.remembered import RegisterMemory
from hub.storage.unit_of_work import UnitOfWork

_NOTIFY: Final = "SELECT pg_notify($1, $2)"


class Database:
    """One PostgreSQL database, shared by any number of tasks of this process."""

    def __init__(self, dsn: str, *, connections_max: int = CONNECTIONS_MAX) -> None:
        """Prepare two pools of up to `connections_max` connections each: to read, and to write."""
        self.dsn: Final = dsn
        self.engine: Final = make_engine(dsn, connections_max=connections_max)
        self._writing_engine: Final = make_engine(
            dsn, connections_max=connections_max, only_by_key=True
        )
        self.ids: Final = Ids()
        self.register: Final = RegisterMemory()

    async def close(self) -> None:
        """Close all connections."""
        await self.engine.dispose()
        await self._writing_engine.dispose()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[asyncpg.Connection]:
        """Lend a connection for reads; each statement sees what is committed when it begins.

        Raises:
            StorageError: by what the caller can do about it.
        """
        async with _lent_by(self.engine) as connection:
            yield connection

    @asynccontextmanager
    async def unit_of_work(self) -> AsyncIterator[UnitOfWork]:
        """Run one transaction: committed at the end of the block, undone if it raises.

        Raises:
            StorageError: by what the caller can do about it; nothing was kept, except that after
                `DatabaseUnavailableError` a commit may have happened unseen.
        """
        async with _lent_by(self._writing_engine) as connection:
            ids = Ids(self.ids)
            async with connection.transaction(isolation="read_committed"):
                yield UnitOfWork(connection, ids, self.register)
            ids.share()

    async def notify(self, channel: str, payload: str = "") -> None:
        """Wake whoever listens on `channel`; after a commit, never within a transaction."""
        async with self.reading() as connection:
            await connection.execute(_NOTIFY, channel, payload)


@asynccontextmanager
async def _lent_by(engine: AsyncEngine) -> AsyncIterator[asyncpg.Connection]:
    with told_by_remedy():
        lent = await engine.raw_connection()
        connection = lent.driver_connection
        assert connection is not None, "a lent connection is open"
        try:
            yield connection
        finally:
            if connection.is_closed():
                lent.detach()
            lent.close()
