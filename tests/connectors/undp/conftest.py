"""A simulated registry of the UNDP make for each test, with a short cache."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.connectors.simulators import Simulator, simulator

CACHE_SECONDS = 0.3


@pytest.fixture
async def registry(tmp_path: Path) -> AsyncIterator[Simulator]:
    async with simulator("undp", tmp_path / "registry") as running:
        await running.switch(cache_seconds=CACHE_SECONDS, requests_max=10_000)
        yield running
