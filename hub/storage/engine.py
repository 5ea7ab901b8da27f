"""One pool of connections to PostgreSQL: SQLAlchemy's, with asyncpg for the hot statements."""

from collections.abc import Awaitable, Callable
from typing import Final

import asyncpg
from sqlalchemy import NullPool
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

Connector = Callable[..., Awaitable[asyncpg.Connection]]

CONNECTIONS_MAX: Final = 16
_SETTINGS: Final = {
    "application_name": "itmo-hub",
    "timezone": "UTC",
    # Every wait has an end; who waits too long starts again.
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "60s",
    # Statements are short and many: compiling them never pays.
    "jit": "off",
}


def make_engine(dsn: str, *, connections_max: int = CONNECTIONS_MAX) -> AsyncEngine:
    """Return an engine for `postgresql://…` that keeps up to `connections_max` connections."""
    # Nothing is sent when a connection goes back: whoever used it ended the transaction.
    return create_async_engine(
        "postgresql+asyncpg://",
        async_creator=_connector(dsn, _SETTINGS),
        pool_size=connections_max,
        max_overflow=0,
        pool_reset_on_return=None,
        # A jsonb column is its JSON text in both directions; who reads it knows its structure.
        json_deserializer=str,
    )


def make_single_use_engine(dsn: str) -> AsyncEngine:
    """Return an engine that keeps no connection, for commands that run once."""
    return create_async_engine(
        "postgresql+asyncpg://", async_creator=_connector(dsn, {}), poolclass=NullPool
    )


def _connector(dsn: str, settings: dict[str, str]) -> Connector:
    async def connect(*_: object, **__: object) -> asyncpg.Connection:
        return await asyncpg.connect(dsn, server_settings=settings)

    return connect
