"""Submissions in the agreed electronic format: their rows, frozen once and never changed."""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum, unique
from typing import Final
from uuid import UUID

import asyncpg

from hub.storage.rows import bulk_copy
from hub.storage.tables import reports as tables
from schema.aef.fields import Table
from schema.aef.record_json import Record, record_from_json, record_to_json
from schema.aef.records import SubmissionRecord

CHUNK_ROWS: Final = 2_000
_TABLE_NUMBERS: Final = {table: number for number, table in enumerate(Table, start=1)}

_COLUMNS: Final = """
submission_id, party, year, version, origin, status, as_of, frozen_at, heading::text AS heading
"""
_FIND: Final = f"""
SELECT {_COLUMNS} FROM aef_submission
WHERE party = $1 AND year = $2 AND origin = $3 ORDER BY frozen_at, version
"""  # noqa: S608 - our own text
_ALL: Final = f"""
SELECT {_COLUMNS} FROM aef_submission WHERE origin = $1 ORDER BY party, year, frozen_at
"""  # noqa: S608 - our own text
_ADD: Final = """
INSERT INTO aef_submission (submission_id, party, year, version, origin, status, as_of, frozen_at,
                            heading)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::jsonb)
"""
_FILE: Final = """
UPDATE aef_submission SET status = $2, heading = $3::jsonb WHERE submission_id = $1
"""
_ROWS: Final = """
SELECT cells::text FROM aef_row WHERE submission_id = $1 AND table_number = $2 ORDER BY position
"""
_COUNT: Final = """
SELECT table_number, count(*) FROM aef_row WHERE submission_id = $1 GROUP BY table_number
"""
_ADD_ROWS: Final = bulk_copy(tables.aef_row, "submission_id", "table_number", "position", "cells")


@unique
class Origin(StrEnum):
    """Where the rows of a submission come from."""

    LEDGER = "ledger"
    """Filled from the hub's own record."""


@unique
class FilingStatus(StrEnum):
    """Where a submission stands; ours alone, never in a file."""

    FROZEN = "frozen"
    FILED = "filed"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSubmission:
    """A submission whose rows are frozen. `as_of` is the instant of its position."""

    submission_id: UUID
    party: str
    year: int
    version: str
    origin: Origin
    status: FilingStatus
    as_of: datetime
    frozen_at: datetime
    heading: SubmissionRecord

    @property
    def filed_on(self) -> date | None:
        """The date of submission, once it is filed."""
        return self.heading.submitted_on


async def submissions_of(
    connection: asyncpg.Connection, party: str, year: int
) -> list[StoredSubmission]:
    """Load what was filled for a Party and year, in the order of freezing."""
    rows = await connection.fetch(_FIND, party, year, Origin.LEDGER)
    return [_stored(row) for row in rows]


async def all_submissions(connection: asyncpg.Connection) -> list[StoredSubmission]:
    """Load the headings of everything that was filled."""
    return [_stored(row) for row in await connection.fetch(_ALL, Origin.LEDGER)]


def _stored(row: asyncpg.Record) -> StoredSubmission:
    heading = record_from_json(Table.SUBMISSION, row["heading"])
    assert isinstance(heading, SubmissionRecord), "Table 1 has its own record"
    return StoredSubmission(
        submission_id=row["submission_id"],
        party=row["party"],
        year=row["year"],
        version=row["version"],
        origin=Origin(row["origin"]),
        status=FilingStatus(row["status"]),
        as_of=row["as_of"],
        frozen_at=row["frozen_at"],
        heading=heading,
    )


async def add_submission(connection: asyncpg.Connection, stored: StoredSubmission) -> None:
    """Open a submission; its rows follow in the same transaction."""
    await connection.execute(
        _ADD,
        stored.submission_id,
        stored.party,
        stored.year,
        stored.version,
        stored.origin,
        stored.status,
        stored.as_of,
        stored.frozen_at,
        record_to_json(stored.heading),
    )


async def mark_filed(
    connection: asyncpg.Connection, stored: StoredSubmission, heading: SubmissionRecord
) -> None:
    """Note that a submission was filed, with its date; the rows stay as they are."""
    await connection.execute(
        _FILE, stored.submission_id, FilingStatus.FILED, record_to_json(heading)
    )


async def add_rows(
    connection: asyncpg.Connection,
    submission_id: UUID,
    table: Table,
    first_position: int,
    records: Sequence[Record],
) -> None:
    """Add frozen rows of one table, from `first_position` on."""
    number = _TABLE_NUMBERS[table]
    await _ADD_ROWS.run(
        connection,
        [
            (submission_id, number, position, record_to_json(record))
            for position, record in enumerate(records, start=first_position)
        ],
    )


async def stream_rows(
    connection: asyncpg.Connection, submission_id: UUID, tables: Iterable[Table]
) -> AsyncIterator[Record]:
    """Yield the frozen rows of some tables in their order; within a transaction only."""
    for table in tables:
        number = _TABLE_NUMBERS[table]
        async for row in connection.cursor(_ROWS, submission_id, number, prefetch=CHUNK_ROWS):
            yield record_from_json(table, row["cells"])


async def count_rows(connection: asyncpg.Connection, submission_id: UUID) -> dict[Table, int]:
    """Count the rows of each table."""
    numbers = {number: table for table, number in _TABLE_NUMBERS.items()}
    rows = await connection.fetch(_COUNT, submission_id)
    return {numbers[number]: count for number, count in rows}
