"""`python -m connectors.simulator`: run one simulated registry until it is told to stop."""

import argparse
import asyncio
import contextlib
import os
import secrets
import signal
import socket
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import msgspec
import uvicorn
from stamina.instrumentation import set_on_retry_hooks
from typing_extensions import override

from connectors.driving.answers import Ready
from connectors.simulator.profile import ProfileError, known_profiles, load_profile
from connectors.simulator.registry import Registry
from connectors.simulator.web import build_app

TOKEN_VARIABLE: Final = "ITMO_SIMULATOR_TOKEN"  # noqa: S105 (the name of a variable)


class Arguments(argparse.Namespace):
    """What the command line says."""

    profile: str
    data: Path
    port: int
    stop_with_parent: bool


def read_arguments(words: Sequence[str] | None = None) -> Arguments:
    """Read the command line; `--help` explains it."""
    parser = argparse.ArgumentParser(
        prog="python -m connectors.simulator",
        description="Run a simulated registry on 127.0.0.1; one JSON line says where when it is"
        f" ready. The token for /control is taken from {TOKEN_VARIABLE}, or made and told there.",
    )
    known = ", ".join(known_profiles())
    parser.add_argument("--profile", required=True, help=f"one of {known}, or a TOML file")
    parser.add_argument("--data", required=True, type=Path, help="folder for books and keys")
    parser.add_argument("--port", type=int, default=0, help="0 (the default) takes a free one")
    parser.add_argument(
        "--stop-with-parent",
        action="store_true",
        help="stop when standard input ends, so that no orphan outlives its parent",
    )
    return parser.parse_args(words, namespace=Arguments())


def main() -> None:
    """Run until told to stop."""
    set_on_retry_hooks(())  # standard output holds one line, and retries are not worth a log
    arguments = read_arguments()
    try:
        profile = load_profile(arguments.profile)
    except ProfileError as cause:
        raise SystemExit(str(cause)) from cause
    token = os.environ.get(TOKEN_VARIABLE) or secrets.token_urlsafe(24)
    with socket.create_server(("127.0.0.1", arguments.port)) as listener:
        if arguments.stop_with_parent:
            threading.Thread(target=_stop_at_end_of_input, daemon=True).start()
        asyncio.run(_serve(Registry(profile, arguments.data), listener, token))


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
    main()
