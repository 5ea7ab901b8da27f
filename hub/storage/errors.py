"""What can go wrong with the database, told by what the caller can do about it."""

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg


class StorageError(Exception):
    """Base of the errors of storage; nothing of the transaction was kept."""


class TransactionConflictError(StorageError):
    """Somebody else was in the way (deadlock, serialization, the same key at once): try again.

    The whole transaction is to be repeated from its first read.
    """


class DatabaseUnavailableError(StorageError):
    """The database cannot be reached or is going down: try again later.

    When the commit itself was under way, it is unknown whether it happened; a repeated message
    tells, because its id is then known.
    """


class IntegrityRefusedError(StorageError):
    """The database refused what the rules had allowed: a bug, or a change around the rules."""


_CONFLICTS = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.LockNotAvailableError,
    asyncpg.UniqueViolationError,
)
_UNAVAILABLE = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.OperatorInterventionError,
    OSError,
    TimeoutError,
)


@contextmanager
def told_by_remedy() -> Iterator[None]:
    """Translate the driver's errors into those of this module."""
    try:
        yield
    except _CONFLICTS as cause:
        raise TransactionConflictError(str(cause)) from cause
    except asyncpg.IntegrityConstraintViolationError as cause:
        raise IntegrityRefusedError(str(cause)) from cause
    except _UNAVAILABLE as cause:
        raise DatabaseUnavailableError(str(cause)) from cause
