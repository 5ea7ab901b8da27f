"""Parties, registries and the keys that are trusted; the operator's and the keyring's tables."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg

from schema.codes import RegistryKind

_PARTY: Final = """
INSERT INTO party (party, name) VALUES ($1, $2)
ON CONFLICT (party) DO UPDATE SET name = excluded.name WHERE party.name <> excluded.name
"""
_REGISTRY: Final = """
INSERT INTO registry (registry, party, kind, name, connector, endpoint, fresh_for_seconds,
                      recorded_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (registry) DO UPDATE
SET party = excluded.party, kind = excluded.kind, name = excluded.name,
    connector = excluded.connector, endpoint = excluded.endpoint,
    fresh_for_seconds = excluded.fresh_for_seconds, recorded_at = excluded.recorded_at
WHERE (registry.party, registry.kind, registry.name, registry.connector, registry.endpoint,
       registry.fresh_for_seconds)
   IS DISTINCT FROM (excluded.party, excluded.kind, excluded.name, excluded.connector,
                     excluded.endpoint, excluded.fresh_for_seconds)
"""
_REGISTRIES: Final = """
SELECT registry, party, kind, name, suspended, connector, endpoint, fresh_for_seconds,
       last_good_sync_at
FROM registry ORDER BY registry
"""
_SYNCED: Final = """
INSERT INTO sync_state (registry, cursor, last_attempt_at, last_error, failures_in_a_row)
VALUES ($1, $2, $3, $4::text, ($4::text IS NOT NULL)::int)
ON CONFLICT (registry) DO UPDATE
SET cursor = coalesce(excluded.cursor, sync_state.cursor),
    last_attempt_at = excluded.last_attempt_at,
    last_error = excluded.last_error,
    failures_in_a_row = CASE WHEN excluded.last_error IS NULL THEN 0
                             ELSE sync_state.failures_in_a_row + 1 END
"""
_FRESH: Final = """
UPDATE registry SET last_good_sync_at = $2
WHERE registry = $1 AND (last_good_sync_at IS NULL OR last_good_sync_at < $2)
"""
_CURSOR: Final = "SELECT cursor FROM sync_state WHERE registry = $1"
_KEYS: Final = """
SELECT key_id, issuer, purpose, jwk, valid_from, valid_until, revoked_from, revocation_reason,
       message_id
FROM trusted_key ORDER BY key_id
"""
_TRUST: Final = """
INSERT INTO trusted_key (key_id, issuer, purpose, jwk, valid_from, valid_until, message_id,
                         recorded_at)
VALUES ($1, $2, $3, $4::jsonb, $5, $6, $7, $8)
ON CONFLICT (key_id) DO NOTHING
"""
_END: Final = """
UPDATE trusted_key SET valid_until = $2, recorded_at = $3
WHERE key_id = $1 AND (valid_until IS NULL OR valid_until > $2)
"""
_REVOKE: Final = """
UPDATE trusted_key
SET revoked_from = $2, revocation_reason = $3, message_id = coalesce($4, message_id),
    recorded_at = $5
WHERE key_id = $1 AND (revoked_from IS NULL OR revoked_from > $2)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryEntry:
    """A registry as the operator configures it."""

    registry: str
    party: str
    party_name: str
    kind: RegistryKind
    name: str
    connector: str | None = None
    endpoint: str | None = None
    fresh_for_seconds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRegistry:
    """A registry with what the hub knows about it."""

    registry: str
    party: str
    kind: RegistryKind
    name: str
    suspended: bool
    connector: str | None
    endpoint: str | None
    fresh_for_seconds: int | None
    last_good_sync_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredKey:
    """A public key of one issuer, as JSON Web Key text, with its validity."""

    key_id: str
    issuer: str
    purpose: str
    jwk: str
    valid_from: datetime
    valid_until: datetime | None = None
    revoked_from: datetime | None = None
    revocation_reason: str | None = None
    message_id: UUID | None = None
    """The message that announced or revoked it; None for keys that the operator entered."""


async def put_registries(
    connection: asyncpg.Connection, entries: Sequence[RegistryEntry], *, at: datetime
) -> None:
    """Enter registries and their Parties, or bring them up to date; none is ever removed."""
    for party, name in sorted({(entry.party, entry.party_name) for entry in entries}):
        await connection.execute(_PARTY, party, name)
    await connection.executemany(
        _REGISTRY,
        [
            (
                entry.registry,
                entry.party,
                entry.kind,
                entry.name,
                entry.connector,
                entry.endpoint,
                entry.fresh_for_seconds,
                at,
            )
            for entry in sorted(entries, key=lambda entry: entry.registry)
        ],
    )


async def list_registries(connection: asyncpg.Connection) -> list[StoredRegistry]:
    """Return all registries."""
    rows = await connection.fetch(_REGISTRIES)
    return [StoredRegistry(**dict(row) | {"kind": RegistryKind(row["kind"])}) for row in rows]


async def record_sync(
    connection: asyncpg.Connection,
    registry: str,
    *,
    at: datetime,
    cursor: str | None,
    error: str | None = None,
) -> None:
    """Record an attempt to read a registry: how far it came, or why it failed."""
    await connection.execute(_SYNCED, registry, cursor, at, error)
    if error is None:
        await connection.execute(_FRESH, registry, at)


async def sync_cursor(connection: asyncpg.Connection, registry: str) -> str | None:
    """Return how far a registry was read."""
    cursor: str | None = await connection.fetchval(_CURSOR, registry)
    return cursor


async def list_keys(connection: asyncpg.Connection) -> list[StoredKey]:
    """Return all keys, past and future ones too."""
    return [StoredKey(**dict(row)) for row in await connection.fetch(_KEYS)]


async def trust_key(connection: asyncpg.Connection, key: StoredKey, *, at: datetime) -> None:
    """Enter a key; one that is there already stays as it is."""
    await connection.execute(
        _TRUST,
        key.key_id,
        key.issuer,
        key.purpose,
        key.jwk,
        key.valid_from,
        key.valid_until,
        key.message_id,
        at,
    )


async def end_key(
    connection: asyncpg.Connection, key_id: str, *, valid_until: datetime, at: datetime
) -> None:
    """Cut the validity of a key short; it is never moved later."""
    await connection.execute(_END, key_id, valid_until, at)


async def revoke_key(
    connection: asyncpg.Connection,
    key_id: str,
    *,
    revoked_from: datetime,
    reason: str,
    message_id: UUID | None,
    at: datetime,
) -> None:
    """Distrust a key for what is received from a moment on; it is never moved later."""
    await connection.execute(_REVOKE, key_id, revoked_from, reason, message_id, at)
