"""The folder of an embedded database cluster: what is in it, and how it is made."""

import os
import secrets
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from hub.storage.embedded.account import ServerAccount
from hub.storage.embedded.binaries import Binaries
from hub.storage.embedded.errors import DataFolderError, ServerStartError
from hub.storage.embedded.file_lock import FileLock

SUPERUSER = "itmo_hub"
INITDB_SECONDS_MAX = 120.0
LOG_TAIL_BYTES = 2_000
PID_FILE_STATUS = 7  # the eighth line; PostgreSQL's src/include/utils/pidfile.h


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
            self.home.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.home.mkdir(mode=0o700, exist_ok=True)
            self.home.chmod(0o700)
        except OSError as cause:
            raise DataFolderError(
                f"The data folder {self.home} cannot be used: {cause}. Name a folder in the "
                "settings that this user may write, or set DATABASE_URL to a server."
            ) from cause

    def initialise(self, binaries: Binaries, lock: FileLock) -> None:
        """Run initdb beside the final place and move the result there: whole or not at all.

        initdb inherits the lock: should we be killed, the next start waits until it is gone.
        """
        unfinished = self.home / "cluster.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        os.chown(unfinished, self.account.uid, self.account.gid)
        with (
            tempfile.TemporaryFile() as password,
            self.account.name_for(unfinished) as folder,
        ):
            password.write(self._password().encode() + b"\n")
            password.seek(0)
            os.fchown(password.fileno(), self.account.uid, self.account.gid)
            done = subprocess.run(
                [
                    binaries.folder / "initdb",
                    f"--pgdata={folder.name}",
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
                cwd="/",
                env=environment(),
                pass_fds=[lock.fileno(), *folder.descriptors],
                **self.account.identity,
            )
        if done.returncode != 0:
            raise ServerStartError(f"initdb failed in {unfinished}: {done.stderr.strip()}")
        unfinished.rename(self.data)
        for ours in (self.home, self.home.parent):
            _make_names_durable(ours)

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

    def log_tail(self) -> str:
        """The end of the server's log, for a message to a person."""
        try:
            return self.log.read_bytes()[-LOG_TAIL_BYTES:].decode(errors="replace")
        except OSError:
            return ""


def _make_names_durable(folder: Path) -> None:
    """Without this a power cut could forget the folder's newest names, and all data below them."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def environment() -> dict[str, str]:
    """What the server needs of our environment, and none of our secrets."""
    kept = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
    return {name: os.environ[name] for name in kept if name in os.environ} | {"LC_ALL": "C"}
