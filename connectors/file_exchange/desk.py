"""The registry's side of the folder: what a Party without a server needs to take part.

It carries envelopes and asks nothing about them: signing, verifying and booking are the Party's.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from uuid import UUID

from connectors.durable_files import read_plain, write_whole
from connectors.file_exchange.folder import SUFFIX, ExchangeFolder, Marker, Side, names_in
from connectors.file_exchange.pickup import PickUp, PickUpLimits, Taken, is_whole
from connectors.file_exchange.putting import Putting


@dataclass(slots=True)
class RegistryDesk:
    """Puts messages into the folder and takes the hub's out of it; to be used from one process."""

    folder: ExchangeFolder
    limits: PickUpLimits = field(default_factory=PickUpLimits)
    _putting: Putting = field(init=False)
    _pick_up: PickUp = field(init=False)

    def __post_init__(self) -> None:
        self._putting = Putting(self.folder, to=Side.HUB)
        self._pick_up = PickUp(self.folder, side=Side.REGISTRY, limits=self.limits)

    @classmethod
    def open(cls, root: Path, marker: Marker) -> "RegistryDesk":
        """Open a folder, and make it where it is new.

        Raises:
            FolderError: it belongs to others.
            OSError: it cannot be made or read.
        """
        folder = ExchangeFolder(root=root)
        folder.prepare(marker)
        return cls(folder)

    def put(self, envelope: bytes, *, message_id: UUID, jti: UUID, at: datetime) -> None:
        """Put a message to the hub down; the same again does nothing."""
        self._putting.put(envelope, message_id=message_id, jti=jti, at=at)

    def receipts(self, jti: UUID) -> tuple[bytes, ...]:
        """Return the hub's receipts for a message that was put down, none while there is none."""
        folder = self.folder.receipts
        names = [name for name in names_in(folder) if name.startswith(f"{jti}.")]
        found = [self._read(folder / name) for name in names]
        return tuple(content for content in found if is_whole(content))

    def take(self, cursor: str | None) -> Taken:
        """Take the hub's next messages; those before `cursor` are kept by the registry."""
        return self._pick_up.take(cursor)

    def acknowledge(self, jti: UUID, acknowledgement: bytes) -> None:
        """Put down the signed acknowledgement of a hub message that is now kept."""
        write_whole(self.folder.acknowledgements, f"{jti}{SUFFIX}", acknowledgement)

    def state(self, pages: Iterable[bytes], *, at: datetime) -> None:
        """Put down the signed pages of a statement, and take older ones away."""
        old = names_in(self.folder.statements)
        label = at.strftime("%Y%m%dT%H%M%S%f")
        new = []
        for number, page in enumerate(pages, start=1):
            new.append(f"{label}-{number:06}{SUFFIX}")
            write_whole(self.folder.statements, new[-1], page)
        for name in old:
            if name not in new:
                (self.folder.statements / name).unlink(missing_ok=True)

    def _read(self, path: Path) -> bytes:
        return read_plain(path, size_bytes_max=self.limits.envelope_bytes_max)
