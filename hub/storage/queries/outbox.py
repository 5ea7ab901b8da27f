"""The outbox: what the hub owes registries, delivered until it is answered.

A claim is a lease: a row that nobody ends becomes due again by itself, so that a killed process
loses nothing. Each process names itself in `holder`.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import asyncpg

from hub.storage.rows import columns_of
from hub.storage.tables.messages import OutboxState

CLAIM_COUNT_MAX: Final = 100
PULL_COUNT_MAX: Final = 100

# Numbers are given under the lock of the journal's head, so that they grow in the order of the
# commits: a reader that asks for what comes after the last it saw never misses one.
_ENQUEUE: Final = """
WITH head AS MATERIALIZED (SELECT size FROM journal_head FOR UPDATE)
INSERT INTO outbox (destination, message_id, kind, body, transfer_id, created_at, due_at)
SELECT n.destination, n.message_id, n.kind, n.body, n.transfer_id, $6, $6
FROM head CROSS JOIN unnest($1::text[], $2::uuid[], $3::text[], $4::bytea[], $5::uuid[])
     AS n (destination, message_id, kind, body, transfer_id)
ON CONFLICT (destination, message_id) DO NOTHING
RETURNING outbox_id
"""
_COLUMNS: Final = """
outbox_id, destination, message_id, kind, body, transfer_id, state, attempts, created_at, due_at,
jti, envelope, envelope_expires_at, last_error, ended_at, acknowledgement
"""
_CLAIM: Final = f"""
UPDATE outbox SET due_at = $2, leased_by = $3, attempts = attempts + 1
WHERE outbox_id IN (
    SELECT outbox_id FROM outbox
    WHERE state = 'waiting' AND due_at <= $1 AND destination <> ALL ($4::text[])
    ORDER BY due_at, outbox_id
    LIMIT $5
    FOR UPDATE SKIP LOCKED
)
RETURNING {_COLUMNS}
"""  # noqa: S608 - columns of our own
_PULL: Final = f"""
SELECT {_COLUMNS} FROM outbox
WHERE destination = $1 AND outbox_id > $2
ORDER BY outbox_id
LIMIT $3
"""  # noqa: S608 - columns of our own
_OF_TRANSFER: Final = f"""
SELECT {_COLUMNS} FROM outbox WHERE transfer_id = $1 ORDER BY outbox_id
"""  # noqa: S608 - columns of our own
_BY_JTI: Final = f"SELECT {_COLUMNS} FROM outbox WHERE jti = $1"  # noqa: S608 - as above
_BY_JTIS: Final = f"""
SELECT {_COLUMNS} FROM outbox WHERE jti = ANY ($1::uuid[])
"""  # noqa: S608 - columns of our own
_SIGNED: Final = """
UPDATE outbox o SET jti = n.jti, envelope = n.envelope, envelope_expires_at = n.expires_at
FROM unnest($1::bigint[], $2::uuid[], $3::bytea[], $4::timestamptz[])
     AS n (outbox_id, jti, envelope, expires_at)
WHERE o.outbox_id = n.outbox_id AND o.state = 'waiting'
"""
_DONE: Final = """
UPDATE outbox o
SET state = 'done', ended_at = $3, acknowledgement = n.acknowledgement, leased_by = NULL,
    last_error = NULL
