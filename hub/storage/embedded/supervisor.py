"""The supervisor: one thread that owns the server for as long as the hub lives."""

import asyncio
import subprocess
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import structlog

from hub.storage.embedded.account import account_for
from hub.storage.embedded.binaries import find_binaries
from hub.storage.embedded.cluster import SUPERUSER, Cluster, PidFile
from hub.storage.embedded.errors import EmbeddedPostgresError, ServerStartError
from hub.storage.embedded.file_lock import FileLock
from hub.storage.embedded.server import answers, claimed, end, launch
from hub.storage.embedded.socket_path import SocketFolder

START_SECONDS_MAX = 180.0  # recovery after a crash replays up to max_wal_size of log
READY_POLL_SECONDS = 0.005
LOCK_POLL_SECONDS = 0.05
RESTART_PAUSE_SECONDS = 1.0

log = structlog.get_logger(__name__)


class EmbeddedPostgres:
    """A PostgreSQL server of the hub's own in a data folder, restarted whenever it dies.

    `start` and `stop` block (use the object as an async context manager inside a loop). After
    `start` the address `dsn` stays the same until `stop`, whoever the supervisor is meanwhile.
    """

    def __init__(
        self,
        data_folder: Path,
        *,
        binaries: Path | None = None,
        settings: Mapping[str, str] | None = None,
        start_seconds_max: float = START_SECONDS_MAX,
    ) -> None:
        """Prepare, without touching anything yet.

        Args:
            data_folder: everything is kept in its sub-folder `postgresql` (mode 0700).
            binaries: a folder with PostgreSQL's programs, to be used instead of any other.
            settings: server settings beside our own; durability and access cannot be changed.
            start_seconds_max: how long `start` waits for the server.
        """
        home = data_folder.absolute() / "postgresql"
        self._cluster = Cluster(home, account_for(home / "cluster"))
        self._address = SocketFolder(self._cluster.data)
        self._hub_lock = FileLock(home / "hub.lock")
        self._binaries_named = binaries
        self._settings = dict(settings or {})
        self._start_seconds_max = start_seconds_max
        self._thread: threading.Thread | None = None
        self._process: subprocess.Popen[bytes] | None = None  # set by the thread alone
        self._failure: Exception | None = None  # set by the thread, before `_settled`
        self._settled = threading.Event()  # the first start has succeeded or failed
        self._stopping = threading.Event()

    @property
    def dsn(self) -> str:
        """The address of the server's first database, without its secret: that is in a file."""
        return self.dsn_for("postgres")

    def dsn_for(self, database: str) -> str:
        """The address of one database of the server; asyncpg, libpq and SQLAlchemy read it."""
        folder = quote(str(self._address.folder), safe="/")
        password_file = quote(str(self._cluster.password_file), safe="/")
        return (
            f"postgresql://{SUPERUSER}@/{quote(database, safe='')}"
            f"?host={folder}&passfile={password_file}"
        )

    @property
    def pid(self) -> int | None:
        """The process id of the server that runs in the folder now, whoever supervises it."""
        says = self._cluster.pid_file()
        return says.pid if says is not None else None

    @property
    def supervises(self) -> bool:
        """Whether this object started the server, and will stop it."""
        return self._hub_lock.held

    def start(self) -> Self:
        """Return when the server takes connections: one we started, or one another hub runs.

        Raises:
            EmbeddedPostgresError: one of its kinds, each saying what to do.
        """
        assert self._thread is None, "start was called twice"
        self._cluster.make_home()
        self._address.open()
        self._failure = None
        self._settled.clear()
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name="postgres-supervisor", daemon=True)
        self._thread.start()
        try:
            self._wait_until_settled()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """End the server if we supervise it, within bounded time; otherwise just let go of it."""
        self._stopping.set()
        if self._process is not None:
            end(self._process)
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        self._address.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        return await asyncio.to_thread(self.start)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await asyncio.to_thread(self.stop)

    def _run(self) -> None:
        """Serve when the lock is ours, otherwise watch for it, until told to stop.

        The thread lives as long as its server: Linux sends the parent-death signal when the
        *thread* that started a child ends, so no pooled thread may do this.
        """
        while not self._stopping.is_set():
            pause = LOCK_POLL_SECONDS
            try:
                if self._hub_lock.acquire():
                    self._serve()
                elif answers(self._cluster, self._address.folder):
                    self._settled.set()
            except Exception as cause:  # noqa: BLE001  this loop must outlive every failure
                if not self._settled.is_set():
                    self._failure = _told(cause)
                    self._settled.set()
                    break
                # The hub is up and needs its database: what failed now may heal (a full disk).
                log.warning("postgres.restart_failed", cause=str(cause))
                pause = RESTART_PAUSE_SECONDS
            self._stopping.wait(pause)
        self._hub_lock.release()

    def _wait_until_settled(self) -> None:
        if not self._settled.wait(self._start_seconds_max):
            raise ServerStartError(self._with_log("PostgreSQL was not ready in time."))
        if self._failure is not None:
            raise self._failure

    def _serve(self) -> None:
        """Run one server from its start to its end."""
        process = self._process = self._launch()
        self._wait_until_ready(process)
        if self._stopping.is_set():
            end(process)  # `stop` may have looked before there was a process to end
        self._settled.set()
        exit_code = process.wait()
        if not self._stopping.is_set():
            log.warning("postgres.ended", exit_code=exit_code, data=str(self._cluster.data))

    def _launch(self) -> subprocess.Popen[bytes]:
        cluster = self._cluster
        with claimed(cluster) as lock:
            binaries = find_binaries(
                cluster.account, named=self._binaries_named, version=cluster.version()
            )
            if cluster.version() is None:
                cluster.initialise(binaries, lock)
            return launch(cluster, binaries, self._settings, lock)

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        """Wait as long as the server lives: recovery may be long, and `start` has the deadline."""
        while self._cluster.pid_file() != PidFile(pid=process.pid, ready=True):
            if self._stopping.is_set():
                return
            if process.poll() is not None:
                raise ServerStartError(
                    self._with_log(f"PostgreSQL ended with code {process.returncode} at its start.")
                )
            time.sleep(READY_POLL_SECONDS)

    def _with_log(self, sentence: str) -> str:
        return f"{sentence} Its log, {self._cluster.log}, ends: {self._cluster.log_tail()}"


def _told(cause: Exception) -> EmbeddedPostgresError:
    if isinstance(cause, EmbeddedPostgresError):
        return cause
    told = ServerStartError(f"PostgreSQL could not be started: {cause}")
    told.__cause__ = cause
    return told
