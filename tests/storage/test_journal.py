"""The stored journal is the tree of its entries, whatever batches they came in."""

import asyncio
from collections.abc import Sequence

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.journal.merkle import leaf_hash, root_of
from hub.journal.proofs import verify_consistency, verify_inclusion
from hub.storage.database import Database
from hub.storage.errors import IntegrityRefusedError
from hub.storage.queries.journal import (
    NewLeaf,
    append_leaves,
    consistency_proof,
    inclusion_proof,
    journal_frontier,
    read_entries,
    read_leaves,
)
from tests.builders import NOW


def _entries(first: int, count: int) -> list[NewLeaf]:
    return [NewLeaf(entry=b"entry %d" % number) for number in range(first, first + count)]


async def _grow(connection: asyncpg.Connection, batches: Sequence[int]) -> list[bytes]:
    hashes: list[bytes] = []
    for count in batches:
        leaves = _entries(len(hashes), count)
        places = await append_leaves(connection, leaves, at=NOW)
        assert [place.leaf_index for place in places] == list(
            range(len(hashes), len(hashes) + count)
        )
        hashes += [leaf_hash(leaf.entry) for leaf in leaves]
    return hashes


@given(batches=st.lists(st.sampled_from([0, 1, 2, 3, 100, 255, 256, 257, 700]), max_size=6))
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_roots_and_proofs_are_those_of_the_tree(
    database: Database, batches: list[int]
) -> None:
    async with database.reading() as connection:
        transaction = connection.transaction()
        await transaction.start()
        hashes = await _grow(connection, batches)
        size = len(hashes)
        assert (await journal_frontier(connection)).root() == root_of(hashes)
        for index in {0, size // 2, size - 1} if size else set():
            proof = await inclusion_proof(connection, leaf_index=index, size=size)
            root = root_of(hashes)
            assert verify_inclusion(
                hashes[index], index=index, tree_size=size, proof=proof, root=root
            )
        for old in {1, size // 3, size - 1} - {0, -1} if size else set():
            assert verify_consistency(
                first_size=old,
                second_size=size,
                first_root=root_of(hashes[:old]),
                second_root=root_of(hashes),
                proof=await consistency_proof(connection, old_size=old, size=size),
            )
        await transaction.rollback()


async def test_a_tree_of_three_levels_of_tiles_proves_too(database: Database) -> None:
    async with database.unit_of_work() as work:
        hashes = await _grow(work.connection, [65_000, 1_000, 3])
    async with database.reading() as connection:
        for index in (0, 65_535, 65_536, 66_002):
            proof = await inclusion_proof(connection, leaf_index=index, size=len(hashes))
            assert verify_inclusion(
                hashes[index],
                index=index,
                tree_size=len(hashes),
                proof=proof,
                root=root_of(hashes),
            )


async def test_concurrent_appends_give_each_entry_a_place_of_its_own(database: Database) -> None:
    async def append(number: int) -> list[int]:
        async with database.unit_of_work() as work:
            leaves = [NewLeaf(entry=b"%d/%d" % (number, item)) for item in range(40)]
            places = await append_leaves(work.connection, leaves, at=NOW)
        return [place.leaf_index for place in places]

    places = await asyncio.gather(*(append(number) for number in range(12)))
    assert sorted(index for batch in places for index in batch) == list(range(480))
    async with database.reading() as connection:
        leaves = await read_leaves(connection, 0, 1_000)
        frontier = await journal_frontier(connection)
    assert frontier.root() == root_of([leaf_hash(leaf.entry) for leaf in leaves])


async def test_an_undone_append_leaves_no_gap(database: Database) -> None:
    async def change_my_mind() -> None:
        async with database.unit_of_work() as work:
            await append_leaves(work.connection, _entries(0, 300), at=NOW)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await change_my_mind()
    async with database.unit_of_work() as work:
        (place,) = await append_leaves(work.connection, [NewLeaf(entry=b"first")], at=NOW)
    assert place.leaf_index == 0
    async with database.reading() as connection:
        assert await read_entries(connection, 0, 256) == [b"first"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journal_leaf SET entry = 'other'",
        "DELETE FROM journal_leaf",
        "TRUNCATE journal_leaf",
        "DELETE FROM journal_tile",
        "UPDATE journal_tile SET hashes = sha256('other') WHERE level = 1",
        "UPDATE journal_tile SET hashes = substring(hashes FOR 32) WHERE octet_length(hashes) > 32",
        "UPDATE journal_head SET size = size - 1",
        "DELETE FROM journal_head",
    ],
)
async def test_the_database_itself_keeps_the_journal_from_being_rewritten(
    database: Database, statement: str
) -> None:
    async with database.unit_of_work() as work:
        await _grow(work.connection, [600])
    connection = await asyncpg.connect(database.dsn)
    with pytest.raises(asyncpg.RestrictViolationError):
        await connection.execute(statement)
    await connection.close()


async def test_a_journal_whose_tiles_were_tampered_with_takes_no_entry(database: Database) -> None:
    async with database.unit_of_work() as work:
        await _grow(work.connection, [600])
    connection = await asyncpg.connect(database.dsn)
    await connection.execute(
        """ALTER TABLE journal_tile DISABLE TRIGGER ALL;
           UPDATE journal_tile SET hashes = substring(hashes FOR 32) WHERE level = 1"""
    )
    await connection.close()
    with pytest.raises(IntegrityRefusedError):
        async with database.unit_of_work() as work:
            await append_leaves(work.connection, _entries(600, 300), at=NOW)
