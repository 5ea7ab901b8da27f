"""The registry's tables: companies, users, projects, blocks, transactions."""

import json
import secrets
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from connectors.simulator.kit.database import Database
from schema.wire import WireStruct

NOBODY: Final = 0
"""Owner of retired blocks."""

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS company (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL, state INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS user (
    id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE, name TEXT NOT NULL, secret TEXT NOT NULL,
    role TEXT NOT NULL, company INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS project (
    ref_id TEXT PRIMARY KEY, prefix TEXT NOT NULL, company INTEGER NOT NULL, title TEXT NOT NULL,
    issued INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS block (
    id TEXT PRIMARY KEY, project TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
    vintage INTEGER NOT NULL, owner INTEGER NOT NULL, previous INTEGER NOT NULL,
    reserved INTEGER NOT NULL DEFAULT 0, not_transferred INTEGER NOT NULL, tx_type INTEGER NOT NULL,
    created INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS tx (
    id INTEGER PRIMARY KEY AUTOINCREMENT, sender INTEGER NOT NULL, receiver INTEGER,
    type TEXT NOT NULL, status TEXT NOT NULL, block TEXT NOT NULL, serial TEXT NOT NULL,
    amount INTEGER NOT NULL, project TEXT NOT NULL, retirement TEXT, remarks TEXT, country TEXT,
    organization TEXT, created INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS aef (seq INTEGER PRIMARY KEY, part TEXT NOT NULL, year INTEGER NOT NULL,
    body TEXT NOT NULL);
"""


class Company(WireStruct, frozen=True):
    """An organisation; roles are DNA, PD, IC, API, Ministry and so on, state 1 is active."""

    id: int
    name: str
    role: str
    state: int = 1


class User(WireStruct, frozen=True):
    """Somebody who can log in, or a machine with an API key."""

    id: int
    email: str
    name: str
    secret: str
    role: str
    company: int


class Project(WireStruct, frozen=True):
    """A project whose credits are numbered under one prefix."""

    ref_id: str
    prefix: str
    company: int
    title: str


class Block(WireStruct, frozen=True):
    """One credit block."""

    id: str
    project: str
    first: int
    last: int
    vintage: int
    owner: int
    previous: int
    reserved: int
    not_transferred: bool
    tx_type: int
    created: int

    @property
    def amount(self) -> int:
        """Number of credits."""
        return self.last - self.first + 1


class Transaction(WireStruct, frozen=True):
    """One transaction."""

    id: int
    sender: int
    receiver: int | None
    type: str
    status: str
    block: str
    serial: str
    amount: int
    project: str
    retirement: str | None
    remarks: str | None
    country: str | None
    organization: str | None
    created: int


class RegistryState:
    """Reads and writes the tables; the rules are in `credits`."""

    def __init__(self, file: Path, now: Callable[[], float] = time.time) -> None:
        """Open or create the database."""
        self.database = Database(file, _TABLES)
        self.now = now

    def signing_secret(self) -> str:
        """Return the secret of its tokens, made once."""
        kept = self.database.setting("signing_secret")
        if isinstance(kept, str):
            return kept
        secret = secrets.token_hex(32)
        self.database.keep("signing_secret", secret)
        return secret

    def company(self, number: int) -> Company | None:
        """Return a company by its id."""
        rows = self.database.read("SELECT * FROM company WHERE id = ?", number)
        return Company(**dict(rows[0])) if rows else None

    def user(self, email: str) -> User | None:
        """Return a user by e-mail address."""
        rows = self.database.read("SELECT * FROM user WHERE email = ?", email)
        return User(**dict(rows[0])) if rows else None

    def project(self, ref_id: str) -> Project:
        """Return a project that exists."""
        (row,) = self.database.read("SELECT * FROM project WHERE ref_id = ?", ref_id)
        return Project(**{name: row[name] for name in ("ref_id", "prefix", "company", "title")})

    def projects(self) -> list[Project]:
        """Return all projects."""
        rows = self.database.read("SELECT ref_id FROM project ORDER BY ref_id")
        return [self.project(row["ref_id"]) for row in rows]

    def block(self, block_id: str) -> Block | None:
        """Return a block by its id."""
        rows = self.database.read("SELECT * FROM block WHERE id = ?", block_id)
        return _block(dict(rows[0])) if rows else None

    def blocks(self) -> list[Block]:
        """Return all blocks, retired ones included."""
        rows = self.database.read("SELECT * FROM block ORDER BY project, first")
        return [_block(dict(row)) for row in rows]

    def transaction(self, number: int) -> Transaction | None:
        """Return a transaction by its id."""
        rows = self.database.read("SELECT * FROM tx WHERE id = ?", number)
        return Transaction(**dict(rows[0])) if rows else None

    def transactions(self, kind: str) -> list[Transaction]:
        """Return all transactions of a type."""
        rows = self.database.read("SELECT * FROM tx WHERE type = ? ORDER BY id", kind)
        return [Transaction(**dict(row)) for row in rows]

    def serial(self, block: Block) -> str:
        """Return the serial number of a block."""
        prefix = self.project(block.project).prefix
        return f"{prefix}-{block.first}-{block.last}-{block.vintage}"

    def put(self, table: str, row: Mapping[str, object]) -> int:
        """Insert or replace a row of one of our own tables."""
        names = ", ".join(row)
        marks = ", ".join("?" for _ in row)
        statement = f"INSERT OR REPLACE INTO {table} ({names}) VALUES ({marks})"  # noqa: S608
        return self.database.write(statement, *row.values())

    def aef_rows(self, part: str, year: int) -> list[dict[str, object]]:
        """Return the rows of one AEF table."""
        rows = self.database.read("SELECT body FROM aef WHERE part = ? AND year = ?", part, year)
        return [json.loads(row["body"]) for row in rows]


def _block(row: dict[str, object]) -> Block:
    row["not_transferred"] = bool(row["not_transferred"])
    return Block(**row)  # type: ignore[arg-type]
