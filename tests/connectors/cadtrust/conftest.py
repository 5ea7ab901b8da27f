"""A simulated CAD Trust node for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.connectors.simulators import Simulator, simulator


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[Simulator]:
    async with simulator("cadtrust", tmp_path / "node") as running:
        await running.switch(confirm_seconds=0.1)
        yield running
