"""Reads the hub's outbox, for a registry that cannot be called, and acknowledges by message."""

import asyncio
from typing import Final

import msgspec
from yarl import URL

from connectors.errors import RegistryError
from connectors.http_answers import HttpRequest
from connectors.http_client import RegistryHttp
from connectors.protocol import OUTBOX_PATH, OutboxPage
from connectors.simulator.control import read_envelope
from connectors.simulator.identity import Hub
from connectors.simulator.inbox import Accepted, receive
from connectors.simulator.mailbox import post
from connectors.simulator.registry import Registry
from connectors.simulator.sender import LIMITS
from connectors.simulator.store import keep_setting
from connectors.transport import Endpoint
from schema.messages import Acknowledgement

POLL_SECONDS: Final = 0.25
_CURSOR: Final = "hub outbox cursor"


class Puller:
    """One worker; the cursor moves on only when a page is kept."""

    def __init__(self, registry: Registry) -> None:
        """Read for `registry`."""
        self._registry = registry

    async def run(self) -> None:
        """Read for ever; to be cancelled."""
        while True:
            hub = self._registry.hub
            if hub is not None:
                endpoint = Endpoint(registry=hub.hub_id, base_url=URL(hub.url))
                async with RegistryHttp(endpoint, limits=LIMITS) as http:
                    await self._read_from(hub, http)
            await asyncio.sleep(POLL_SECONDS)

    async def _read_from(self, hub: Hub, http: RegistryHttp) -> None:
        while hub == self._registry.hub:
            complete = True
            try:
                complete = await self._page(hub, http)
            except (RegistryError, msgspec.MsgspecError) as error:
                self._registry.anomalies.append(f"outbox: {error}"[:300])
            if complete:
                await asyncio.sleep(POLL_SECONDS)

    async def _page(self, hub: Hub, http: RegistryHttp) -> bool:
        registry = self._registry
        cursor = registry.store.setting(_CURSOR)
        query = () if cursor is None else (("after", cursor.decode()),)
        target = http.endpoint.at(OUTBOX_PATH).with_query(list(query)).raw_path_qs
        answer = await http.send(
            HttpRequest(
                method="GET",
                path=OUTBOX_PATH,
                query=query,
                accept="application/json",
                headers=(("Authorization", registry.signer.authorize_read(target, hub.hub_id)),),
            )
        )
        page = msgspec.json.decode(answer.body, type=OutboxPage)
        with registry.store.transaction() as connection:
            for envelope in page.envelopes:
                taken = receive(registry, envelope.encode())
                if isinstance(taken, Accepted) and not taken.repeated:
                    acknowledgement = read_envelope(taken.acknowledgement)
                    if isinstance(acknowledgement, Acknowledgement):
                        post(connection, [acknowledgement])
                elif not isinstance(taken, Accepted):
                    registry.anomalies.append(f"outbox: {taken.code}: {taken.detail}"[:300])
            keep_setting(connection, _CURSOR, page.cursor.encode())
        await registry.announce_mail()
        return page.complete
