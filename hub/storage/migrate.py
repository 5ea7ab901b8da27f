"""Bring a database to the tables of this release.

The functions are for use outside an event loop; inside one, call them through
`asyncio.to_thread`.
"""

import asyncio
from collections.abc import Callable
from importlib.resources import as_file, files
from typing import Final, TypeVar

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy import text as sql

from hub.storage.engine import make_single_use_engine

_MIGRATION_LOCK: Final = 0x17A0_0001
"""Advisory lock: of several hubs that start at once, one migrates and the others wait."""

_Result = TypeVar("_Result")


def upgrade(dsn: str, *, application_role: str | None = None) -> None:
    """Apply all migrations that the database lacks; all of them or none.

    `application_role` is an existing role that gets the rights of the running hub: it reads
    everything, adds to append-only tables, and changes holdings only through the one function.
    """

    def work(connection: Connection) -> None:
        connection.execute(sql("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})
        with as_file(files("hub.storage.migrations")) as folder:
            config = Config()
            config.set_main_option("script_location", str(folder))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
        if application_role is not None:
            connection.execute(sql("SELECT grant_application(:role)"), {"role": application_role})

    _run(dsn, work)


def current(dsn: str) -> str | None:
    """Return the revision of the database, None when it was never migrated."""
    return _run(
        dsn, lambda connection: MigrationContext.configure(connection).get_current_revision()
    )


def newest() -> str | None:
    """Return the revision of this release."""
    with as_file(files("hub.storage.migrations")) as folder:
        return ScriptDirectory(str(folder)).get_current_head()


def _run(dsn: str, work: Callable[[Connection], _Result]) -> _Result:
    async def run() -> _Result:
        engine = make_single_use_engine(dsn)
        try:
            async with engine.begin() as connection:
                return await connection.run_sync(work)
        finally:
            await engine.dispose()

    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        return runner.run(run())
