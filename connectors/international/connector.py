"""The connector to the UNFCCC side: files on both ways, and an envelope carrier where there is one.

A live interface is not published. A Party's staff carries workbooks to CARP and brings its answers
back; the international registry's staff reads the hub through the gateway. Once arrangements for
interoperability exist, a carrier of envelopes is handed in, and nothing else changes.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, TypeVar

from connectors.contract import (
    CapabilitySheet,
    Connector,
    DataLoss,
    DeliveryAnswer,
    Fetched,
    Health,
    HealthState,
    Maintenance,
    Outgoing,
    Reach,
    StatementPage,
    StatementScope,
)
from connectors.errors import ConnectionCut, NotSupported
from connectors.international.custody import CustodyRules
from connectors.international.incoming import Brought, IncomingFiles
from connectors.international.names import SubmissionName
from connectors.international.outgoing import OutgoingWorkbooks, PutDown
from schema.aef.rows import Report
from schema.codes import RegistryKind

DATA_LOSS: Final = (
    DataLoss(
        subject="live interface",
        consequence="None is published for CARP, the Article 6 database or the registries: files"
        " are exchanged, and people carry them.",
    ),
    DataLoss(
        subject="holdings between two reports",
        consequence="They are told once a year, in the AEF, for 31 December.",
    ),
    DataLoss(
        subject="fields that CARP fills",
        consequence="The hub writes nothing there; what comes back is kept as CARP's own word.",
    ),
    DataLoss(
        subject="custody at first transfer",
        consequence="The move from the underlying registry to the international registry is given"
        " out as data; neither side can be told by machine.",
    ),
    DataLoss(
        subject="originating registry of a block",
        consequence="An AEF with whole-number First and Last IDs does not say it; such blocks are"
        " compared by approach, Party and vintage only.",
    ),
)

_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class InternationalPeer:
    """Who is on the other side."""

    registry: str
    kind: RegistryKind
    """International or mechanism registry."""
    custody: CustodyRules
    now: Callable[[], datetime]
    maintenance: tuple[Maintenance, ...] = ()


@dataclass(slots=True)
class InternationalConnector:
    """A `connectors.contract.Connector` made of two folders and, where there is one, a carrier."""

    peer: InternationalPeer
    outgoing: OutgoingWorkbooks
    incoming: IncomingFiles
    carrier: Connector | None = None
    """What takes signed envelopes to the registry; owned and closed by this connector."""

    @property
    def capabilities(self) -> CapabilitySheet:
        """What the carrier can, and what the UNFCCC side does not offer."""
        if self.carrier is not None:
            sheet = self.carrier.capabilities
            return replace(
                sheet,
                kind=self.peer.kind,
                connector="international",
                data_loss=sheet.data_loss + DATA_LOSS,
            )
        return CapabilitySheet(
            registry=self.peer.registry,
            kind=self.peer.kind,
            connector="international",
            reach=Reach.PULL,
            holds=frozenset(),
            accepts=frozenset(),
            statement_levels=frozenset(),
            data_loss=DATA_LOSS,
            maintenance=self.peer.maintenance,
        )

    async def deliver(self, outgoing: Outgoing) -> DeliveryAnswer:
        """Hand the envelope to the carrier.

        Raises:
            RegistryError: as the carrier says; `NotSupported` without one.
        """
        return await self._carrier("messages").deliver(outgoing)

    async def fetch(self, cursor: str | None) -> Fetched:
        """Read the carrier's envelopes; nothing comes without one.

        Raises:
            RegistryError: as the carrier says.
        """
        if self.carrier is None:
            return Fetched(envelopes=(), cursor=cursor or "0", complete=True)
        return await self.carrier.fetch(cursor)

    async def statement(self, scope: StatementScope) -> AsyncIterator[StatementPage]:
        """Read the carrier's statement.

        Raises:
            RegistryError: as the carrier says; `NotSupported` without one.
        """
        async for page in self._carrier("statements").statement(scope):
            yield page

    async def health(self) -> Health:
        """Ask the carrier; folders alone are never called."""
        if self.carrier is not None:
            return await self.carrier.health()
        words = "workbooks go by hand; no interface is published"
        return Health(state=HealthState.NOT_CALLED, words=words, checked_at=self.peer.now())

    async def close(self) -> None:
        """Close the carrier."""
        if self.carrier is not None:
            await self.carrier.close()

    async def put_down(self, name: SubmissionName, report: Report) -> PutDown:
        """Put a submission where it is taken to CARP; the same again is no new file.

        Raises:
            NotPutDownError: it fills a cell of CARP, or would replace another workbook.
            FileRefusedError: a text that no workbook can hold.
            AefNameError: the version does not fit a file name.
            RegistryError: the folder is away or full.
        """
        return await self._run(lambda: self.outgoing.put(name, report))

    async def brought(self) -> tuple[Brought, ...]:
        """Read what was brought from CARP; it stays in the folder until `keep`.

        Raises:
            RegistryError: the folder cannot be read.
        """
        return await self._run(self.incoming.read)

    async def keep(self, brought: Brought) -> None:
        """Put away a file whose content is now kept.

        Raises:
            RegistryError: it could not be moved, and will be read again.
        """
        await self._run(lambda: self.incoming.keep(brought))

    def _carrier(self, what: str) -> Connector:
        if self.carrier is None:
            raise NotSupported(self.peer.registry, f"no carrier of {what} is configured")
        return self.carrier

    async def _run(self, work: Callable[[], _Answer]) -> _Answer:
        try:
            return await asyncio.to_thread(work)
        except OSError as cause:
            raise ConnectionCut(self.peer.registry, str(cause)) from cause
