"""One transaction: load what a batch touches, let the rules change it, write the difference."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg

from hub.domain.ledger import Ledger
from hub.domain.needs import Needs
from hub.storage.ids import Ids
from hub.storage.slice.applied import Applied
from hub.storage.slice.changes import Snapshot, snapshot
from hub.storage.slice.flushing import flush
from hub.storage.slice.loading import load_slice


class UnitOfWork:
    """What can be done inside one transaction of the hub."""

    __slots__ = ("_before", "_ids", "_ledger", "connection")

    def __init__(self, connection: asyncpg.Connection, ids: Ids) -> None:
        self.connection = connection
        self._ids = ids
        self._ledger: Ledger | None = None
        self._before: Snapshot | None = None

    async def load(self, needs: Needs, *, changes_register: bool) -> Ledger:
        """Lock and load a slice, once; see `hub.storage.slice.loading`.

        With `changes_register` the batch may change accounts, authorizations, registries,
        decisions, initial reports or freezes, and runs alone; without, only units, transfers,
        actions and counters, and runs beside others.
        """
        assert self._ledger is None, "a unit of work loads once: its locks have one order"
        self._ledger = await load_slice(
            self.connection, self._ids, needs, changes_register=changes_register
        )
        self._before = snapshot(self._ledger)
        return self._ledger

    async def flush(self, *, applied: Sequence[Applied], at: datetime) -> None:
        """Write back what changed in the loaded ledger; see `hub.storage.slice.flushing`."""
        assert self._ledger is not None, "load before flush"
        assert self._before is not None, "load before flush"
        await flush(self.connection, self._ids, self._before, self._ledger, applied=applied, at=at)
        self._before = snapshot(self._ledger)
        self._ledger.events.clear()
