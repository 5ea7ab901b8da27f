"""The processes of the demo: three registries and the hub, each with its own keys and folder."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import aiohttp
import msgspec

from connectors.driving.process import HubAddress, SimulatedRegistry
from schema.wire import WireStruct

HUB_ID: Final = "HUB01"
ORIGIN: Final = "itmo-hub.example/demo"
START_SECONDS_MAX: Final = 60.0
STOP_SECONDS_MAX: Final = 15.0
LOG_CHARS_SHOWN: Final = 2_000


class HubDownError(Exception):
    """The hub does not start; the text ends with what it said."""


class HubReady(WireStruct, frozen=True):
    """The line that `itmo-hub serve --ready-line` prints."""

    url: str
    pid: int


class HubProcess:
    """The hub as a process; when it is killed it is started again at the same address."""

    def __init__(self, config: Path, log: Path) -> None:
        self._config = config
        self._log = log
        self._process: asyncio.subprocess.Process | None = None
        self._watch: asyncio.Task[None] | None = None
        self._up = asyncio.Event()
        self.starts = 0
        self.url = ""

    @property
    def pid(self) -> int:
        """The process that runs now."""
        assert self._process is not None, "not started"
        return self._process.pid

    async def __aenter__(self) -> Self:
        """Start, and go on watching."""
        await self._start()
        self._watch = asyncio.create_task(self._restart_when_killed())
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop."""
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
        await self._end(signal.SIGTERM)

    async def kill(self) -> None:
        """End the hub without warning, as a power cut would (SIGKILL); it comes back."""
        self._up.clear()
        os.kill(self.pid, signal.SIGKILL)
        await self._up.wait()

    async def _start(self) -> None:
        with self._log.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *_ITMO_HUB, "serve", "--config", str(self._config), "--ready-line",
                stdout=asyncio.subprocess.PIPE, stderr=log,
            )  # fmt: skip
        self._process = process
        assert process.stdout is not None, "it is a pipe"
        line = b""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(START_SECONDS_MAX):
                line = await process.stdout.readline()
        if not line:
            await self._end(signal.SIGKILL)
            said = self._log.read_text("utf-8", "replace")[-LOG_CHARS_SHOWN:]
            raise HubDownError(f"the hub did not start: {said}")
        self.url = msgspec.json.decode(line, type=HubReady).url
        self.starts += 1
        self._up.set()

    async def _restart_when_killed(self) -> None:
        while True:
            assert self._process is not None, "started before it is watched"
            await self._process.wait()
            self._up.clear()
            await self._start()

    async def _end(self, how: signal.Signals) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(how)
        try:
            async with asyncio.timeout(STOP_SECONDS_MAX):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


_ITMO_HUB: Final = (sys.executable, "-c", "from hub.cli import main; main()")


@dataclass(kw_only=True)
class World:
    """Everything that runs."""

    folder: Path
    config: Path
    hub: HubProcess
    japan: SimulatedRegistry
    mongolia: SimulatedRegistry
    international: SimulatedRegistry

    @property
    def registries(self) -> tuple[SimulatedRegistry, ...]:
        """All three registries."""
        return (self.japan, self.mongolia, self.international)

    def lose_database(self) -> None:
        """Take the database's files away and end its server: the break of a test."""
        cluster = self.folder / "hub" / "postgresql" / "cluster"
        server = int((cluster / "postmaster.pid").read_text("utf-8").split()[0])
        cluster.rename(cluster.with_name("lost"))
        os.kill(server, signal.SIGKILL)

    async def command(self, *arguments: str) -> tuple[int, str]:
        """Run `itmo-hub ...` with the demo's settings; return its exit code and output."""
        process = await asyncio.create_subprocess_exec(
            *_ITMO_HUB, *arguments,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        output, _ = await process.communicate()
        assert process.returncode is not None, "it has ended"
        return process.returncode, output.decode("utf-8", "replace")


@asynccontextmanager
async def running_world(folder: Path) -> AsyncIterator[World]:
    """Start everything in `folder`, and stop everything at the end."""
    async with AsyncExitStack() as stack:
        japan, mongolia, international = (
            SimulatedRegistry(profile, folder / profile)
            for profile in ("japan", "mongolia", "international")
        )
        registries = (japan, mongolia, international)
        for registry in registries:
            stack.push_async_callback(registry.stop)
        await asyncio.gather(*(registry.start() for registry in registries))
        config = await _settle_in(folder, registries)
        hub = await stack.enter_async_context(HubProcess(config, folder / "hub.log"))
        address = HubAddress(hub_id=HUB_ID, url=hub.url, keys=tuple(await _keys_of(hub.url)))
        await asyncio.gather(*(registry.join(address) for registry in registries))
        yield World(
            folder=folder,
            config=config,
            hub=hub,
            japan=japan,
            mongolia=mongolia,
            international=international,
        )


async def _settle_in(folder: Path, registries: tuple[SimulatedRegistry, ...]) -> Path:
    """Write the settings: the registries with their public keys; then make the hub's keys."""
    config = folder / "itmo-hub.toml"
    lines = [
        "[hub]",
        f'id = "{HUB_ID}"',
        f'origin = "{ORIGIN}"',
        f"port = {_free_port()}",
        'data_folder = "hub"',
        "[exchange]",
        "delivery_backoff_seconds = 0.2",
        "delivery_lease_seconds = 2",
        "delivery_timeout_seconds = 2",
        "checkpoint_seconds = 1",
    ]
    kinds = {"JPN01": ("JPN", "JCM registry"), "MNG01": ("MNG", "JCM registry")}
    for registry in registries:
        party, kind = kinds.get(registry.registry, ("UNF", "international registry"))
        (jwk,) = await _keys_of(registry.url)
        key_file = folder / f"{registry.registry}.jwk.json"
        key_file.write_bytes(msgspec.json.encode(jwk))
        lines += [
            "[[registries]]",
            f'id = "{registry.registry}"',
            f'party = "{party}"',
            f'kind = "{kind}"',
            f'name = "{registry.registry} (simulated)"',
            f'endpoint = "{registry.url}"',
            f'keys = [{{jwk = "{key_file.name}", valid_from = 2020-01-01T00:00:00Z}}]',
        ]
    config.write_text("\n".join(lines) + "\n", encoding="utf-8")
    process = await asyncio.create_subprocess_exec(
        *_ITMO_HUB, "keys", "create", "--config", str(config), stdout=asyncio.subprocess.DEVNULL
    )
    if await process.wait() != 0:
        raise HubDownError("the hub's keys could not be made")
    return config


def _free_port() -> int:
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as probe:
        port: int = probe.getsockname()[1]
        return port


async def _keys_of(url: str) -> list[dict[str, str]]:
    address = f"{url}/.well-known/jwks.json"
    async with aiohttp.ClientSession() as session, session.get(address) as answer:
        keys: list[dict[str, str]] = msgspec.json.decode(await answer.read())["keys"]
        return keys
