"""Simulated registries as real processes, for the tests of whoever talks to them."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from yarl import URL

READY_SECONDS = 30
FOLDER = Path(__file__).parents[2]


class Simulator:
    """One simulator process on a data folder; it can be killed and started again."""

    def __init__(self, module: str, folder: Path, *arguments: str) -> None:
        self._command = [
            sys.executable,
            "-m",
            f"connectors.simulator.{module}",
            "--data",
            str(folder),
            *arguments,
        ]
        self._process: asyncio.subprocess.Process | None = None
        self.url = URL()
        self._token = ""

    async def start(self) -> None:
        """Start the process, on the same port as before if it ran before."""
        port = ["--port", str(self.url.port)] if self._token else []
        self._process = await asyncio.create_subprocess_exec(
            *self._command, *port, stdout=asyncio.subprocess.PIPE, cwd=FOLDER
        )
        assert self._process.stdout is not None
        async with asyncio.timeout(READY_SECONDS):
            ready = json.loads(await self._process.stdout.readline())
        self.url, self._token = URL(ready["url"]), ready["control_token"]

    async def kill(self) -> None:
        """End the process as a power cut would."""
        if self._process is not None and self._process.returncode is None:
            os.kill(self._process.pid, signal.SIGKILL)
        await self.ended()

    async def ended(self) -> None:
        """Wait until the process has ended, by its own hand or by ours."""
        if self._process is not None:
            async with asyncio.timeout(READY_SECONDS):
                await self._process.wait()
            # The transport of an asyncio subprocess must see the end of its pipe to be closed.
            self._process._transport.close()  # type: ignore[attr-defined]
            await asyncio.sleep(0)

    async def control(self, method: str, name: str, body: Any = None) -> Any:
        """Give an order at the control address."""
        async with (
            aiohttp.ClientSession() as session,
            session.request(
                method,
                self.url / "control" / name,
                json=body,
                headers={"Authorization": f"Bearer {self._token}"},
            ) as answer,
        ):
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def switch(self, **switches: Any) -> None:
        """Set switches."""
        await self.control("PATCH", "switches", switches)

    async def fault(self, kind: str, path: str = "", **more: Any) -> None:
        """Order a fault of transport."""
        await self.control("POST", "faults", {"kind": kind, "path": path, **more})

    async def call(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], Any]:
        """Call the simulated registry as anybody could: status, headers, decoded body."""
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, str(self.url) + path, json=body, headers=headers) as answer,
        ):
            text = await answer.text()
            try:
                told = json.loads(text)
            except ValueError:
                told = text
            return answer.status, {k.lower(): v for k, v in answer.headers.items()}, told


@asynccontextmanager
async def simulator(module: str, folder: Path, *arguments: str) -> AsyncIterator[Simulator]:
    """A running simulator, ended for good when the context ends."""
    running = Simulator(module, folder, *arguments)
    await running.start()
    try:
        yield running
    finally:
        await running.kill()
