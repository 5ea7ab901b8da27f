"""In which order a batch takes what it needs, so that batches wait but never deadlock.

1. The register (accounts, authorizations, registries …): shared by batches that only read it,
   alone for a batch that changes it.
2. The series of all serials in question, in the order of their keys.
3. Rows with counters: transfers, authorizations, allotments, each in key order.
4. The head of the journal, last and held for the commit only.

What is read under these locks stays true until the commit, so that the order of the journal is an
order in which the rules give the same answers again.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import asyncpg

from schema.identifiers import ItmoSeries

_OPEN: Final = "SELECT version, older, frozen FROM open_slice($1, $2, $3)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What is known once the first two kinds of locks are held."""

    register_version: int
    older_series: frozenset[int]
    """Numbers of the series that existing transfers and actions are about; locked as well."""
    any_freeze: bool
    """Whether any serial at all is frozen."""


async def take_locks(
    connection: asyncpg.Connection,
    *,
    alone: bool,
    series: Iterable[ItmoSeries],
    records: Collection[UUID],
) -> Opened:
    """Wait for the register and for every series, also those of older `records`."""
    row = await connection.fetchrow(_OPEN, alone, [_name(one) for one in series], records)
    return Opened(
        register_version=row["version"],
        older_series=frozenset(row["older"] or ()),
        any_freeze=row["frozen"],
    )


def _name(series: ItmoSeries) -> str:
    return f"{series.approach}/{series.registry}/{series.first_party}/{series.vintage}"
