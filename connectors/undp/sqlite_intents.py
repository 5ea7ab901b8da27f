"""Intents in an SQLite file; several processes on one machine may share it."""

import sqlite3
from pathlib import Path
from typing import Final

import msgspec

from connectors.undp.intents import FINAL_STATES, Intent

BUSY_SECONDS: Final = 5.0
_TABLE: Final = """
CREATE TABLE IF NOT EXISTS intent (
    key TEXT PRIMARY KEY, final INTEGER NOT NULL, content BLOB NOT NULL
) WITHOUT ROWID;
"""
_DECODER: Final = msgspec.json.Decoder(Intent)


class SqliteIntents:
    """An `IntentStore`; each change is one transaction, synced to the disk."""

    def __init__(self, file: Path) -> None:
        """Open or create the file.

        Raises:
            sqlite3.Error: it is not a database, or cannot be written.
        """
        self._connection = sqlite3.connect(file, isolation_level=None, timeout=BUSY_SECONDS)
        self._connection.executescript(
            f"PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; {_TABLE}"
        )

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    async def of_order(self, order: str) -> tuple[Intent, ...]:
        """Return the intents of an order."""
        rows = self._connection.execute(
            "SELECT content FROM intent WHERE key > ? AND key < ? ORDER BY key",
            (f"{order}/", f"{order}0"),
        )
        return tuple(_DECODER.decode(content) for (content,) in rows)

    async def plan(self, intents: tuple[Intent, ...]) -> bool:
        """Keep all or none."""
        rows = [(each.key, each.state in FINAL_STATES, _encode(each)) for each in intents]
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            self._connection.executemany("INSERT INTO intent VALUES (?, ?, ?)", rows)
        except sqlite3.IntegrityError:
            self._connection.execute("ROLLBACK")
            return False
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")
        return True

    async def move(self, before: Intent, after: Intent) -> bool:
        """Replace an intent that is still as it was."""
        changed = self._connection.execute(
            "UPDATE intent SET content = ?, final = ? WHERE key = ? AND content = ?",
            (_encode(after), after.state in FINAL_STATES, before.key, _encode(before)),
        )
        return changed.rowcount == 1

    async def unfinished(self) -> tuple[Intent, ...]:
        """Return what is not final."""
        rows = self._connection.execute("SELECT content FROM intent WHERE NOT final ORDER BY key")
        return tuple(_DECODER.decode(content) for (content,) in rows)


def _encode(intent: Intent) -> bytes:
    return msgspec.json.encode(intent)
