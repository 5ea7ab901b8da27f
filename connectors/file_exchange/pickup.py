"""Taking files: atomically, whole, bounded, in order, and again after a crash.

A file goes from the shared folder to `taken`, and to `kept` only when the caller comes back with
the cursor of the batch it was in: by then the caller has kept it. Whatever happens in between, the
file is offered again; the receiver knows an envelope by its id.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec

from connectors.durable_files import (
    NotAPlainFileError,
    TooLargeError,
    move_whole,
    read_plain,
    short_digest,
    write_whole,
)
from connectors.file_exchange.folder import (
    SUFFIX,
    ExchangeFolder,
    Pile,
    Side,
    is_good_name,
    names_in,
)
from signing.compact import CompactFormError, split_compact

SIGNATURE_BYTES: Final = 64
"""Of ES256 and Ed25519 alike: a file cut anywhere has less, or no third part."""
_CURSOR_DIGITS: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class PickUpLimits:
    """The bounds of one pick-up."""

    envelope_bytes_max: int = 4 * 1024 * 1024
    batch_files_max: int = 100
    batch_bytes_max: int = 32 * 1024 * 1024
    order_seconds_max: float = 60.0
    """A file that is not yet whole holds up those after it, since order matters, for so long."""
    partial_seconds_max: float = 3600.0
    """A file that is still not whole after so long is refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedFile:
    """A file that was put aside, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """One batch."""

    envelopes: tuple[bytes, ...]
    cursor: str
    complete: bool


class Batch(msgspec.Struct, frozen=True):
    """Which files were in a batch."""

    names: tuple[str, ...]


@dataclass(slots=True)
class PickUp:
    """Takes what the other side has put down. One at a time in a process; many processes may."""

    folder: ExchangeFolder
    side: Side
    limits: PickUpLimits = field(default_factory=PickUpLimits)
    wall_seconds: Callable[[], float] = time.time
    refused: list[RefusedFile] = field(default_factory=list)
    """What this object has put aside, newest last; the folder `refused` has it all."""

    def take(self, cursor: str | None) -> Taken:
        """Confirm the batches up to `cursor`, and take the next one.

        Raises:
            ValueError: the cursor is none of ours.
            OSError: the folder cannot be read or written; nothing is lost.
        """
        confirmed = _number(cursor)
        self._confirm(confirmed)
        all_collected = self._collect()
        names, envelopes, all_chosen = self._choose()
        number = confirmed
        if names:
            number = max(confirmed, self._last_batch()) + 1
            batch = msgspec.json.encode(Batch(names))
            write_whole(self._pile(Pile.BATCHES), f"{number:0{_CURSOR_DIGITS}}.json", batch)
        return Taken(
            envelopes=envelopes,
            cursor=f"{number:0{_CURSOR_DIGITS}}",
            complete=all_collected and all_chosen,
        )

    def _confirm(self, number: int) -> None:
        for path in self._batches():
            if int(path.stem) > number:
                continue
            for name in msgspec.json.decode(path.read_bytes(), type=Batch).names:
                move_whole(self._pile(Pile.TAKEN) / name, self._pile(Pile.KEPT) / name)
            path.unlink(missing_ok=True)

    def _collect(self) -> bool:
        """Rename what is whole into our own folder: from then on nobody else writes to it.

        Returns whether nothing was left for the next time.
        """
        waiting = self.folder.messages_to(self.side)
        size_bytes = 0
        for name in names_in(waiting):
            if size_bytes > self.limits.batch_bytes_max:
                return False
            path = waiting / name
            content = self._read(path)
            if content is None:
                continue
            size_bytes += len(content)
            if is_whole(content):
                self._move(path, content)
                continue
            age_seconds = self._age(path)
            if age_seconds > self.limits.partial_seconds_max:
                self._refuse(path, "not a whole envelope, and nobody goes on writing it")
            elif age_seconds < self.limits.order_seconds_max:
                return False
        return True

    def _read(self, path: Path) -> bytes | None:
        if not is_good_name(path.name):
            self._refuse(path, "the name is not one for an envelope")
            return None
        try:
            return read_plain(path, size_bytes_max=self.limits.envelope_bytes_max)
        except FileNotFoundError:
            return None  # another process was faster
        except NotAPlainFileError:
            self._refuse(path, "not a plain file")
        except TooLargeError as cause:
            self._refuse(path, f"too large: {cause}")
        return None

    def _move(self, path: Path, content: bytes) -> None:
        """Take a file under its own name; one of that name with other bytes keeps its place."""
        target = self._pile(Pile.TAKEN) / path.name
        known = (target, self._pile(Pile.KEPT) / path.name)
        if any(other.exists() for other in known):
            target = target.with_name(f"{path.stem[:100]}.{short_digest(content)}{SUFFIX}")
        move_whole(path, target)

    def _choose(self) -> tuple[tuple[str, ...], tuple[bytes, ...], bool]:
        names: list[str] = []
        envelopes: list[bytes] = []
        size_bytes = 0
        for name, content in self._read_taken():
            size_bytes += len(content)
            if names and (
                len(names) >= self.limits.batch_files_max
                or size_bytes > self.limits.batch_bytes_max
            ):
                return tuple(names), tuple(envelopes), False
            names.append(name)
            envelopes.append(content.rstrip(b"\r\n"))
        return tuple(names), tuple(envelopes), True

    def _read_taken(self) -> Iterator[tuple[str, bytes]]:
        taken = self._pile(Pile.TAKEN)
        for name in names_in(taken):
            try:
                content = read_plain(taken / name, size_bytes_max=self.limits.envelope_bytes_max)
            except FileNotFoundError:
                continue
            except (NotAPlainFileError, TooLargeError):
                self._refuse(taken / name, "changed after it was taken")
                continue
            # Somebody who still had the file open may have spoiled it after the rename.
            if is_whole(content):
                yield name, content
            else:
                self._refuse(taken / name, "changed after it was taken")

    def _refuse(self, path: Path, reason: str) -> None:
        """Put a file aside under a harmless name, with the reason beside it."""
        label = sha256(path.name.encode("utf-8", "surrogateescape")).hexdigest()[:16]
        safe = path.name if is_good_name(path.name) else f"{label}{SUFFIX}"
        aside = self._pile(Pile.REFUSED)
        while (aside / safe).exists() or (aside / safe).is_symlink():
            label = sha256(label.encode()).hexdigest()[:16]
            safe = f"{label}{SUFFIX}"
        if not move_whole(path, aside / safe):
            return
        words = f"{path.name!r}: {reason}\n"
        write_whole(aside, f"{safe}.reason.txt", words.encode("utf-8", "backslashreplace"))
        self.refused.append(RefusedFile(name=path.name, reason=reason))

    def _age(self, path: Path) -> float:
        with suppress(OSError):
            return self.wall_seconds() - path.lstat().st_mtime
        return 0.0

    def _batches(self) -> list[Path]:
        folder = self._pile(Pile.BATCHES)
        return [folder / name for name in names_in(folder) if Path(name).stem.isdigit()]

    def _last_batch(self) -> int:
        return max((int(path.stem) for path in self._batches()), default=0)

    def _pile(self, pile: Pile) -> Path:
        return self.folder.pile(self.side, pile)


def is_whole(content: bytes) -> bool:
    """Tell whether bytes are one envelope from its first to its last character.

    A signature has a fixed length, so that an envelope cut anywhere is recognised as cut. Whether
    the signature holds is not asked here.
    """
    try:
        token = split_compact(content.rstrip(b"\r\n"))
    except CompactFormError:
        return False
    return len(token.signature) == SIGNATURE_BYTES


def _number(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= _CURSOR_DIGITS):
        raise ValueError(f"{cursor[:40]!r} is not a cursor of this folder")
    return int(cursor)
