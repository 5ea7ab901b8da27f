"""Sums over holdings and over actions."""

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import BigInteger, Integer, Text, cast, extract, func, null, text

from hub.storage.queries.graph import kinds
from hub.storage.queries.graph.catalogue import shared as the
from hub.storage.queries.graph.kinds import Kind
from hub.storage.queries.graph.model import Attribute, Column, Record, Reference, Scope, Totals

Read = Callable[[Scope], Column]


def _sum(of: Column) -> Column:
    # A sum over 64-bit numbers is a decimal in PostgreSQL; serials of one series are below 2**40.
    return cast(func.coalesce(func.sum(of), text("0")), BigInteger)


def _told(
    facts: dict[str, Kind],
    others: dict[str, Callable[[Read], Reference]],
    measures: dict[str, Kind],
) -> Callable[[frozenset[str]], Record]:
    """Return what tells a group: what it is not split by is null."""

    def of(name: str, groups: frozenset[str]) -> Read:
        if name in groups:
            return lambda scope: scope.c[name]
        kind: Any = Text if name in others else Integer
        return lambda _: cast(null(), kind)

    def told(groups: frozenset[str]) -> Record:
        return Record(
            attributes={
                **{
                    name: Attribute(read=of(name, groups), kind=kind)
                    for name, kind in facts.items()
                },
                **{name: the.fact(name, kind) for name, kind in measures.items()},
            },
            references={name: refer(of(name, groups)) for name, refer in others.items()},
        )

    return told


HOLDING_TOTALS: Final = Totals(
    of="ItmoBlock",
    dimensions={
        "approach": lambda s: the.series_of(s).approach,
        "originating_registry": lambda s: the.series_of(s).registry,
        "first_transferring_party": lambda s: the.series_of(s).first_party,
        "vintage": lambda s: the.series_of(s).vintage,
        "status": lambda s: s.c.status,
        "first_transferred": lambda s: s.c.first_transfer.is_not(None),
        "holder_party": lambda s: the.account_of(s).holder_party,
        "registry": lambda s: the.account_of(s).registry,
    },
    measures={
        "tonnes": lambda s: cast(
            func.coalesce(func.sum(the.count(s)).filter(s.c.quantity.is_(None)), text("0")),
            BigInteger,
        ),
        "units": lambda s: _sum(the.count(s)),
    },
    told=_told(
        facts={
            "vintage": kinds.WHOLE,
            "status": kinds.CODE,
            "first_transferred": kinds.TRUTH,
        },
        others={
            "approach": the.an_approach,
            "originating_registry": the.a_registry,
            "first_transferring_party": the.a_party,
            "holder_party": the.a_party,
            "registry": the.a_registry,
        },
        measures={"tonnes": kinds.COUNT, "units": kinds.COUNT},
    ),
)


def _year(scope: Scope) -> Column:
    happened = extract("year", func.timezone("UTC", scope.c.happened_at))
    return func.coalesce(scope.c.year_of_use, cast(happened, Integer))


ACTION_TOTALS: Final = Totals(
    of="Action",
    dimensions={
        "type": lambda s: s.c.kind,
        "purpose": lambda s: s.c.purpose,
        "year": _year,
        "approach": lambda s: the.series_of(s).approach,
        "first_transferring_party": lambda s: the.series_of(s).first_party,
        "vintage": lambda s: the.series_of(s).vintage,
        "using_party": lambda s: s.c.using_party,
        "registry": lambda s: s.c.registry,
    },
    measures={"units": lambda s: _sum(the.count(s)), "actions": lambda _: func.count()},
    told=_told(
        facts={
            "type": kinds.CODE,
            "purpose": kinds.CODE,
            "year": kinds.WHOLE,
            "vintage": kinds.WHOLE,
        },
        others={
            "approach": the.an_approach,
            "first_transferring_party": the.a_party,
            "using_party": the.a_party,
            "registry": the.a_registry,
        },
        measures={"units": kinds.COUNT, "actions": kinds.COUNT},
    ),
)
