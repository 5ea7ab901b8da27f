"""A simulator's SQLite file: every change is on the disk before it is answered.

Owned by one process and touched from its event loop only, so no two requests overlap inside it.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Database:
    """The open file; rows come back with named columns."""

    def __init__(self, file: Path, tables: str) -> None:
        """Open or create the file with `tables` (CREATE TABLE IF NOT EXISTS statements).

        Raises:
            sqlite3.Error: it is not a database, or cannot be written.
        """
        self._connection = sqlite3.connect(file, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        settings = "CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT);"
        self._connection.executescript(
            f"PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; {settings} {tables}"
        )

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; on the disk when the outermost context has ended."""
        if self._connection.in_transaction:
            yield
            return
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def read(self, query: str, *values: object) -> list[sqlite3.Row]:
        """Return all rows of a query."""
        return self._connection.execute(query, values).fetchall()

    def write(self, statement: str, *values: object) -> int:
        """Run one statement and return the id of the row it inserted, if it did."""
        return self._connection.execute(statement, values).lastrowid or 0

    def setting(self, name: str) -> object:
        """Return a kept JSON value; None when there is none."""
        rows = self.read("SELECT value FROM setting WHERE name = ?", name)
        return json.loads(rows[0]["value"]) if rows else None

    def keep(self, name: str, value: object) -> None:
        """Keep a JSON value."""
        self.write("INSERT OR REPLACE INTO setting VALUES (?, ?)", name, json.dumps(value))
