"""A whole installation as processes: a database, two hubs on it, two registries, and the wire.

Everything that a fault can strike is a process of its own; between the registries and the hubs
there is a wire that can be told to lose, cut or spoil what goes over it.
"""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import aiohttp
import msgspec

from config.settings import Settings, load
from connectors.driving.process import HubAddress, SimulatedRegistry
from hub.bootstrap import CLOCK_OFFSET_VARIABLE, prepare_database
from hub.storage.embedded import EmbeddedPostgres

HUB_ID: Final = "HUB01"
START_SECONDS_MAX: Final = 60.0
_ITMO_HUB: Final = (sys.executable, "-c", "from hub.cli import main; main()")


class HubProcess:
    """One `itmo-hub serve`; it can be killed and started again at the same address."""

    def __init__(self, config: Path) -> None:
        self.config = config
        self.url = ""
        self._process: asyncio.subprocess.Process | None = None

    async def start(self, *, clock_offset_seconds: float = 0) -> None:
        with self.config.with_suffix(".log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *_ITMO_HUB, "serve", "--config", str(self.config), "--ready-line",
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                env={**os.environ, CLOCK_OFFSET_VARIABLE: str(clock_offset_seconds)},
            )  # fmt: skip
        assert self._process.stdout is not None
        async with asyncio.timeout(START_SECONDS_MAX):
            line = await self._process.stdout.readline()
        assert line, self.config.with_suffix(".log").read_text("utf-8", "replace")[-2_000:]
        self.url = msgspec.json.decode(line)["url"]

    async def end(self, how: signal.Signals = signal.SIGKILL) -> None:
        if self._process is None or self._process.returncode is not None:
            return
        self._process.send_signal(how)
        try:
            async with asyncio.timeout(15):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()


Spoil = Callable[[bytes], bytes]


