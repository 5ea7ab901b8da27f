"""Pools of connections to PostgreSQL: SQLAlchemy's, with asyncpg for the hot statements.

Units of work and reads have a pool each, because they want other plans: a unit of work sends a few
statements over and over, all of them look-ups by key, so they are planned once and by index,
whatever a fresh table's statistics say; a read is planned for its values.
"""

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
_KEYED_SETTINGS: Final = _SETTINGS | {
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
}


def make_engine(
    dsn: str, *, connections_max: int = CONNECTIONS_MAX, only_by_key: bool = False
) -> AsyncEngine:
    """Return an engine for `postgresql://…` that keeps up to `connections_max` connections.

    With `only_by_key` it is for units of work.
    """
    # Nothing is sent when a connection goes back: whoever used it ended the transaction.
    return create_async_engine(
        "postgresql+asyncpg://",
        async_creator=_connector(dsn, _KEYED_SETTINGS if only_by_key else _SETTINGS),
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
