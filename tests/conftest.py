"""Fixtures for all tests: one database server a session, a fresh database a test."""

import asyncio
import importlib
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import hypothesis
import pytest

from hub.storage.embedded import EmbeddedPostgres

hypothesis.settings.register_profile("dev", max_examples=50, deadline=None)
hypothesis.settings.register_profile("ci", max_examples=60, deadline=None, derandomize=True)
hypothesis.settings.register_profile("nightly", max_examples=5_000, deadline=None)
hypothesis.settings.load_profile(
    os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") == "true" else "dev")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseServer:
    """A PostgreSQL server on which tests make databases of their own."""

    dsn: str

    def dsn_for(self, database: str) -> str:
        """The address of one database of the server."""
        return urlsplit(self.dsn)._replace(path=f"/{database}").geturl()

    def create(self, database: str, *, template: str = "template0") -> str:
        """Create a database and return its address."""
        self.execute(f'CREATE DATABASE "{database}" TEMPLATE "{template}"')
        return self.dsn_for(database)

    def drop(self, database: str) -> None:
        """Drop a database, whoever is still connected to it."""
        self.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')

    def execute(self, statement: str) -> None:
        """Run one statement outside any test's event loop."""

        async def run() -> None:
            connection = await asyncpg.connect(self.dsn)
            try:
                await connection.execute(statement)
            finally:
                await connection.close()

        # A loop factory of our own leaves the thread's current event loop as it was.
        with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
            runner.run(run())


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DatabaseServer]:
    """The session's server: the one `DATABASE_URL` names, or an embedded one."""
    named = os.environ.get("DATABASE_URL")
    if named:
        yield DatabaseServer(dsn=named)
        return
    with EmbeddedPostgres(tmp_path_factory.mktemp("postgres")) as server:
        yield DatabaseServer(dsn=server.dsn)


@pytest.fixture
def database_url(postgres: DatabaseServer) -> Iterator[str]:
    """The address of a fresh, empty database, dropped after the test."""
    yield from _database(postgres, template="template0")


@pytest.fixture(scope="session")
def migrated_template(postgres: DatabaseServer) -> Iterator[str]:
    """The name of a database with all migrations applied once; nobody stays connected to it."""
    name = f"template_{secrets.token_hex(6)}"
    # Imported by name and late, so that a broken migration breaks only the tests that need it.
    importlib.import_module("hub.storage.migrate").upgrade(postgres.create(name))
    yield name
    postgres.drop(name)


@pytest.fixture
def migrated_database_url(postgres: DatabaseServer, migrated_template: str) -> Iterator[str]:
    """The address of a fresh database with the hub's tables, dropped after the test."""
    yield from _database(postgres, template=migrated_template)


def _database(server: DatabaseServer, *, template: str) -> Iterator[str]:
    name = f"test_{secrets.token_hex(6)}"
    yield server.create(name, template=template)
    server.drop(name)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data, which is not part of the repository."""
    beside = Path(__file__).parents[2] / "shared" / "data"
    folder = Path(os.environ.get("ITMO_SHARED_DATA") or beside)
    if not folder.is_dir():
        pytest.skip(f"the real data are not on this machine ({folder}); set ITMO_SHARED_DATA")
    return folder
