"""A hub that keeps only the protocol, and two registry processes that take part in it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from connectors.driving.process import SimulatedRegistry
from connectors.federation import FederationConnector
from tests.connectors.fake_hub import FakeHub, fake_hub
from tests.processes import simulated_registries


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Mongolia's and Japan's registries as processes, with the hub's real connectors to them."""

    hub: FakeHub
    mongolia: SimulatedRegistry
    japan: SimulatedRegistry
    to_mongolia: FederationConnector
    to_japan: FederationConnector


@pytest.fixture
async def hub() -> AsyncIterator[FakeHub]:
    async with fake_hub() as serving:
        yield serving


@pytest.fixture
async def mongolia(tmp_path: Path, hub: FakeHub) -> AsyncIterator[SimulatedRegistry]:
    async with simulated_registries(tmp_path, "mongolia") as (registry,):
        await hub.admit(registry)
        yield registry


@pytest.fixture
async def to_mongolia(
    hub: FakeHub, mongolia: SimulatedRegistry
) -> AsyncIterator[FederationConnector]:
    connector = hub.connector(mongolia)
    yield connector
    await connector.close()


@pytest.fixture
async def world(tmp_path: Path, hub: FakeHub) -> AsyncIterator[World]:
    async with simulated_registries(tmp_path, "mongolia", "japan") as (mongolia, japan):
        await hub.admit(mongolia)
        await hub.admit(japan)
        world = World(
            hub=hub,
            mongolia=mongolia,
            japan=japan,
            to_mongolia=hub.connector(mongolia),
            to_japan=hub.connector(japan),
        )
        yield world
        await world.to_mongolia.close()
        await world.to_japan.close()
