"""What is flushed is what is loaded, for any ledger and any change of it."""

from collections.abc import AsyncIterator
from random import Random

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.domain.ledger import Ledger
from hub.storage.engine import make_engine
from hub.storage.ids import Ids
from hub.storage.slice.changes import snapshot
from hub.storage.slice.flushing import flush
from hub.storage.slice.loading import load_slice
from hub.storage.slice.remembered import RegisterMemory
from tests.builders import NOW
from tests.storage.random_ledgers import World, change, fill


@pytest.fixture
async def connection(migrated_database_url: str) -> AsyncIterator[asyncpg.Connection]:
    engine = make_engine(migrated_database_url)
    lent = await engine.raw_connection()
    connection = lent.driver_connection
    assert connection is not None
    await connection.execute(
        """INSERT INTO party VALUES ('MNG', 'Mongolia'), ('JPN', 'Japan');
           INSERT INTO registry (registry, party, kind, name, recorded_at)
           VALUES ('MNG01', 'MNG', 'party registry', 'Mongolia', now()),
                  ('JPN01', 'JPN', 'JCM registry', 'Japan', now())"""
    )
    yield connection
    lent.close()
    await engine.dispose()


@given(seed=st.integers(0, 2**32))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_a_ledger_is_loaded_as_it_was_flushed(
    connection: asyncpg.Connection, seed: int
) -> None:
    random, world = Random(seed), World()  # noqa: S311 - no secret
    transaction = connection.transaction()
    await transaction.start()
    try:
        for edit in (fill, change, fill, change):
            ids = Ids()
            world.ledger = await _load(connection, ids, world)
            before = snapshot(world.ledger)
            world.applied.clear()
            edit(world, random)
            after = snapshot(world.ledger)
            await flush(connection, ids, before, world.ledger, applied=world.applied, at=NOW)
            # Another process knows no number yet.
            assert snapshot(await _load(connection, Ids(), world)) == after
            assert await connection.fetch("SELECT * FROM coverage_differences()") == []
    finally:
        await transaction.rollback()


async def _load(connection: asyncpg.Connection, ids: Ids, world: World) -> Ledger:
    return await load_slice(connection, ids, RegisterMemory(), world.needs, changes_register=True)
