# ruff: noqa: S608 - every part of every statement is a text of this file
"""Everything that is stored, in an order in which it can be derived again and compared."""

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg
import msgspec

from hub.journal.tiles import TileId
from schema.codes import ReceiptResult
from schema.refusals import Refusal

_decode_refusals: Final = msgspec.json.Decoder(tuple[Refusal, ...]).decode

_ENTRIES: Final = """
SELECT l.leaf_index, l.entry, l.envelope_id, l.position,
       m.message_id, m.repeats, m.body_digest, m.kind, m.sender, m.received_at, m.outcome,
       m.refusals, m.transfer_id
FROM journal_leaf l
LEFT JOIN message m ON m.envelope_id = l.envelope_id AND m.position = l.position
WHERE l.leaf_index >= $1 AND l.leaf_index < $1 + $2
ORDER BY l.leaf_index
"""
_DIGESTS: Final = """
SELECT l.leaf_index, l.entry, encode(sha256(e.raw), 'hex')
FROM journal_leaf l LEFT JOIN envelope e USING (envelope_id)
WHERE l.leaf_index >= $1 AND l.leaf_index < $1 + $2
ORDER BY l.leaf_index
"""
_ENVELOPES: Final = """
SELECT e.envelope_id, e.jti, e.digest, e.sender, e.key_id, e.kind, e.received_at, e.raw, r.receipt
FROM envelope e LEFT JOIN receipt r USING (envelope_id)
WHERE e.envelope_id = ANY ($1::bigint[])
"""
_WITHOUT_LEAF: Final = """
SELECT e.envelope_id FROM envelope e
WHERE NOT EXISTS (SELECT FROM journal_leaf l WHERE l.envelope_id = e.envelope_id)
ORDER BY e.envelope_id
"""
_TILE_SIZES: Final = "SELECT level, position, octet_length(hashes) FROM journal_tile"
_SCRATCH_START: Final = (
    ("party", "SELECT party, name FROM party"),
    (
        "registry",
        """SELECT registry, party, kind, name, connector, endpoint, fresh_for_seconds, recorded_at
        FROM registry""",
    ),
    (
        "trusted_key",
        """SELECT key_id, issuer, purpose, jwk, valid_from, valid_until, recorded_at
        FROM trusted_key WHERE message_id IS NULL""",
    ),
)
"""What the operator has entered: no message says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditedEntry:
    """A journal entry with the row of the message that it stands for."""

    leaf_index: int
    entry: bytes
    envelope_id: int | None
    position: int | None
    message_id: UUID | None
    repeats: bool | None
    body_digest: bytes | None
    kind: str | None
    """None when the message that the entry stands for is gone."""
    sender: str | None
    received_at: datetime | None
    outcome: ReceiptResult | None
    refusals: tuple[Refusal, ...]
    transfer_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditedEnvelope:
    """An envelope as stored, with its receipt."""

    envelope_id: int
    jti: UUID | None
    digest: bytes
    sender: str
    key_id: str | None
    kind: str
    received_at: datetime
    raw: bytes
    receipt: bytes | None


async def begin_audit(connection: asyncpg.Connection) -> None:
    """Hold what is committed now in view for as long as the transaction lasts."""
    await connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")


async def audited_entries(
    connection: asyncpg.Connection, first: int, count: int
) -> list[AuditedEntry]:
    """Return `count` entries from number `first` on."""
    rows = await connection.fetch(_ENTRIES, first, count)
    return [_entry(row) for row in rows]


def _entry(row: asyncpg.Record) -> AuditedEntry:
    columns = dict(row)
    outcome, refusals = columns["outcome"], columns["refusals"]
    columns["outcome"] = None if outcome is None else ReceiptResult(outcome)
    columns["refusals"] = () if refusals is None else _decode_refusals(refusals)
    return AuditedEntry(**columns)


async def entry_digests(
    connection: asyncpg.Connection, first: int, count: int
) -> list[tuple[int, bytes, str | None]]:
    """Return entries with the digests of their envelopes, computed from the stored bytes."""
    return [tuple(row) for row in await connection.fetch(_DIGESTS, first, count)]


async def audited_envelopes(
    connection: asyncpg.Connection, envelope_ids: Collection[int]
) -> dict[int, AuditedEnvelope]:
    """Return envelopes by their ids."""
    rows = await connection.fetch(_ENVELOPES, list(envelope_ids))
    return {row["envelope_id"]: AuditedEnvelope(**dict(row)) for row in rows}


async def envelopes_without_leaf(connection: asyncpg.Connection) -> AsyncIterator[int]:
    """Yield the envelopes that only repeated what was said before."""
    async for row in connection.cursor(_WITHOUT_LEAF):
        yield row[0]


async def tile_sizes(connection: asyncpg.Connection) -> list[tuple[TileId, int]]:
    """Return the sizes of all stored tiles in bytes; those of level 0 are not stored as such."""
    return [(TileId(row[0], row[1]), row[2]) for row in await connection.fetch(_TILE_SIZES)]


async def start_scratch(stored: asyncpg.Connection, scratch: asyncpg.Connection) -> None:
    """Copy what the operator has entered, with which every replay begins."""
    for table, query in _SCRATCH_START:
        rows = await stored.fetch(query)
        if rows:
            columns = list(rows[0].keys())
            await scratch.copy_records_to_table(
                table, records=[tuple(row) for row in rows], columns=columns
            )


def _c(*columns: str) -> str:
    """Order texts by their bytes: two databases may sort letters differently."""
    return ", ".join(f'{column} COLLATE "C"' for column in columns)


_SERIES: Final = "s.approach, s.registry, s.first_party, s.vintage"
_IN_SERIES: Final = f"{_c('s.approach', 's.registry', 's.first_party')}, s.vintage"
_HOLDING_OF: Final = """
JOIN series s USING (series_id)
LEFT JOIN account a USING (account_id)
LEFT JOIN authorization_state u USING (authorization_ref)
"""
STATE_QUERIES: Final[dict[str, str]] = {
    "registry": f"SELECT registry, suspended FROM registry ORDER BY {_c('registry')}",
    "key": f"""
        SELECT key_id, issuer, purpose, jwk, valid_from, valid_until, revoked_from,
               revocation_reason, message_id
        FROM trusted_key ORDER BY {_c("key_id")}""",
    "account": f"""
        SELECT registry, account, kind, status, holder_party, holder_entity, message_id,
               recorded_at
        FROM account ORDER BY {_c("registry", "account")}""",
    "approach": f"SELECT approach, parties FROM approach ORDER BY {_c('approach')}",
    "entity": f"""
        SELECT country, entity_id, name, message_id, recorded_at
        FROM entity ORDER BY {_c("country", "entity_id")}""",
    "authorization": f"""
        SELECT party, authorization_id, version, step, status, approach, activity, record,
               message_id, recorded_at, issued, first_transferred, first_transfer_reserved, used,
               confirmed
        FROM authorization_state ORDER BY {_c("party", "authorization_id")}""",
    "authorization version": f"""
        SELECT u.party, u.authorization_id, r.version, r.status, r.record, r.message_id,
               r.recorded_at
        FROM authorization_record r JOIN authorization_state u USING (authorization_ref)
        ORDER BY {_c("u.party", "u.authorization_id")}, r.version""",
    "authorization of an approach": f"""
        SELECT p.party, p.approach, u.authorization_id, p.from_day, p.until_day
        FROM approach_authorization p JOIN authorization_state u USING (authorization_ref)
        ORDER BY {_c("p.party", "p.approach", "u.authorization_id")}""",
    "activity": f"""
        SELECT approach, activity, first_party, title, sectors, activity_types, message_id,
               recorded_at
        FROM activity ORDER BY {_c("approach", "activity")}""",
    "decision": """
        SELECT message_id, decision_id, kind, approach, first_party, activity, registry,
               decided_on, period_from, period_to, source, recorded_at
        FROM decision ORDER BY message_id""",
    "allotment": f"""
        SELECT decision, registry, vintage, tonnes, issued
        FROM allotment ORDER BY decision, {_c("registry")}, vintage""",
    "initial report": f"""
        SELECT party, approach, submitted_on, document_digest, message_id, recorded_at
        FROM initial_report ORDER BY {_c("party", "approach")}""",
    "maintenance window": """
        SELECT message_id, registry, starts_at, ends_at, words
        FROM maintenance_window ORDER BY message_id""",
    "transfer": """
        SELECT transfer_id, message_id, state, from_registry, from_account, to_registry,
               to_account, purpose, authorization_party, authorization_id, units, proposed_at,
               answer_until, decided_at, reason, proposal, outcomes, asked, reverses, corrected_by
        FROM transfer ORDER BY transfer_id""",
    "block of a transfer": f"""
        SELECT b.transfer_id, b.position, {_SERIES}, b.first, b.last, b.quantity, b.unit
        FROM transfer_block b JOIN series s USING (series_id)
        ORDER BY b.transfer_id, b.position""",
    "first transfer": f"""
        SELECT b.transfer_id, b.position, {_SERIES}, b.first, b.last
        FROM transfer_first_transfer b JOIN series s USING (series_id)
        ORDER BY b.transfer_id, b.position""",
    "action": """
        SELECT message_id, registry, action, from_account, to_account, authorization_party,
               authorization_id, corrected_by
        FROM action_record ORDER BY message_id""",
    "block of an action": f"""
        SELECT b.message_id, b.position, {_SERIES}, b.first, b.last
        FROM action_block b JOIN series s USING (series_id)
        ORDER BY b.message_id, b.position""",
    "correction": """
        SELECT message_id, registry, kind, corrects, replacement, approvers, reason
        FROM correction ORDER BY message_id""",
    "issuance": f"""
        SELECT {_SERIES}, i.first, i.last, i.message_id, i.registry, a.account, i.activity,
               i.decision, u.party, u.authorization_id, i.mitigation_type, i.metric, i.unit,
               i.quantity, i.underlying_registry, i.underlying_first_unit,
               i.underlying_last_unit, i.issued_at, i.recorded_at
        FROM issuance i {_HOLDING_OF} ORDER BY {_IN_SERIES}, i.first""",
    "event": f"""
        SELECT {_SERIES}, e.first, e.last, e.kind, e.happened_at, e.quantity, e.unit, e.registry,
               f.registry AS from_registry, f.account AS from_account,
               t.registry AS to_registry, t.account AS to_account,
               u.party, u.authorization_id, e.message_id, e.transfer_id, e.purpose, e.using_party,
               e.using_entity, e.year_of_use
        FROM unit_event e
        JOIN series s USING (series_id)
        LEFT JOIN account f ON f.account_id = e.from_account_id
        LEFT JOIN account t ON t.account_id = e.to_account_id
        LEFT JOIN authorization_state u USING (authorization_ref)
        ORDER BY {_IN_SERIES}, e.first, e.last, {_c("e.kind")}, e.message_id, e.happened_at""",
    "message owed": f"""
        SELECT destination, message_id, kind, body, transfer_id
        FROM outbox WHERE kind IN ('transfer-request', 'transfer-outcome', 'maintenance-notice')
        ORDER BY {_c("destination")}, message_id""",
}
"""What the rules make of the messages; times of batches and numbers of our own are left out."""
HOLDINGS: Final = f"""
SELECT {_SERIES}, h.first, h.last, h.quantity,
       a.registry AS in_registry, a.account, h.status, h.issuance, h.activity, u.party,
       u.authorization_id, h.first_transfer, h.reserved_by, h.last_record, h.unit
FROM holding h {_HOLDING_OF} ORDER BY {_IN_SERIES}, h.first
"""
COVERAGE: Final = "SELECT * FROM coverage_differences()"


async def state_rows(connection: asyncpg.Connection, query: str) -> AsyncIterator[Sequence[Any]]:
    """Yield the rows of one of the queries, a page at a time."""
    async for row in connection.cursor(query, prefetch=1_000):
        yield row


async def column_names(connection: asyncpg.Connection, query: str) -> list[str]:
    """Return the names of the columns of a query."""
    statement = await connection.prepare(query)
    return [attribute.name for attribute in statement.get_attributes()]


async def coverage_holds(connection: asyncpg.Connection) -> bool:
    """Tell whether the holdings cover exactly the serials that were issued."""
    return not await connection.fetch(COVERAGE)
