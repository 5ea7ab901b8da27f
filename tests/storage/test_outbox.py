"""What the hub owes is delivered until it is answered, by one process at a time."""

import asyncio
from datetime import timedelta
from uuid import uuid4

from hub.storage.database import Database
from hub.storage.queries.outbox import (
    Delivery,
    Owed,
    SignedDelivery,
    claim,
    enqueue,
    find_delivery,
    mark_dead,
    mark_done,
    next_due,
    pull,
    retry_later,
    revive,
    store_signed,
)
from hub.storage.tables.messages import OutboxState
from tests.builders import NOW

LEASE = timedelta(seconds=30)
JPN, MNG = "JPN01", "MNG01"


def an_owed_message(destination: str = JPN) -> Owed:
    return Owed(
        destination=destination, message_id=uuid4(), kind="transfer-request", body=b'{"a":1}'
    )


async def _enqueue(database: Database, *owed: Owed) -> list[int]:
    async with database.unit_of_work() as work:
        return await enqueue(work.connection, owed, at=NOW)


async def _claim(
    database: Database,
    *,
    after: timedelta = timedelta(0),
    holder: str = "one",
    paused: tuple[str, ...] = (),
    limit: int = 100,
) -> list[Delivery]:
    async with database.unit_of_work() as work:
        return await claim(
            work.connection, holder=holder, at=NOW + after, lease=LEASE, paused=paused, limit=limit
        )


async def test_what_is_owed_is_claimed_in_order_and_only_once(database: Database) -> None:
    ids = await _enqueue(database, an_owed_message(), an_owed_message(MNG), an_owed_message())
    claimed = await _claim(database)
    assert [(one.outbox_id, one.attempts) for one in claimed] == [(one, 1) for one in ids]
    assert await _claim(database, holder="two") == []


async def test_the_same_message_is_never_owed_twice_to_one_registry(database: Database) -> None:
    owed = an_owed_message()
    ids = await _enqueue(database, owed, owed)
    assert len(ids) == 1
    assert await _enqueue(database, owed) == []


async def test_a_claim_that_nobody_ends_is_due_again_after_its_lease(database: Database) -> None:
    await _enqueue(database, an_owed_message())
    await _claim(database)
    assert await _claim(database, after=LEASE - timedelta(seconds=1)) == []
    (again,) = await _claim(database, after=LEASE, holder="two")
    assert again.attempts == 2


async def test_concurrent_claims_share_the_work(database: Database) -> None:
    ids = await _enqueue(database, *(an_owed_message() for _ in range(60)))
    claims = await asyncio.gather(*(_claim(database, holder=str(n), limit=10) for n in range(6)))
    assert sorted(one.outbox_id for taken in claims for one in taken) == ids


async def test_a_paused_destination_waits_and_does_not_hold_up_others(database: Database) -> None:
    _, other = await _enqueue(database, an_owed_message(JPN), an_owed_message(MNG))
    assert [one.outbox_id for one in await _claim(database, paused=(JPN,))] == [other]


async def test_a_signed_envelope_is_kept_to_be_sent_again_as_it_is(database: Database) -> None:
    (outbox_id,) = await _enqueue(database, an_owed_message())
    signed = SignedDelivery(
        outbox_id=outbox_id, jti=uuid4(), envelope=b"signed", expires_at=NOW + LEASE
    )
    async with database.unit_of_work() as work:
        await store_signed(work.connection, [signed])
    (claimed,) = await _claim(database)
    assert (claimed.jti, claimed.envelope) == (signed.jti, b"signed")
    async with database.reading() as connection:
        found = await find_delivery(connection, signed.jti)
    assert found is not None
    assert found.outbox_id == outbox_id


async def test_an_acknowledged_delivery_has_ended_and_ends_once(database: Database) -> None:
    (outbox_id,) = await _enqueue(database, an_owed_message())
    async with database.unit_of_work() as work:
        assert await mark_done(work.connection, [(outbox_id, b"ack")], at=NOW) == [outbox_id]
        assert await mark_done(work.connection, [(outbox_id, b"ack")], at=NOW) == []
    assert await _claim(database, after=LEASE) == []


async def test_a_failed_delivery_comes_back_at_its_time_with_its_error(database: Database) -> None:
    (outbox_id,) = await _enqueue(database, an_owed_message())
    await _claim(database)
    later = NOW + timedelta(minutes=5)
    async with database.unit_of_work() as work:
        await retry_later(work.connection, [(outbox_id, later, "no answer")])
        assert await next_due(work.connection) == later
    (again,) = await _claim(database, after=timedelta(minutes=5))
    assert (again.attempts, again.last_error) == (2, "no answer")


async def test_a_dead_delivery_can_be_pulled_acknowledged_or_revived(database: Database) -> None:
    first, second = await _enqueue(database, an_owed_message(), an_owed_message())
    async with database.unit_of_work() as work:
        for outbox_id in (first, second):
            await mark_dead(work.connection, outbox_id, error="gave up", at=NOW)
    assert await _claim(database, after=LEASE) == []
    async with database.unit_of_work() as work:
        pulled = await pull(work.connection, destination=JPN, after=0, limit=10)
        assert [one.state for one in pulled] == [OutboxState.DEAD, OutboxState.DEAD]
        assert await mark_done(work.connection, [(first, b"ack")], at=NOW) == [first]
        await revive(work.connection, [first, second], at=NOW)
    assert [one.outbox_id for one in await _claim(database)] == [second]


async def test_a_puller_that_follows_the_cursor_misses_nothing(database: Database) -> None:
    """Rows appear in the order of their numbers, however long a transaction takes to commit."""
    seen: list[int] = []
    cursor = 0

    async def produce(number: int) -> list[int]:
        async with database.unit_of_work() as work:
            await asyncio.sleep(0.002 * (number % 5))
            ids = await enqueue(work.connection, [an_owed_message() for _ in range(3)], at=NOW)
            await asyncio.sleep(0.002 * (number % 3))
            return ids

    producers = asyncio.gather(*(produce(number) for number in range(14)))
    while not producers.done() or cursor != max(seen, default=0):
        async with database.reading() as connection:
            pulled = await pull(connection, destination=JPN, after=cursor, limit=100)
        seen += [one.outbox_id for one in pulled]
        cursor = max([cursor, *(one.outbox_id for one in pulled)])
        await asyncio.sleep(0)
    async with database.reading() as connection:
        rest = await pull(connection, destination=JPN, after=cursor, limit=100)
    seen += [one.outbox_id for one in rest]
    assert sorted(seen) == sorted(one for ids in await producers for one in ids)
