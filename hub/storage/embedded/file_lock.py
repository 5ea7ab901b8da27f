"""Locks that the kernel gives back when their holders die, however they die."""

import os
import sys
import time
from pathlib import Path

if sys.platform != "win32":
    import fcntl

POLL_SECONDS = 0.01


class FileLock:
    """An exclusive lock on a file, held until every process that has it open has closed it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.descriptor: int | None = None

    @property
    def held(self) -> bool:
        """Whether the lock is ours."""
        return self.descriptor is not None

    def acquire(self, seconds: float = 0.0) -> bool:
        """Take the lock, waiting at most so long; false when somebody else keeps it."""
        if self.held:
            return True
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        give_up_at = time.monotonic() + seconds
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= give_up_at:
                    os.close(descriptor)
                    return False
                time.sleep(POLL_SECONDS)
            else:
                self.descriptor = descriptor
                return True

    def fileno(self) -> int:
        """The descriptor of the lock that is held."""
        assert self.descriptor is not None, "the lock is not held"
        return self.descriptor

    def release(self) -> None:
        """Close our hold on the lock; a child that inherited it keeps it."""
        if self.descriptor is not None:
            os.close(self.descriptor)
            self.descriptor = None
