"""The journal, derived again from its entries: leaves, tiles, checkpoints, in constant memory."""

from collections.abc import Sequence
from typing import Final

import asyncpg

from hub.journal.audit import Finding, JournalAudit, StoredCheckpoint, StoredEntry
from hub.services.audit.report import DifferenceError, Step
from hub.storage.queries.audit import tile_sizes
from hub.storage.queries.checkpoints import (
    StoredCheckpoint as CheckpointRow,
)
from hub.storage.queries.checkpoints import (
    checkpoints_after,
    cosignatures_of,
)
from hub.storage.queries.journal import journal_frontier, read_tiles

CHECKPOINTS_COUNT_MAX: Final = 1_000


class JournalPass:
    """Feeds a `JournalAudit` from the database, batch by batch."""

    def __init__(self, connection: asyncpg.Connection, audit: JournalAudit) -> None:
        """Read over `connection`, which holds one state of the database in view."""
        self._connection = connection
        self._audit = audit

    @property
    def size(self) -> int:
        """How many entries were taken."""
        return self._audit.frontier.size

    async def take(self, entries: Sequence[StoredEntry]) -> None:
        """Check the next entries with all that is stored about them (DifferenceError)."""
        tiles = await read_tiles(self._connection, self._audit.tiles_ahead(len(entries)))
        checkpoints = await self._checkpoints(upto=self.size + len(entries))
        _raise(self._audit.take(entries, tiles=tiles, checkpoints=checkpoints))

    async def finish(self) -> None:
        """Check that the journal ends here (DifferenceError)."""
        beyond = await checkpoints_after(self._connection, self.size, limit=1)
        try:
            head = await journal_frontier(self._connection)
        except ValueError as cause:
            raise DifferenceError(Step.JOURNAL, "head", str(cause)) from cause
        _raise(
            self._audit.finish(
                head=head,
                tile_sizes_bytes=await tile_sizes(self._connection),
                checkpoints_beyond=[await self._with_cosignatures(one) for one in beyond],
            )
        )

    async def _checkpoints(self, *, upto: int) -> list[StoredCheckpoint]:
        found: list[StoredCheckpoint] = []
        after = self.size
        while True:
            rows = await checkpoints_after(self._connection, after, limit=CHECKPOINTS_COUNT_MAX)
            due = [row for row in rows if row.size <= upto]
            found += [await self._with_cosignatures(row) for row in due]
            if len(due) < CHECKPOINTS_COUNT_MAX:
                return found
            after = due[-1].size

    async def _with_cosignatures(self, row: CheckpointRow) -> StoredCheckpoint:
        cosignatures = await cosignatures_of(self._connection, row.size)
        return StoredCheckpoint(
            size=row.size,
            note=row.note + b"".join(one.line for one in cosignatures),
            published=row.published_at is not None,
        )


def _raise(finding: Finding | None) -> None:
    if finding is not None:
        words = f"{finding.difference.value.replace('_', ' ')}: {finding.words}"
        raise DifferenceError(Step.JOURNAL, f"entry {finding.index}", words)
