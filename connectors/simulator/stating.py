"""Statements: what the registry says it holds at an instant, page by page, signed."""

import sqlite3
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, TypeVar
from uuid import UUID, uuid4

from connectors.contract import StatementScope
from connectors.driving.misbehaviour import STATEMENT_LIES
from connectors.simulator.holding import Holding
from connectors.simulator.lies import bent, bent_authorizations
from connectors.simulator.registry import Registry
from connectors.simulator.store import from_ticks, to_ticks
from schema.authorization import AuthorizationRecord
from schema.codes import AccountKind, StatementLevel, UnitStatus
from schema.messages import StatementNotice
from schema.statements import (
    StatedAuthorization,
    StatedBlock,
    StatedEvent,
    StatedTotal,
    Statement,
)

_Row = TypeVar("_Row")
NO_ROWS: Final[tuple[()]] = ()


class NotYetError(Exception):
    """The instant asked for lies in the future; ask again then."""


class NoSuchPageError(Exception):
    """The statement has fewer pages."""


_Key = tuple[StatementScope, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stated:
    """All rows of one statement, before it is cut into pages."""

    totals: tuple[StatedTotal, ...] = ()
    blocks: tuple[StatedBlock, ...] = ()
    trail: tuple[StatedEvent, ...] = ()
    authorizations: tuple[StatedAuthorization, ...] = ()


class Statements:
    """States the books page by page; remembers the last statement while its pages are read."""

    def __init__(self, registry: Registry) -> None:
        """State the books of `registry`."""
        self._registry = registry
        self._last: tuple[_Key, _Stated] | None = None

    def page(self, scope: StatementScope, page: int) -> StatementNotice:
        """Return one page; what is booked later never shows in a statement of this instant.

        Raises:
            NotYetError: `scope.at` is in the future.
            NoSuchPageError: there is no such page.
        """
        registry = self._registry
        ticks, told = _instant(registry, scope.at)
        stated = self._stated(scope, ticks, page)
        size = registry.profile.statement_rows
        length = max(len(stated.totals), len(stated.blocks), len(stated.trail))
        pages = max(1, -(-length // size))
        if page > pages:
            raise NoSuchPageError(f"there are {pages} pages")
        start = (page - 1) * size
        return StatementNotice(
            message_id=uuid4(),
            statement=Statement(
                registry=registry.profile.registry,
                stated_at=told,
                level=scope.level,
                page=page,
                pages=pages,
                totals=_part(stated.totals, start, size),
                blocks=_part(stated.blocks, start, size),
                trail=_part(stated.trail, start, size),
                authorizations=stated.authorizations if page == 1 else NO_ROWS,
            ),
        )

    def _stated(self, scope: StatementScope, ticks: int, page: int) -> _Stated:
        """Further pages come from what the first was cut from, lies included."""
        key = (replace(scope, at=None), ticks)
        if page > 1 and self._last is not None and self._last[0] == key:
            return self._last[1]
        stated = _rows(self._registry, scope, ticks)
        self._last = (key, stated)
        return stated


def _instant(registry: Registry, asked: datetime | None) -> tuple[int, datetime]:
    """Return the true instant in ticks and as the registry's clock shows it."""
    ticks = registry.next_ticks()
    if asked is None:
        return ticks, registry.told(from_ticks(ticks))
    true = asked - registry.clock.offset()
    if to_ticks(true) > ticks:
        raise NotYetError("this instant has not come yet")
    return to_ticks(true), asked


def _rows(registry: Registry, scope: StatementScope, ticks: int) -> _Stated:
    orders = registry.conduct.take_all(STATEMENT_LIES)
    if scope.level is StatementLevel.TRAIL:
        rows = registry.book.events(scope, ticks)
        return _Stated(trail=tuple(_event(row, registry) for row in rows))
    kinds = {key: account.account_kind for key, account in registry.book.accounts().items()}
    holdings = bent(registry.book.at(scope, ticks), orders)
    if scope.level is StatementLevel.BLOCKS:
        return _Stated(blocks=tuple(_block(holding, kinds) for holding in holdings))
    records = bent_authorizations(registry.records.authorizations(ticks), orders)
    return _Stated(
        totals=_totals(holdings, kinds),
        authorizations=tuple(_authorization(record) for record in records),
    )


def _totals(holdings: Sequence[Holding], kinds: dict[str, AccountKind]) -> tuple[StatedTotal, ...]:
    units: Counter[tuple[str, str, str, str, int]] = Counter()
    for row in holdings:
        units[row.account, row.approach, row.registry, row.first_party, row.vintage] += row.count
    return tuple(
        StatedTotal(
            account=account,
            account_kind=_kind(kinds, account),
            approach=approach,
            registry=origin,
            first_party=party,
            vintage=vintage,
            units=count,
        )
        for (account, approach, origin, party, vintage), count in sorted(units.items())
    )


def _block(row: Holding, kinds: dict[str, AccountKind]) -> StatedBlock:
    return StatedBlock(
        account=row.account,
        account_kind=_kind(kinds, row.account),
        approach=row.approach,
        registry=row.registry,
        first_party=row.first_party,
        vintage=row.vintage,
        first=row.first,
        last=row.last,
        status=row.status,
        first_transferred=row.first_transferred,
        authorization=row.authorization_id,
        quantity=row.quantity,
    )


def _event(row: sqlite3.Row, registry: Registry) -> StatedEvent:
    return StatedEvent(
        message_id=UUID(row["message_id"]),
        kind=row["kind"],
        transfer_id=None if row["transfer_id"] is None else UUID(row["transfer_id"]),
        counterparty=row["counterparty"],
        booked_at=registry.told(from_ticks(row["booked_at"])),
        from_account=row["from_account"],
        to_account=row["to_account"],
        approach=row["approach"],
        registry=row["registry"],
        first_party=row["first_party"],
        vintage=row["vintage"],
        first=row["first"],
        last=row["last"],
        status=UnitStatus(row["status"]),
    )


def _authorization(record: AuthorizationRecord) -> StatedAuthorization:
    return StatedAuthorization(
        party=record.party,
        authorization_id=record.authorization_id,
        version=record.version,
        status=record.status,
        quantity=record.elements.quantity,
    )


def _kind(kinds: dict[str, AccountKind], account: str) -> AccountKind:
    """An account that a lie has invented is stated as a holding account."""
    return kinds.get(account, AccountKind.HOLDING)


def _part(rows: tuple[_Row, ...], start: int, size: int) -> tuple[_Row, ...]:
    return rows[start : start + size]
