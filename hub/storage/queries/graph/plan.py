"""Read plans: what to read, said without tables. The gateway makes them from selections.

A plan is fixed for a document; what differs from request to request (filters, cursors, page sizes)
is asked through numbered slots.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Any

Codes = tuple[tuple[str, str], ...]
"""Stored code and published code, for leaves whose values are a closed list."""


class Access(Enum):
    """What a reader may see of facts that are not public."""

    PUBLIC = auto()
    """Nothing."""
    OWN = auto()
    """Those that concern its own Parties."""
    ALL = auto()
    """Everything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed:
    """A value that is known beforehand, as JSON text, such as the name of a type."""

    key: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """One attribute under its response key."""

    key: str
    attribute: str
    codes: Codes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner:
    """An object made of attributes of the same record, such as its provenance."""

    key: str
    name: str
    parts: "Parts"


@dataclass(frozen=True, slots=True, kw_only=True)
class One:
    """At most one other record."""

    key: str
    reference: str
    parts: "Parts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A short list in full."""

    key: str
    name: str
    parts: "Parts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """The cursor of an edge."""

    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeNode:
    """The node of an edge."""

    key: str
    parts: "Parts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edges:
    """The edges of a page."""

    key: str
    parts: tuple[Fixed | Cursor | EdgeNode, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Nodes:
    """The nodes of a page."""

    key: str
    parts: "Parts"


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFact:
    """One of `has_next_page`, `has_previous_page`, `start_cursor`, `end_cursor`."""

    key: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFacts:
    """Where the page lies."""

    key: str
    parts: tuple[Fixed | PageFact, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TotalCount:
    """How many there are in all, counted as far as the slot says."""

    key: str
    slot: int


PagePart = Fixed | Edges | Nodes | PageFacts | TotalCount


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page of the records that belong to this one."""

    key: str
    collection: str
    slot: int
    parts: tuple[PagePart, ...]


Part = Fixed | Leaf | Inner | One | Listing | Page
Parts = tuple[Part, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOne:
    """Read one record by a key that the slot gives."""

    entity: str
    by: str
    slot: int
    parts: Parts


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadMany:
    """Read the records with any of the keys that the slot gives, each behind its key."""

    entity: str
    by: str
    slot: int
    parts: Parts


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPage:
    """Read a page of all records of an entity."""

    entity: str
    slot: int
    parts: tuple[PagePart, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadTotals:
    """Add up over an entity."""

    totals: str
    slot: int
    parts: Parts


Read = ReadOne | ReadMany | ReadPage | ReadTotals


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What a request asks of one slot: values only, already coerced and checked."""

    filters: tuple[tuple[str, Any], ...] = ()
    """Filter name to value, in the order of the catalogue; null conditions left out."""
    order: str | None = None
    descending: bool = False
    limit: int = 0
    """The size of the page; one more row is read to know whether there is more."""
    backwards: bool = False
    after: tuple[Any, ...] | None = None
    before: tuple[Any, ...] | None = None
    as_of: datetime | None = None
    key: tuple[Any, ...] = ()
    """For `ReadOne` the key; for `ReadMany` one tuple of equal length per part of the key."""
    group_by: tuple[str, ...] = ()
    at_most: int = 0
