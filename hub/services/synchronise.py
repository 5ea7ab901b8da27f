"""Synchronise: read what registries offer, take it like any message, and remember how far.

The cursor moves only after everything before it is recorded, so that a crash repeats envelopes and
loses none; repeated envelopes get their first receipt again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Final

import msgspec
import structlog

from connectors.contract import Connector
from connectors.errors import NotSupported, RegistryError
from hub.services.arrivals import Answer
from hub.storage.database import Database
from hub.storage.queries.participants import record_sync, sync_cursor
from schema.refusals import RefusalCode

log = structlog.get_logger(__name__)

PAGES_MAX: Final = 1_000
"""Pages of one registry in one run; the next run goes on."""


class Synchronised(msgspec.Struct, frozen=True, kw_only=True):
    """What one run brought from one registry."""

    registry: str
    taken: int
    """Envelopes that have a receipt now, repeated ones too."""
    refused: tuple[str, ...]
    """Codes of envelopes refused before the journal."""
    failure: str | None
    complete: bool


class HubBusyError(Exception):
    """The hub cannot keep evidence now: the cursor stays where it is."""


class Synchroniser:
    """Reads all registries side by side; a slow or dead one holds up nobody else."""

    def __init__(
        self,
        *,
        database: Database,
        connectors: Mapping[str, Connector],
        receive: Callable[[bytes], Awaitable[Answer]],
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._connectors = connectors
        self._receive = receive
        self._clock = clock

    async def run(self, registries: tuple[str, ...] = ()) -> list[Synchronised]:
        """Read `registries`, or all of them."""
        chosen = registries or tuple(sorted(self._connectors))
        return list(await asyncio.gather(*(self._one(registry) for registry in chosen)))

    async def _one(self, registry: str) -> Synchronised:
        async with self._database.reading() as connection:
            cursor = await sync_cursor(connection, registry)
        taken, refused, failure, complete = 0, [], None, False
        try:
            for _ in range(PAGES_MAX):
                page = await self._connectors[registry].fetch(cursor)
                for envelope in page.envelopes:
                    code = await self._take(envelope)
                    taken += code is None
                    refused.extend([code] if code else [])
                cursor, complete = page.cursor, page.complete
                await self._remember(registry, cursor, None)
                if complete:
                    break
        except NotSupported:
            complete = True
        except (RegistryError, HubBusyError) as cause:
            failure = f"{type(cause).__name__}: {cause}"
            log.info("synchronise.failed", registry=registry, cause=failure)
            await self._remember(registry, cursor, failure)
        return Synchronised(
            registry=registry,
            taken=taken,
            refused=tuple(refused),
            failure=failure,
            complete=complete,
        )

    async def _take(self, envelope: bytes) -> str | None:
        """Take one envelope; return why it was refused before the journal."""
        answer = await self._receive(envelope)
        if answer.refusal is None:
            return None
        if answer.refusal.code is RefusalCode.TRY_AGAIN_LATER:
            raise HubBusyError(answer.refusal.detail)
        return answer.refusal.code

    async def _remember(self, registry: str, cursor: str | None, error: str | None) -> None:
        async with self._database.unit_of_work() as work:
            await record_sync(
                work.connection, registry, at=self._clock(), cursor=cursor, error=error
            )
