"""The annual information of a Party: taken from the ledger once, kept for ever, written anywhere.

A year is frozen when it is filled first. Filling it again gives the stored rows, whatever happened
since; a correction is asked for by name and is a new version beside the old one.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Final, TypeVar
from uuid import uuid4

import asyncpg
import msgspec

from hub.domain.aef.calendar import FreezeFault, FreezeRequest, decide_freeze, year_end
from hub.domain.aef.filling import Filler, Remark
from hub.domain.aef.filling_authorizations import Authorizations
from hub.domain.aef.versions import (
    FIRST_VERSION,
    Standing,
    SubmissionKey,
    Version,
    admit_version,
    read_version,
)
from hub.domain.state import Policy
from hub.storage.database import Database
from hub.storage.queries.aef_ledger import load_authorizations, stream_events, stream_holdings
from hub.storage.queries.aef_submissions import (
    FilingStatus,
    Origin,
    StoredSubmission,
    add_rows,
    add_submission,
    count_rows,
    mark_filed,
    stream_rows,
    submissions_of,
)
from schema.aef.fields import Table
from schema.aef.record_json import Record
from schema.aef.records import (
    ActionRecord,
    AuthorizationRecord,
    EntityRecord,
    HoldingRecord,
    Submission,
    SubmissionRecord,
)

CHUNK_ROWS: Final = 2_000
REPORT_ORDER: Final = (Table.AUTHORIZATIONS, Table.ACTIONS, Table.HOLDINGS, Table.ENTITIES)

T = TypeVar("T")


class NotFilledError(Exception):
    """The year is not filled as asked; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FillOrder:
    """What is asked for. Without a version: the standing one, or the first.

    `is_draft` takes the year as it stands now and keeps nothing.
    """

    party: str
    year: int
    version: Version | None = None
    at: datetime | None = None
    is_correction: bool = False
    is_draft: bool = False
    filed_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """A filled year, open for reading as long as its transaction lasts."""

    submission: StoredSubmission
    connection: asyncpg.Connection
    counts: Mapping[Table, int]
    is_taken_anew: bool
    remarks: Mapping[Remark, int] = field(default_factory=dict)
    """What the ledger knows and the AEF cannot say; only when the rows were taken just now."""

    def rows(self, *tables: Table) -> AsyncIterator[Record]:
        """Yield the rows of some tables, or of Tables 2 to 5 in order."""
        return stream_rows(self.connection, self.submission.submission_id, tables or REPORT_ORDER)

    async def load(self) -> Submission:
        """Load the whole submission into memory."""
        rows: dict[type[Record], list[Record]] = {}
        async for record in self.rows():
            rows.setdefault(type(record), []).append(record)
        return Submission(
            submission=self.submission.heading,
            authorizations=_only(AuthorizationRecord, rows),
            actions=_only(ActionRecord, rows),
            holdings=_only(HoldingRecord, rows),
            entities=_only(EntityRecord, rows),
        )


def _only(kind: type[T], rows: Mapping[type[Record], list[Record]]) -> tuple[T, ...]:
    return tuple(record for found in rows.values() for record in found if isinstance(record, kind))


@asynccontextmanager
async def filled_year(
    database: Database, policy: Policy, clock: Callable[[], datetime], order: FillOrder
) -> AsyncIterator[Filled]:
    """Yield a Party's year, frozen now if it was not before; a draft is forgotten at the end.

    Everything is read in one repeatable-read transaction. The rows are kept when the block ends
    well: whoever writes a file within it has both or neither.

    Raises:
        NotFilledError: the year is open, or the version does not follow from those before.
        StorageError: by what the caller can do about it.
    """
    async with database.reading() as connection:
        transaction = connection.transaction(isolation="repeatable_read")
        await transaction.start()
        try:
            yield await _fill(connection, policy, clock(), order)
        except BaseException:
            await transaction.rollback()
            raise
        if order.is_draft:
            await transaction.rollback()
        else:
            await transaction.commit()


async def _fill(
    connection: asyncpg.Connection, policy: Policy, now: datetime, order: FillOrder
) -> Filled:
    standing = await submissions_of(connection, order.party, order.year)
    version = _version_of(order, standing)
    stored = next((one for one in standing if one.version == version.print()), None)
    if stored is not None and not order.is_draft:
        _refuse_change(order, stored)
        stored = await _filed(connection, stored, order)
        counts = await count_rows(connection, stored.submission_id)
        return Filled(submission=stored, connection=connection, counts=counts, is_taken_anew=False)
    at = _draft_instant(order, now) if order.is_draft else _instant(order, standing, version, now)
    number = _draft_version(standing, version) if order.is_draft else version
    first, last = policy.ndc_periods.get(order.party, policy.default_ndc_period)
    submission = StoredSubmission(
        submission_id=uuid4(),
        party=order.party,
        year=order.year,
        version=number.print(),
        origin=Origin.LEDGER,
        status=FilingStatus.FROZEN,
        as_of=at,
        frozen_at=now,
        heading=SubmissionRecord(
            party=order.party,
            version=number.print(),
            reported_year=order.year,
            ndc_first_year=first,
            ndc_last_year=last,
        ),
    )
    await add_submission(connection, submission)
    remarks = await _take(connection, submission)
    submission = await _filed(connection, submission, order)
    counts = await count_rows(connection, submission.submission_id)
    return Filled(
        submission=submission,
        connection=connection,
        counts=counts,
        is_taken_anew=True,
        remarks=remarks,
    )


