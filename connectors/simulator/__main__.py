"""`python -m connectors.simulator`: run one simulated registry until it is told to stop."""

import asyncio
import contextlib
import os
import secrets
import signal
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import msgspec
import structlog
import uvicorn
from cyclopts import App, Parameter
from typing_extensions import override

from connectors.driving.answers import Ready
from connectors.simulator.profile import ProfileError, load_profile
from connectors.simulator.registry import Registry
from connectors.simulator.web import build_app

app = App(name="python -m connectors.simulator", help="Run one simulated national registry.")
TOKEN_VARIABLE = "ITMO_SIMULATOR_TOKEN"  # noqa: S105 (the name of a variable)


@app.default
def run(
    *,
    profile: Annotated[str, Parameter(help="A profile's name, or a TOML file.")],
    data: Annotated[Path, Parameter(help="The folder for books and keys; made if missing.")],
    port: Annotated[int, Parameter(help="The loopback port; 0 takes a free one.")] = 0,
    stop_with_parent: Annotated[
        bool, Parameter(help="Stop when standard input ends: no orphan outlives its parent.")
    ] = False,
) -> None:
    """Run a simulated registry on 127.0.0.1; one JSON line says where when it is ready.

    The token for `/control` is taken from ITMO_SIMULATOR_TOKEN, or made and told in that line.
    """
    structlog.configure(logger_factory=structlog.WriteLoggerFactory(file=sys.stderr))
    try:
        chosen = load_profile(profile)
    except ProfileError as cause:
        raise SystemExit(str(cause)) from cause
    token = os.environ.get(TOKEN_VARIABLE) or secrets.token_urlsafe(24)
    with socket.create_server(("127.0.0.1", port)) as listener:
        if stop_with_parent:
            threading.Thread(target=_stop_at_end_of_input, daemon=True).start()
        asyncio.run(_serve(Registry(chosen, data), listener, token))


class _Server(uvicorn.Server):
    """Tells when requests are answered."""

    def __init__(self, config: uvicorn.Config, when_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._when_ready = when_ready

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._when_ready()


async def _serve(registry: Registry, listener: socket.socket, token: str) -> None:
    config = uvicorn.Config(
        build_app(registry, token),
        log_level="critical",
        access_log=False,
        timeout_graceful_shutdown=1,
        timeout_keep_alive=60,
    )
    ready = Ready(
        registry=registry.profile.registry,
        url=f"http://127.0.0.1:{listener.getsockname()[1]}",
        key_id=registry.keys.current.public.key_id,
        control_token=token,
        pid=os.getpid(),
    )
    await _Server(config, lambda: _tell(ready)).serve(sockets=[listener])


def _tell(ready: Ready) -> None:
    sys.stdout.write(msgspec.json.encode(ready).decode() + "\n")
    sys.stdout.flush()


def _stop_at_end_of_input() -> None:
    with contextlib.suppress(OSError, ValueError):
        sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    app()
