"""Writing back what the rules have changed, a fixed number of statements whatever the batch."""

from collections.abc import Iterator, Sequence
from datetime import datetime

import asyncpg

from hub.domain.ledger import Ledger
from hub.storage.ids import Ids
from hub.storage.slice.applied import Applied
from hub.storage.slice.changes import Snapshot, changed, unit_changes
from hub.storage.slice.writing_authorizations import write_authorizations, write_seen_approaches
from hub.storage.slice.writing_exchange import write_actions, write_corrections, write_transfers
from hub.storage.slice.writing_register import (
    write_accounts,
    write_decisions,
    write_keys,
    write_maintenance,
    write_registries,
    write_reports,
)
from hub.storage.slice.writing_units import (
    write_events,
    write_holdings,
    write_issuances,
    write_series,
)
from schema.identifiers import ItmoSeries


async def flush(
    connection: asyncpg.Connection,
    ids: Ids,
    before: Snapshot,
    after: Ledger,
    *,
    applied: Sequence[Applied],
    at: datetime,
) -> None:
    """Write the difference between the loaded slice and the ledger as the rules left it.

    `applied` are the messages that made the difference, in order: each issuance among them is the
    birth of its serials. `at` is the time of the batch.
    """
    units = unit_changes(before, after)
    await write_registries(connection, before, after, at)
    await write_keys(connection, before, after, at)
    await write_accounts(connection, ids, before, after, applied)
    await write_authorizations(connection, ids, before, after, applied)
    await write_seen_approaches(connection, applied)
    await write_decisions(connection, before, after, applied)
    await write_reports(connection, before, after, applied)
    await write_maintenance(connection, before, after, at)
    await write_series(connection, ids, _series(before, after))
    await write_issuances(connection, ids, applied)
    await write_holdings(connection, ids, units, applied)
    await write_transfers(connection, ids, before, after, at)
    await write_actions(connection, ids, before, after, at)
    await write_corrections(connection, before, after, at)
    await write_events(connection, ids, after.events, at)


def _series(before: Snapshot, after: Ledger) -> Iterator[ItmoSeries]:
    yield from after.units
    yield from (event.interval.series for event in after.events)
    for _, transfer in changed(before.transfers, after.transfers):
        yield from (block.interval.series for block in transfer.blocks)
    for _, action in changed(before.actions, after.actions):
        yield from (interval.series for interval in action.intervals)
