"""Envelopes are kept byte for byte, once, and answered the same way every time."""

from dataclasses import replace
from uuid import UUID, uuid4

import asyncpg
import pytest

from hub.storage.database import Database
from hub.storage.errors import TransactionConflictError
from hub.storage.queries.messages import (
    NewEnvelope,
    NewMessage,
    find_envelopes,
    find_known,
    find_messages,
    messages_of_transfer,
    read_envelopes,
    store_envelopes,
    store_receipts,
)
from schema.codes import ReceiptResult
from schema.refusals import BlockReference, RefusalCode, refuse
from tests.builders import HOST_REGISTRY, NOW

BLOCK = BlockReference(
    approach="CA0007", registry="MNG01", first_party="MNG", vintage=2021, first=1, last=9
)


def a_message(message_id: UUID | None = None) -> NewMessage:
    return NewMessage(
        message_id=message_id or uuid4(),
        body_digest=b"b" * 32,
        kind="account",
        outcome=ReceiptResult.APPLIED,
    )


def an_envelope(*messages: NewMessage, raw: bytes = b"signed bytes") -> NewEnvelope:
    return NewEnvelope(
        jti=uuid4(),
        digest=uuid4().bytes * 2,
        sender=HOST_REGISTRY,
        key_id="MNG01-1",
        kind="account",
        message_id=messages[0].message_id if messages else None,
        received_at=NOW,
        raw=raw,
        messages=messages,
    )


async def test_an_envelope_is_found_again_with_its_first_answer(database: Database) -> None:
    envelope = an_envelope(a_message(), raw=bytes(range(256)) * 1000)
    assert envelope.jti is not None
    async with database.unit_of_work() as work:
        (envelope_id,) = await store_envelopes(work.connection, [envelope])
        await store_receipts(work.connection, [(envelope_id, b"receipt")])
    async with database.reading() as connection:
        found = await find_envelopes(connection, [envelope.jti, uuid4()])
        (kept,) = await read_envelopes(connection, [envelope_id])
    assert list(found) == [envelope.jti]
    (known,) = found[envelope.jti]
    assert (known.digest, known.receipt, known.reuses_jti) == (envelope.digest, b"receipt", False)
    assert (kept.raw, kept.receipt) == (envelope.raw, b"receipt")


async def test_what_is_known_is_found_whichever_of_its_ids_is(database: Database) -> None:
    envelope = an_envelope(a_message())
    jti, message_id = envelope.jti, envelope.message_id
    assert jti is not None
    assert message_id is not None
    async with database.unit_of_work() as work:
        await store_envelopes(work.connection, [envelope])
    async with database.reading() as connection:
        for jtis, ids in [([jti], []), ([], [message_id]), ([jti], [message_id]), ([uuid4()], [])]:
            envelopes, messages = await find_known(connection, jtis=jtis, message_ids=ids)
            assert list(envelopes) == [one for one in jtis if one == jti]
            assert list(messages) == ids


async def test_refusals_are_kept_with_their_blocks(database: Database) -> None:
    refusals = (
        refuse(RefusalCode.UNITS_FROZEN, "disputed", BLOCK),
        refuse(RefusalCode.ACCOUNT_CLOSED, "closed, as “agreed”"),
    )
    message = replace(a_message(), outcome=ReceiptResult.REFUSED, refusals=refusals)
    assert message.message_id is not None
    async with database.unit_of_work() as work:
        await store_envelopes(work.connection, [an_envelope(message)])
    async with database.reading() as connection:
        found = await find_messages(connection, [message.message_id])
    assert found[message.message_id].refusals == refusals
    assert found[message.message_id].outcome is ReceiptResult.REFUSED


async def test_the_messages_of_a_batch_keep_their_order_and_ids(database: Database) -> None:
    messages = tuple(a_message() for _ in range(5))
    async with database.unit_of_work() as work:
        ids = await store_envelopes(
            work.connection, [an_envelope(a_message()), an_envelope(*messages), an_envelope()]
        )
    async with database.reading() as connection:
        wanted = [one.message_id for one in messages if one.message_id]
        found = await find_messages(connection, wanted)
    assert [(found[one].envelope_id, found[one].position) for one in wanted] == [
        (ids[1], position) for position in range(5)
    ]


async def test_a_message_id_used_again_is_kept_but_the_first_is_found(database: Database) -> None:
    first = a_message()
    assert first.message_id is not None
    again = replace(first, body_digest=b"c" * 32, repeats=True, outcome=ReceiptResult.REFUSED)
    async with database.unit_of_work() as work:
        await store_envelopes(work.connection, [an_envelope(first), an_envelope(again)])
    async with database.reading() as connection:
        found = await find_messages(connection, [first.message_id])
    assert found[first.message_id].body_digest == first.body_digest


async def test_a_jti_used_again_is_kept_behind_the_first(database: Database) -> None:
    first = an_envelope()
    again = replace(first, digest=b"d" * 32, reuses_jti=True)
    async with database.unit_of_work() as work:
        await store_envelopes(work.connection, [again])
        await store_envelopes(work.connection, [first])
    async with database.reading() as connection:
        assert first.jti is not None
        found = await find_envelopes(connection, [first.jti])
    assert [known.digest for known in found[first.jti]] == [first.digest, again.digest]


@pytest.mark.parametrize("what", ["jti", "message_id"])
async def test_an_id_stored_twice_is_a_conflict_and_nothing_is_kept(
    database: Database, what: str
) -> None:
    first, second = an_envelope(a_message()), an_envelope(a_message())
    if what == "jti":
        second = replace(second, jti=first.jti)
    else:
        second = replace(second, messages=first.messages)
    async with database.unit_of_work() as work:
        await store_envelopes(work.connection, [first])
    with pytest.raises(TransactionConflictError):
        async with database.unit_of_work() as work:
            await store_envelopes(work.connection, [an_envelope(a_message()), second])
    async with database.reading() as connection:
        assert await connection.fetchval("SELECT count(*) FROM envelope") == 1


async def test_every_message_that_names_a_transfer_is_its_evidence(database: Database) -> None:
    transfer_id = uuid4()
    proposal = replace(a_message(), transfer_id=transfer_id)
    late = replace(a_message(), transfer_id=transfer_id, outcome=ReceiptResult.REFUSED)
    async with database.unit_of_work() as work:
        await store_envelopes(
            work.connection, [an_envelope(proposal), an_envelope(a_message()), an_envelope(late)]
        )
    async with database.reading() as connection:
        found = await messages_of_transfer(connection, transfer_id)
    assert [one.message_id for one in found] == [proposal.message_id, late.message_id]


@pytest.mark.parametrize("table", ["envelope", "message", "receipt"])
async def test_what_was_received_and_answered_cannot_be_changed(
    database: Database, table: str
) -> None:
    async with database.unit_of_work() as work:
        (envelope_id,) = await store_envelopes(work.connection, [an_envelope(a_message())])
        await store_receipts(work.connection, [(envelope_id, b"receipt")])
    connection = await asyncpg.connect(database.dsn)
    for statement in [
        f"UPDATE {table} SET envelope_id = envelope_id",  # noqa: S608
        f"DELETE FROM {table}",  # noqa: S608
        f"TRUNCATE {table} CASCADE",
    ]:
        with pytest.raises(asyncpg.RestrictViolationError):
            await connection.execute(statement)
    await connection.close()
