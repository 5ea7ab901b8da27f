"""A database of its own beside the real one, for work that must not touch it; dropped after."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from secrets import token_hex
from urllib.parse import urlsplit

import asyncpg

from hub.storage.errors import told_by_remedy
from hub.storage.migrate import upgrade


@asynccontextmanager
async def scratch_database(dsn: str) -> AsyncIterator[str]:
    """Yield the address of an empty, migrated database on the same server.

    The role needs the right to create databases. Nothing in it is worth a flush to the disk.

    Raises:
        StorageError: by what the caller can do about it.
    """
    name = f"itmo_hub_scratch_{token_hex(6)}"
    with told_by_remedy():
        connection = await asyncpg.connect(dsn)
        try:
            await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
            try:
                await connection.execute(f'ALTER DATABASE "{name}" SET synchronous_commit = off')
                address = urlsplit(dsn)._replace(path=f"/{name}").geturl()
                await asyncio.to_thread(upgrade, address)
                yield address
            finally:
                await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        finally:
            await connection.close()
