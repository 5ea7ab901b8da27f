"""A registry that states whatever a test puts into its books, signed, through a connector."""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from connectors.contract import (
    CapabilitySheet,
    Evidence,
    Health,
    Holds,
    Reach,
    StatementPage,
    StatementScope,
)
from connectors.errors import RegistryUnreachable
from hub.services.identity import HubIdentity
from hub.services.reconcile import Reconciler
from hub.services.reconcile_cases import CasePolicy
from schema.codes import RegistryKind, StatementLevel
from schema.messages import StatementNotice
from schema.statements import (
    StatedAuthorization,
    StatedBlock,
    StatedEvent,
    StatedTotal,
    Statement,
)
from tests import builders as build
from tests.services.conftest import HUB, Exchange


@dataclass(kw_only=True)
class StatingRegistry:
    """A connector to books that a test writes; the pages hold `rows_a_page` rows each."""

    exchange: Exchange
    registry: str
    blocks: list[StatedBlock] = field(default_factory=list)
    authorizations: list[StatedAuthorization] = field(default_factory=list)
    trail: list[StatedEvent] = field(default_factory=list)
    totals: list[StatedTotal] | None = None
    """None: those of the blocks."""
    rows_a_page: int = 1_000
    reachable: bool = True
    asked: list[StatementScope] = field(default_factory=list)

    @property
    def capabilities(self) -> CapabilitySheet:
        return CapabilitySheet(
            registry=self.registry,
            kind=RegistryKind.PARTY,
            connector="federation",
            reach=Reach.PUSH,
            holds=frozenset(Holds),
            accepts=frozenset(),
            statement_levels=frozenset(StatementLevel),
        )

    async def statement(self, scope: StatementScope) -> AsyncIterator[StatementPage]:
        self.asked.append(scope)
        if not self.reachable:
            raise RegistryUnreachable(self.registry, "no route")
        at = scope.at or self.exchange.now()
        blocks = [one for one in self.blocks if _within(one, scope)]
        rows: Sequence[Any] = blocks
        if scope.level is StatementLevel.TOTALS:
            rows = _totals(blocks) if self.totals is None else self.totals
        elif scope.level is StatementLevel.TRAIL:
            rows = [one for one in self.trail if _within(one, scope)]
        parts = [
            tuple(rows[start : start + self.rows_a_page])
            for start in range(0, max(len(rows), 1), self.rows_a_page)
        ]
        for number, part in enumerate(parts, start=1):
            yield self._page(scope.level, at, part, number, len(parts))

    def _page(
        self, level: StatementLevel, at: datetime, rows: tuple[Any, ...], page: int, pages: int
    ) -> StatementPage:
        first_totals = level is StatementLevel.TOTALS and page == 1
        statement = Statement(
            registry=self.registry,
            stated_at=at,
            level=level,
            page=page,
            pages=pages,
            totals=rows if level is StatementLevel.TOTALS else (),
            blocks=rows if level is StatementLevel.BLOCKS else (),
            trail=rows if level is StatementLevel.TRAIL else (),
            authorizations=tuple(self.authorizations) if first_totals else (),
        )
        notice = build.statement_notice(statement=statement)
        assert isinstance(notice, StatementNotice)
        evidence = Evidence(
            content=self.exchange.envelope(self.registry, notice),
            media_type="application/jose",
            signed=True,
            received_at=self.exchange.now(),
        )
        return StatementPage(statement=statement, evidence=evidence)

    async def deliver(self, outgoing: object) -> Any:
        raise NotImplementedError

    async def fetch(self, cursor: str | None) -> Any:
        raise NotImplementedError

    async def health(self) -> Health:
        raise NotImplementedError

    async def close(self) -> None:
        return


def _within(row: StatedBlock | StatedEvent, scope: StatementScope) -> bool:
    asked = (scope.approach, scope.registry, scope.first_party, scope.vintage)
    stated = (row.approach, row.registry, row.first_party, row.vintage)
    return all(wanted in {None, said} for wanted, said in zip(asked, stated, strict=True))


def _totals(blocks: Sequence[StatedBlock]) -> list[StatedTotal]:
    units: Counter[tuple[Any, ...]] = Counter()
    for one in blocks:
        key = (one.account, one.account_kind, one.approach, one.registry, one.first_party)
        units[*key, one.vintage] += one.last - one.first + 1
    return [
        StatedTotal(
            account=key[0],
            account_kind=key[1],
            approach=key[2],
            registry=key[3],
            first_party=key[4],
            vintage=key[5],
            units=count,
        )
        for key, count in units.items()
    ]


def a_reconciler(exchange: Exchange, *registries: StatingRegistry) -> Reconciler:
    """A reconciler that asks exactly these registries."""
    identity: HubIdentity = exchange.applier.identity
    assert identity.hub_id == HUB
    return Reconciler(
        database=exchange.database,
        identity=identity,
        policy=CasePolicy(),
        connectors={one.registry: one for one in registries},
        receive=exchange.receiver.receive,
        clock=exchange.now,
        after_commit=lambda: None,
    )
