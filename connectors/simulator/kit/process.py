"""How a simulated registry is started: one process, one free port, one line that says it is ready.

The line is JSON: `url` is the address, `control_token` opens the control address below
`/control` of it. The token stays the same when the process is started again on its data.
"""

import secrets
import socket
import sys
from pathlib import Path
from typing import Annotated, Final

import msgspec
import uvicorn
from cyclopts import Parameter
from starlette.types import ASGIApp

from connectors.simulator.kit.database import Database
from schema.wire import WireStruct

HOST: Final = "127.0.0.1"
CONTROL: Final = "/control"
DATABASE_FILE: Final = "registry.sqlite"

DataFolder = Annotated[
    Path, Parameter(name="--data", help="Folder of the database; made if needed.")
]
Port = Annotated[int, Parameter(name="--port", help="Port to listen on; 0 takes a free one.")]


class Ready(WireStruct, frozen=True):
    """The line on standard output."""

    url: str
    control_token: str


def database_file(folder: Path) -> Path:
    """Return the file of the database, in a folder that exists from now on."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder / DATABASE_FILE


def control_token(database: Database) -> str:
    """Return the token of the control address, made once for a database."""
    known = database.setting("control_token")
    if isinstance(known, str):
        return known
    token = secrets.token_urlsafe(24)
    database.keep("control_token", token)
    return token


def serve(application: ASGIApp, token: str, port: int) -> None:
    """Serve until the process is asked to end."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((HOST, port))
    listener.listen()
    url = f"http://{HOST}:{listener.getsockname()[1]}"
    ready = msgspec.json.encode(Ready(url=url, control_token=token))
    sys.stdout.write(ready.decode() + "\n")
    sys.stdout.flush()
    config = uvicorn.Config(
        application, log_level="critical", access_log=False, lifespan="off", ws="none"
    )
    uvicorn.Server(config).run(sockets=[listener])
