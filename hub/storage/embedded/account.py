"""The operating-system account that PostgreSQL runs as: ours, or another one when we are root."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from hub.storage.embedded.errors import UnsupportedPlatformError

if sys.platform != "win32":
    import pwd

ROOT = 0
# PostgreSQL refuses to run as root. These accounts are tried in order; no account is ever created.
UNPRIVILEGED_ACCOUNTS = ("postgres", "nobody")


class Identity(TypedDict, total=False):
    """The keyword arguments of `subprocess` that make a child another user."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerFolder:
    """A folder as the server names it, and the descriptors that it must inherit for that."""

    name: Path
    descriptors: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerAccount:
    """Who the server is. `dropped`: not who we are, because we are root."""

    uid: int
    gid: int
    dropped: bool

    @property
    def identity(self) -> Identity:
        """Arguments for `subprocess`; empty when the server runs as we do."""
        if not self.dropped:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    @contextmanager
    def name_for(self, folder: Path) -> Iterator[ServerFolder]:
        """How the server is to name a folder that belongs to it.

        A dropped server may not be able to reach the folder from the root directory (data below
        a private home). It inherits the open folder instead: the kernel's link to an open file
        needs no right on the folders above, so no permission of a parent is ever touched.
        """
        if not self.dropped:
            yield ServerFolder(name=folder, descriptors=())
            return
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            name = Path("/proc/self/fd", str(descriptor))
            yield ServerFolder(name=name, descriptors=(descriptor,))
        finally:
            os.close(descriptor)


def account_for(cluster: Path) -> ServerAccount:
    """The account for a cluster: ours; for root the owner of the files, or an unprivileged one."""
    if sys.platform == "win32":
        message = "The embedded PostgreSQL needs Linux or macOS. Set DATABASE_URL to a server."
        raise UnsupportedPlatformError(message)
    if os.geteuid() != ROOT:
        return ServerAccount(uid=os.geteuid(), gid=os.getegid(), dropped=False)
    if not sys.platform.startswith("linux"):
        message = "On this system root cannot run the embedded PostgreSQL: use an ordinary user."
        raise UnsupportedPlatformError(message)
    if cluster.exists() and cluster.stat().st_uid != ROOT:
        return ServerAccount(uid=cluster.stat().st_uid, gid=cluster.stat().st_gid, dropped=True)
    for name in UNPRIVILEGED_ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return ServerAccount(uid=entry.pw_uid, gid=entry.pw_gid, dropped=True)
    message = (
        "PostgreSQL refuses to run as root, and this system has no user "
        f"{' or '.join(UNPRIVILEGED_ACCOUNTS)}. Run the hub as an ordinary user."
    )
    raise UnsupportedPlatformError(message)
