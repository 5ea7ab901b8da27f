"""Discrepancies: stored and loaded as the rules know them, with their history."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg

from hub.domain.reconciliation.codes import Aspect, FindingCode, Severity
from hub.domain.reconciliation.discrepancy import Discrepancy, DiscrepancyState, Dispute
from hub.storage.ids import Ids
from hub.storage.rows import bulk_copy
from hub.storage.slice.units import learn_keys, learn_series, series_of
from hub.storage.slice.writing_units import write_series
from hub.storage.tables import reconciliation as tables
from schema.identifiers import ItmoSeries, SerialRange
from schema.serials import SerialSet

SETTLE_KEY: Final = 0x17A0_0003
"""Advisory lock: discrepancies are settled by one transaction at a time."""

_LOCK: Final = "SELECT pg_advisory_xact_lock($1)"
_COLUMNS: Final = """
discrepancy_id, aspect, dispute_sources, series_id, sources, code, severity, evidence_digest,
registries, state, opened_at, changed_at, closed_at, recurrences, acknowledged_by, accepted_by
"""
_RELEVANT: Final = f"""
SELECT {_COLUMNS} FROM discrepancy
WHERE state <> 'resolved' OR series_id = ANY ($1::int[])
ORDER BY opened_at, discrepancy_id
"""  # noqa: S608 - columns of our own
_BY_ID: Final = f"""
SELECT {_COLUMNS} FROM discrepancy WHERE discrepancy_id = ANY ($1::uuid[])
ORDER BY opened_at, discrepancy_id
"""  # noqa: S608 - columns of our own
_FACTS: Final = """
SELECT discrepancy_id, words, ours, theirs, tonnes, due_at, run_id, transfer_id, message_id,
       last_agreed_message_id AS last_agreed
FROM discrepancy WHERE discrepancy_id = ANY ($1::uuid[])
"""
_INTERVALS: Final = """
SELECT discrepancy_id, first, last FROM discrepancy_interval
WHERE discrepancy_id = ANY ($1::uuid[])
ORDER BY discrepancy_id, position
"""
_WRITE: Final = """
INSERT INTO discrepancy (
    discrepancy_id, code, severity, state, registries, units, words, ours, theirs, transfer_id,
    message_id, last_agreed_message_id, run_id, opened_at, due_at, changed_at, closed_at,
    recurrences, aspect, sources, dispute_sources, series_id, tonnes, evidence_digest,
    acknowledged_by, accepted_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8::jsonb, $9::jsonb, $10, $11, $12, $13, $14, $15, $16, $17,
        $18, $19, $20, $21, $22, $23, $24, $25, $26)
ON CONFLICT (discrepancy_id) DO UPDATE SET
    code = excluded.code, severity = excluded.severity, state = excluded.state,
    registries = excluded.registries, units = excluded.units, words = excluded.words,
    ours = excluded.ours, theirs = excluded.theirs,
    last_agreed_message_id = coalesce(excluded.last_agreed_message_id,
                                      discrepancy.last_agreed_message_id),
    due_at = excluded.due_at, changed_at = excluded.changed_at, closed_at = excluded.closed_at,
    recurrences = excluded.recurrences, sources = excluded.sources, tonnes = excluded.tonnes,
    evidence_digest = excluded.evidence_digest, acknowledged_by = excluded.acknowledged_by,
    accepted_by = excluded.accepted_by
"""
_MOVE: Final = """
UPDATE discrepancy
SET state = $2, changed_at = $3, closed_at = $4, recurrences = $5, acknowledged_by = $6,
    accepted_by = $7