def _version_of(order: FillOrder, standing: list[StoredSubmission]) -> Version:
    if order.version is not None:
        return order.version
    known = [read_version(one.version) or FIRST_VERSION for one in standing]
    latest = max(known, default=FIRST_VERSION)
    return latest.next_minor() if order.is_correction and known else latest


def _draft_version(standing: list[StoredSubmission], version: Version) -> Version:
    """Give a draft a number that no frozen version has."""
    known = [read_version(one.version) or FIRST_VERSION for one in standing]
    return max(known).next_minor() if version in known else version


def _refuse_change(order: FillOrder, stored: StoredSubmission) -> None:
    if order.is_correction:
        raise NotFilledError(FreezeFault.CORRECTION_NEEDS_VERSION)
    if order.at is not None and order.at != stored.as_of:
        raise NotFilledError(FreezeFault.CORRECTION_NEEDS_FORCE)


def _instant(
    order: FillOrder, standing: list[StoredSubmission], version: Version, now: datetime
) -> datetime:
    """Return the instant of the position to take."""
    filed = [
        SubmissionKey(one.party, one.year, read_version(one.version) or FIRST_VERSION)
        for one in standing
    ]
    admission = admit_version(SubmissionKey(order.party, order.year, version), filed)
    if not admission.is_admitted and admission.standing is Standing.OBSOLETE:
        raise NotFilledError(f"{admission.standing}: {version.print()}")
    decided = decide_freeze(
        FreezeRequest(
            year=order.year,
            now=now,
            at=order.at,
            frozen_at=standing[-1].as_of if standing else None,
            is_forced=order.is_correction,
            has_new_version=admission.standing is Standing.SUPERSEDES,
        )
    )
    if isinstance(decided, FreezeFault):
        raise NotFilledError(decided)
    if not decided.is_taken_anew:
        raise NotFilledError(FreezeFault.CORRECTION_NEEDS_FORCE)
    return decided.at


def _draft_instant(order: FillOrder, now: datetime) -> datetime:
    """Take a draft at the end of the year, or now while the year is open."""
    asked = order.at or min(now, year_end(order.year))
    if asked > now or asked.astimezone(UTC).year != order.year:
        raise NotFilledError(FreezeFault.INSTANT_IS_OUTSIDE)
    return asked


async def _take(connection: asyncpg.Connection, submission: StoredSubmission) -> dict[Remark, int]:
    """Take the rows from the ledger's history, a chunk at a time. Tables 2 and 5 come last."""
    party, at = submission.party, submission.as_of
    authorizations = Authorizations(party, at, await load_authorizations(connection))
    filler = Filler(party, authorizations)
    since = datetime(submission.year, 1, 1, tzinfo=UTC)

    async def actions() -> AsyncIterator[Record]:
        async for event in stream_events(connection, party, since, at):
            row = filler.action(event)
            if row is not None:
                yield row

    async def holdings() -> AsyncIterator[Record]:
        async for held in stream_holdings(connection, party, at):
            yield filler.holding(held)

    for table, records in ((Table.ACTIONS, actions()), (Table.HOLDINGS, holdings())):
        position = 1
        async for chunk in chunks_of(records):
            await add_rows(connection, submission.submission_id, table, position, chunk)
            position += len(chunk)
    rest = (
        (Table.AUTHORIZATIONS, list(authorizations.rows())),
        (Table.ENTITIES, list(authorizations.entities())),
    )
    for table, few in rest:
        await add_rows(connection, submission.submission_id, table, 1, few)
    return dict(filler.remarks)


async def _filed(
    connection: asyncpg.Connection, stored: StoredSubmission, order: FillOrder
) -> StoredSubmission:
    """Put the date of submission into Table 1, once."""
    if order.filed_on is None or order.filed_on == stored.filed_on:
        return stored
    if stored.filed_on is not None:
        raise NotFilledError(f"filed on {stored.filed_on}: another date needs a new version")
    heading = msgspec.structs.replace(stored.heading, submitted_on=order.filed_on)
    await mark_filed(connection, stored, heading)
    return replace(stored, heading=heading, status=FilingStatus.FILED)


async def chunks_of(records: AsyncIterator[T]) -> AsyncIterator[list[T]]:
    """Group what comes into lists of at most `CHUNK_ROWS`."""
    chunk: list[T] = []
    async for record in records:
        chunk.append(record)
        if len(chunk) == CHUNK_ROWS:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
