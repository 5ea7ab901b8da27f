"""Statements of registries: which pages came when, and with which envelopes they are proven."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg
import msgspec

from hub.storage.queries.messages import NewEnvelope, store_envelopes
from hub.storage.rows import bulk_insert
from hub.storage.tables import reconciliation as tables
from schema.codes import StatementLevel
from schema.refusals import Refusal

_decode_refusals: Final = msgspec.json.Decoder(tuple[Refusal, ...]).decode

_STATEMENT: Final = """
INSERT INTO statement (registry, level, source, source_record, signature, stated_at, observed_at,
                       pages, complete_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (registry, level, source, source_record, stated_at)
DO UPDATE SET complete_at = coalesce(statement.complete_at, excluded.complete_at)
RETURNING statement_id
"""
_PAGES: Final = bulk_insert(
    tables.statement_page,
    "statement_id",
    "page",
    "envelope_id",
    "message_id",
    "observed_at",
    ending="ON CONFLICT DO NOTHING",
)
_ENVELOPES: Final = """
SELECT e.envelope_id, m.message_id, m.refusals
FROM envelope e JOIN message m USING (envelope_id)
WHERE e.jti = ANY ($1::uuid[]) AND NOT e.reuses_jti AND m.position = 0
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPage:
    """One page and its evidence."""

    page: int
    envelope_id: int
    message_id: UUID | None
    """None for pages that no signed message carries."""
    observed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptStatement:
    """A statement of one level, for one scope, at one instant, with all of its pages."""

    registry: str
    level: StatementLevel
    source: str
    """The connector that read it, or how else it came."""
    scope: str
    """What was asked for, in words; empty for everything."""
    signature: str
    stated_at: datetime
    observed_at: datetime
    pages: tuple[KeptPage, ...]


async def keep_statement(connection: asyncpg.Connection, statement: KeptStatement) -> int:
    """Remember a complete statement; the same one again changes nothing."""
    number: int = await connection.fetchval(
        _STATEMENT,
        statement.registry,
        statement.level,
        statement.source,
        statement.scope,
        statement.signature,
        statement.stated_at,
        statement.observed_at,
        len(statement.pages),
        statement.observed_at,
    )
    rows = [
        (number, page.page, page.envelope_id, page.message_id, page.observed_at)
        for page in statement.pages
    ]
    await _PAGES.run(connection, rows)
    return number


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvelopeOfMessage:
    """Where a message that came alone in its envelope is kept."""

    envelope_id: int
    message_id: UUID
    refusals: tuple[Refusal, ...]


async def envelopes_of(
    connection: asyncpg.Connection, jtis: Sequence[UUID]
) -> list[EnvelopeOfMessage]:
    """Return the envelopes with these ids and the first message of each."""
    rows = await connection.fetch(_ENVELOPES, list(jtis))
    return [
        EnvelopeOfMessage(
            envelope_id=envelope_id, message_id=message_id, refusals=_decode_refusals(refusals)
        )
        for envelope_id, message_id, refusals in rows
    ]


async def keep_unsigned(
    connection: asyncpg.Connection, *, registry: str, content: bytes, digest: bytes, at: datetime
) -> int:
    """Keep a page that nobody signed, such as a published file, byte for byte."""
    (number,) = await store_envelopes(
        connection,
        [
            NewEnvelope(
                jti=None,
                digest=digest,
                sender=registry,
                key_id=None,
                kind="unsigned statement",
                message_id=None,
                received_at=at,
                raw=content,
                messages=(),
            )
        ],
    )
    return number
