"""The migrations make exactly the tables that the code knows, from nothing."""

import asyncpg
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from hub.storage import migrate
from hub.storage.engine import make_single_use_engine
from hub.storage.tables import metadata


def test_an_empty_database_comes_to_the_newest_revision(database_url: str) -> None:
    assert migrate.current(database_url) is None
    migrate.upgrade(database_url)
    assert migrate.current(database_url) == migrate.newest()


def test_a_second_upgrade_changes_nothing(migrated_database_url: str) -> None:
    migrate.upgrade(migrated_database_url)
    assert migrate.current(migrated_database_url) == migrate.newest()


async def test_the_migrated_tables_are_those_of_the_code(migrated_database_url: str) -> None:
    def differences(connection: Connection) -> list[object]:
        return compare_metadata(MigrationContext.configure(connection), metadata)

    engine = make_single_use_engine(migrated_database_url)
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()


async def test_the_checks_of_the_database_are_those_of_the_code(
    migrated_database_url: str, database_url: str
) -> None:
    """Alembic compares neither checks nor exclusions, so a copy made from the code is compared."""
    engine = make_single_use_engine(database_url)
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    await engine.dispose()
    assert await _constraints(migrated_database_url) == await _constraints(database_url)


async def _constraints(dsn: str) -> list[tuple[str, str, str]]:
    connection = await asyncpg.connect(dsn)
    rows = await connection.fetch(
        """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
           FROM pg_constraint
           WHERE connamespace = 'public'::regnamespace
             AND conrelid::regclass::text <> 'alembic_version'
           UNION ALL
           SELECT tablename, indexname, indexdef FROM pg_indexes
           WHERE schemaname = 'public' AND tablename <> 'alembic_version'
           ORDER BY 1, 2, 3"""
    )
    await connection.close()
    return [tuple(row) for row in rows]
