"""Envelopes and messages: what was received, what became of it, and what was answered."""

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg
import msgspec

from hub.storage.json_text import json_text
from hub.storage.rows import bulk_copy
from hub.storage.tables import messages as tables
from schema.codes import ReceiptResult
from schema.refusals import Refusal

_decode_refusals: Final = msgspec.json.Decoder(tuple[Refusal, ...]).decode

_FIND_ENVELOPES: Final = """
SELECT e.envelope_id, e.jti, e.digest, e.sender, e.reuses_jti, r.receipt
FROM envelope e LEFT JOIN receipt r USING (envelope_id)
WHERE e.jti = ANY ($1::uuid[]) AND NOT e.reuses_jti
UNION ALL
SELECT e.envelope_id, e.jti, e.digest, e.sender, e.reuses_jti, r.receipt
FROM envelope e LEFT JOIN receipt r USING (envelope_id)
WHERE e.jti = ANY ($1::uuid[]) AND e.reuses_jti
ORDER BY envelope_id
"""
_ANY_KNOWN: Final = """
SELECT EXISTS (SELECT FROM envelope WHERE jti = ANY ($1::uuid[]) AND NOT reuses_jti) AS envelopes,
       EXISTS (SELECT FROM message WHERE message_id = ANY ($2::uuid[]) AND NOT repeats) AS messages
"""
_MESSAGE_COLUMNS: Final = """
m.envelope_id, m.position, m.message_id, m.body_digest, m.kind, m.sender, m.received_at,
m.outcome, m.refusals, m.transfer_id, l.leaf_index, l.leaf_hash
"""
_FIND_MESSAGES: Final = f"""
SELECT {_MESSAGE_COLUMNS}
FROM message m LEFT JOIN journal_leaf l USING (envelope_id, position)
WHERE m.message_id = ANY ($1::uuid[]) AND NOT m.repeats
"""  # noqa: S608 - columns of our own
_MESSAGES_OF_TRANSFER: Final = f"""
SELECT {_MESSAGE_COLUMNS}
FROM message m LEFT JOIN journal_leaf l USING (envelope_id, position)
WHERE m.transfer_id = $1
ORDER BY m.envelope_id, m.position
"""  # noqa: S608 - columns of our own
_ENVELOPES: Final = """
SELECT envelope_id, jti, sender, received_at, raw, receipt
FROM envelope LEFT JOIN receipt USING (envelope_id)
WHERE envelope_id = ANY ($1::bigint[])
ORDER BY envelope_id
"""
_SIGNED_SINCE: Final = """
SELECT l.leaf_index, m.received_at, e.jti, m.message_id, m.kind, m.sender, m.outcome, m.transfer_id
FROM envelope e
JOIN message m USING (envelope_id)
JOIN journal_leaf l USING (envelope_id, position)
WHERE e.key_id = $1
  AND l.leaf_index >= (SELECT min(leaf_index) FROM journal_leaf WHERE recorded_at >= $2)
ORDER BY l.leaf_index
"""
_NEXT_ENVELOPE_IDS: Final = """
SELECT nextval('envelope_envelope_id_seq') FROM generate_series(1, $1)
"""
_NEW_ENVELOPES: Final = bulk_copy(
    tables.envelope,
    "envelope_id",
    "jti",
    "digest",
    "reuses_jti",
    "sender",
    "key_id",
    "kind",
    "message_id",
    "received_at",
    "raw",
)
_NEW_MESSAGES: Final = bulk_copy(
    tables.message,
    "envelope_id",
    "position",
    "message_id",
    "repeats",
    "body_digest",
    "kind",
    "sender",
    "received_at",
    "outcome",
    "refusals",
    "transfer_id",
)
_NEW_RECEIPTS: Final = bulk_copy(tables.receipt, "envelope_id", "receipt")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMessage:
    """One message of an envelope as it is to be kept, refused or applied."""

    message_id: UUID | None
    """None when a refused body has no readable id."""
    body_digest: bytes
    kind: str
    outcome: ReceiptResult
    refusals: tuple[Refusal, ...] = ()
    transfer_id: UUID | None = None
    repeats: bool = False
    """True when the id was used before: it is found under the first message only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEnvelope:
    """An envelope as received with its messages, in the order of the batch."""

    jti: UUID | None
    """None when a refused envelope has no readable id."""
    digest: bytes
    sender: str
    key_id: str | None
    kind: str
    message_id: UUID | None
    received_at: datetime
    raw: bytes
    messages: tuple[NewMessage, ...]
    reuses_jti: bool = False
    """True when the `jti` belongs to other bytes: kept as evidence, never as the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownEnvelope:
    """An envelope that is stored already, with its answer."""

    envelope_id: int
    jti: UUID
    digest: bytes
    sender: str
    reuses_jti: bool
    receipt: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownMessage:
    """A message that is stored already, and its place in the journal."""

    envelope_id: int
    position: int
    message_id: UUID
    body_digest: bytes
    kind: str
    sender: str
    received_at: datetime
    outcome: ReceiptResult
    refusals: tuple[Refusal, ...]
    transfer_id: UUID | None
    leaf_index: int | None
    leaf_hash: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptEnvelope:
    """The bytes of an envelope and of its receipt, as evidence."""

    envelope_id: int
    jti: UUID | None
    sender: str
    received_at: datetime
    raw: bytes
    receipt: bytes | None


