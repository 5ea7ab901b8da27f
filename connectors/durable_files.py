"""Files that are there whole or not at all, also after a power cut."""

import contextlib
import errno
import hashlib
import os
import secrets
import stat
import time
from pathlib import Path
from typing import Final

PART_PREFIX: Final = ".part-"
"""Unfinished files of ours: invisible to whoever follows the rules of the folder."""


class NotAPlainFileError(Exception):
    """The entry is a link, a folder, a pipe or a device: it is not opened."""


class TooLargeError(Exception):
    """The file is larger than allowed; nothing of it is used."""


def write_whole(folder: Path, name: str, content: bytes) -> None:
    """Put a file into `folder` so that no reader ever sees a part of it.

    Written beside, synced, renamed over, folder synced: a crash at any point leaves the old
    state or the new one. The same name again replaces the file.

    Raises:
        OSError: the disk is full, the folder is gone, and so on.
    """
    beside = folder / f"{PART_PREFIX}{secrets.token_hex(8)}"
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _PLAIN, 0o640)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(folder / name)
    except OSError:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise
    sync_folder(folder)


def move_whole(source: Path, target: Path) -> bool:
    """Rename a file; of several that try, exactly one succeeds and gets True.

    The folders must be on one file system, so that the rename is one step.

    Raises:
        OSError: the world failed; the file is where it was, or has arrived.
    """
    try:
        source.rename(target)
    except FileNotFoundError:
        if not target.parent.is_dir():
            raise
        return False
    sync_folder(target.parent)
    sync_folder(source.parent)
    return True


def read_plain(path: Path, *, size_bytes_max: int) -> bytes:
    """Read a file that is nothing but a file, up to a limit.

    Raises:
        NotAPlainFileError: a link, folder, pipe or device; it was not opened or not read.
        TooLargeError: larger than `size_bytes_max`.
        OSError: it is gone, or cannot be read.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | _PLAIN)
    except OSError as cause:
        if cause.errno in {errno.ELOOP, errno.EMLINK, errno.EISDIR, errno.ENXIO}:
            raise NotAPlainFileError(path.name) from cause
        raise
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):
        os.close(descriptor)
        raise NotAPlainFileError(path.name)
    with os.fdopen(descriptor, "rb") as file:
        if found.st_size > size_bytes_max:
            raise TooLargeError(f"{found.st_size} bytes")
        content = file.read(size_bytes_max + 1)
    if len(content) > size_bytes_max:
        raise TooLargeError(f"more than {size_bytes_max} bytes")
    return content


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable, where the system lets a folder be synced."""
    with contextlib.suppress(PermissionError, NotADirectoryError):
        descriptor = os.open(folder, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
        try:
            os.fsync(descriptor)
        except OSError as cause:
            # Some network file systems refuse to sync a folder; they order renames themselves.
            if cause.errno not in {errno.EINVAL, errno.ENOTSUP, errno.EBADF}:
                raise
        finally:
            os.close(descriptor)


def remove_old_parts(folder: Path, *, age_seconds: float) -> None:
    """Remove unfinished files that a crash has left; those of a living writer are younger."""
    now = time.time()
    with os.scandir(folder) as entries:
        for entry in entries:
            if not entry.name.startswith(PART_PREFIX):
                continue
            with contextlib.suppress(OSError):
                if now - entry.stat(follow_symlinks=False).st_mtime > age_seconds:
                    Path(entry.path).unlink()


def short_digest(content: bytes) -> str:
    """Return the first 16 hexadecimal digits of SHA-256, to tell files of one name apart."""
    return hashlib.sha256(content).hexdigest()[:16]


_PLAIN: Final = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
