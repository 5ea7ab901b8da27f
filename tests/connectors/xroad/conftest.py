"""Mongolia's registry behind a simulated X-Road, and the hub's connector to it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

import pytest
from yarl import URL

from connectors.driving.process import SimulatedRegistry
from connectors.http_client import RegistryHttp
from connectors.transport import Endpoint
from connectors.xroad.connector import XRoadConnector
from connectors.xroad.http import XRoadHttp, XRoadWay
from connectors.xroad.identifiers import parse_client, parse_service_owner
from tests.connectors.fake_hub import LIMITS, FakeHub
from tests.connectors.simulators import Simulator, simulator

PROVIDER = "SIM/GOV/1234567-8/registry"
CLIENT = "SIM/GOV/7654321-0/hub"
WAY = XRoadWay(
    client=parse_client(CLIENT),
    provider=parse_service_owner(PROVIDER),
    service="itmo",
    services={"messages": "itmo-transfer", "statement": "itmo-recon"},
)
LIMITS_ON_THE_WAY = replace(LIMITS, redirects_max=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """All of it."""

    hub: FakeHub
    registry: SimulatedRegistry
    server: Simulator

    def http(self, way: XRoadWay = WAY, *, strict: bool = True) -> XRoadHttp:
        return XRoadHttp(
            way,
            RegistryHttp(
                Endpoint(registry="MNG01", base_url=self.server.url), limits=LIMITS_ON_THE_WAY
            ),
            endpoint=Endpoint(registry="MNG01", base_url=URL("https://registry.invalid")),
            new_id=uuid4,
            hash_must_match=strict,
        )

    def connector(self, way: XRoadWay = WAY, *, strict: bool = True) -> XRoadConnector:
        http = self.http(way, strict=strict)
        return XRoadConnector(self.hub.connector(self.registry, http=http), http)


@pytest.fixture
async def way(tmp_path: Path, hub: FakeHub, mongolia: SimulatedRegistry) -> AsyncIterator[Way]:
    services = [
        f"--service={code}={mongolia.url}" for code in ("itmo", "itmo-transfer", "itmo-recon")
    ]
    async with simulator(
        "xroad", tmp_path / "server", f"--provider={PROVIDER}", f"--client={CLIENT}", *services
    ) as server:
        yield Way(hub=hub, registry=mongolia, server=server)
