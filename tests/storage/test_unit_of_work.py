"""A unit of work keeps all or nothing, waits for its neighbours, and never deadlocks with them."""

import asyncio
from uuid import UUID, uuid4

import asyncpg
import msgspec
import pytest

from hub.domain.needs import Needs
from hub.domain.state import AuthorizationKey, Interval, MovedBlock, Transfer
from hub.storage.database import Database
from hub.storage.errors import DatabaseUnavailableError, StorageError, TransactionConflictError
from hub.storage.listening import Channel, listening
from schema.codes import AccountStatus, Purpose, TransferState
from tests.builders import NOW
from tests.storage.test_holdings import ACCOUNT, SERIES, issue


@pytest.fixture
async def issued(database: Database) -> Database:
    """A database in which serials 1 to 1000 of one series were issued."""
    await issue(database, 1, 1_000)
    return database


async def _reserve(database: Database, first: int, last: int, by: UUID) -> bool:
    """Reserve serials if they are free, as the rules do."""
    interval = Interval(SERIES, first, last)
    async with database.unit_of_work() as work:
        ledger = await work.load(
            Needs(intervals={interval}, accounts={ACCOUNT}), changes_register=False
        )
        if any(units.reserved_by is not None for units in ledger.overlapping(interval)):
            return False
        ledger.carve(interval, lambda units: msgspec.structs.replace(units, reserved_by=by))
        await work.flush(applied=[], at=NOW)
    return True


async def test_of_two_hundred_that_want_the_same_serials_one_gets_them(issued: Database) -> None:
    won = await asyncio.gather(
        *(_reserve(issued, 1 + number % 50, 60, uuid4()) for number in range(200))
    )
    assert sum(won) == 1
    async with issued.reading() as connection:
        assert await connection.fetch("SELECT * FROM coverage_differences()") == []


async def test_disjoint_parts_of_one_block_are_all_reserved(issued: Database) -> None:
    won = await asyncio.gather(
        *(_reserve(issued, 10 * number + 1, 10 * number + 10, uuid4()) for number in range(40))
    )
    assert all(won)
    async with issued.reading() as connection:
        count, units = await connection.fetchrow(
            "SELECT count(*), sum(last - first + 1)::int FROM holding WHERE reserved_by IS NOT NULL"
        )
        assert (count, units) == (40, 400)
        assert await connection.fetch("SELECT * FROM coverage_differences()") == []


async def test_batches_that_need_the_same_series_in_any_order_never_deadlock(
    issued: Database,
) -> None:
    series = [msgspec.structs.replace(SERIES, vintage=year) for year in range(2021, 2029)]

    async def touch(number: int) -> None:
        chosen = series[number % 8 :] + series[: number % 8]
        needs = Needs(intervals={Interval(one, 1, 5) for one in chosen[:5]})
        async with issued.unit_of_work() as work:
            await work.load(needs, changes_register=number % 7 == 0)
            await asyncio.sleep(0.001)

    await asyncio.gather(*(touch(number) for number in range(60)))


async def test_who_changes_the_register_waits_for_those_who_read_it(issued: Database) -> None:
    async with issued.unit_of_work() as reader:
        await reader.load(Needs(accounts={ACCOUNT}), changes_register=False)

        async def change() -> None:
            async with issued.unit_of_work() as writer:
                await writer.load(Needs(), changes_register=True)

        waiting = asyncio.create_task(change())
        await asyncio.sleep(0.05)
        assert not waiting.done()
    await waiting


async def _status(database: Database) -> AccountStatus:
    async with database.unit_of_work() as work:
        ledger = await work.load(Needs(accounts={ACCOUNT}), changes_register=False)
        return ledger.accounts[ACCOUNT].status


async def test_what_one_process_changes_in_the_register_every_other_sees_next(
    issued: Database,
) -> None:
    other = Database(issued.dsn)
    assert await _status(issued) is AccountStatus.OPEN
    async with other.unit_of_work() as work:
        ledger = await work.load(Needs(accounts={ACCOUNT}), changes_register=True)
        ledger.accounts[ACCOUNT] = msgspec.structs.replace(
            ledger.accounts[ACCOUNT], status=AccountStatus.CLOSED
        )
        await work.flush(applied=[], at=NOW)
    assert await _status(issued) is AccountStatus.CLOSED
    assert await _status(other) is AccountStatus.CLOSED
    await other.close()


