"""The database itself refuses two holders of one serial, whatever code stands in front of it.

All statements here are plain SQL by the owner of the tables: the strongest way around our code.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

MESSAGE = UUID(int=1)
HOLD = """INSERT INTO holding (series_id, first, last, account_id, status, issuance, activity,
              last_record)
          VALUES ($1, $2, $3, 1, 'held', $4, 'MN004', $4)"""
ISSUE = """INSERT INTO issuance (series_id, first, last, message_id, registry, account_id,
               activity, mitigation_type, metric, unit, issued_at, recorded_at)
           VALUES ($1, $2, $3, $4, 'MNG01', 1, 'MN004', 'Removals', 'GHG', 'tCO2e', now(), now())"""
WRITES = pytest.mark.parametrize("write", [HOLD, ISSUE], ids=["holding", "issuance"])
OVERLAPS = pytest.mark.parametrize(
    ("first", "last"),
    [
        pytest.param(100, 199, id="the same block"),
        pytest.param(120, 150, id="a part of it"),
        pytest.param(1, 1000, id="more than it"),
        pytest.param(1, 100, id="its first serial"),
        pytest.param(199, 300, id="its last serial"),
    ],
)
HIGHEST = 2**40 - 1


@pytest.fixture
async def database(migrated_database_url: str) -> str:
    async with connected(migrated_database_url) as connection:
        await connection.execute(
            """INSERT INTO party VALUES ('MNG', 'Mongolia');
               INSERT INTO registry (registry, party, kind, name, recorded_at)
               VALUES ('MNG01', 'MNG', 'party registry', 'Mongolia', now());
               INSERT INTO account (registry, account, kind, status, holder_party)
               VALUES ('MNG01', 'A', 'holding', 'open', 'MNG');
               INSERT INTO series (series_id, approach, registry, first_party, vintage)
               VALUES (1, 'CA0007', 'MNG01', 'MNG', 2021), (2, 'CA0007', 'MNG01', 'MNG', 2022),
                      (8388607, 'CA0007', 'MNG01', 'MNG', 2023)"""
        )
    return migrated_database_url


@asynccontextmanager
async def connected(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(dsn)
    try:
        yield connection
    finally:
        await connection.close(timeout=5)


@WRITES
@OVERLAPS
async def test_a_second_block_over_held_serials_is_refused(
    database: str, write: str, first: int, last: int
) -> None:
    async with connected(database) as connection:
        await connection.execute(write, 1, 100, 199, MESSAGE)
        with pytest.raises((asyncpg.ExclusionViolationError, asyncpg.UniqueViolationError)):
            await connection.execute(write, 1, first, last, MESSAGE)


@WRITES
async def test_blocks_that_only_touch_and_other_series_are_welcome(
    database: str, write: str
) -> None:
    async with connected(database) as connection:
        for series, first, last in [
            (1, 100, 199),
            (1, 200, 299),
            (1, 1, 99),
            (2, 100, 199),
            (1, 300, HIGHEST),
            (2, 1, 1),
            (2, HIGHEST, HIGHEST),
            (8388607, 1, HIGHEST - 1),
            (8388607, HIGHEST, HIGHEST),
        ]:
            await connection.execute(write, series, first, last, MESSAGE)


@WRITES
@pytest.mark.parametrize(
    ("first", "last"),
    [
        pytest.param(0, 5, id="serial zero"),
        pytest.param(-5, 5, id="a negative serial"),
        pytest.param(7, 6, id="an inverted range"),
        pytest.param(1, HIGHEST + 1, id="a serial beyond the limit"),
    ],
)
async def test_serials_outside_the_limits_are_refused(
    database: str, write: str, first: int, last: int
) -> None:
    async with connected(database) as connection:
        with pytest.raises(asyncpg.CheckViolationError):
            await connection.execute(write, 1, first, last, MESSAGE)


ENDS = st.integers(1, 60) | st.integers(HIGHEST - 60, HIGHEST) | st.integers(2**32 - 9, 2**32 + 9)
BLOCKS = st.tuples(
    st.sampled_from([1, 2, 8388607]), st.tuples(ENDS, ENDS).map(lambda ends: tuple(sorted(ends)))
)


@given(blocks=st.lists(BLOCKS, max_size=25))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_a_block_is_taken_exactly_when_none_of_its_serials_is(
    database: str, blocks: list[tuple[int, tuple[int, int]]]
) -> None:
    """The index works with floating-point boxes: it must be exact to the serial everywhere."""
    taken: list[tuple[int, int, int]] = []
    async with connected(database) as connection:
        transaction = connection.transaction()
        await transaction.start()
        for series, (first, last) in blocks:
            free = all(series != other or last < low or high < first for other, low, high in taken)
            try:
                async with connection.transaction():
                    await connection.execute(HOLD, series, first, last, MESSAGE)
            except (asyncpg.ExclusionViolationError, asyncpg.UniqueViolationError):
                assert not free
            else:
                assert free
                taken.append((series, first, last))
        await transaction.rollback()


async def test_a_series_whose_id_would_spoil_the_key_is_refused(database: str) -> None:
    async with connected(database) as connection:
        with pytest.raises(asyncpg.CheckViolationError):
            await connection.execute(
                "INSERT INTO series VALUES (8388608, 'CA0007', 'MNG01', 'MNG', 2030)"
            )


async def test_a_block_cannot_grow_over_its_neighbour(database: str) -> None:
    async with connected(database) as connection:
        await connection.execute(HOLD, 1, 1, 10, MESSAGE)
        await connection.execute(HOLD, 1, 11, 20, MESSAGE)
        with pytest.raises(asyncpg.ExclusionViolationError):
            await connection.execute("UPDATE holding SET last = 11 WHERE first = 1")


@WRITES
@pytest.mark.parametrize("winner", [0, 1], ids=["the first commits", "the second commits"])
async def test_of_two_concurrent_transactions_one_only_gets_the_serials(
    database: str, write: str, winner: int
) -> None:
    """The second waits for the first, and then wins only if the first gave up."""
    async with connected(database) as one, connected(database) as other:
        first, second = one.transaction(), other.transaction()
        await first.start()
        await second.start()
        await one.execute(write, 1, 1, 100, MESSAGE)
        waiting = asyncio.create_task(other.execute(write, 1, 50, 150, MESSAGE))
        await asyncio.sleep(0.1)
        assert not waiting.done()
        if winner == 0:
            await first.commit()
            with pytest.raises(asyncpg.ExclusionViolationError):
                await waiting
            await second.rollback()
        else:
            await first.rollback()
            await waiting
            await second.commit()
    async with connected(database) as connection:
        table = "holding" if write is HOLD else "issuance"
        rows = await connection.fetch(f"SELECT first, last FROM {table}")  # noqa: S608
        assert [tuple(row) for row in rows] == [[(1, 100)], [(50, 150)]][winner]


@WRITES
async def test_of_many_at_the_same_moment_one_only_gets_the_serials(
    database: str, write: str
) -> None:
    async def attempt(first: int) -> bool:
        async with connected(database) as connection:
            try:
                await connection.execute(write, 1, first, first + 100, MESSAGE)
            except asyncpg.ExclusionViolationError:
                return False
            except asyncpg.DeadlockDetectedError:
                # Speculative rows of plain SQL may wait for each other; the server ends one wait.
                return False
            return True

    won = await asyncio.gather(*(attempt(first) for first in range(1, 21)))
    async with connected(database) as connection:
        table = "holding" if write is HOLD else "issuance"
        stored = await connection.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608
    assert stored == sum(won) == 1
