"""Statements made from rows that were read, for registries that sign none themselves."""

from collections.abc import Iterable
from datetime import datetime

from connectors.contract import StatementScope
from schema.codes import AccountKind, StatementLevel
from schema.statements import StatedBlock, StatedTotal, Statement


def within(rows: Iterable[StatedBlock], scope: StatementScope) -> tuple[StatedBlock, ...]:
    """Return the rows that a scope asks for."""
    asked = (scope.approach, scope.registry, scope.first_party, scope.vintage)
    return tuple(
        row
        for row in rows
        if all(
            want in {None, have}
            for want, have in zip(
                asked, (row.approach, row.registry, row.first_party, row.vintage), strict=True
            )
        )
    )


def totals(rows: Iterable[StatedBlock]) -> tuple[StatedTotal, ...]:
    """Add rows up by account and series, in whole units."""
    sums: dict[tuple[str, AccountKind, str, str, str, int], int] = {}
    for row in rows:
        holder = row.account, row.account_kind
        key = (*holder, row.approach, row.registry, row.first_party, row.vintage)
        sums[key] = sums.get(key, 0) + row.last - row.first + 1
    return tuple(
        StatedTotal(
            account=account,
            account_kind=kind,
            approach=approach,
            registry=registry,
            first_party=first_party,
            vintage=vintage,
            units=units,
        )
        for (account, kind, approach, registry, first_party, vintage), units in sorted(sums.items())
    )


def statement_of(
    registry: str,
    stated_at: datetime,
    level: StatementLevel,
    rows: tuple[StatedBlock, ...],
    *,
    page: int = 1,
    pages: int = 1,
) -> Statement:
    """Put one page of a statement of blocks or totals together."""
    return Statement(
        registry=registry,
        stated_at=stated_at,
        level=level,
        page=page,
        pages=pages,
        totals=totals(rows) if level is StatementLevel.TOTALS else (),
        blocks=rows if level is StatementLevel.BLOCKS else (),
        trail=(),
        authorizations=(),
    )
