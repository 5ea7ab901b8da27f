"""`itmo-hub serve`, `migrate` and `health`: run a hub, prepare its database, ask how it is."""

import json
import os
import socket
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated
from urllib.error import URLError
from urllib.request import urlopen

import structlog
import uvicorn
from cyclopts import Parameter
from starlette.applications import Starlette
from typing_extensions import override
from uvicorn.supervisors import Multiprocess

from config.settings import DATABASE_VARIABLE, FILE_VARIABLE, Settings, SettingsError, load
from hub.bootstrap import create_app, prepare_database, running_database
from hub.cli.console import AsJson, CannotError, ConfigFile, Exit, console, print_json, told
from hub.storage.embedded import EmbeddedPostgresError
from signing.jwk import KeyFormatError
from signing.keys import KeyFileError

HEALTH_SECONDS_MAX = 5.0


def serve(
    *,
    config: ConfigFile = None,
    ready_line: Annotated[
        bool, Parameter(negative="", help="Print one JSON line with the address when it is up.")
    ] = False,
) -> Exit:
    """Run the hub until it is told to stop (Ctrl-C or SIGTERM)."""
    with told(SettingsError, EmbeddedPostgresError, KeyFileError, KeyFormatError, OSError):
        settings = load(os.environ, config)
        with ExitStack() as stack:
            dsn = stack.enter_context(running_database(settings))
            prepare_database(dsn)
            listener = stack.enter_context(
                socket.create_server((settings.hub.host, settings.hub.port), backlog=1024)
            )
            address = f"http://{settings.hub.host}:{listener.getsockname()[1]}"
            _run(settings, dsn, config, listener, address if ready_line else None)
    return Exit.DONE


def _run(
    settings: Settings, dsn: str, config: Path | None, listener: socket.socket, told_as: str | None
) -> None:
    if settings.hub.workers == 1:
        server = _Server(_config(create_app(settings, dsn)), told_as)
        server.run(sockets=[listener])
        return
    os.environ[DATABASE_VARIABLE] = dsn
    if config is not None:
        os.environ[FILE_VARIABLE] = str(config)
    several = _config("hub.cli.serve:worker_app", workers=settings.hub.workers)
    if told_as is not None:
        _tell(told_as)
    Multiprocess(several, sockets=[listener]).run()


def _config(app: Starlette | str, workers: int = 1) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        factory=isinstance(app, str),
        workers=workers,
        log_level="warning",
        access_log=False,
        timeout_keep_alive=60,
        timeout_graceful_shutdown=5,
    )


def worker_app() -> Starlette:
    """Build the application in a worker process; the settings come through the environment."""
    structlog.configure(logger_factory=lambda *_: structlog.PrintLogger(file=sys.stderr))
    settings = load(os.environ)
    return create_app(settings, settings.database.url)


class _Server(uvicorn.Server):
    """Tells when requests are answered."""

    def __init__(self, config: uvicorn.Config, told_as: str | None) -> None:
        super().__init__(config)
        self._told_as = told_as

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self._told_as is not None and not self.should_exit:
            _tell(self._told_as)


def _tell(address: str) -> None:
    print(json.dumps({"url": address, "pid": os.getpid()}), flush=True)  # noqa: T201 - for scripts


def migrate(*, config: ConfigFile = None) -> Exit:
    """Bring the database to the present version; running hubs may go on meanwhile."""
    with told(SettingsError, EmbeddedPostgresError, OSError):
        settings = load(os.environ, config)
        with running_database(settings) as dsn:
            prepare_database(dsn)
    console.print("the database is up to date")
    return Exit.DONE


def health(*, config: ConfigFile = None, as_json: AsJson = False) -> Exit:
    """Ask a running hub how it is; exit code 1 when it cannot keep evidence now."""
    with told(SettingsError):
        settings = load(os.environ, config)
    address = f"http://{settings.hub.host}:{settings.hub.port}/health"
    try:
        with urlopen(address, timeout=HEALTH_SECONDS_MAX) as answer:
            found = answer.read()
    except URLError as cause:
        raise CannotError(f"{address}: {cause.reason}") from cause
    shown = parse_health(found)
    if as_json:
        print_json(shown)
    else:
        for name, value in shown.items():
            console.print(f"{name}: {value}")
    return Exit.DONE if shown["status"] == "up" else Exit.ANSWER_IS_NO


def parse_health(found: bytes) -> dict[str, object]:
    """Read the answer of `/health`."""
    shown = json.loads(found)
    assert isinstance(shown, dict), "health is an object"
    return shown
