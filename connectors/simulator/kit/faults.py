"""Faults of transport on command: what goes wrong between a registry and those who call it.

Orders are kept in the database, so they survive the death of the process that they may cause.
"""

import asyncio
import os
import signal
from enum import StrEnum, unique
from typing import Annotated, Final

import msgspec
from msgspec import Meta
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from connectors.simulator.kit.database import Database
from schema.wire import WireStruct

_SETTING: Final = "faults"
_CUT_SHORT_BYTES: Final = 10


@unique
class FaultKind(StrEnum):
    """The closed list."""

    LOST_REPLY = "lost-reply"
    """Acts, and cuts the connection in the middle of its answer."""
    CUT = "cut"
    """Cuts the connection without acting."""
    SLOW = "slow"
    """Acts, and answers after `seconds`."""
    SILENT = "silent"
    """Neither acts nor answers for `seconds`, then cuts the connection."""
    SERVER_ERROR = "server-error"
    """Answers 500 without acting."""
    ACTED_ERROR = "acted-error"
    """Acts, and answers 500."""
    GARBAGE = "garbage"
    """Acts, and answers 200 with bytes that are not JSON."""
    DIE_BEFORE = "die-before"
    """The process kills itself (SIGKILL) without acting."""
    DIE_AFTER = "die-after"
    """The process acts and kills itself (SIGKILL) before it answers."""


_WITHOUT_ACTING: Final = frozenset(
    {FaultKind.CUT, FaultKind.SILENT, FaultKind.SERVER_ERROR, FaultKind.DIE_BEFORE}
)


class Fault(WireStruct, frozen=True):
    """One order: the next `calls` requests of this method under this path go wrong."""

    kind: FaultKind
    path: str = ""
    """The beginning of the path, such as `/v1/staging/commit`; empty is every path."""
    method: str | None = None
    calls: Annotated[int, Meta(ge=1)] = 1
    seconds: float = 300.0


class Faults:
    """The standing orders, oldest first."""

    def __init__(self, database: Database) -> None:
        """Read the orders that stood when the process ended."""
        self._database = database

    def standing(self) -> list[Fault]:
        """Return all orders that stand."""
        return msgspec.convert(self._database.setting(_SETTING) or [], list[Fault])

    def add(self, fault: Fault) -> None:
        """Give one more order."""
        self._keep([*self.standing(), fault])

    def clear(self) -> None:
        """Take back all orders."""
        self._keep([])

    def take(self, method: str, path: str) -> Fault | None:
        """Return the oldest order that fits a request, and use up one of its calls."""
        orders = self.standing()
        for place, fault in enumerate(orders):
            if path.startswith(fault.path) and fault.method in {None, method}:
                left = msgspec.structs.replace(fault, calls=max(1, fault.calls - 1))
                orders[place : place + 1] = [left] if fault.calls > 1 else []
                self._keep(orders)
                return fault
        return None

    def _keep(self, orders: list[Fault]) -> None:
        self._database.keep(_SETTING, msgspec.to_builtins(orders))


class FaultyTransport:
    """Wraps an application; requests under `spared` are never harmed."""

    def __init__(self, application: ASGIApp, faults: Faults, *, spared: str) -> None:
        """Take the application and the orders."""
        self._application = application
        self._faults = faults
        self._spared = spared

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or fail as ordered."""
        if scope["type"] != "http" or scope["path"].startswith(self._spared):
            await self._application(scope, receive, send)
            return
        fault = self._faults.take(scope["method"], scope["path"])
        if fault is None:
            await self._application(scope, receive, send)
            return
        await self._fail(fault, scope, receive, send)

    async def _fail(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        if fault.kind in _WITHOUT_ACTING:
            await _refuse_to_act(fault, send)
            return
        answer: list[Message] = []

        async def keep(message: Message) -> None:
            answer.append(message)

        await self._application(scope, receive, keep)
        match fault.kind:
            case FaultKind.LOST_REPLY:
                await _cut(send)
            case FaultKind.DIE_AFTER:
                die()
            case FaultKind.GARBAGE:
                await _answer(send, 200, b'{"half":')
            case FaultKind.ACTED_ERROR:
                await _answer(send, 500, b"Internal Server Error")
            case _:
                await asyncio.sleep(fault.seconds)
                for message in answer:
                    await send(message)


async def _refuse_to_act(fault: Fault, send: Send) -> None:
    match fault.kind:
        case FaultKind.DIE_BEFORE:
            die()
        case FaultKind.SERVER_ERROR:
            await _answer(send, 500, b"Internal Server Error")
        case FaultKind.SILENT:
            await asyncio.sleep(fault.seconds)
            await _cut(send)
        case _:
            await _cut(send)


def die() -> None:
    """End this process as a power cut would."""
    os.kill(os.getpid(), signal.SIGKILL)


async def _cut(send: Send) -> None:
    # The server closes the connection of an answer that is shorter than it promised.
    await _answer(send, 200, b"{", missing=_CUT_SHORT_BYTES)


async def _answer(send: Send, status: int, body: bytes, *, missing: int = 0) -> None:
    length = str(len(body) + missing).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", length)]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": missing > 0})