async def find_envelopes(
    connection: asyncpg.Connection, jtis: Collection[UUID]
) -> dict[UUID, tuple[KnownEnvelope, ...]]:
    """Return the known envelopes by `jti`: the first of each, then those that reused its id."""
    found: dict[UUID, tuple[KnownEnvelope, ...]] = {}
    if not jtis:
        return found
    for row in await connection.fetch(_FIND_ENVELOPES, list(jtis)):
        known = KnownEnvelope(**dict(row))
        found[known.jti] = (*found.get(known.jti, ()), known)
    return {
        jti: tuple(sorted(envelopes, key=lambda known: known.reuses_jti))
        for jti, envelopes in found.items()
    }


async def find_messages(
    connection: asyncpg.Connection, message_ids: Collection[UUID]
) -> dict[UUID, KnownMessage]:
    """Return the first message of each known id."""
    if not message_ids:
        return {}
    rows = await connection.fetch(_FIND_MESSAGES, list(message_ids))
    return {row["message_id"]: _known(row) for row in rows}


async def find_known(
    connection: asyncpg.Connection, *, jtis: Collection[UUID], message_ids: Collection[UUID]
) -> tuple[dict[UUID, tuple[KnownEnvelope, ...]], dict[UUID, KnownMessage]]:
    """Return what `find_envelopes` and `find_messages` do; one statement when all is new."""
    jtis, message_ids = list(jtis), list(message_ids)
    known = await connection.fetchrow(_ANY_KNOWN, jtis, message_ids)
    return (
        await find_envelopes(connection, jtis) if known["envelopes"] else {},
        await find_messages(connection, message_ids) if known["messages"] else {},
    )


async def messages_of_transfer(
    connection: asyncpg.Connection, transfer_id: UUID
) -> list[KnownMessage]:
    """Return every message that named a transfer, refused ones too, in order of receipt."""
    return [_known(row) for row in await connection.fetch(_MESSAGES_OF_TRANSFER, transfer_id)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedMessage:
    """A message that a key has signed, by its place in the journal."""

    leaf_index: int
    received_at: datetime
    jti: UUID | None
    message_id: UUID | None
    kind: str
    sender: str
    outcome: ReceiptResult
    transfer_id: UUID | None


async def signed_since(
    connection: asyncpg.Connection, key_id: str, since: datetime
) -> AsyncIterator[SignedMessage]:
    """Yield what a key has signed of all that was journalled from a moment on, in that order.

    The moment is one of the hub's clock; what a message claims about its age has no say.
    """
    async with connection.transaction(readonly=True):
        async for row in connection.cursor(_SIGNED_SINCE, key_id, since):
            yield SignedMessage(**dict(row) | {"outcome": ReceiptResult(row["outcome"])})


async def read_envelopes(
    connection: asyncpg.Connection, envelope_ids: Collection[int]
) -> list[KeptEnvelope]:
    """Return envelopes byte for byte as received, with their receipts."""
    rows = await connection.fetch(_ENVELOPES, list(envelope_ids))
    return [KeptEnvelope(**dict(row)) for row in rows]


def _known(row: asyncpg.Record) -> KnownMessage:
    columns = dict(row)
    return KnownMessage(
        **columns
        | {
            "outcome": ReceiptResult(columns["outcome"]),
            "refusals": _decode_refusals(columns["refusals"]),
        }
    )


async def store_envelopes(
    connection: asyncpg.Connection, envelopes: Sequence[NewEnvelope]
) -> list[int]:
    """Keep envelopes and their messages; return the ids of the envelopes, in order.

    Another process that stores the same id first makes this a conflict: the batch is repeated
    and then finds it.
    """
    if not envelopes:
        return []
    rows = await connection.fetch(_NEXT_ENVELOPE_IDS, len(envelopes))
    ids: list[int] = [row[0] for row in rows]
    pairs = list(zip(ids, envelopes, strict=True))
    await _NEW_ENVELOPES.run(connection, [_envelope(*pair) for pair in pairs])
    await _NEW_MESSAGES.run(
        connection,
        [
            _message(envelope_id, position, envelope, message)
            for envelope_id, envelope in pairs
            for position, message in enumerate(envelope.messages)
        ],
    )
    return ids


def _envelope(envelope_id: int, envelope: NewEnvelope) -> tuple[object, ...]:
    return (
        envelope_id,
        envelope.jti,
        envelope.digest,
        envelope.reuses_jti,
        envelope.sender,
        envelope.key_id,
        envelope.kind,
        envelope.message_id,
        envelope.received_at,
        envelope.raw,
    )


def _message(
    envelope_id: int, position: int, envelope: NewEnvelope, message: NewMessage
) -> tuple[object, ...]:
    return (
        envelope_id,
        position,
        message.message_id,
        message.repeats,
        message.body_digest,
        message.kind,
        envelope.sender,
        envelope.received_at,
        message.outcome,
        json_text(message.refusals),
        message.transfer_id,
    )


async def store_receipts(
    connection: asyncpg.Connection, receipts: Sequence[tuple[int, bytes]]
) -> None:
    """Keep the signed answers by envelope id; they are given again byte for byte."""
    await _NEW_RECEIPTS.run(connection, receipts)
