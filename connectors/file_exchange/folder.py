"""The shared folder: its layout, the marker that says whose it is, and the names it may hold.

    itmo-exchange.json          whose folder this is; without it nothing is read or written
    to-registry/messages/       <time>-<message id>-<jti>.jws  the registry takes them
    to-registry/receipts/       <jti it answers>.<jti>.jws     they stay
    to-hub/messages/            any name.jws                   the hub takes them
    to-hub/acknowledgements/    <jti it answers>.jws           they stay
    to-hub/statements/          any name.jws                   the registry replaces them
    hub/taken kept refused batches                             the hub's own
    registry/taken kept refused batches                        the registry's own

Files are taken in the order of their names. The whole folder lies on one file system.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum, unique
from pathlib import Path
from typing import Final

import msgspec

from connectors.durable_files import (
    NotAPlainFileError,
    TooLargeError,
    read_plain,
    remove_old_parts,
    write_whole,
)

MARKER: Final = "itmo-exchange.json"
SUFFIX: Final = ".jws"
OLD_PART_SECONDS: Final = 3600.0
ENTRIES_MAX: Final = 10_000
"""Names of one folder that are looked at in one go; the rest waits its turn."""
_MARKER_BYTES_MAX: Final = 4096
_GOOD_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,119}\.jws")


class FolderError(Exception):
    """The folder is not the shared folder of these two; the text says what to look at."""


@unique
class Side(StrEnum):
    """The two that share a folder."""

    HUB = "hub"
    REGISTRY = "registry"

    @property
    def other(self) -> "Side":
        """Return who is on the other side."""
        return Side.REGISTRY if self is Side.HUB else Side.HUB


@unique
class Pile(StrEnum):
    """What becomes of a file that one side takes."""

    TAKEN = "taken"
    """Taken over, not yet known to be kept."""
    KEPT = "kept"
    REFUSED = "refused"
    BATCHES = "batches"


class Marker(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose folder it is. An empty mount point has no marker, so that nothing is lost in it."""

    hub: str
    registry: str
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeFolder:
    """The paths of one shared folder."""

    root: Path

    def messages_to(self, side: Side) -> Path:
        """Return where messages to one side wait."""
        return self.root / f"to-{side}" / "messages"

    @property
    def receipts(self) -> Path:
        """Where the hub's receipts are put."""
        return self.root / "to-registry" / "receipts"

    @property
    def acknowledgements(self) -> Path:
        """Where the registry's acknowledgements of hub messages are put."""
        return self.root / "to-hub" / "acknowledgements"

    @property
    def statements(self) -> Path:
        """Where the registry's newest statements stand."""
        return self.root / "to-hub" / "statements"

    def pile(self, side: Side, pile: Pile) -> Path:
        """Return one of the folders that a side has for itself."""
        return self.root / side / pile

    def prepare(self, marker: Marker) -> None:
        """Make the folders, and say whose they are; what is there stays.

        Raises:
            FolderError: the folder belongs to others.
            OSError: it cannot be made.
        """
        for folder in self._folders():
            folder.mkdir(parents=True, exist_ok=True, mode=0o770)
        if not (self.root / MARKER).exists():
            write_whole(self.root, MARKER, msgspec.json.format(msgspec.json.encode(marker)))
        self.check(marker)
        for folder in self._folders():
            remove_old_parts(folder, age_seconds=OLD_PART_SECONDS)

    def check(self, marker: Marker) -> None:
        """Make sure that this is the folder of these two, and that it is there.

        Raises:
            FolderError: it is not, or is not whole.
            OSError: it cannot be read.
        """
        try:
            found = msgspec.json.decode(
                read_plain(self.root / MARKER, size_bytes_max=_MARKER_BYTES_MAX), type=Marker
            )
        except (msgspec.MsgspecError, NotAPlainFileError, TooLargeError) as cause:
            raise FolderError(f"{MARKER} is not what it should be: {cause}") from cause
        except FileNotFoundError as cause:
            raise FolderError(f"no {MARKER} here; is the folder mounted?") from cause
        if found != marker:
            raise FolderError(f"the folder is of {found.hub} and {found.registry}")
        for folder in self._folders():
            if folder.is_symlink() or not folder.is_dir():
                raise FolderError(f"{folder.relative_to(self.root)} is not a folder")

    def _folders(self) -> Iterator[Path]:
        yield self.receipts
        yield self.acknowledgements
        yield self.statements
        for side in Side:
            yield self.messages_to(side)
            for pile in Pile:
                yield self.pile(side, pile)


def is_good_name(name: str) -> bool:
    """Tell whether a name is one that the rules of the folder allow for an envelope."""
    return _GOOD_NAME.fullmatch(name) is not None


def is_unfinished(name: str) -> bool:
    """Tell whether a name is that of a file still being written or uploaded."""
    return name.startswith(".") or name.lower().endswith((".part", ".filepart", ".tmp", ".swp"))


def names_in(folder: Path) -> list[str]:
    """Return the names of a folder in order, unfinished ones apart, up to a limit.

    Raises:
        OSError: it cannot be read.
    """
    found: list[str] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if not is_unfinished(entry.name):
                found.append(entry.name)
            if len(found) >= ENTRIES_MAX:
                break
    return sorted(found)
