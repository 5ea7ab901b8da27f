"""Statements that write many rows at once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import asyncpg
from sqlalchemy import ARRAY, Table
from sqlalchemy.engine import Dialect, make_url

_DIALECT: Final[Dialect] = make_url("postgresql+asyncpg://").get_dialect()()

Row = Sequence[object]


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkCopy:
    """Adds rows by COPY: the fastest way, for rows of any number."""

    table: str
    columns: tuple[str, ...]

    async def run(self, connection: asyncpg.Connection, rows: Sequence[Row]) -> None:
        """Add the rows, which hold the columns in order; nothing is sent for none."""
        if rows:
            await connection.copy_records_to_table(self.table, records=rows, columns=self.columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkInsert:
    """An insert of any number of rows that may meet rows already there, or returns something."""

    statement: str
    one_by_one: bool
    """True where a column is a list itself, which cannot travel in an array of arrays."""

    async def run(self, connection: asyncpg.Connection, rows: Sequence[Row]) -> None:
        """Insert the rows, which hold the columns in order; nothing is sent for none."""
        if not rows:
            return
        if self.one_by_one:
            await connection.executemany(self.statement, rows)
        else:
            await connection.execute(self.statement, *columns_of(rows))

    async def fetch(self, connection: asyncpg.Connection, rows: Sequence[Row]) -> list[Any]:
        """Insert the rows and return what the statement returns."""
        assert not self.one_by_one, "rows with lists return nothing"
        if not rows:
            return []
        fetched: list[Any] = await connection.fetch(self.statement, *columns_of(rows))
        return fetched


def columns_of(rows: Iterable[Row]) -> list[list[object]]:
    """Turn rows into columns."""
    return [list(column) for column in zip(*rows, strict=True)]


def bulk_copy(table: Table, *columns: str) -> BulkCopy:
    """Return the way to add rows with `columns` to `table`."""
    assert all(name in table.c for name in columns), f"{table.name} has other columns"
    return BulkCopy(table=table.name, columns=columns)


def bulk_insert(table: Table, *columns: str, ending: str) -> BulkInsert:
    """Return the insert into `columns` of `table`; `ending` is its ON CONFLICT or RETURNING."""
    types = [table.c[name].type for name in columns]
    one_by_one = any(isinstance(kind, ARRAY) for kind in types)
    spelt = [kind.compile(dialect=_DIALECT) for kind in types]
    parameters = enumerate(spelt, start=1)
    if one_by_one:
        source = f"VALUES ({', '.join(f'${number}::{kind}' for number, kind in parameters)})"
    else:
        arrays = ", ".join(f"${number}::{kind}[]" for number, kind in parameters)
        source = f"SELECT * FROM unnest({arrays})"  # noqa: S608 - names of our own tables only
    target = f"INSERT INTO {table.name} ({', '.join(columns)})"
    return BulkInsert(statement=f"{target} {source} {ending}", one_by_one=one_by_one)
