"""Loading a slice: take the locks in their order, then read what stands under them."""

import asyncpg

from hub.domain.ledger import Ledger
from hub.domain.needs import Needs, activities_of, further_needs
from hub.storage.errors import TransactionConflictError
from hub.storage.ids import Ids
from hub.storage.slice.locks import take_locks
from hub.storage.slice.records import (
    load_accounts,
    load_actions,
    load_activities,
    load_approaches,
    load_authorizations,
    load_decisions,
    load_issued_under,
    load_keys,
    load_maintenance,
    load_registries,
    load_reports,
    load_transfers,
    series_of_decisions,
)
from hub.storage.slice.remembered import RegisterMemory
from hub.storage.slice.units import (
    learn_keys,
    learn_series,
    load_freezes,
    load_units,
    series_of,
)


async def load_slice(
    connection: asyncpg.Connection,
    ids: Ids,
    memory: RegisterMemory,
    needs: Needs,
    *,
    changes_register: bool,
) -> Ledger:
    """Lock and load all that `needs` names, in a fixed number of statements.

    What existing transfers and older records need in turn is loaded as well. With
    `changes_register` accounts, authorizations, registries, decisions, initial reports and
    freezes may be changed, else only counters, units, transfers and actions.

    Raises:
        TransactionConflictError: a record came into being while this batch waited; try again.
    """
    records = needs.transfers | needs.records
    locked = {interval.series for interval in needs.intervals}
    locked |= await series_of_decisions(connection, ids, needs.issued_under)
    opened = await take_locks(connection, alone=changes_register, series=locked, records=records)
    # All that follows is read after the wait, when no other batch can cut these serials.
    register = memory.at(opened.register_version, changing=changes_register)
    ledger = Ledger()
    await learn_keys(connection, ids, series=opened.older_series)
    locked |= {series_of(ids, number) for number in opened.older_series}
    await _load_records(connection, ids, needs, ledger, any_known=bool(opened.older_series))
    await load_registries(connection, ledger, register)
    await load_keys(connection, ledger, needs.keys)
    await load_accounts(connection, ids, ledger, register, needs.accounts)
    whole = further_needs(needs, ledger)
    await load_transfers(connection, ids, ledger, whole.transfers - ledger.transfers.keys())
    await load_accounts(connection, ids, ledger, register, whole.accounts - needs.accounts)
    whole.merge(needs)
    if any(interval.series not in locked for interval in whole.intervals):
        raise TransactionConflictError("a transfer of other serials appeared meanwhile")
    await load_authorizations(connection, ids, ledger, whole.authorizations)
    await load_decisions(connection, ledger, whole.decisions)
    await load_approaches(connection, ids, ledger, register, whole.approaches)
    await load_reports(connection, ledger, register, whole.reports)
    await load_maintenance(connection, ledger, register, whole.maintenance)
    await learn_series(connection, ids, locked)
    ledger.units = await load_units(connection, ids, whole.intervals)
    if opened.any_freeze:
        ledger.freezes = await load_freezes(connection, ids, whole.intervals)
    activities = whole.activities | activities_of(ledger)
    await load_activities(connection, ledger, register, activities)
    return ledger


async def _load_records(
    connection: asyncpg.Connection, ids: Ids, needs: Needs, ledger: Ledger, *, any_known: bool
) -> None:
    """Load older records; a record that moves serials was found when its series were locked."""
    waiting = sorted(needs.waiting_for)
    if any_known or waiting:
        records = needs.transfers | needs.records
        await load_transfers(connection, ids, ledger, records, waiting_for=waiting)
    await load_actions(connection, ids, ledger, needs.records)
    await load_issued_under(connection, ids, ledger, needs.issued_under)
