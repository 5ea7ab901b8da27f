"""How a simulated registry is started: one process, one free port, one line that says it is ready.

The line is JSON: `url` is the address, `control_token` opens the control address below `/control`
of it (taken from `ITMO_SIMULATOR_TOKEN`, or made once for a database), `pid` is the process.
"""

import asyncio
import contextlib
import os
import secrets
import signal
import socket
import sys
import threading
from pathlib import Path
from typing import Annotated, Final

import msgspec
import uvicorn
from cyclopts import Parameter
from starlette.types import ASGIApp
from typing_extensions import override

from connectors.simulator.kit.database import Database
from schema.wire import WireStruct

HOST: Final = "127.0.0.1"
CONTROL: Final = "/control"
DATABASE_FILE: Final = "registry.sqlite"
TOKEN_VARIABLE: Final = "ITMO_SIMULATOR_TOKEN"  # noqa: S105 (the name of a variable)

DataFolder = Annotated[
    Path, Parameter(name="--data", help="Folder of the database; made if needed.")
]
Port = Annotated[int, Parameter(name="--port", help="Port to listen on; 0 takes a free one.")]
StopWithParent = Annotated[
    bool,
    Parameter(negative="", help="Stop when standard input ends, so that no orphan is left."),
]


class Ready(WireStruct, frozen=True):
    """The line on standard output."""

    url: str
    control_token: str
    pid: int


def database_file(folder: Path) -> Path:
    """Return the file of the database, in a folder that exists from now on."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder / DATABASE_FILE


def control_token(database: Database) -> str:
    """Return the token of the control address."""
    if given := os.environ.get(TOKEN_VARIABLE):
        return given
    known = database.setting("control_token")
    if isinstance(known, str):
        return known
    token = secrets.token_urlsafe(24)
    database.keep("control_token", token)
    return token


def serve(application: ASGIApp, token: str, port: int, *, stop_with_parent: bool = False) -> None:
    """Serve until the process is asked to end."""
    with socket.create_server((HOST, port)) as listener:
        if stop_with_parent:
            threading.Thread(target=_stop_at_end_of_input, daemon=True).start()
        config = uvicorn.Config(
            application, log_level="critical", access_log=False, lifespan="off", ws="none"
        )
        url = f"http://{HOST}:{listener.getsockname()[1]}"
        ready = Ready(url=url, control_token=token, pid=os.getpid())
        asyncio.run(_Server(config, ready).serve(sockets=[listener]))


class _Server(uvicorn.Server):
    """Tells when requests are answered."""

    def __init__(self, config: uvicorn.Config, ready: Ready) -> None:
        super().__init__(config)
        self._ready = ready

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        sys.stdout.write(msgspec.json.encode(self._ready).decode() + "\n")
        sys.stdout.flush()


def _stop_at_end_of_input() -> None:
    with contextlib.suppress(OSError, ValueError):
        sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)
