"""One server process of a cluster: taking over the folder, launching, ending."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import psutil

from hub.storage.embedded import bound_child
from hub.storage.embedded.binaries import Binaries
from hub.storage.embedded.cluster import Cluster, environment
from hub.storage.embedded.errors import ServerStartError
from hub.storage.embedded.file_lock import FileLock
from hub.storage.embedded.socket_path import PORT, SOCKET

LOG_BYTES_MAX = 10 * 1024 * 1024
CONNECT_SECONDS_MAX = 2.0
# How long the kernel may show a process after it gave back its locks.
LAST_BREATH_SECONDS = 0.2
# How a server, or what is left of one, is ended: politely first; each step has its time.
FAREWELL: tuple[tuple[int, float], ...] = (
    ()
    if sys.platform == "win32"
    else ((signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))
)

# For a small machine. The caller may change these, and never the durable ones below.
TUNING: Mapping[str, str] = {
    "max_connections": "100",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "jit": "off",
    "random_page_cost": "1.1",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "cluster_name": "itmo_hub",
}
# An acknowledged row survives kill -9 and power loss; only our own user reaches the socket.
FIXED: Mapping[str, str] = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "listen_addresses": "",
    "unix_socket_directories": ".",
    "unix_socket_permissions": "0700",
    "port": str(PORT),
    "logging_collector": "off",
    "log_destination": "stderr",
}


@contextlib.contextmanager
def claimed(cluster: Cluster) -> Iterator[FileLock]:
    """Take the lock that every process of a server inherits; end what still holds it.

    Once the lock is ours, nothing that an earlier supervisor started lives in this cluster, so
    its pid file and socket lock, whose numbers may belong to strangers by now, can go.
    """
    lock = FileLock(cluster.home / "server.lock")
    try:
        if not lock.acquire():
            _end_leftovers(cluster, lock)
        _refuse_strangers(cluster)
        for stale in ("postmaster.pid", f"{SOCKET}.lock"):
            (cluster.data / stale).unlink(missing_ok=True)
        yield lock
    finally:
        lock.release()


def _end_leftovers(cluster: Cluster, lock: FileLock) -> None:
    for number, seconds in FAREWELL:
        for process in _processes_in(cluster.data):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(number)
        if lock.acquire(seconds):
            return
    raise ServerStartError(
        f"An earlier server still holds {lock.path} and does not end. Look for postgres "
        f"processes that work in {cluster.data}."
    )


def _refuse_strangers(cluster: Cluster) -> None:
    """A server that somebody started by hand has a pid file, runs, and never had our lock."""
    if cluster.pid_file() is None or not _processes_in(cluster.data):
        return
    time.sleep(LAST_BREATH_SECONDS)
    for stranger in _processes_in(cluster.data):
        raise ServerStartError(
            f"A PostgreSQL server that the hub did not start uses {cluster.data} "
            f"(process {stranger.pid}). Stop it first."
        )


def _processes_in(data: Path) -> list[psutil.Process]:
    """The PostgreSQL processes that work in the folder, whoever started them."""
    return [
        process
        for process in psutil.process_iter(["name", "cwd"])
        if str(process.info["name"]).startswith("postgres") and _same(data, process.info["cwd"])
    ]


def _same(data: Path, working_folder: str | None) -> bool:
    try:
        return working_folder is not None and data.samefile(working_folder)
    except OSError:
        return False


def launch(
    cluster: Cluster, binaries: Binaries, settings: Mapping[str, str], lock: FileLock
) -> subprocess.Popen[bytes]:
    """Start a server that holds the lock and, on Linux, ends when we do."""
    if cluster.log.exists() and cluster.log.stat().st_size > LOG_BYTES_MAX:
        cluster.log.rename(cluster.log.with_suffix(".log.1"))
    log = os.open(cluster.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    try:
        with cluster.account.name_for(cluster.data) as folder:
            command = [
                str(binaries.folder / "postgres"),
                f"-D{folder.name}",
                *(f"-c{name}={value}" for name, value in {**TUNING, **settings, **FIXED}.items()),
            ]
            if sys.platform.startswith("linux"):
                ids = map(str, (os.getpid(), cluster.account.uid, cluster.account.gid))
                command = [sys.executable, "-I", "-S", bound_child.__file__, *ids, *command]
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env=environment(),
                pass_fds=[lock.fileno(), *folder.descriptors],
                # A Ctrl-C meant for the hub must not reach the server before the hub is done.
                start_new_session=True,
            )
    finally:
        os.close(log)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a server of ours: a clean shutdown if it can, a crash if it must."""
    for number, seconds in FAREWELL:
        process.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
            return


def answers(cluster: Cluster, address: Path) -> bool:
    """Whether a server says that it is ready, and takes connections."""
    says = cluster.pid_file()
    if says is None or not says.ready:
        return False
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(CONNECT_SECONDS_MAX)
        try:
            client.connect(str(address / SOCKET))
        except OSError:
            return False
    return True
