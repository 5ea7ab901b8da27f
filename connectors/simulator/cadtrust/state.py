"""The node's tables: organisations, records, staging, commits under way, audit."""

import json
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from connectors.cadtrust.resources import DataModel, Resource
from connectors.simulator.kit.database import Database

Fields = dict[str, object]

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS organisation (
    org_uid TEXT PRIMARY KEY, name TEXT NOT NULL, is_home INTEGER NOT NULL,
    subscribed INTEGER NOT NULL DEFAULT 1
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS record (
    seq INTEGER PRIMARY KEY, model TEXT NOT NULL, resource TEXT NOT NULL, id TEXT NOT NULL,
    org_uid TEXT NOT NULL, body TEXT NOT NULL, UNIQUE (model, resource, id)
);
CREATE TABLE IF NOT EXISTS staging (
    id INTEGER PRIMARY KEY AUTOINCREMENT, model TEXT NOT NULL, uuid TEXT NOT NULL,
    resource TEXT NOT NULL, action TEXT NOT NULL, data TEXT NOT NULL,
    commited INTEGER NOT NULL DEFAULT 0, failed INTEGER NOT NULL DEFAULT 0,
    transfer INTEGER NOT NULL DEFAULT 0, created_at TEXT NOT NULL, updated_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS pushed (
    id INTEGER PRIMARY KEY AUTOINCREMENT, model TEXT NOT NULL, due_at REAL NOT NULL,
    author TEXT NOT NULL, comment TEXT NOT NULL, rows TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT, model TEXT NOT NULL, org_uid TEXT NOT NULL,
    root_hash TEXT NOT NULL, type TEXT NOT NULL, change TEXT, resource TEXT, confirmed_at REAL,
    author TEXT NOT NULL, comment TEXT NOT NULL, generation INTEGER NOT NULL,
    visible_at REAL NOT NULL
);
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """One organisation on the ledger."""

    org_uid: str
    name: str
    is_home: bool


class NodeState:
    """Reads and writes the tables; the rules are in `ledger` and `staging`."""

    def __init__(self, file: Path) -> None:
        """Open or create the database."""
        self.database = Database(file, _TABLES)

    def home(self) -> Organisation | None:
        """Return the node's own organisation, if it has one."""
        return next((each for each in self.organisations() if each.is_home), None)

    def organisations(self) -> list[Organisation]:
        """Return all subscribed organisations."""
        rows = self.database.read("SELECT * FROM organisation ORDER BY is_home DESC, org_uid")
        return [
            Organisation(org_uid=row["org_uid"], name=row["name"], is_home=bool(row["is_home"]))
            for row in rows
        ]

    def add_organisation(self, name: str, *, home: bool, org_uid: str | None = None) -> str:
        """Add an organisation and return its id: 64 hexadecimal digits, as a store id is."""
        uid = org_uid or secrets.token_hex(32)
        self.database.write(
            "INSERT OR IGNORE INTO organisation (org_uid, name, is_home) VALUES (?, ?, ?)",
            uid,
            name,
            int(home),
        )
        return uid

    def records(self, resource: Resource) -> list[Fields]:
        """Return the records of a resource, newest first, as the tables of the node hold them."""
        rows = self.database.read(
            "SELECT body FROM record WHERE model = ? AND resource = ? ORDER BY seq DESC",
            resource.model,
            resource.name,
        )
        return [json.loads(row["body"]) for row in rows]

    def record(self, resource: Resource, record_id: str) -> Fields | None:
        """Return one record; None when the tables do not have it."""
        rows = self.database.read(
            "SELECT body FROM record WHERE model = ? AND resource = ? AND id = ?",
            resource.model,
            resource.name,
            record_id,
        )
        return json.loads(rows[0]["body"]) if rows else None

    def put(self, resource: Resource, org_uid: str, body: Fields) -> None:
        """Insert or replace a record; it keeps its place in the table."""
        self.database.write(
            "INSERT INTO record (model, resource, id, org_uid, body) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (model, resource, id) DO UPDATE SET body = excluded.body",
            resource.model,
            resource.name,
            body[resource.id_field],
            org_uid,
            json.dumps(body),
        )

    def remove(self, resource: Resource, record_id: str) -> None:
        """Take a record out of the tables."""
        self.database.write(
            "DELETE FROM record WHERE model = ? AND resource = ? AND id = ?",
            resource.model,
            resource.name,
            record_id,
        )

    def staging(self, model: DataModel) -> list[Mapping[str, object]]:
        """Return the staging rows of a data model, oldest first."""
        rows = self.database.read("SELECT * FROM staging WHERE model = ? ORDER BY id", model)
        return [dict(row) for row in rows]

    def has_pushed(self, model: DataModel) -> bool:
        """Tell whether a commit is on its way to the ledger."""
        return bool(self.database.read("SELECT 1 FROM pushed WHERE model = ?", model))

    def generation(self, model: DataModel, org_uid: str) -> int:
        """Return the index of the newest generation of an organisation; -1 before the first."""
        rows = self.database.read(
            "SELECT max(generation) AS newest FROM audit WHERE model = ? AND org_uid = ?",
            model,
            org_uid,
        )
        newest = rows[0]["newest"]
        return -1 if newest is None else int(newest)

    def root_hash(self, model: DataModel, org_uid: str) -> str:
        """Return the root hash of the newest generation."""
        rows = self.database.read(
            "SELECT root_hash FROM audit WHERE model = ? AND org_uid = ? ORDER BY id DESC LIMIT 1",
            model,
            org_uid,
        )
        return str(rows[0]["root_hash"]) if rows else "0" * 64


def new_id() -> str:
    """Return a fresh record id."""
    return str(uuid.uuid4())
