"""Simulated registries as processes, for tests."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from connectors.driving.process import SimulatedRegistry


@asynccontextmanager
async def simulated_registries(
    folder: Path, *profiles: str
) -> AsyncIterator[tuple[SimulatedRegistry, ...]]:
    """Start one process a profile, side by side; all are stopped when the context ends.

    A profile is the name of one that comes with the simulator, or a TOML file.
    """
    registries = [
        SimulatedRegistry(profile, folder / f"registry-{number}")
        for number, profile in enumerate(profiles)
    ]
    async with AsyncExitStack() as stack:
        for registry in registries:
            stack.push_async_callback(registry.stop)
        await asyncio.gather(*(registry.start() for registry in registries))
        yield tuple(registries)


def profile_file(folder: Path, registry: str, **fields: object) -> str:
    """Write a profile with one holding account and return its file name."""
    lines = {
        "registry": registry,
        "party": registry[:3],
        "kind": "party registry",
        "name": f"Registry {registry}",
        "approach": "CA0007",
    } | fields
    text = "".join(f"{name} = {_toml(value)}\n" for name, value in lines.items())
    account = f'[[accounts]]\naccount = "{registry}-100"\naccount_kind = "holding"\n'
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{registry}.toml"
    file.write_text(text + account)
    return str(file)


def _toml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool | int) else f'"{value}"'
