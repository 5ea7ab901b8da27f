"""A folder into which people or their tools put files: read when whole, kept, or put aside.

    ROOT/                 files as they were dropped
    ROOT/kept/            what was read and is kept, under time, digest and name
    ROOT/refused/         what cannot be read, with the reason beside it

Reading moves nothing: a file is moved when its caller says that what it held is kept, so that a
crash in between only means reading it again.
"""

import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

from connectors.durable_files import (
    NotAPlainFileError,
    TooLargeError,
    move_whole,
    read_plain,
    write_whole,
)

FILES_MAX: Final = 1_000
"""Names that are looked at in one go."""
_UNFINISHED: Final = (".part", ".filepart", ".tmp", ".swp", ".crdownload")
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]+")
_NAME_CHARS_MAX: Final = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """One file, whole."""

    path: Path
    content: bytes
    modified_at: datetime

    @property
    def name(self) -> str:
        """The name under which it was dropped."""
        return self.path.name

    @property
    def digest(self) -> str:
        """SHA-256 in hexadecimal."""
        return sha256(self.content).hexdigest()


@dataclass(slots=True, kw_only=True)
class DropFolder:
    """Reads one folder; to be used from one process at a time."""

    root: Path
    size_bytes_max: int
    settle_seconds: float = 5.0
    """A file is read when it has not changed for so long: it may come by a slow copy."""
    wall_seconds: Callable[[], float] = time.time

    def prepare(self) -> None:
        """Make the folders; what is there stays.

        Raises:
            OSError: they cannot be made.
        """
        for folder in (self.root, self.root / "kept", self.root / "refused"):
            folder.mkdir(parents=True, exist_ok=True, mode=0o770)

    def waiting(self) -> tuple[Dropped, ...]:
        """Return the files that are whole, oldest first; put aside what is no plain file.

        Raises:
            OSError: the folder cannot be read.
        """
        found = [file for path in self._paths() if (file := self._read(path)) is not None]
        return tuple(sorted(found, key=lambda file: (file.modified_at, file.name)))

    def keep(self, file: Dropped) -> Path:
        """Move a file whose content is kept; return where it is now.

        Raises:
            OSError: it cannot be moved.
        """
        target = self.root / "kept" / f"{self._label(file)}-{_safe(file.name)}"
        move_whole(file.path, target)
        return target

    def refuse(self, file: Dropped, reason: str) -> None:
        """Put a file aside, with the reason beside it.

        Raises:
            OSError: it cannot be moved.
        """
        self._put_aside(file.path, f"{self._label(file)}-{_safe(file.name)}", reason)

    def _paths(self) -> list[Path]:
        paths: list[Path] = []
        with os.scandir(self.root) as entries:
            for entry in entries:
                ours = entry.name in {"kept", "refused"}
                unfinished = entry.name.startswith((".", "~$"))
                if ours or unfinished or entry.name.lower().endswith(_UNFINISHED):
                    continue
                paths.append(Path(entry.path))
                if len(paths) >= FILES_MAX:
                    break
        return paths

    def _read(self, path: Path) -> Dropped | None:
        try:
            before = path.lstat()
            if self.wall_seconds() - before.st_mtime < self.settle_seconds:
                return None
            content = read_plain(path, size_bytes_max=self.size_bytes_max)
            after = path.lstat()
        except FileNotFoundError:
            return None
        except (NotAPlainFileError, TooLargeError) as cause:
            label = sha256(os.fsencode(path.name)).hexdigest()[:16]
            self._put_aside(path, f"{label}-{_safe(path.name)}", str(cause))
            return None
        changed = (before.st_mtime_ns, before.st_size) != (after.st_mtime_ns, after.st_size)
        if changed or len(content) != after.st_size:
            return None
        modified_at = datetime.fromtimestamp(after.st_mtime, UTC)
        return Dropped(path=path, content=content, modified_at=modified_at)

    def _put_aside(self, path: Path, name: str, reason: str) -> None:
        aside = self.root / "refused"
        if move_whole(path, aside / name):
            words = f"{path.name!r}: {reason}\n"
            write_whole(aside, f"{name}.reason.txt", words.encode("utf-8", "backslashreplace"))

    def _label(self, file: Dropped) -> str:
        return f"{file.modified_at:%Y%m%dT%H%M%S}-{file.digest[:12]}"


def _safe(name: str) -> str:
    return _UNSAFE.sub("_", name)[-_NAME_CHARS_MAX:]
