"""Running compiled reads on raw connections; each planned read keeps its compiled forms."""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import asyncpg

from hub.storage.database import Database
from hub.storage.queries.graph import plan
from hub.storage.queries.graph.building import VIEWER_PARTIES
from hub.storage.queries.graph.compiling import (
    CompiledRead,
    Form,
    compile_read,
    form_of,
    values_of,
)
from hub.storage.queries.graph.plan import Access, Ask

FORMS_MAX: Final = 64
"""How many forms of one planned read are kept: filters and orders can be combined at will."""


class ReadTimeoutError(Exception):
    """An answer was not ready by its deadline."""


@dataclass(slots=True, kw_only=True)
class PlannedRead:
    """A read plan, the entity behind each of its slots, and the statements compiled so far."""

    read: plan.Read
    entities: tuple[str | None, ...]
    access: Access
    _forms: dict[Form, CompiledRead] = field(default_factory=dict)

    def compiled(self, asks: Sequence[Ask]) -> CompiledRead:
        """Return the statement for asks of this form."""
        form = form_of(asks, self.entities)
        found = self._forms.get(form)
        if found is None:
            if len(self._forms) >= FORMS_MAX:
                self._forms.pop(next(iter(self._forms)))
            found = self._forms[form] = compile_read(self.read, asks, self.access)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One answer's reads: one connection, one moment, one reader."""

    connection: asyncpg.Connection
    now: datetime
    parties: tuple[str, ...]
    deadline: float
    """On the clock of `time.monotonic`."""

    async def read(self, planned: PlannedRead, asks: Sequence[Ask]) -> Any:  # noqa: ANN401
        """Return what a planned read finds as JSON text; for `ReadMany` texts by place from 1."""
        compiled = planned.compiled(asks)
        values = values_of(asks, planned.entities)
        values["now"] = self.now
        values[VIEWER_PARTIES] = list(self.parties)
        limits = [ask.limit for ask in asks]
        rows = await self._fetch(compiled.statement.text, compiled.statement.arguments(values))
        counts: Sequence[Any] = [0] * len(asks)
        if not rows and compiled.counts is not None:
            counted = await self._fetch(compiled.counts.text, compiled.counts.arguments(values))
            counts = counted[0]
        return compiled.prints(rows, limits, counts)

    async def _fetch(self, text: str, arguments: Sequence[object]) -> Sequence[Sequence[Any]]:
        left = max(self.deadline - time.monotonic(), 0.001)
        try:
            rows: Sequence[Sequence[Any]] = await self.connection.fetch(
                text, *arguments, timeout=left
            )
        except TimeoutError as cause:
            raise ReadTimeoutError from cause
        return rows


@asynccontextmanager
async def reading(
    database: Database,
    *,
    now: datetime,
    parties: tuple[str, ...] = (),
    timeout_seconds: float,
    one_moment: bool,
) -> AsyncIterator[Reading]:
    """Lend a connection for one answer; with `one_moment` all its reads see the same state.

    Raises:
        StorageError: by what the caller can do about it.
    """
    deadline = time.monotonic() + timeout_seconds
    async with database.reading() as connection:
        given = Reading(connection=connection, now=now, parties=parties, deadline=deadline)
        if one_moment:
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                yield given
        else:
            yield given