class Wire:
    """A relay in front of a hub: HTTP/1.1 requests go through it one a connection."""

    def __init__(self, target: Callable[[], str]) -> None:
        self._target = target
        self._server: asyncio.Server | None = None
        self.cut_requests = 0
        """How many requests to cut in the middle."""
        self.lose_replies = 0
        """How many replies to lose, after the hub has given them."""
        self.spoil_replies = 0
        """How many replies to spoil by one bit."""
        self.spoil_copies = 0
        """How many requests are to be preceded by a spoilt copy of themselves."""
        self.struck = 0
        """How often it has done so."""

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()

    def quiet(self) -> None:
        self.cut_requests = self.lose_replies = self.spoil_replies = self.spoil_copies = 0

    def _take(self, name: str) -> bool:
        left = getattr(self, name)
        setattr(self, name, max(0, left - 1))
        self.struck += left > 0
        return bool(left > 0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, ValueError):
            head = await reader.readuntil(b"\r\n\r\n")
            body = await reader.readexactly(_length(head))
            request = _closing(head) + body
            if body and self._take("cut_requests"):
                await self._ask(request[: len(request) - len(body) // 2], hang_up=True)
            else:
                if body and self._take("spoil_copies"):
                    await self._ask(_closing(head) + spoilt(body))
                reply = await self._ask(request)
                if not (body and self._take("lose_replies")):
                    if body and self._take("spoil_replies"):
                        reply = spoilt(reply)
                    writer.write(reply)
                    await writer.drain()
        writer.close()

    async def _ask(self, request: bytes, *, hang_up: bool = False) -> bytes:
        host, _, port = self._target().removeprefix("http://").partition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        try:
            writer.write(request)
            await writer.drain()
            return b"" if hang_up else await reader.read()
        finally:
            writer.close()


def spoilt(data: bytes) -> bytes:
    """Flip one bit near the end: in the signature of what is sent."""
    flipped = bytearray(data)
    flipped[-20] ^= 1
    return bytes(flipped)


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name == b"content-length":
            return int(value)
    return 0


def _closing(head: bytes) -> bytes:
    """Ask for one answer only, so that its end is the end of the connection."""
    lines = [
        line for line in head.split(b"\r\n") if line and not line.lower().startswith(b"connection:")
    ]
    return b"\r\n".join([*lines, b"Connection: close", b"", b""])


@dataclass(kw_only=True)
class Installation:
    """Everything that runs."""

    folder: Path
    database: EmbeddedPostgres
    hubs: list[HubProcess]
    wires: list[Wire]
    sender: SimulatedRegistry
    acquirer: SimulatedRegistry
    settings: Settings

    @property
    def registries(self) -> tuple[SimulatedRegistry, SimulatedRegistry]:
        return self.sender, self.acquirer

    async def join(self, registry: SimulatedRegistry, wire: Wire) -> None:
        """Have a registry talk to the hub behind a wire."""
        keys = await keys_of(self.hubs[0].url)
        await registry.join(HubAddress(hub_id=HUB_ID, url=wire.url, keys=tuple(keys)))


@asynccontextmanager
async def running_installation(folder: Path) -> AsyncIterator[Installation]:
    """Start a database, one hub (a second one is ready to be started) and two registries."""
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(EmbeddedPostgres(folder / "database"))
        await asyncio.to_thread(prepare_database, database.dsn)
        sender = SimulatedRegistry("mongolia", folder / "sender")
        acquirer = SimulatedRegistry("japan", folder / "acquirer")
        for registry in (sender, acquirer):
            stack.push_async_callback(registry.stop)
        await asyncio.gather(sender.start(), acquirer.start())
        configs = [
            await _settings(folder, name, database.dsn, {"MNG": sender, "JPN": acquirer})
            for name in ("first", "second")
        ]
        await _create_keys(configs[0])
        hubs = [HubProcess(config) for config in configs]
        for hub in hubs:
            stack.push_async_callback(hub.end)
        await hubs[0].start()
        wires = [Wire(lambda: hubs[0].url), Wire(lambda: hubs[1].url)]
        for wire in wires:
            await wire.start()
            stack.push_async_callback(wire.stop)
        running = Installation(
            folder=folder,
            database=database,
            hubs=hubs,
            wires=wires,
            sender=sender,
            acquirer=acquirer,
            settings=load({}, configs[0]),
        )
        for registry in (sender, acquirer):
            await running.join(registry, wires[0])
        yield running


async def _settings(
    folder: Path, name: str, dsn: str, registries: dict[str, SimulatedRegistry]
) -> Path:
    config = folder / f"{name}.toml"
    lines = [
        "[hub]",
        f'id = "{HUB_ID}"',
        "port = 0",
        "[database]",
        f'url = "{dsn}"',
        "pool_size = 8",
        "[exchange]",
        "delivery_timeout_seconds = 2",
        "delivery_lease_seconds = 4",
        "delivery_backoff_seconds = 0.1",
        "delivery_backoff_seconds_max = 1",
        "checkpoint_seconds = 0.5",
    ]
    for party, registry in registries.items():
        (jwk,) = await keys_of(registry.url)
        key_file = folder / f"{registry.registry}.jwk.json"
        key_file.write_bytes(msgspec.json.encode(jwk))
        lines += [
            "[[registries]]",
            f'id = "{registry.registry}"',
            f'party = "{party}"',
            'kind = "JCM registry"',
            f'name = "{registry.registry} (simulated)"',
            f'endpoint = "{registry.url}"',
            f'keys = [{{jwk = "{key_file.name}", valid_from = 2020-01-01T00:00:00Z}}]',
        ]
    config.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return config


async def _create_keys(config: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *_ITMO_HUB, "keys", "create", "--config", str(config), stdout=asyncio.subprocess.DEVNULL
    )
    assert await process.wait() == 0


async def keys_of(url: str) -> list[dict[str, Any]]:
    """Return the keys that a hub or registry shows."""
    address = f"{url}/.well-known/jwks.json"
    async with aiohttp.ClientSession() as session, session.get(address) as answer:
        keys: list[dict[str, Any]] = msgspec.json.decode(await answer.read())["keys"]
        return keys