WHERE discrepancy_id = $1
"""
_FORGET_INTERVALS: Final = """
DELETE FROM discrepancy_interval WHERE discrepancy_id = ANY ($1::uuid[])
"""
_NEW_INTERVALS: Final = bulk_copy(
    tables.discrepancy_interval, "discrepancy_id", "position", "series_id", "first", "last"
)
_NEW_EVENTS: Final = bulk_copy(
    tables.discrepancy_event,
    "discrepancy_id",
    "happened_at",
    "event",
    "from_state",
    "to_state",
    "actor",
    "words",
    "message_id",
    "details",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFacts:
    """What is kept of a discrepancy beside its life: what both sides say, and where it came up."""

    words: str
    ours: str
    """JSON: what the hub has recorded, part by part."""
    theirs: str
    """JSON: what the others state, part by part."""
    tonnes: int
    due_at: datetime | None
    run_id: UUID | None = None
    transfer_id: UUID | None = None
    message_id: UUID | None = None
    last_agreed: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """One step in the life of a discrepancy, for ever."""

    discrepancy_id: UUID
    happened_at: datetime
    event: str
    from_state: DiscrepancyState | None
    to_state: DiscrepancyState
    actor: str
    words: str
    message_id: UUID | None = None
    details: str = "{}"
    """JSON: what was disputed then."""


async def lock_cases(connection: asyncpg.Connection) -> None:
    """Wait until nobody else settles discrepancies; held to the end of the transaction."""
    await connection.execute(_LOCK, SETTLE_KEY)


async def load_relevant(
    connection: asyncpg.Connection, ids: Ids, series: Collection[ItmoSeries]
) -> list[Discrepancy]:
    """Return every discrepancy that is not resolved, and the resolved ones of some series."""
    await learn_series(connection, ids, series)
    numbers = [ids.series.number(one) for one in series]
    rows = await connection.fetch(_RELEVANT, [one for one in numbers if one is not None])
    return await _discrepancies(connection, ids, rows)


async def load_discrepancies(
    connection: asyncpg.Connection, ids: Ids, wanted: Collection[UUID]
) -> list[Discrepancy]:
    """Return discrepancies by id; unknown ones are absent. Whoever changes them locks cases."""
    return await _discrepancies(connection, ids, await connection.fetch(_BY_ID, list(wanted)))


async def load_facts(
    connection: asyncpg.Connection, wanted: Collection[UUID]
) -> dict[UUID, StoredFacts]:
    """Return what is kept of discrepancies beside their life."""
    found: dict[UUID, StoredFacts] = {}
    for row in await connection.fetch(_FACTS, list(wanted)):
        columns = dict(row)
        discrepancy_id = columns.pop("discrepancy_id")
        found[discrepancy_id] = StoredFacts(**columns)
    return found


async def write_discrepancies(
    connection: asyncpg.Connection,
    ids: Ids,
    changed: Sequence[tuple[Discrepancy, StoredFacts]],
) -> None:
    """Enter discrepancies, or write what has become of them."""
    if not changed:
        return
    series = {one.dispute.series for one, _ in changed} - {None}
    await write_series(connection, ids, [one for one in series if one is not None])
    await connection.executemany(_WRITE, [_row(ids, one, facts) for one, facts in changed])
    await connection.execute(_FORGET_INTERVALS, [one.discrepancy_id for one, _ in changed])
    await _NEW_INTERVALS.run(
        connection, [row for one, _ in changed for row in _interval_rows(ids, one)]
    )


async def move_discrepancies(connection: asyncpg.Connection, moved: Iterable[Discrepancy]) -> None:
    """Write the state of discrepancies about which nothing else has changed."""
    rows = [
        (
            one.discrepancy_id,
            one.state,
            one.changed_at,
            one.closed_at,
            one.recurrences,
            sorted(one.acknowledged_by),
            sorted(one.accepted_by),
        )
        for one in moved
    ]
    await connection.executemany(_MOVE, rows)


async def add_history(connection: asyncpg.Connection, entries: Sequence[HistoryEntry]) -> None:
    """Add steps to the histories of discrepancies."""
    rows = [
        (
            one.discrepancy_id,
            one.happened_at,
            one.event,
            one.from_state,
            one.to_state,
            one.actor,
            one.words,
            one.message_id,
            one.details,
        )
        for one in entries
    ]
    await _NEW_EVENTS.run(connection, rows)


async def _discrepancies(
    connection: asyncpg.Connection, ids: Ids, rows: Sequence[asyncpg.Record]
) -> list[Discrepancy]:
    if not rows:
        return []
    serials: dict[UUID, list[SerialRange]] = {}
    found = [row["discrepancy_id"] for row in rows]
    for discrepancy_id, first, last in await connection.fetch(_INTERVALS, found):
        serials.setdefault(discrepancy_id, []).append(SerialRange(first, last))
    numbers = {row["series_id"] for row in rows if row["series_id"] is not None}
    await learn_keys(connection, ids, series=numbers)
    return [_discrepancy(ids, row, serials.get(row["discrepancy_id"], [])) for row in rows]


def _discrepancy(ids: Ids, row: asyncpg.Record, serials: list[SerialRange]) -> Discrepancy:
    series_id = row["series_id"]
    return Discrepancy(
        discrepancy_id=row["discrepancy_id"],
        dispute=Dispute(
            aspect=Aspect(row["aspect"]),
            sources=tuple(row["dispute_sources"]),
            series=None if series_id is None else series_of(ids, series_id),
        ),
        sources=tuple(row["sources"]),
        code=FindingCode(row["code"]),
        severity=Severity(row["severity"]),
        serials=SerialSet.of(serials),
        evidence_digest=row["evidence_digest"],
        concerned=frozenset(row["registries"]),
        state=DiscrepancyState(row["state"]),
        opened_at=row["opened_at"],
        changed_at=row["changed_at"],
        closed_at=row["closed_at"],
        recurrences=row["recurrences"],
        acknowledged_by=frozenset(row["acknowledged_by"]),
        accepted_by=frozenset(row["accepted_by"]),
    )


def _row(ids: Ids, one: Discrepancy, facts: StoredFacts) -> tuple[object, ...]:
    series = one.dispute.series
    return (
        one.discrepancy_id,
        one.code,
        one.severity,
        one.state,
        sorted(one.concerned),
        one.serials.count,
        facts.words,
        facts.ours,
        facts.theirs,
        facts.transfer_id,
        facts.message_id,
        facts.last_agreed,
        facts.run_id,
        one.opened_at,
        facts.due_at,
        one.changed_at,
        one.closed_at,
        one.recurrences,
        one.dispute.aspect,
        list(one.sources),
        list(one.dispute.sources),
        None if series is None else ids.series.require(series),
        facts.tonnes,
        one.evidence_digest,
        sorted(one.acknowledged_by),
        sorted(one.accepted_by),
    )


def _interval_rows(ids: Ids, one: Discrepancy) -> Iterable[tuple[object, ...]]:
    series = one.dispute.series
    if series is None:
        return
    number = ids.series.require(series)
    for position, serials in enumerate(one.serials.ranges):
        yield one.discrepancy_id, position, number, serials.first, serials.last
