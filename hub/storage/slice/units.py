"""Reading units: which blocks lie over the serials in question."""

from collections.abc import Iterable
from typing import Final

import asyncpg

from hub.domain.ledger import SeriesUnits
from hub.domain.state import AccountKey, AuthorizationKey, Freeze, Interval, Units
from hub.storage.ids import Ids
from schema.codes import UnitStatus
from schema.identifiers import ItmoSeries

_STATUS: Final = {status.value: status for status in UnitStatus}

_SERIES_NUMBERS: Final = """
SELECT s.series_id, s.approach, s.registry, s.first_party, s.vintage
FROM unnest($1::text[], $2::text[], $3::text[], $4::int[])
     AS n (approach, registry, first_party, vintage)
JOIN series s USING (approach, registry, first_party, vintage)
"""
_SERIES_KEYS: Final = """
SELECT series_id, approach, registry, first_party, vintage
FROM series WHERE series_id = ANY ($1::int[])
"""
_ACCOUNT_KEYS: Final = (
    "SELECT account_id, registry, account FROM account WHERE account_id = ANY ($1::int[])"
)
_AUTHORIZATION_KEYS: Final = """
SELECT authorization_ref, party, authorization_id
FROM authorization_state WHERE authorization_ref = ANY ($1::int[])
"""

# Blocks of a series are disjoint: besides the last that begins at or before the wanted serials,
# all that overlap begin inside them.
_HOLDINGS: Final = """
SELECT h.*
FROM unnest($1::int[], $2::bigint[], $3::bigint[]) AS n (series_id, first, last)
CROSS JOIN LATERAL (
    SELECT * FROM (
        SELECT series_id, first, last, account_id, status, issuance, activity,
               authorization_ref, first_transfer, reserved_by, last_record, quantity, unit
        FROM holding
        WHERE series_id = n.series_id AND first <= n.first
        ORDER BY first DESC LIMIT 1
    ) AS below WHERE last >= n.first
    UNION ALL
    SELECT series_id, first, last, account_id, status, issuance, activity,
           authorization_ref, first_transfer, reserved_by, last_record, quantity, unit
    FROM holding
    WHERE series_id = n.series_id AND first > n.first AND first <= n.last
) AS h
"""
_FREEZES: Final = """
SELECT DISTINCT f.freeze_id, f.discrepancy_id, f.series_id, f.first, f.last, f.until
FROM unnest($1::int[], $2::bigint[], $3::bigint[]) AS n (series_id, first, last)
JOIN unit_freeze f ON f.series_id = n.series_id AND f.first <= n.last AND n.first <= f.last
WHERE f.lifted_at IS NULL
ORDER BY f.freeze_id
"""


async def learn_series(
    connection: asyncpg.Connection, ids: Ids, wanted: Iterable[ItmoSeries]
) -> None:
    """Learn the numbers of those series that have one."""
    unknown = [one for one in set(wanted) if ids.series.number(one) is None]
    if not unknown:
        return
    columns = [
        [one.approach for one in unknown],
        [one.registry for one in unknown],
        [one.first_party for one in unknown],
        [one.vintage for one in unknown],
    ]
    for number, *parts in await connection.fetch(_SERIES_NUMBERS, *columns):
        ids.series.learn(ItmoSeries(*parts), number)


async def learn_keys(
    connection: asyncpg.Connection,
    ids: Ids,
    *,
    series: Iterable[int] = (),
    accounts: Iterable[int] = (),
    authorizations: Iterable[int] = (),
) -> None:
    """Learn what these numbers stand for; one statement for each kind with unknown ones."""
    unknown = [number for number in set(series) if ids.series.key(number) is None]
    if unknown:
        for number, *parts in await connection.fetch(_SERIES_KEYS, unknown):
            ids.series.learn(ItmoSeries(*parts), number)
    unknown = [number for number in set(accounts) if ids.accounts.key(number) is None]
    if unknown:
        for number, registry, account in await connection.fetch(_ACCOUNT_KEYS, unknown):
            ids.accounts.learn(AccountKey(registry, account), number)
    unknown = [number for number in set(authorizations) if ids.authorizations.key(number) is None]
    if unknown:
        for number, party, name in await connection.fetch(_AUTHORIZATION_KEYS, unknown):
            ids.authorizations.learn(AuthorizationKey(party, name), number)


def interval_columns(
    ids: Ids, intervals: Iterable[Interval]
) -> tuple[list[int], list[int], list[int]]:
    """Spell the intervals of known series as columns."""
    rows = [
        (number, interval.first, interval.last)
        for interval in intervals
        if (number := ids.series.number(interval.series)) is not None
    ]
    rows.sort()
    return [row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows]


async def load_units(
    connection: asyncpg.Connection, ids: Ids, intervals: Iterable[Interval]
) -> dict[ItmoSeries, SeriesUnits]:
    """Load every block that shares a serial with one of the intervals."""
    columns = interval_columns(ids, intervals)
    if not columns[0]:
        return {}
    fetched = await connection.fetch(_HOLDINGS, *columns)
    rows = {(row[0], row[1]): row for row in fetched}.values()
    await learn_keys(
        connection,
        ids,
        accounts={row[3] for row in rows},
        authorizations={row[7] for row in rows if row[7] is not None},
    )
    found: dict[ItmoSeries, list[Units]] = {}
    for row in rows:
        units = _units(ids, row)
        found.setdefault(units.series, []).append(units)
    return {series: SeriesUnits(blocks) for series, blocks in found.items()}


async def load_freezes(
    connection: asyncpg.Connection, ids: Ids, intervals: Iterable[Interval]
) -> list[Freeze]:
    """Load the freezes, not yet lifted, that touch one of the intervals."""
    columns = interval_columns(ids, intervals)
    if not columns[0]:
        return []
    rows = await connection.fetch(_FREEZES, *columns)
    return [
        Freeze(
            discrepancy_id=discrepancy_id,
            interval=Interval(series_of(ids, series_id), first, last),
            until=until,
        )
        for _, discrepancy_id, series_id, first, last, until in rows
    ]


def series_of(ids: Ids, number: int) -> ItmoSeries:
    """Return the series with a number that was learnt before."""
    series = ids.series.key(number)
    assert series is not None, f"series {number} was not learnt"
    return series


def _units(ids: Ids, row: asyncpg.Record) -> Units:
    (
        series_id,
        first,
        last,
        account_id,
        status,
        issuance,
        activity,
        authorization_ref,
        first_transfer,
        reserved_by,
        last_record,
        quantity,
        unit,
    ) = row
    account = ids.accounts.key(account_id)
    assert account is not None, f"account {account_id} was not learnt"
    return Units(
        series=series_of(ids, series_id),
        first=first,
        last=last,
        account=account,
        status=_STATUS[status],
        issuance=issuance,
        activity=activity,
        authorization=(
            None if authorization_ref is None else ids.authorizations.key(authorization_ref)
        ),
        first_transfer=first_transfer,
        reserved_by=reserved_by,
        last_record=last_record,
        quantity=quantity,
        unit=unit,
    )
