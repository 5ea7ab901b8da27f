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
)
_SERIALS = frozenset({"holding", "issuance"})
"""Two batches never race for serials: their series are locked."""
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
        raced = isinstance(cause, asyncpg.UniqueViolationError) and cause.table_name not in _SERIALS
        remedy = TransactionConflictError if raced else IntegrityRefusedError
        raise remedy(str(cause)) from cause
    except _UNAVAILABLE as cause:
        if isinstance(cause, ValueError):  # The driver's word for an argument of the wrong type.
            raise
        raise DatabaseUnavailableError(str(cause)) from cause
