"""The simulated registry's database: one SQLite file that survives the loss of the process.

Owned by one process and touched from its event loop only. Every change is one transaction, written
through to the disk (`synchronous=FULL`) before it counts.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS account (
    account TEXT PRIMARY KEY, account_kind TEXT NOT NULL, status TEXT NOT NULL,
    holder_party TEXT NOT NULL, holder_entity TEXT
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS holding (
    id INTEGER PRIMARY KEY,
    approach TEXT NOT NULL, registry TEXT NOT NULL, first_party TEXT NOT NULL,
    vintage INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
    account TEXT NOT NULL, status TEXT NOT NULL, first_transferred INTEGER NOT NULL,
    authorization_party TEXT, authorization_id TEXT,
    metric TEXT NOT NULL, quantity TEXT NOT NULL, unit TEXT NOT NULL,
    reserved_for TEXT, origin TEXT,
    since INTEGER NOT NULL, until INTEGER,
    CHECK (first <= last)
);
CREATE INDEX IF NOT EXISTS holding_live
    ON holding (approach, registry, first_party, vintage, first) WHERE until IS NULL;
CREATE INDEX IF NOT EXISTS holding_reserved ON holding (reserved_for) WHERE until IS NULL;
CREATE INDEX IF NOT EXISTS holding_past ON holding (until) WHERE until IS NOT NULL;
CREATE TABLE IF NOT EXISTS event (
    seq INTEGER PRIMARY KEY,
    message_id TEXT NOT NULL, kind TEXT NOT NULL, transfer_id TEXT, counterparty TEXT,
    booked_at INTEGER NOT NULL, from_account TEXT, to_account TEXT,
    approach TEXT NOT NULL, registry TEXT NOT NULL, first_party TEXT NOT NULL,
    vintage INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, status TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS authorization (
    seq INTEGER PRIMARY KEY, party TEXT NOT NULL, authorization_id TEXT NOT NULL,
    record BLOB NOT NULL, since INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS transfer (
    transfer_id TEXT PRIMARY KEY, side TEXT NOT NULL, counterparty TEXT NOT NULL,
    state TEXT NOT NULL, proposal BLOB NOT NULL, reason TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS outgoing (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, message_id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,
    body BLOB NOT NULL, state TEXT NOT NULL, jti TEXT, envelope BLOB, expires_at INTEGER,
    attempts INTEGER NOT NULL DEFAULT 0, receipt BLOB, fault_code TEXT, fault TEXT
);
CREATE INDEX IF NOT EXISTS outgoing_waiting ON outgoing (seq) WHERE state = 'waiting';
CREATE INDEX IF NOT EXISTS outgoing_jti ON outgoing (jti);
CREATE TABLE IF NOT EXISTS incoming (
    jti TEXT PRIMARY KEY, digest TEXT NOT NULL, message_id TEXT NOT NULL, kind TEXT NOT NULL,
    envelope BLOB NOT NULL, answer BLOB NOT NULL, received_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS incoming_message ON incoming (message_id);
"""


class Store:
    """The open database; rows come back with named columns."""

    def __init__(self, file: Path) -> None:
        """Open or create the file.

        Raises:
            sqlite3.Error: it is not a database, or cannot be written.
        """
        self._connection = sqlite3.connect(file, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._connection.executescript(
            f"PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; {_TABLES}"
        )

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing; on the disk when the outermost context has ended."""
        if self._connection.in_transaction:
            yield self._connection
            return
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield self._connection
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def read(self, query: str, *values: object) -> list[sqlite3.Row]:
        """Return all rows of a query."""
        return self._connection.execute(query, values).fetchall()

    def setting(self, name: str) -> bytes | None:
        """Return a kept setting."""
        rows = self.read("SELECT value FROM setting WHERE name = ?", name)
        return rows[0]["value"] if rows else None


def keep_setting(connection: sqlite3.Connection, name: str, value: bytes) -> None:
    """Keep a setting, in the transaction of the caller."""
    connection.execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", (name, value))


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def to_ticks(instant: datetime) -> int:
    """Return microseconds since 1970, exactly."""
    return (instant - _EPOCH) // timedelta(microseconds=1)


def from_ticks(ticks: int) -> datetime:
    """Return the aware instant of `ticks`."""
    return _EPOCH + timedelta(microseconds=ticks)
