"""The connector to a registry behind X-Road: the federation protocol, carried and evidenced.

X-Road proves the institution, our envelopes prove the registry. Both stay: the id of the exchange
is kept with the evidence, so that the signed and time-stamped container can be fetched.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Final

from connectors.contract import (
    CapabilitySheet,
    Connector,
    DataLoss,
    Delivered,
    DeliveryAnswer,
    Evidence,
    Fetched,
    Health,
    Outgoing,
    StatementPage,
    StatementScope,
)
from connectors.xroad.http import LAST_PASSAGE, XRoadHttp

DATA_LOSS: Final = (
    DataLoss(
        subject="asynchronous answers",
        consequence="X-Road calls are synchronous: what a registry wants to say later it sends to"
        " the hub's own service, or puts into its outbox.",
    ),
    DataLoss(
        subject="redirects",
        consequence="They are passed through and never followed: a person must correct the"
        " address.",
    ),
    DataLoss(
        subject="signed containers",
        consequence="The security server keeps them for 30 days unless told otherwise: fetch and"
        " keep the ones that matter.",
    ),
)


@dataclass(slots=True)
class XRoadConnector:
    """A `connectors.contract.Connector`: one of the federation protocol, sent through `http`."""

    carrier: Connector
    """Speaks the protocol over `http`; owned and closed by this connector."""
    http: XRoadHttp

    @property
    def capabilities(self) -> CapabilitySheet:
        """What the protocol can, and what X-Road cannot."""
        sheet = self.carrier.capabilities
        return replace(sheet, connector="xroad", data_loss=sheet.data_loss + DATA_LOSS)

    async def deliver(self, outgoing: Outgoing) -> DeliveryAnswer:
        """Deliver through X-Road; the evidence names the exchange.

        Raises:
            RegistryError: as the contract says, of the registry or of X-Road.
        """
        LAST_PASSAGE.set(None)
        answer = await self.carrier.deliver(outgoing)
        if not isinstance(answer, Delivered):
            return answer
        return replace(answer, evidence=_with_passage(answer.evidence))

    async def fetch(self, cursor: str | None) -> Fetched:
        """Read a page of the registry's outbox.

        Raises:
            RegistryError: as the contract says.
        """
        return await self.carrier.fetch(cursor)

    async def statement(self, scope: StatementScope) -> AsyncIterator[StatementPage]:
        """Read a statement; the evidence of each page names its exchange.

        Raises:
            RegistryError: as the contract says.
        """
        async for page in self.carrier.statement(scope):
            yield replace(page, evidence=_with_passage(page.evidence))

    async def health(self) -> Health:
        """Ask the registry through X-Road: all of the way is asked with it."""
        return await self.carrier.health()

    async def close(self) -> None:
        """Close the carrier, and with it the connections."""
        await self.carrier.close()

    async def container(self, transport_id: str) -> bytes:
        """Fetch the signed container of one exchange (ASiC-E) by the id kept with its evidence.

        Raises:
            RegistryError: the security server does not have it, or cannot give it now.
        """
        return await self.http.asic(transport_id)


def _with_passage(evidence: Evidence) -> Evidence:
    passage = LAST_PASSAGE.get()
    return evidence if passage is None else replace(evidence, transport_id=passage.message_id)
