"""Runs of reconciliation, and how each registry stands by them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg

from hub.storage.json_text import json_text

_BEGIN: Final = """
INSERT INTO reconciliation_run (run_id, kind, scope, started_by, started_at, details)
VALUES ($1, $2, $3::jsonb, $4, $5, '{}')
"""
_END: Final = """
UPDATE reconciliation_run
SET finished_at = $2, result = $3, units_compared = $4, found = $5, details = $6::jsonb
WHERE run_id = $1
"""
_STANDING: Final = """
INSERT INTO reconciliation_standing AS s (
    registry, last_attempt_at, last_result, last_words, last_run_id, good_at, good_stated_at,
    good_run_id, full_at, units_compared, coverage)
VALUES ($1, $2, $3, $4, $5::uuid, $6, $7,
        CASE WHEN $6::timestamptz IS NOT NULL THEN $5::uuid END, $8, $9, $10::jsonb)
ON CONFLICT (registry) DO UPDATE SET
    last_attempt_at = excluded.last_attempt_at,
    last_result = excluded.last_result,
    last_words = excluded.last_words,
    last_run_id = excluded.last_run_id,
    good_at = coalesce(excluded.good_at, s.good_at),
    good_stated_at = coalesce(excluded.good_stated_at, s.good_stated_at),
    good_run_id = coalesce(excluded.good_run_id, s.good_run_id),
    full_at = coalesce(excluded.full_at, s.full_at),
    units_compared = coalesce(excluded.units_compared, s.units_compared),
    coverage = CASE WHEN excluded.good_at IS NULL THEN s.coverage ELSE excluded.coverage END
"""
_STANDINGS: Final = """
SELECT r.registry, s.last_attempt_at, s.last_result, s.last_words, s.good_at, s.good_stated_at,
       s.full_at, s.units_compared
FROM registry r LEFT JOIN reconciliation_standing s USING (registry)
ORDER BY r.registry
"""
_OPEN: Final = """
SELECT d.discrepancy_id, d.code, d.severity, d.state, d.registries, d.units, d.tonnes, d.words,
       d.opened_at, d.due_at, d.recurrences,
       coalesce(array_agg(ARRAY[s.approach, s.registry, s.first_party, s.vintage::text,
                                i.first::text, i.last::text] ORDER BY i.position)
                FILTER (WHERE i.first IS NOT NULL), '{}') AS blocks
FROM discrepancy d
LEFT JOIN discrepancy_interval i USING (discrepancy_id)
LEFT JOIN series s ON s.series_id = i.series_id
WHERE d.state IN ('open', 'acknowledged')
GROUP BY d.discrepancy_id
ORDER BY d.opened_at, d.discrepancy_id
LIMIT $1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEnd:
    """How a run ended."""

    result: str
    units_compared: int
    found: int
    details: object


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How the last comparison with a registry went; `good_*` only when it was compared."""

    registry: str
    attempted_at: datetime
    result: str
    words: str
    good_at: datetime | None
    good_stated_at: datetime | None
    full_at: datetime | None
    units_compared: int | None
    coverage: object


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingNow:
    """What is known about a registry's freshness; None means never."""

    registry: str
    last_attempt_at: datetime | None
    last_result: str | None
    last_words: str | None
    good_at: datetime | None
    good_stated_at: datetime | None
    full_at: datetime | None
    units_compared: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCase:
    """A discrepancy that is open, as it is shown."""

    discrepancy_id: UUID
    code: str
    severity: str
    state: str
    registries: list[str]
    units: int
    tonnes: int
    words: str
    opened_at: datetime
    due_at: datetime | None
    recurrences: int
    blocks: list[list[str]]
    """Approach, registry, first transferring Party, vintage, first and last serial."""


async def begin_run(
    connection: asyncpg.Connection,
    run_id: UUID,
    *,
    kind: str,
    scope: object,
    started_by: str,
    at: datetime,
) -> None:
    """Record that a run has begun."""
    await connection.execute(_BEGIN, run_id, kind, json_text(scope), started_by, at)


async def end_run(
    connection: asyncpg.Connection, run_id: UUID, end: RunEnd, *, at: datetime
) -> None:
    """Record how a run has ended."""
    details = json_text(end.details)
    await connection.execute(_END, run_id, at, end.result, end.units_compared, end.found, details)


async def put_standings(
    connection: asyncpg.Connection, run_id: UUID, standings: Sequence[Standing]
) -> None:
    """Record how each registry stands after a run; a failure leaves the last good one."""
    await connection.executemany(
        _STANDING,
        [
            (
                one.registry,
                one.attempted_at,
                one.result,
                one.words,
                run_id,
                one.good_at,
                one.good_stated_at,
                one.full_at,
                one.units_compared,
                json_text(one.coverage),
            )
            for one in standings
        ],
    )


async def list_standings(connection: asyncpg.Connection) -> list[StandingNow]:
    """Return how every registry stands, those never compared too."""
    return [StandingNow(**dict(row)) for row in await connection.fetch(_STANDINGS)]


async def open_cases(connection: asyncpg.Connection, *, limit: int) -> list[OpenCase]:
    """Return the discrepancies that are open, the oldest first."""
    return [OpenCase(**dict(row)) for row in await connection.fetch(_OPEN, limit)]
