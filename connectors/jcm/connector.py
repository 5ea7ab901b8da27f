"""The connector to a registry of the JCM: published tables, and an envelope carrier for the rest.

No public machine interface of these registries is known. What they publish comes as files; what
they exchange comes as signed envelopes, over whatever connector carries envelopes to them, which
is handed in.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

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
from connectors.errors import ConnectionCut, NotSupported, RegistryError
from connectors.jcm.accounts import AccountMap, Reinterpreted
from connectors.jcm.tables import PublishedTables, ReadTable
from schema.codes import RegistryKind

DATA_LOSS: Final = (
    DataLoss(
        subject="serial numbers of published issuances",
        consequence="The tables hold none and none are made: a notice is kept as a statement of a"
        " quantity, and gives no units to anybody.",
    ),
    DataLoss(
        subject="layout of credit serials",
        consequence="It is not public: serials are kept as they are, and are no ITMO identifiers.",
    ),
    DataLoss(
        subject="vintages of an issuance over several years",
        consequence="Where the scheme states no split, the amount is spread by days; each share is"
        " marked as this project's reading.",
    ),
    DataLoss(
        subject="transfers between registries",
        consequence="Version 01.0 of the Common Specifications knows none: they are signed"
        " envelopes, and the registry books them by its own means.",
    ),
    DataLoss(
        subject="sectors of the AEF",
        consequence="There is no official map from the 15 sectoral scopes: they are kept as text.",
    ),
    DataLoss(
        subject="accounts and holdings",
        consequence="Published as PDF only: they come in a signed statement, or not at all.",
    ),
)
REMARKS_MAX: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class JcmPeer:
    """One registry of the scheme: a country's own one, or one kept on a shared system."""

    registry: str
    accounts: AccountMap
    now: Callable[[], datetime]
    maintenance: tuple[Maintenance, ...] = ()


@dataclass(slots=True)
class JcmConnector:
    """A `connectors.contract.Connector` made of tables and, where there is one, a carrier."""

    peer: JcmPeer
    tables: PublishedTables
    carrier: Connector | None = None
    """What takes signed envelopes to the registry; owned and closed by this connector."""
    reinterpreted: dict[str, Reinterpreted] = field(default_factory=dict)
    """Accounts whose meaning differs from the registry's word, as last stated."""
    unmapped_accounts: set[str] = field(default_factory=set)
    """Accounts that the map does not name: to be looked at by the operator."""

    @property
    def capabilities(self) -> CapabilitySheet:
        """What the carrier can, and what the scheme cannot hold or tell."""
        if self.carrier is not None:
            sheet = self.carrier.capabilities
            return replace(
                sheet,
                kind=RegistryKind.JCM,
                connector="jcm",
                data_loss=sheet.data_loss + DATA_LOSS,
            )
        return CapabilitySheet(
            registry=self.peer.registry,
            kind=RegistryKind.JCM,
            connector="jcm",
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
        """Read the carrier's statement, each account as it is meant and not as it is called.

        The evidence of a page stays the registry's own bytes.

        Raises:
            RegistryError: as the carrier says; `NotSupported` without one.
        """
        async for page in self._carrier("statements").statement(scope):
            meant = self.peer.accounts.interpret(page.statement)
            for each in meant.reinterpreted:
                if len(self.reinterpreted) < REMARKS_MAX:
                    self.reinterpreted[each.account] = each
            if len(self.unmapped_accounts) < REMARKS_MAX:
                self.unmapped_accounts.update(meant.unmapped)
            yield StatementPage(statement=meant.statement, evidence=page.evidence)

    async def health(self) -> Health:
        """Ask the carrier; a registry of tables alone is never called."""
        if self.carrier is not None:
            return await self.carrier.health()
        words = "only published tables are read; no interface is known"
        return Health(state=HealthState.NOT_CALLED, words=words, checked_at=self.peer.now())

    async def close(self) -> None:
        """Close the carrier."""
        if self.carrier is not None:
            await self.carrier.close()

    async def published(self) -> tuple[ReadTable, ...]:
        """Read the tables that wait in the folder; they stay there until `keep`.

        Raises:
            RegistryError: the folder cannot be read.
        """
        try:
            return await asyncio.to_thread(self.tables.read)
        except OSError as cause:
            raise self._cut(cause) from cause

    async def keep(self, table: ReadTable) -> None:
        """Put away a table whose content is now kept.

        Raises:
            RegistryError: it could not be moved, and will be read again.
        """
        try:
            await asyncio.to_thread(self.tables.keep, table)
        except OSError as cause:
            raise self._cut(cause) from cause

    def _carrier(self, what: str) -> Connector:
        if self.carrier is None:
            raise NotSupported(self.peer.registry, f"no carrier of {what} is configured")
        return self.carrier

    def _cut(self, cause: OSError) -> RegistryError:
        return ConnectionCut(self.peer.registry, str(cause))
