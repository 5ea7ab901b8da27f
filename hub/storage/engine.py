"""One pool of connections to PostgreSQL: SQLAlchemy's, with asyncpg for the hot statements."""

from collections.abc import Awaitable, Callable
from typing import Final

import asyncpg
from sqlalchemy import NullPool
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

Connector = Callable[..., Awaitable[asyncpg.Connection]]

CONNECTIONS_MAX: Final = 16


def make_engine(dsn: str, *, connections_max: int = CONNECTIONS_MAX) -> AsyncEngine:
    """Return an engine for `postgresql://…` that keeps up to `connections_max` connections."""
    # Nothing is sent when a connection goes back: whoever used it ended the transaction.
    return create_async_engine(
        "postgresql+asyncpg://",
        async_creator=_connector(dsn),
        pool_size=connections_max,
        max_overflow=0,
        pool_reset_on_return=None,
    )


def make_single_use_engine(dsn: str) -> AsyncEngine:
    """Return an engine that keeps no connection, for commands that run once."""
    return create_async_engine(
        "postgresql+asyncpg://", async_creator=_connector(dsn), poolclass=NullPool
    )


def _connector(dsn: str) -> Connector:
    async def connect(*_: object, **__: object) -> asyncpg.Connection:
        return await asyncpg.connect(dsn)

    return connect
