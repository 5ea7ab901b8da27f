"""Of several hubs, one has a lease; the fence tells a holder that it has lost it."""

import asyncio
from datetime import datetime, timedelta

from hub.storage.database import Database
from hub.storage.queries.leases import release_lease, take_lease
from tests.builders import NOW

LASTS = timedelta(minutes=1)


async def _take(database: Database, holder: str, at: datetime) -> int | None:
    async with database.unit_of_work() as work:
        return await take_lease(work.connection, "nightly", holder=holder, at=at, lasts=LASTS)


async def test_one_holder_only_until_the_lease_ends(database: Database) -> None:
    first = await _take(database, "one", NOW)
    assert await _take(database, "two", NOW + LASTS / 2) is None
    second = await _take(database, "two", NOW + LASTS)
    assert first is not None
    assert second is not None
    assert second > first
    assert await _take(database, "one", NOW + LASTS) is None


async def test_the_holder_prolongs_its_own_lease_under_the_same_fence(database: Database) -> None:
    first = await _take(database, "one", NOW)
    assert await _take(database, "one", NOW + LASTS / 2) == first
    assert await _take(database, "two", NOW + LASTS) is None


async def test_a_released_lease_is_free_at_once_and_the_fence_still_grows(
    database: Database,
) -> None:
    first = await _take(database, "one", NOW)
    async with database.unit_of_work() as work:
        await release_lease(work.connection, "nightly", holder="two", at=NOW)
        assert await take_lease(work.connection, "nightly", holder="x", at=NOW, lasts=LASTS) is None
        await release_lease(work.connection, "nightly", holder="one", at=NOW)
    second = await _take(database, "two", NOW)
    assert first is not None
    assert second is not None
    assert second > first


async def test_of_many_at_once_one_gets_the_lease(database: Database) -> None:
    fences = await asyncio.gather(*(_take(database, str(number), NOW) for number in range(10)))
    assert sum(fence is not None for fence in fences) == 1
