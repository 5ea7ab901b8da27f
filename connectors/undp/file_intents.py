"""Intents as lines appended to one file: readable by people, for one process at a time.

A line holds all intents that were kept together, so that a crash keeps all of them or none.
"""

import fcntl
import os
from pathlib import Path
from typing import Final

import msgspec

from connectors.durable_files import sync_folder
from connectors.undp.intents import FINAL_STATES, Intent

_DECODER: Final = msgspec.json.Decoder(tuple[Intent, ...])


class FileInUseError(Exception):
    """Another process keeps its intents in this file."""


class FileIntents:
    """An `IntentStore`; the newest line of a key counts, and each line is synced to the disk."""

    def __init__(self, file: Path) -> None:
        """Open or create the file, and read what stands in it.

        A last line without its end was never acknowledged to anybody: it is cut off.

        Raises:
            FileInUseError: another process has it open.
            OSError: it cannot be written.
            msgspec.MsgspecError: a whole line of it is not an intent.
        """
        self._descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as cause:
            os.close(self._descriptor)
            raise FileInUseError(str(file)) from cause
        sync_folder(file.parent)
        content = file.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        os.ftruncate(self._descriptor, len(whole))
        os.lseek(self._descriptor, 0, os.SEEK_END)
        self._intents = {
            intent.key: intent for line in whole.splitlines() for intent in _DECODER.decode(line)
        }

    def close(self) -> None:
        """Close the file and let others have it."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    async def of_order(self, order: str) -> tuple[Intent, ...]:
        """Return the intents of an order."""
        keys = sorted(key for key in self._intents if key.startswith(f"{order}/"))
        return tuple(self._intents[key] for key in keys)

    async def plan(self, intents: tuple[Intent, ...]) -> bool:
        """Keep all or none."""
        if any(intent.key in self._intents for intent in intents):
            return False
        self._append(intents)
        return True

    async def move(self, before: Intent, after: Intent) -> bool:
        """Replace an intent that is still as it was."""
        if self._intents.get(before.key) != before:
            return False
        self._append((after,))
        return True

    async def unfinished(self) -> tuple[Intent, ...]:
        """Return what is not final."""
        keys = sorted(self._intents)
        found = (self._intents[key] for key in keys)
        return tuple(intent for intent in found if intent.state not in FINAL_STATES)

    def _append(self, intents: tuple[Intent, ...]) -> None:
        line = msgspec.json.encode(intents) + b"\n"
        start = os.lseek(self._descriptor, 0, os.SEEK_CUR)
        try:
            written = os.write(self._descriptor, line)
            if written != len(line):
                raise OSError(f"{written} of {len(line)} bytes were written")  # noqa: TRY301
            os.fsync(self._descriptor)
        except OSError:
            # Half a line must not stand before the next one.
            os.ftruncate(self._descriptor, start)
            os.lseek(self._descriptor, start, os.SEEK_SET)
            raise
        self._intents |= {intent.key: intent for intent in intents}
