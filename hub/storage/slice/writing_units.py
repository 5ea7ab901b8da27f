"""Writing units: new series, births, holdings and the history."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

import asyncpg

from hub.domain.blocks import moved_block
from hub.domain.state import AccountKey, AuthorizationKey, UnitEvent, Units
from hub.storage.ids import Ids
from hub.storage.rows import bulk_copy, bulk_insert, columns_of
from hub.storage.slice.applied import Applied
from hub.storage.slice.changes import UnitChanges
from hub.storage.slice.units import learn_series
from hub.storage.tables import units as tables
from schema.identifiers import ItmoSeries
from schema.messages import IssuanceNotice

_SERIES: Final = bulk_insert(
    tables.series,
    "approach",
    "registry",
    "first_party",
    "vintage",
    ending="ON CONFLICT DO NOTHING RETURNING series_id, approach, registry, first_party, vintage",
)
_ISSUANCES: Final = bulk_copy(
    tables.issuance,
    "series_id",
    "first",
    "last",
    "message_id",
    "registry",
    "account_id",
    "activity",
    "decision",
    "authorization_ref",
    "mitigation_type",
    "metric",
    "unit",
    "quantity",
    "underlying_registry",
    "underlying_first_unit",
    "underlying_last_unit",
    "issued_at",
    "recorded_at",
)
_EVENTS: Final = bulk_copy(
    tables.unit_event,
    "kind",
    "series_id",
    "first",
    "last",
    "quantity",
    "unit",
    "registry",
    "from_account_id",
    "to_account_id",
    "authorization_ref",
    "happened_at",
    "recorded_at",
    "message_id",
    "transfer_id",
    "purpose",
    "using_party",
    "using_entity",
    "year_of_use",
)
_CHANGE_HOLDINGS: Final = """
SELECT change_holdings(
    $1::int[], $2::bigint[], $3,
    $4::int[], $5::bigint[], $6::bigint[], $7::int[], $8::text[], $9::uuid[], $10::text[],
    $11::int[], $12::uuid[], $13::uuid[], $14::uuid[], $15::numeric[], $16::text[], $17::uuid[]
)
"""
_HOLDING_COLUMNS_COUNT: Final = 13


async def write_series(
    connection: asyncpg.Connection, ids: Ids, wanted: Iterable[ItmoSeries]
) -> None:
    """Give every series a number."""
    series = set(wanted)
    await learn_series(connection, ids, series)
    unknown = sorted(one for one in series if ids.series.number(one) is None)
    rows = [(one.approach, one.registry, one.first_party, one.vintage) for one in unknown]
    for number, *parts in await _SERIES.fetch(connection, rows):
        ids.series.learn(ItmoSeries(*parts), number)
    # What another batch added meanwhile was not returned.
    await learn_series(connection, ids, unknown)


async def write_issuances(
    connection: asyncpg.Connection, ids: Ids, applied: Sequence[Applied]
) -> None:
    """Record the births of serials, block by block."""
    await _ISSUANCES.run(
        connection,
        [
            row
            for one in applied
            if isinstance(one.message, IssuanceNotice)
            for row in _births(ids, one, one.message)
        ],
    )


def _births(ids: Ids, one: Applied, message: IssuanceNotice) -> Iterable[tuple[object, ...]]:
    authorization_ref = None
    if message.authorization_party is not None and message.authorization_id is not None:
        key = AuthorizationKey(message.authorization_party, message.authorization_id)
        authorization_ref = ids.authorizations.require(key)
    account_id = ids.accounts.require(AccountKey(one.sender, message.account))
    for issued in message.blocks:
        block = moved_block(issued.block)
        underlying = issued.underlying
        yield (
            ids.series.require(block.interval.series),
            block.interval.first,
            block.interval.last,
            message.message_id,
            one.sender,
            account_id,
            message.activity,
            message.decision,
            authorization_ref,
            message.mitigation_type,
            issued.block.metric,
            issued.block.unit,
            block.quantity,
            underlying and underlying.registry,
            underlying and underlying.first_unit,
            underlying and underlying.last_unit,
            message.issued_at,
            one.received_at,
        )


async def write_holdings(
    connection: asyncpg.Connection, ids: Ids, changes: UnitChanges, applied: Sequence[Applied]
) -> None:
    """Write the blocks through the one function that may; sorted, so that batches never deadlock.

    The function refuses a batch in which a serial is lost or doubled.
    """
    if not changes:
        return
    removed = sorted((ids.series.require(series), first) for series, first in changes.removed)
    rows = [
        *sorted((_holding(ids, units) for units in changes.changed), key=_place),
        *sorted((_holding(ids, units) for units in changes.added), key=_place),
    ]
    born = [one.message.message_id for one in applied if isinstance(one.message, IssuanceNotice)]
    await connection.execute(
        _CHANGE_HOLDINGS,
        [series_id for series_id, _ in removed],
        [first for _, first in removed],
        len(changes.changed),
        *(columns_of(rows) if rows else [[] for _ in range(_HOLDING_COLUMNS_COUNT)]),
        born,
    )


_Holding = tuple[
    int,
    int,
    int,
    int,
    str,
    object,
    str,
    int | None,
    object,
    object,
    object,
    Decimal | None,
    str | None,
]


def _place(row: _Holding) -> tuple[int, int]:
    return row[0], row[1]


def _holding(ids: Ids, units: Units) -> _Holding:
    return (
        ids.series.require(units.series),
        units.first,
        units.last,
        ids.accounts.require(units.account),
        units.status,
        units.issuance,
        units.activity,
        None if units.authorization is None else ids.authorizations.require(units.authorization),
        units.first_transfer,
        units.reserved_by,
        units.last_record,
        units.quantity,
        units.unit,
    )


async def write_events(
    connection: asyncpg.Connection, ids: Ids, events: Sequence[UnitEvent], recorded_at: datetime
) -> None:
    """Add to the history, in the order of the events."""
    await _EVENTS.run(connection, [_event(ids, event, recorded_at) for event in events])


def _event(ids: Ids, event: UnitEvent, recorded_at: datetime) -> tuple[object, ...]:
    interval, source, target = event.interval, event.from_account, event.to_account
    key = event.authorization
    return (
        event.kind,
        ids.series.require(interval.series),
        interval.first,
        interval.last,
        event.quantity,
        event.unit,
        event.registry,
        None if source is None else ids.accounts.require(source),
        None if target is None else ids.accounts.require(target),
        None if key is None else ids.authorizations.require(key),
        event.happened_at,
        recorded_at,
        event.message_id,
        event.transfer_id,
        event.purpose,
        event.using_party,
        event.using_entity,
        event.year_of_use,
    )
