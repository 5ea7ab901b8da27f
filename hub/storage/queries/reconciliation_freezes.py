"""Freezes: which disputed serials may not move, on whose claim, until when.

A freeze is one row a range of serials. Rows are never changed but for the moment in which they are
lifted; a freeze that is cut down is lifted and written anew with what is left.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

import asyncpg

from hub.domain.reconciliation.discrepancy import Discrepancy
from hub.domain.reconciliation.freezes import SerialFreeze
from hub.storage.ids import Ids
from hub.storage.rows import bulk_copy
from hub.storage.slice.units import learn_keys, series_of
from hub.storage.tables import reconciliation as tables
from schema.identifiers import RegistryId, SerialRange
from schema.serials import SerialSet

_FREEZES: Final = """
SELECT discrepancy_id, claimant, until, series_id,
       min(frozen_at) AS frozen_at,
       CASE WHEN bool_and(lifted_at IS NOT NULL) THEN max(lifted_at) END AS lifted_at,
       coalesce(array_agg(first ORDER BY first) FILTER (WHERE lifted_at IS NULL), '{}') AS firsts,
       coalesce(array_agg(last ORDER BY first) FILTER (WHERE lifted_at IS NULL), '{}') AS lasts
FROM unit_freeze
WHERE discrepancy_id = ANY ($1::uuid[]) OR (claimant = ANY ($2::text[]) AND lifted_at IS NULL)
GROUP BY discrepancy_id, claimant, until, series_id
"""
_HOLDERS: Final = """
SELECT DISTINCT n.place, a.registry
FROM unnest($1::int[], $2::int[], $3::bigint[], $4::bigint[]) AS n (place, series_id, first, last)
JOIN LATERAL (
    SELECT account_id FROM holding h
    WHERE h.series_id = n.series_id AND h.first <= n.last AND h.last >= n.first
) AS held ON true
JOIN account a USING (account_id)
"""
_LIFT: Final = """
UPDATE unit_freeze SET lifted_at = $4
WHERE discrepancy_id = $1 AND claimant = $2 AND until = $3 AND lifted_at IS NULL
"""
_NEW: Final = bulk_copy(
    tables.unit_freeze,
    "discrepancy_id",
    "series_id",
    "first",
    "last",
    "claimant",
    "frozen_at",
    "until",
)
_IN_FORCE: Final = """
SELECT f.discrepancy_id, f.claimant, f.frozen_at, f.until, s.approach, s.registry, s.first_party,
       s.vintage, f.first, f.last
FROM unit_freeze f JOIN series s USING (series_id)
WHERE f.lifted_at IS NULL AND f.until > $1
ORDER BY f.until, f.freeze_id
LIMIT $2
"""


class FrozenSerials(NamedTuple):
    """One range that stands still, as it is shown."""

    discrepancy_id: UUID
    claimant: str
    frozen_at: datetime
    until: datetime
    approach: str
    registry: str
    first_party: str
    vintage: int
    first: int
    last: int


async def load_freezes_of(
    connection: asyncpg.Connection,
    ids: Ids,
    *,
    discrepancies: Collection[UUID],
    claimants: Collection[str],
) -> list[SerialFreeze]:
    """Return all freezes of some discrepancies, and those in force of some claimants."""
    rows = await connection.fetch(_FREEZES, list(discrepancies), list(claimants))
    await learn_keys(connection, ids, series={row["series_id"] for row in rows})
    return [
        SerialFreeze(
            discrepancy_id=row["discrepancy_id"],
            claimant=row["claimant"],
            series=series_of(ids, row["series_id"]),
            serials=SerialSet.of(
                SerialRange(first, last)
                for first, last in zip(row["firsts"], row["lasts"], strict=True)
            ),
            frozen_at=row["frozen_at"],
            until=row["until"],
            lifted_at=row["lifted_at"],
        )
        for row in rows
    ]


async def holders_of(
    connection: asyncpg.Connection, ids: Ids, discrepancies: Sequence[Discrepancy]
) -> dict[UUID, frozenset[RegistryId]]:
    """Return, by the hub's own record, the registries that hold the serials of discrepancies."""
    rows = [
        (place, number, serials.first, serials.last)
        for place, one in enumerate(discrepancies)
        if one.dispute.series is not None
        and (number := ids.series.number(one.dispute.series)) is not None
        for serials in one.serials.ranges
    ]
    found: dict[UUID, set[RegistryId]] = {one.discrepancy_id: set() for one in discrepancies}
    if rows:
        columns = [list(column) for column in zip(*rows, strict=True)]
        for place, registry in await connection.fetch(_HOLDERS, *columns):
            found[discrepancies[place].discrepancy_id].add(RegistryId(registry))
    return {key: frozenset(registries) for key, registries in found.items()}


async def add_freezes(
    connection: asyncpg.Connection, ids: Ids, freezes: Iterable[SerialFreeze]
) -> None:
    """Freeze serials; the caller holds the locks of their series."""
    rows = [
        (
            one.discrepancy_id,
            ids.series.require(one.series),
            serials.first,
            serials.last,
            one.claimant,
            one.frozen_at,
            one.until,
        )
        for one in freezes
        for serials in one.serials.ranges
    ]
    await _NEW.run(connection, rows)


async def change_freezes(
    connection: asyncpg.Connection, ids: Ids, changed: Collection[SerialFreeze], *, at: datetime
) -> None:
    """Write freezes that were lifted or cut down."""
    keys = [(one.discrepancy_id, one.claimant, one.until, at) for one in changed]
    await connection.executemany(_LIFT, keys)
    await add_freezes(connection, ids, [one for one in changed if one.lifted_at is None])


async def freezes_in_force(
    connection: asyncpg.Connection, *, at: datetime, limit: int
) -> list[FrozenSerials]:
    """Return what stands still at an instant, the first to expire first."""
    return [FrozenSerials(*row) for row in await connection.fetch(_IN_FORCE, at, limit)]
