"""The vocabulary of the catalogue: how facts, other records, filters and orders stand in tables."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    ColumnElement,
    Date,
    DateTime,
    FromClause,
    Integer,
    Select,
    Table,
    Text,
    Uuid,
    bindparam,
    literal_column,
    select,
)

from hub.storage.queries.graph.kinds import TEXT, Kind

Column = ColumnElement[Any]
Columns = tuple[Column, ...]
Parameter = Callable[[str, Any], Column]
"""Makes a parameter from a suffix of its name and its SQL type."""

SQL_TYPES: Final[dict[type, Any]] = {
    int: BigInteger(),
    str: Text(),
    bool: Boolean(),
    date: Date(),
    datetime: DateTime(timezone=True),
    UUID: Uuid(),
}
INTEGERS: Final = ARRAY(Integer)
TEXTS: Final = ARRAY(Text)
NOW: Final[Column] = bindparam("now", type_=SQL_TYPES[datetime])
"""The moment of the answer."""


class Source:
    """One SELECT that is being composed: its tables and its columns."""

    def __init__(self, table: FromClause) -> None:
        self.tables: FromClause = table
        self.aliases: list[FromClause] = [table]
        self._columns: list[Column] = []

    @property
    def columns(self) -> list[Column]:
        """What is selected; never nothing."""
        return self._columns or [literal_column("1")]

    @property
    def width(self) -> int:
        """How many columns a row has."""
        return len(self.columns)

    def add(self, column: Column) -> int:
        """Select a column, once, and return its position."""
        for position, present in enumerate(self._columns):
            if present is column:
                return position
        self._columns.append(column)
        return len(self._columns) - 1

    def join(self, table: FromClause, on: Column, *, outer: bool) -> None:
        """Join a table."""
        self.tables = self.tables.join(table, on, isouter=outer)
        self.aliases.append(table)

    def rows(self, *conditions: Column) -> Select[Any]:
        """Return the SELECT of the columns so far."""
        return select(*self.columns).select_from(self.tables).where(*conditions)


class Scope:
    """One record inside a source: its row, its key, and the tables joined for it."""

    def __init__(
        self, source: Source, row: FromClause, *, key: Columns = (), outer: bool = False
    ) -> None:
        self.source = source
        self.row = row
        self.key = key
        """The key by which others refer to the record, where it may have no row of its own."""
        self.outer = outer
        """Whether the record may be missing, so that what is joined for it may be, too."""
        self._joined: dict[str, FromClause] = {}

    @property
    def c(self) -> Any:  # noqa: ANN401 - the columns of any table
        """The columns of the row."""
        return self.row.c

    def joined(
        self,
        name: str,
        table: Callable[[], FromClause],
        on: Callable[[Any], Column],
        *,
        outer: bool = False,
    ) -> Any:  # noqa: ANN401 - the columns of any table
        """Return the columns of a table that stands under this name, joining it the first time."""
        if name not in self._joined:
            joined = table()
            self.source.join(joined, on(joined.c), outer=outer or self.outer)
            self._joined[name] = joined
        return self._joined[name].c

    def joined_row(self, name: str) -> FromClause:
        """Return a table that was joined under this name."""
        return self._joined[name]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """A fact of a record."""

    read: Callable[[Scope], Column | Columns]
    kind: Kind = TEXT
    restricted: bool = False
    """Whether it is not public; the record's `owners` may see it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """At most one other record."""

    to: str
    """The name of the record."""
    find: Callable[[Scope], tuple[Scope, Column | None]]
    """The other in the same source, and what is null when it is absent; None: always there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A short list of other records in full."""

    of: str
    """The name of the record."""
    open: Callable[[Scope], tuple[Scope, Column | None]]
    """A source of its own with the rows of the list, and which of them are the owner's."""
    order: Callable[[Scope], Columns]
    limit: int = 1_000
    restricted: bool = False
    """Whether it is not public, as with attributes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """A condition on the records of an entity."""

    where: Callable[[Scope, Parameter, str], Column]
    """The condition; the last argument is the form of the value."""
    parameters: Callable[[Any], dict[str, Any]]
    """The values of the parameters by suffix, from the value asked for."""
    form: Callable[[Any], str] = field(default=lambda _: "")
    """What of the value changes the statement and not only its parameters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order without ties: it ends with the key of the entity."""

    by: Callable[[Scope], Columns]
    kinds: tuple[type, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """The records of an entity that belong to another record."""

    of: str
    where: Callable[[Scope, Scope], Column]
    """The condition, of the owner and the item."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """A way to find one record by a key of named parts."""

    parts: tuple[type, ...]
    where: Callable[[Scope, Callable[[int], Column]], Column]
    """The condition, which one record fulfils; the second argument gives a part of the key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What can be told of one row."""

    attributes: dict[str, Attribute] = field(default_factory=dict)
    references: dict[str, Reference] = field(default_factory=dict)
    listings: dict[str, Listing] = field(default_factory=dict)
    inners: dict[str, "Record"] = field(default_factory=dict)
    owners: Callable[[Scope], Columns] | None = None
    """The Parties (alpha-3) that may see what is not public."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Sums over an entity, split by dimensions."""

    of: str
    dimensions: dict[str, Callable[[Scope], Column]]
    measures: dict[str, Callable[[Scope], Column]]
    told: Callable[[frozenset[str]], Record]
    """What can be told of a group, when it is split by these dimensions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity(Record):
    """A record that has a table and an id of its own."""

    table: Table
    key: Callable[[Any], Columns] = field(default=lambda _: ())
    """What others refer to it by, where it may have no row: see `Scope.key`."""
    as_of: Callable[[str], FromClause] | None = None
    """The rows as they were at the moment that a parameter gives; None: only as they are now."""
    order: Order
    """The default order."""
    orders: dict[str, Order] = field(default_factory=dict)
    filters: dict[str, Filter] = field(default_factory=dict)
    collections: dict[str, Collection] = field(default_factory=dict)
    lookups: dict[str, Lookup] = field(default_factory=dict)

    def opened(self, as_of: str | None = None) -> Scope:
        """Return a source of its own with all records of the entity."""
        row = self.table.alias() if as_of is None else self._as_it_was(as_of)
        return Scope(Source(row), row, key=self.key(row.c))

    def _as_it_was(self, as_of: str) -> FromClause:
        assert self.as_of is not None, "planners ask this only of entities that can tell"
        return self.as_of(as_of)


def columns_of(attribute: Attribute, scope: Scope) -> Columns:
    """Return the columns of an attribute."""
    read = attribute.read(scope)
    return read if isinstance(read, tuple) else (read,)
