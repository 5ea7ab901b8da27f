"""Putting envelopes down for the other side: in order, once, and never in part."""

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from connectors.durable_files import write_whole
from connectors.file_exchange.folder import SUFFIX, ExchangeFolder, Pile, Side, names_in

_TIME_FORM = "%Y%m%dT%H%M%S%f"


@dataclass(slots=True)
class Putting:
    """Writes into the folder of messages to one side."""

    folder: ExchangeFolder
    to: Side
    _last: datetime | None = None

    def put(self, envelope: bytes, *, message_id: UUID, jti: UUID, at: datetime) -> None:
        """Put one envelope down, unless it lies there or was taken already.

        Names begin with the time, since files are taken in the order of their names. The same
        message in a newer envelope takes the place of an older one that still waits.

        Raises:
            OSError: the folder cannot be read or written.
        """
        waiting = self.folder.messages_to(self.to)
        if any(name.endswith(f"-{jti}{SUFFIX}") for name in self._known()):
            return
        older = [name for name in names_in(waiting) if f"-{message_id}-" in name]
        time = older[0].partition("-")[0] if older else self._time(at)
        write_whole(waiting, f"{time}-{message_id}-{jti}{SUFFIX}", envelope)
        for name in older:
            with contextlib.suppress(FileNotFoundError):
                (waiting / name).unlink()

    def _known(self) -> Iterable[str]:
        places: tuple[Path, ...] = (
            self.folder.messages_to(self.to),
            self.folder.pile(self.to, Pile.TAKEN),
            self.folder.pile(self.to, Pile.KEPT),
        )
        for place in places:
            yield from names_in(place)

    def _time(self, at: datetime) -> str:
        if self._last is not None and at <= self._last:
            at = self._last + timedelta(microseconds=1)
        self._last = at
        return at.strftime(_TIME_FORM)
