"""One transaction: load what a batch touches, let the rules change it, write the difference."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from hub.domain.ledger import Ledger
from hub.domain.needs import Needs
from hub.storage.ids import Ids
from hub.storage.slice.applied import Applied
from hub.storage.slice.changes import Snapshot, snapshot
from hub.storage.slice.flushing import flush
from hub.storage.slice.loading import load_slice
from hub.storage.slice.records import confirm_absent
from hub.storage.slice.remembered import RegisterMemory


class UnitOfWork:
    """What can be done inside one transaction of the hub."""

    __slots__ = ("_absent", "_before", "_ledger", "_memory", "connection", "ids")

    def __init__(self, connection: asyncpg.Connection, ids: Ids, memory: RegisterMemory) -> None:
        self.connection = connection
        self.ids = ids
        self._memory = memory
        self._ledger: Ledger | None = None
        self._before: Snapshot | None = None
        self._absent: set[UUID] = set()

    async def load(self, needs: Needs, *, changes_register: bool) -> Ledger:
        """Lock and load a slice, once; see `hub.storage.slice.loading`.

        With `changes_register` the batch may change accounts, authorizations, registries,
        decisions, initial reports or freezes, and runs alone; without, only units, transfers,
        actions and counters, and runs beside others.
        """
        assert self._ledger is None, "a unit of work loads once: its locks have one order"
        self._ledger = await load_slice(
            self.connection, self.ids, self._memory, needs, changes_register=changes_register
        )
        self._before = snapshot(self._ledger)
        self._absent = (needs.transfers | needs.records) - _records(self._ledger)
        return self._ledger

    async def flush(self, *, applied: Sequence[Applied], at: datetime) -> None:
        """Write back what changed in the loaded ledger; see `hub.storage.slice.flushing`."""
        assert self._ledger is not None, "load before flush"
        assert self._before is not None, "load before flush"
        await flush(self.connection, self.ids, self._before, self._ledger, applied=applied, at=at)
        await confirm_absent(self.connection, self._absent - _records(self._ledger))
        self._before = snapshot(self._ledger)
        self._ledger.events.clear()


def _records(ledger: Ledger) -> set[UUID]:
    return {*ledger.transfers, *ledger.actions}