async def test_a_change_of_the_register_that_is_undone_is_not_remembered(issued: Database) -> None:
    async def fail() -> None:
        async with issued.unit_of_work() as work:
            ledger = await work.load(Needs(accounts={ACCOUNT}), changes_register=True)
            ledger.accounts[ACCOUNT] = msgspec.structs.replace(
                ledger.accounts[ACCOUNT], status=AccountStatus.CLOSED
            )
            await work.flush(applied=[], at=NOW)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    assert await _status(issued) is AccountStatus.OPEN


async def test_a_transfer_said_to_be_unknown_is_still_unknown_at_the_commit(
    issued: Database,
) -> None:
    """Else the journal would hold the transfer first and its refused answer after it."""
    transfer_id = uuid4()

    async def answer() -> None:
        async with issued.unit_of_work() as work:
            ledger = await work.load(Needs(transfers={transfer_id}), changes_register=False)
            assert transfer_id not in ledger.transfers
            await _propose(issued, transfer_id)
            await work.flush(applied=[], at=NOW)

    with pytest.raises(TransactionConflictError):
        await answer()


async def _propose(database: Database, transfer_id: UUID) -> None:
    block = MovedBlock(interval=Interval(SERIES, 1, 5))
    needs = Needs(transfers={transfer_id}, intervals={block.interval})
    async with database.unit_of_work() as work:
        ledger = await work.load(needs, changes_register=False)
        ledger.transfers[transfer_id] = Transfer(
            transfer_id=transfer_id,
            message_id=uuid4(),
            state=TransferState.CHECKED,
            from_account=ACCOUNT,
            to_account=ACCOUNT,
            purpose=Purpose.NDC,
            authorization=AuthorizationKey("MNG", "none"),
            blocks=(block,),
            first_transfer=(),
            asked="JPN01",
            proposed_at=NOW,
            answer_until=NOW,
        )
        await work.flush(applied=[], at=NOW)


async def test_what_fails_leaves_nothing_behind_and_numbers_are_forgotten(
    issued: Database,
) -> None:
    async def fail() -> None:
        interval = Interval(SERIES, 1, 5)
        async with issued.unit_of_work() as work:
            ledger = await work.load(Needs(intervals={interval}), changes_register=False)
            ledger.carve(
                interval, lambda units: msgspec.structs.replace(units, reserved_by=uuid4())
            )
            await work.flush(applied=[], at=NOW)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    async with issued.reading() as connection:
        assert await connection.fetchval("SELECT count(*) FROM holding") == 1


async def test_a_lost_connection_is_told_and_the_next_one_works(issued: Database) -> None:
    async def lose() -> None:
        async with issued.unit_of_work() as work:
            killer = await asyncpg.connect(issued.dsn)
            pid = await work.connection.fetchval("SELECT pg_backend_pid()")
            await killer.execute("SELECT pg_terminate_backend($1)", pid)
            await killer.close()
            await work.connection.fetchval("SELECT 1")

    with pytest.raises(DatabaseUnavailableError):
        await lose()
    assert await _reserve(issued, 1, 5, uuid4())


async def test_a_deadlock_of_others_making_is_a_conflict_to_be_tried_again(
    issued: Database,
) -> None:
    first, second = asyncio.Event(), asyncio.Event()

    async def lock(one: int, other: int, mine: asyncio.Event, theirs: asyncio.Event) -> None:
        async with issued.unit_of_work() as work:
            await work.connection.execute("SELECT pg_advisory_xact_lock($1)", one)
            mine.set()
            await theirs.wait()
            await work.connection.execute("SELECT pg_advisory_xact_lock($1)", other)

    results = await asyncio.gather(
        lock(1, 2, first, second), lock(2, 1, second, first), return_exceptions=True
    )
    assert sorted(type(result) for result in results if result) == [TransactionConflictError]
    assert issubclass(TransactionConflictError, StorageError)


async def test_a_notice_wakes_who_listens(issued: Database) -> None:
    async with listening(issued.dsn, [Channel.OUTBOX]) as notices:
        await issued.notify(Channel.JOURNAL, "7")
        await issued.notify(Channel.OUTBOX, "42")
        async with asyncio.timeout(5):
            assert await notices.get() == (Channel.OUTBOX, "42")


async def test_who_listens_is_told_that_the_connection_is_lost(issued: Database) -> None:
    async with listening(issued.dsn, [Channel.OUTBOX]) as notices:
        killer = await asyncpg.connect(issued.dsn)
        await killer.execute(
            """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
               WHERE query LIKE 'LISTEN%' AND datname = current_database()"""
        )
        await killer.close()
        async with asyncio.timeout(5):
            assert await notices.get() is None
