"""A name for the server's socket that is short enough for the kernel."""

import os
import shutil
import tempfile
from pathlib import Path

from hub.storage.embedded.errors import DataFolderError

PORT = 5432  # only names the socket file; nothing listens on a network port
SOCKET = f".s.PGSQL.{PORT}"
# sockaddr_un.sun_path holds 108 bytes on Linux and 104 on macOS, one of them for the final NUL.
SOCKET_PATH_BYTES_MAX = 103


class SocketFolder:
    """The folder that clients name to reach the socket: the cluster's own, or a link to it.

    The server binds by a path relative to its own folder, so the limit is a matter of the client
    alone: each process with a long data path makes a private short link, for itself only.
    """

    def __init__(self, cluster: Path) -> None:
        self.folder = cluster
        self._cluster = cluster
        self._private: Path | None = None

    def open(self) -> None:
        """Settle the name in `folder`; call `close` when it is no longer needed."""
        if _fits(self._cluster):
            return
        for parent in (tempfile.gettempdir(), "/tmp"):  # noqa: S108  mkdtemp makes it private
            private = Path(tempfile.mkdtemp(prefix="itmo-hub-", dir=parent))
            if _fits(private / "pg"):
                (private / "pg").symlink_to(self._cluster, target_is_directory=True)
                self._private = private
                self.folder = private / "pg"
                return
            private.rmdir()
        raise DataFolderError(
            f"The path {self._cluster} is too long for a socket, and so is the folder for "
            "temporary files. Set TMPDIR to a short path."
        )

    def close(self) -> None:
        """Remove the private link, if one was made."""
        if self._private is not None:
            shutil.rmtree(self._private, ignore_errors=True)
            self._private = None


def _fits(folder: Path) -> bool:
    return len(os.fsencode(folder / SOCKET)) <= SOCKET_PATH_BYTES_MAX