FROM unnest($1::bigint[], $2::bytea[]) AS n (outbox_id, acknowledgement)
WHERE o.outbox_id = n.outbox_id AND o.state <> 'done'
RETURNING o.outbox_id
"""
_RETRY: Final = """
UPDATE outbox o SET due_at = n.due_at, last_error = n.error, leased_by = NULL
FROM unnest($1::bigint[], $2::timestamptz[], $3::text[]) AS n (outbox_id, due_at, error)
WHERE o.outbox_id = n.outbox_id AND o.state = 'waiting'
"""
_DEAD: Final = """
UPDATE outbox SET state = 'dead', ended_at = $3, last_error = $2, leased_by = NULL
WHERE outbox_id = $1 AND state = 'waiting'
"""
_REVIVE: Final = """
UPDATE outbox SET state = 'waiting', ended_at = NULL, attempts = 0, due_at = $2
WHERE outbox_id = ANY ($1::bigint[]) AND state = 'dead'
"""
_NEXT_DUE: Final = "SELECT min(due_at) FROM outbox WHERE state = 'waiting'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """A message that the hub owes a registry."""

    destination: str
    message_id: UUID
    kind: str
    body: bytes
    """The canonical JSON of the message; it is signed when it is sent."""
    transfer_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A row of the outbox."""

    outbox_id: int
    destination: str
    message_id: UUID
    kind: str
    body: bytes
    transfer_id: UUID | None
    state: OutboxState
    attempts: int
    """How often it was claimed, this time included."""
    created_at: datetime
    due_at: datetime
    jti: UUID | None
    envelope: bytes | None
    """The envelope as last signed; it is sent again as it is until it expires."""
    envelope_expires_at: datetime | None
    last_error: str | None
    ended_at: datetime | None
    acknowledgement: bytes | None
    """The registry's signed answer, byte for byte."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedDelivery:
    """The envelope under which a delivery is to be sent."""

    outbox_id: int
    jti: UUID
    envelope: bytes
    expires_at: datetime


async def enqueue(
    connection: asyncpg.Connection, owed: Sequence[Owed], *, at: datetime
) -> list[int]:
    """Owe messages; what is owed already is not owed twice. Returns the ids of the new rows.

    Locks the head of the journal until the commit: call it after `append_leaves`, at the end.
    """
    if not owed:
        return []
    rows = [(one.destination, one.message_id, one.kind, one.body, one.transfer_id) for one in owed]
    return [row[0] for row in await connection.fetch(_ENQUEUE, *columns_of(rows), at)]


async def claim(
    connection: asyncpg.Connection,
    *,
    holder: str,
    at: datetime,
    lease: timedelta,
    paused: Collection[str] = (),
    limit: int = CLAIM_COUNT_MAX,
) -> list[Delivery]:
    """Take what is due, but for `paused` destinations; others skip it until the lease ends."""
    limit = min(limit, CLAIM_COUNT_MAX)
    rows = await connection.fetch(_CLAIM, at, at + lease, holder, list(paused), limit)
    return sorted(map(_delivery, rows), key=lambda delivery: delivery.outbox_id)


async def pull(
    connection: asyncpg.Connection, *, destination: str, after: int, limit: int
) -> list[Delivery]:
    """Return what a registry is owed beyond a cursor, in the order of the commits."""
    rows = await connection.fetch(_PULL, destination, after, min(limit, PULL_COUNT_MAX))
    return [_delivery(row) for row in rows]


async def deliveries_of_transfer(
    connection: asyncpg.Connection, transfer_id: UUID
) -> list[Delivery]:
    """Return all that the hub sent about a transfer."""
    return [_delivery(row) for row in await connection.fetch(_OF_TRANSFER, transfer_id)]


async def find_delivery(connection: asyncpg.Connection, jti: UUID) -> Delivery | None:
    """Return what was last sent under `jti`."""
    row = await connection.fetchrow(_BY_JTI, jti)
    return None if row is None else _delivery(row)


async def find_deliveries(
    connection: asyncpg.Connection, jtis: Collection[UUID]
) -> dict[UUID, Delivery]:
    """Return what was last sent under each `jti`."""
    rows = await connection.fetch(_BY_JTIS, list(jtis))
    return {row["jti"]: _delivery(row) for row in rows}


def _delivery(row: asyncpg.Record) -> Delivery:
    columns = dict(row)
    return Delivery(**columns | {"state": OutboxState(columns["state"])})


async def store_signed(connection: asyncpg.Connection, signed: Sequence[SignedDelivery]) -> None:
    """Keep envelopes before they are sent, so that a repetition sends the same bytes."""
    if signed:
        rows = [(one.outbox_id, one.jti, one.envelope, one.expires_at) for one in signed]
        await connection.execute(_SIGNED, *columns_of(rows))


async def mark_done(
    connection: asyncpg.Connection, done: Sequence[tuple[int, bytes | None]], *, at: datetime
) -> list[int]:
    """End deliveries with their acknowledgements; returns those that had not ended so before."""
    if not done:
        return []
    return [row[0] for row in await connection.fetch(_DONE, *columns_of(done), at)]


async def retry_later(
    connection: asyncpg.Connection, failed: Sequence[tuple[int, datetime, str]]
) -> None:
    """Make deliveries due again at their times, with what went wrong."""
    if failed:
        await connection.execute(_RETRY, *columns_of(failed))


async def mark_dead(
    connection: asyncpg.Connection, outbox_id: int, *, error: str, at: datetime
) -> None:
    """Give a delivery up; it stays, for a person to look at, to pull or to revive."""
    await connection.execute(_DEAD, outbox_id, error, at)


async def revive(
    connection: asyncpg.Connection, outbox_ids: Collection[int], *, at: datetime
) -> None:
    """Make dead deliveries due again."""
    await connection.execute(_REVIVE, list(outbox_ids), at)


async def next_due(connection: asyncpg.Connection) -> datetime | None:
    """Return when the next delivery is due, None when nothing waits."""
    due: datetime | None = await connection.fetchval(_NEXT_DUE)
    return due
