"""The folder of an embedded database cluster: its files, its locks, and what runs in it."""

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from hub.storage.embedded import bound_child
from hub.storage.embedded.account import ServerAccount
from hub.storage.embedded.binaries import Binaries
from hub.storage.embedded.errors import DataFolderError, ServerStartError
from hub.storage.embedded.file_lock import FileLock
from hub.storage.embedded.socket_path import PORT, SOCKET

SUPERUSER = "itmo_hub"
INITDB_SECONDS_MAX = 120.0
LOG_BYTES_MAX = 10 * 1024 * 1024
LOG_TAIL_BYTES = 2_000
CONNECT_SECONDS_MAX = 2.0
PID_FILE_STATUS = 7  # the eighth line; PostgreSQL's src/include/utils/pidfile.h
# How a server, or what is left of one, is ended: politely first; each step has its time.
FAREWELL = ((signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))

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


@dataclass(frozen=True, slots=True, kw_only=True)
class PidFile:
    """What a running server says of itself in `postmaster.pid`."""

    pid: int
    ready: bool


class Cluster:
    """`home` is ours (0700); `home/cluster` belongs to the account that the server runs as."""

    def __init__(self, home: Path, account: ServerAccount) -> None:
        self.home = home
        self.account = account
        self.data = home / "cluster"
        self.password_file = home / "pgpass"
        self.log = home / "server.log"

    def version(self) -> int | None:
        """The major version of PostgreSQL that made the cluster; None before the first start."""
        try:
            return int((self.data / "PG_VERSION").read_text())
        except FileNotFoundError:
            return None

    def pid_file(self) -> PidFile | None:
        """The server's own pid file, if it is there and written as far as the pid."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
            status = lines[PID_FILE_STATUS].strip() if len(lines) > PID_FILE_STATUS else ""
            return PidFile(pid=int(lines[0]), ready=status == "ready")
        except (OSError, ValueError, IndexError):
            return None

    def make_home(self) -> None:
        """Make our folder, private to us, or say why it cannot be."""
        try:
            self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.home.chmod(0o700)
            (self.home / "hub.lock").touch(mode=0o600)
        except OSError as cause:
            raise DataFolderError(
                f"The data folder {self.home} cannot be used: {cause}. Name a folder in the "
                "settings that this user may write, or set DATABASE_URL to a server."
            ) from cause

    def initialise(self, binaries: Binaries) -> None:
        """Run initdb beside the final place and move the result there: whole or not at all."""
        unfinished = self.home / "cluster.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        os.chown(unfinished, self.account.uid, self.account.gid)
        with tempfile.TemporaryFile() as password:
            password.write(self._password().encode() + b"\n")
            password.seek(0)
            os.fchown(password.fileno(), self.account.uid, self.account.gid)
            done = subprocess.run(
                [
                    binaries.folder / "initdb",
                    f"--pgdata={self.account.path_of(unfinished)}",
                    f"--username={SUPERUSER}",
                    "--auth=scram-sha-256",
                    "--pwfile=/dev/stdin",
                    "--encoding=UTF8",
                    "--locale=C",
                    "--data-checksums",
                ],
                stdin=password,
                capture_output=True,
                check=False,
                text=True,
                timeout=INITDB_SECONDS_MAX,
                cwd=unfinished,
                env=environment(),
                **self.account.identity,
            )
        if done.returncode != 0:
            raise ServerStartError(f"initdb failed in {unfinished}: {done.stderr.strip()}")
        unfinished.rename(self.data)

    def _password(self) -> str:
        """The superuser's password, made before the cluster is and kept for its life."""
        if not self.password_file.exists():
            part = self.home / "pgpass.unfinished"
            part.unlink(missing_ok=True)
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(f"*:*:*:{SUPERUSER}:{secrets.token_urlsafe(32)}\n")
                os.fsync(file.fileno())
            part.rename(self.password_file)
        return self.password_file.read_text().strip().rpartition(":")[2]

    def claim(self) -> FileLock:
        """Take the lock that every process of a server inherits; end what still holds it.

        Once the lock is ours, nothing that an earlier supervisor started lives in this cluster,
        so its pid file and socket lock, whose numbers may belong to strangers by now, can go.
        """
        lock = FileLock(self.home / "server.lock")
        if not lock.acquire():
            self._end_leftovers(lock)
        if self.pid_file() is not None and (strangers := self.processes()):
            lock.release()
            raise ServerStartError(
                f"A PostgreSQL server that the hub did not start uses {self.data} "
                f"(process {strangers[0].pid}). Stop it first."
            )
        for stale in ("postmaster.pid", f"{SOCKET}.lock"):
            (self.data / stale).unlink(missing_ok=True)
        return lock

    def _end_leftovers(self, lock: FileLock) -> None:
        for number, seconds in FAREWELL:
            for process in self.processes():
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.send_signal(number)
            if lock.acquire(seconds):
                return
        raise ServerStartError(
            f"An earlier server still holds {lock.path} and does not end. Look for postgres "
            f"processes that work in {self.data}."
        )

    def processes(self) -> list[psutil.Process]:
        """The PostgreSQL processes that work in this cluster, whoever started them."""
        return [
            process
            for process in psutil.process_iter(["name", "cwd"])
            if str(process.info["name"]).startswith("postgres") and self._is_data(process)
        ]

    def _is_data(self, process: psutil.Process) -> bool:
        try:
            return bool(process.info["cwd"]) and self.data.samefile(process.info["cwd"])
        except OSError:
            return False

    def launch(
        self, binaries: Binaries, settings: Mapping[str, str], lock: FileLock
    ) -> subprocess.Popen[bytes]:
        """Start a server that holds the lock and, on Linux, ends when we do."""
        command = [
            str(binaries.folder / "postgres"),
            f"-D{self.account.path_of(self.data)}",
            *(f"-c{name}={value}" for name, value in {**TUNING, **settings, **FIXED}.items()),
        ]
        if sys.platform.startswith("linux"):
            ids = map(str, (os.getpid(), self.account.uid, self.account.gid))
            command = [sys.executable, "-I", "-S", bound_child.__file__, *ids, *command]
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES_MAX:
            self.log.rename(self.log.with_suffix(".log.1"))
        log = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
        try:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.data,
                env=environment(),
                pass_fds=[lock.fileno()],
                # A Ctrl-C meant for the hub must not reach the server before the hub has finished.
                start_new_session=True,
            )
        finally:
            os.close(log)

    def log_tail(self) -> str:
        """The end of the server's log, for a message to a person."""
        try:
            return self.log.read_bytes()[-LOG_TAIL_BYTES:].decode(errors="replace")
        except OSError:
            return ""

    def answers(self, address: Path) -> bool:
        """Whether a server says that it is ready, and takes connections."""
        says = self.pid_file()
        if says is None or not says.ready:
            return False
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(CONNECT_SECONDS_MAX)
            try:
                client.connect(str(address / SOCKET))
            except OSError:
                return False
        return True


def environment() -> dict[str, str]:
    """What the server needs of our environment, and none of our secrets."""
    kept = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
    return {name: os.environ[name] for name in kept if name in os.environ} | {"LC_ALL": "C"}
