"""A process that takes files and keeps them; the test kills it without warning."""

import os
import sys
from hashlib import sha256
from pathlib import Path

from connectors.durable_files import write_whole
from connectors.file_exchange.folder import ExchangeFolder, Side
from connectors.file_exchange.pickup import PickUp, PickUpLimits


def main(root: Path, kept: Path) -> None:
    pick_up = PickUp(
        ExchangeFolder(root=root), side=Side.HUB, limits=PickUpLimits(batch_files_max=7)
    )
    cursor_file = kept / "cursor"
    cursor = cursor_file.read_text() if cursor_file.exists() else None
    with (kept / "log").open("ab") as log:
        while True:
            taken = pick_up.take(cursor)
            for envelope in taken.envelopes:
                log.write(sha256(envelope).hexdigest().encode() + b"\n")
            log.flush()
            os.fsync(log.fileno())
            cursor = taken.cursor
            write_whole(kept, "cursor", cursor.encode())


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
