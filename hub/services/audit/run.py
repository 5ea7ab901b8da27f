"""The whole audit: one look at the database, over all of it, in constant memory."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from time import perf_counter
from typing import Final

import asyncpg
import msgspec

from hub.domain.state import Policy
from hub.journal.audit import JournalAudit, StoredEntry
from hub.journal.cosigning import WitnessPolicy
from hub.services.audit.evidence_pass import EvidencePass, Opened
from hub.services.audit.journal_pass import JournalPass
from hub.services.audit.replay import Replay, ToReplay
from hub.services.audit.report import AuditReport, DifferenceError
from hub.services.audit.state_pass import StatePass
from hub.storage.database import Database
from hub.storage.queries.audit import (
    AuditedEntry,
    audited_entries,
    audited_envelopes,
    begin_audit,
    entry_digests,
    envelopes_without_leaf,
    start_scratch,
)
from hub.storage.queries.participants import list_registries
from hub.storage.scratch import scratch_database
from signing.keyring import Keyring
from signing.note_keys import VerifierKey

BATCH_COUNT: Final = 1_000
TREE_BATCH_COUNT: Final = 4_096

Progress = Callable[[int], None]


class AuditSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What an audit must know beside the database."""

    hub_id: str
    origin: str
    log_keys: tuple[VerifierKey, ...]
    witnesses: WitnessPolicy
    keyring: Keyring
    """The keys of all registries, and those of the hub itself."""
    policy: Policy


class _Counts(msgspec.Struct, kw_only=True):
    entries: int = 0
    envelopes: int = 0
    messages: int = 0
    rows: int = 0


async def audit_journal(
    database: Database, settings: AuditSettings, progress: Progress = lambda _: None
) -> AuditReport:
    """Derive the tree alone: entries, the digests of their envelopes, tiles and checkpoints."""

    async def work(counts: _Counts) -> None:
        async with _one_look(database) as connection:
            journal = _journal_pass(connection, settings)
            while rows := await entry_digests(connection, journal.size, TREE_BATCH_COUNT):
                await journal.take(
                    [
                        StoredEntry(index=index, entry=entry, envelope_digest=digest or "gone")
                        for index, entry, digest in rows
                    ]
                )
                counts.entries = journal.size
                progress(counts.entries)
            await journal.finish()

    return await _reported(work)


async def audit_all(
    database: Database, settings: AuditSettings, progress: Progress = lambda _: None
) -> AuditReport:
    """Derive everything: the journal, the evidence, the rules and the state."""

    async def work(counts: _Counts) -> None:
        async with AsyncExitStack() as stack:
            stored = await stack.enter_async_context(_one_look(database))
            address = await stack.enter_async_context(scratch_database(database.dsn))
            scratch = Database(address, connections_max=2)
            stack.push_async_callback(scratch.close)
            replay = await _replay(stored, scratch, settings)
            evidence = EvidencePass(settings.keyring, hub_id=settings.hub_id)
            journal = _journal_pass(stored, settings)
            opened: dict[int, Opened] = {}
            while entries := await audited_entries(stored, journal.size, BATCH_COUNT):
                opened = await _open(stored, evidence, entries, opened, counts)
                await journal.take([_stored_entry(entry, opened) for entry in entries])
                due = []
                for entry in entries:
                    found = opened.get(entry.envelope_id or 0)
                    evidence.check_message(entry, found)
                    assert found is not None, "checked with the evidence"
                    due.append(ToReplay.of(entry, found))
                await replay.take(due)
                counts.entries, counts.messages = journal.size, replay.messages
                progress(counts.entries)
            await journal.finish()
            await _check_repeated(stored, evidence, counts)
            async with _one_look(scratch) as replayed:
                state = StatePass(stored, replayed)
                try:
                    await state.run()
                finally:
                    counts.rows = state.rows

    return await _reported(work)


async def _reported(work: Callable[[_Counts], Awaitable[None]]) -> AuditReport:
    counts, began, finding = _Counts(), perf_counter(), None
    try:
        await work(counts)
    except DifferenceError as difference:
        finding = difference.finding
    return AuditReport(
        entries=counts.entries,
        envelopes=counts.envelopes,
        messages_replayed=counts.messages,
        rows_compared=counts.rows,
        seconds=round(perf_counter() - began, 3),
        finding=finding,
    )


@asynccontextmanager
async def _one_look(database: Database) -> AsyncIterator[asyncpg.Connection]:
    """Lend a connection that sees the database as it is now, however long the audit takes."""
    async with (
        database.reading() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        await begin_audit(connection)
        yield connection


def _journal_pass(connection: asyncpg.Connection, settings: AuditSettings) -> JournalPass:
    audit = JournalAudit(
        origin=settings.origin, log_keys=settings.log_keys, policy=settings.witnesses
    )
    return JournalPass(connection, audit)


async def _replay(stored: asyncpg.Connection, scratch: Database, settings: AuditSettings) -> Replay:
    async with scratch.reading() as connection:
        await start_scratch(stored, connection)
    registries = await list_registries(stored)
    return Replay(
        scratch,
        hub_id=settings.hub_id,
        policy=settings.policy,
        parties={registry.registry: registry.party for registry in registries},
    )


async def _open(
    connection: asyncpg.Connection,
    evidence: EvidencePass,
    entries: list[AuditedEntry],
    before: dict[int, Opened],
    counts: _Counts,
) -> dict[int, Opened]:
    """Open the envelopes of these entries; one that goes on from the last batch is open already."""
    wanted = {entry.envelope_id for entry in entries if entry.envelope_id is not None}
    kept = {number: opened for number, opened in before.items() if number in wanted}
    stored = await audited_envelopes(connection, wanted - kept.keys())
    counts.envelopes += len(stored)
    return kept | {number: evidence.open(one) for number, one in sorted(stored.items())}


def _stored_entry(entry: AuditedEntry, opened: dict[int, Opened]) -> StoredEntry:
    found = opened.get(entry.envelope_id or 0)
    return StoredEntry(
        index=entry.leaf_index,
        entry=entry.entry,
        envelope_digest="gone" if found is None else found.digest,
    )


async def _check_repeated(
    connection: asyncpg.Connection, evidence: EvidencePass, counts: _Counts
) -> None:
    """Check the envelopes that only repeated what was said before: they have no entry."""
    numbers = [number async for number in envelopes_without_leaf(connection)]
    for start in range(0, len(numbers), BATCH_COUNT):
        stored = await audited_envelopes(connection, numbers[start : start + BATCH_COUNT])
        for one in stored.values():
            evidence.open(one)
        counts.envelopes += len(stored)
