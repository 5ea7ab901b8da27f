"""A simulated registry as a process: start it, give it orders, kill it, start it again."""

import asyncio
import contextlib
import os
import secrets
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final, Self, TypeVar
from uuid import UUID

import aiohttp
import msgspec

from connectors.driving.answers import Done, LetterState, NotDone, Ready, Sent, StateSeen
from connectors.driving.misbehaviour import Misbehaviour, Order
from schema.wire import WireStruct

START_SECONDS_MAX: Final = 30.0
STOP_SECONDS_MAX: Final = 10.0
ORDER_SECONDS_MAX: Final = 150.0
LINE_BYTES_MAX: Final = 64 * 1024
LOG_CHARS_SHOWN: Final = 2_000
TOKEN_VARIABLE: Final = "ITMO_SIMULATOR_TOKEN"  # noqa: S105 (the name of a variable)

_Answer = TypeVar("_Answer", bound=WireStruct)


class NotStartedError(Exception):
    """The process has ended, or has not become ready in time; the text ends with what it said."""


class OrderError(Exception):
    """The registry cannot carry out an order."""

    def __init__(self, status: int, told: NotDone) -> None:
        """Keep the registry's code and words."""
        super().__init__(f"{status} {told.code}: {told.detail}")
        self.status = status
        self.code = told.code


@dataclass(frozen=True, slots=True, kw_only=True)
class HubAddress:
    """Where the hub is, as a registry must know it."""

    hub_id: str
    url: str
    keys: tuple[Mapping[str, str], ...]
    """Its public message keys, as JWKs."""


class SimulatedRegistry:
    """One registry process and the way to drive it; owned by one event loop."""

    def __init__(self, profile: str, data: Path, *, port: int = 0) -> None:
        """Nothing runs yet. `profile` is a name or a file; `data` is kept between starts.

        After the first start the port and the control token stay the same.
        """
        self._profile = profile
        self._data = data
        self._port = port
        self._log = data / "simulator.log"
        self._token = secrets.token_urlsafe(24)
        self._process: asyncio.subprocess.Process | None = None
        self._session: aiohttp.ClientSession | None = None
        self.ready: Ready | None = None

    async def __aenter__(self) -> Self:
        """Start the process."""
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop the process."""
        await self.stop()

    @property
    def registry(self) -> str:
        """The registry's code."""
        return self._told.registry

    @property
    def url(self) -> str:
        """Its base address."""
        return self._told.url

    @property
    def _told(self) -> Ready:
        assert self.ready is not None, "the process was never started"
        return self.ready

    async def start(self) -> None:
        """Start the process and wait until it answers.

        Raises:
            NotStartedError: it ended or took too long.
        """
        self._data.mkdir(parents=True, exist_ok=True)
        with self._log.open("ab") as log:
            process = await self._spawn(log)
        self._process = process
        assert process.stdout is not None, "it is a pipe"
        try:
            async with asyncio.timeout(START_SECONDS_MAX):
                line = await process.stdout.readline()
        except TimeoutError:
            line = b""
        if not line:
            await self.kill()
            raise NotStartedError(self._log.read_text("utf-8", "replace")[-LOG_CHARS_SHOWN:])
        self.ready = msgspec.json.decode(line, type=Ready)
        self._port = int(self.ready.url.rpartition(":")[2])

    async def _spawn(self, log: BinaryIO) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "connectors.simulator",
            "--profile", self._profile, "--data", str(self._data), "--port", str(self._port),
            "--stop-with-parent",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
            env={**os.environ, TOKEN_VARIABLE: self._token},
            limit=LINE_BYTES_MAX,
        )  # fmt: skip

    async def kill(self) -> None:
        """End the process without warning, as a power cut would (SIGKILL)."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> None:
        """Ask the process to end, and wait for it."""
        await self._end(signal.SIGTERM)
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def join(self, hub: HubAddress) -> None:
        """Tell the registry which hub it takes part in."""
        await self._post("hub", {"hub_id": hub.hub_id, "url": hub.url, "keys": hub.keys}, Done)

    async def order(
        self,
        name: str,
        *,
        wait_seconds: float = 20.0,
        **fields: Any,  # noqa: ANN401 (encoded as given)
    ) -> tuple[Sent, ...]:
        """Give an order of `connectors.driving.orders`, and wait for the hub's receipts.

        Raises:
            OrderError: the registry cannot do it.
        """
        done = await self._post(f"{name}?wait={wait_seconds:g}", fields, Done)
        return done.sent

    async def applied(self, name: str, **fields: Any) -> Sent:  # noqa: ANN401 (encoded as given)
        """Give an order that sends one message, which the hub must apply.

        Raises:
            OrderError: the registry cannot do it, or the hub has not applied the message.
        """
        (sent,) = await self.order(name, **fields)
        if sent.result != "applied":
            codes = ", ".join(refusal.code for refusal in sent.refusals)
            detail = f"{sent.kind} {sent.state}: {codes or sent.fault_code or sent.fault}"
            raise OrderError(0, NotDone(code="not_applied", detail=detail))
        return sent

    async def misbehave(self, kind: Misbehaviour, **fields: Any) -> None:  # noqa: ANN401
        """Order a misbehaviour; `fields` are those of `Order`."""
        await self._post("misbehave", Order(kind=kind, **fields), Done)

    async def behave(self, kind: Misbehaviour | None = None) -> None:
        """Take back the orders of one kind, or all."""
        await self._post("behave", {"kind": kind}, Done)

    async def state(self) -> StateSeen:
        """Return everything the registry knows."""
        async with self._client().get(f"{self.url}/control/state") as answer:
            return await _decoded(answer, StateSeen)

    async def settled(self, *, within_seconds: float = 10.0) -> StateSeen:
        """Wait until every queued message has its receipt, and return the state then.

        Raises:
            TimeoutError: something is still waiting.
        """
        async with asyncio.timeout(within_seconds):
            while True:
                state = await self.state()
                if all(letter.state is not LetterState.WAITING for letter in state.outgoing):
                    return state
                await asyncio.sleep(0.02)

    async def message(self, message_id: UUID) -> LetterState:
        """Return where one outgoing message stands."""
        state = await self.state()
        return next(each.state for each in state.outgoing if each.message_id == message_id)

    async def _post(self, path: str, body: object, answer: type[_Answer]) -> _Answer:
        url = f"{self.url}/control/{path}"
        async with self._client().post(url, data=msgspec.json.encode(body)) as response:
            return await _decoded(response, answer)

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                headers={"Authorization": f"Bearer {self._token}"},
                timeout=aiohttp.ClientTimeout(total=ORDER_SECONDS_MAX),
            )
        return self._session

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


async def _decoded(response: aiohttp.ClientResponse, answer: type[_Answer]) -> _Answer:
    body = await response.read()
    if response.ok:
        return msgspec.json.decode(body, type=answer)
    try:
        told = msgspec.json.decode(body, type=NotDone)
    except msgspec.MsgspecError:
        told = NotDone(code="unexpected", detail=body.decode("utf-8", "replace")[:300])
    raise OrderError(response.status, told)
