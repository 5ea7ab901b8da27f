"""Reconcile: ask registries what they hold, compare, and follow every disagreement to its end."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique
from typing import Final
from uuid import UUID, uuid4

import msgspec
import structlog

from connectors.contract import Connector
from hub.domain.reconciliation.codes import Aspect
from hub.domain.reconciliation.runs import Run
from hub.services.arrivals import Answer
from hub.services.identity import HubIdentity
from hub.services.reconcile_cases import CaseDesk, CasePolicy
from hub.services.reconcile_collect import Collected, Collector
from hub.services.reconcile_compare import Compared, Comparison, compare_all
from hub.services.reconcile_ledger import LedgerRows
from hub.services.reconcile_settle import PartOfRun, Settled, settle_run
from hub.storage.database import Database
from hub.storage.listening import Channel
from hub.storage.queries.participants import list_registries
from hub.storage.queries.reconciliation_columns import (
    load_holdings,
    load_other_metric,
    load_reference,
)
from hub.storage.queries.reconciliation_runs import (
    RunEnd,
    Standing,
    begin_run,
    end_run,
    put_standings,
)
from schema.codes import RegistryKind
from schema.identifiers import RegistryId

log = structlog.get_logger(__name__)

CONTRADICTIONS_TOLD_MAX: Final = 20
SIDE_BY_SIDE_MAX: Final = 16
"""Registries asked at the same time."""


@unique
class RunKind(StrEnum):
    """Why a run was made."""

    ON_DEMAND = "on demand"
    INCREMENTAL = "incremental"
    FULL = "full"


@unique
class Result(StrEnum):
    """How the comparison with one registry went."""

    AGREES = "agrees"
    DIFFERS = "differs"
    STATES_NOTHING = "states nothing"
    """A registry of copies to which nothing was reported yet."""
    CONTRADICTS_ITSELF = "contradicts itself"
    NOT_COMPARED = "not compared"


class RegistryResult(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the summary."""

    registry: str
    result: Result
    words: str
    units: int
    stated_at: datetime | None


class RunReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a run did. Times are aware UTC; `found` counts findings, told once each."""

    run_id: UUID
    kind: RunKind
    started_at: datetime
    finished_at: datetime
    registries: tuple[RegistryResult, ...]
    found: int
    opened: int
    reopened: int
    resolved: int

    @property
    def is_whole(self) -> bool:
        """Whether every registry that was asked could be compared."""
        bad = {Result.CONTRADICTS_ITSELF, Result.NOT_COMPARED}
        return not any(one.result in bad for one in self.registries)


class UnknownRegistryError(Exception):
    """The hub has no connector to a registry of this name."""


@dataclass(kw_only=True)
class Reconciler:
    """Runs reconciliations; several hubs may do so at once, and settle one after the other."""

    database: Database
    identity: HubIdentity
    policy: CasePolicy
    connectors: Mapping[str, Connector]
    receive: Callable[[bytes], Awaitable[Answer]]
    clock: Callable[[], datetime]
    after_commit: Callable[[], None]

    async def run(
        self,
        registries: Collection[str] = (),
        *,
        kind: RunKind = RunKind.ON_DEMAND,
        started_by: str = "operator",
    ) -> RunReport:
        """Reconcile with some registries, or with all.

        Raises:
            UnknownRegistryError: no connector leads to one of them.
        """
        asked = self._asked(registries)
        run_id, started_at = uuid4(), self.clock()
        async with self.database.unit_of_work() as work:
            scope = {"registries": asked}
            await begin_run(
                work.connection, run_id, kind=kind, scope=scope, started_by=started_by,
                at=started_at,
            )  # fmt: skip
        collected = await self._collect(asked)
        comparison, known = await self._compare(collected)
        parts = _parts(run_id, self.identity.hub_id, started_at, comparison, known)
        report, settled = await self._settle(run_id, kind, started_at, collected, comparison, parts)
        if settled.changes:
            self.after_commit()
        for one in (*settled.opened, *settled.reopened):
            await self.database.notify(Channel.DISCREPANCY, str(one.discrepancy_id))
        return report

    def _asked(self, registries: Collection[str]) -> list[str]:
        unknown = sorted(set(registries) - self.connectors.keys())
        if unknown:
            raise UnknownRegistryError(f"no connector leads to {', '.join(unknown)}")
        return sorted(registries or self.connectors)

    async def _collect(self, asked: Sequence[str]) -> list[Collected]:
        collector = Collector(database=self.database, receive=self.receive, clock=self.clock)
        side_by_side = asyncio.Semaphore(SIDE_BY_SIDE_MAX)

        async def collect(registry: str) -> Collected:
            async with side_by_side:
                return await collector.collect(registry, self.connectors[registry])

        return list(await asyncio.gather(*(collect(registry) for registry in asked)))

    async def _compare(
        self, collected: Sequence[Collected]
    ) -> tuple[Comparison, frozenset[RegistryId]]:
        async with (
            self.database.reading() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            stored = await list_registries(connection)
            rows = LedgerRows(
                reference=await load_reference(connection),
                holdings=await load_holdings(connection),
                other_metric=await load_other_metric(connection),
            )
        kinds: dict[str, RegistryKind] = {one.registry: one.kind for one in stored}
        compared = await asyncio.to_thread(
            compare_all, collected, rows, source=self.identity.hub_id, kinds=kinds
        )
        return compared, frozenset(RegistryId(one.registry) for one in stored)

    async def _settle(
        self,
        run_id: UUID,
        kind: RunKind,
        started_at: datetime,
        collected: Sequence[Collected],
        comparison: Comparison,
        parts: Sequence[PartOfRun],
    ) -> tuple[RunReport, Settled]:
        now = self.clock()
        results = tuple(
            _result(one, stated)
            for one, stated in zip(comparison.registries, collected, strict=True)
        )
        async with self.database.unit_of_work() as work:
            desk = CaseDesk(work=work, identity=self.identity, policy=self.policy, now=now)
            settled = await settle_run(desk, parts, run_id=run_id)
            report = RunReport(
                run_id=run_id,
                kind=kind,
                started_at=started_at,
                finished_at=now,
                registries=results,
                found=sum(len(part.findings) for part in parts),
                opened=len(settled.opened),
                reopened=len(settled.reopened),
                resolved=len(settled.resolved),
            )
            end = RunEnd(
                result="whole" if report.is_whole else "partial",
                units_compared=sum(one.units for one in results),
                found=report.found,
                details=report,
            )
            await end_run(work.connection, run_id, end, at=now)
            standings = [
                _standing(one, compared, started_at)
                for one, compared in zip(results, comparison.registries, strict=True)
            ]
            await put_standings(work.connection, run_id, standings)
        return report, settled


def _parts(
    run_id: UUID,
    hub: str,
    at: datetime,
    comparison: Comparison,
    known: frozenset[RegistryId],
) -> list[PartOfRun]:
    """Tell what exactly each set of findings speaks of, so that nothing else is closed by it."""
    parts = [
        PartOfRun(
            Run(
                run_id=run_id,
                sources=(hub, one.registry),
                among_all=False,
                aspects=one.aspects,
                series=None,
                at=at,
                known_registries=known,
            ),
            one.findings,
        )
        for one in comparison.registries
        if one.is_good
    ]
    among_all = Run(
        run_id=run_id,
        sources=comparison.claimants,
        among_all=True,
        aspects=frozenset({Aspect.CLAIM}),
        series=None,
        at=at,
        known_registries=known,
    )
    return [*parts, PartOfRun(among_all, comparison.claims)]


def _result(compared: Compared, collected: Collected) -> RegistryResult:
    result, words = _told(compared)
    return RegistryResult(
        registry=compared.registry,
        result=result,
        words=words,
        units=compared.units,
        stated_at=collected.stated_at,
    )


def _told(compared: Compared) -> tuple[Result, str]:
    if compared.failure is not None:
        return Result.NOT_COMPARED, compared.failure
    if compared.contradictions:
        count = len(compared.contradictions)
        words = "; ".join(compared.contradictions[:CONTRADICTIONS_TOLD_MAX])
        more = f"; and {count - CONTRADICTIONS_TOLD_MAX} more"
        return Result.CONTRADICTS_ITSELF, words + (more if count > CONTRADICTIONS_TOLD_MAX else "")
    if not compared.covers:
        return Result.STATES_NOTHING, "nothing was reported to it yet"
    if compared.findings:
        return Result.DIFFERS, f"{len(compared.findings)} findings"
    return Result.AGREES, f"{compared.units:,} units"


def _standing(one: RegistryResult, compared: Compared, at: datetime) -> Standing:
    good = compared.is_good or one.result is Result.STATES_NOTHING
    return Standing(
        registry=one.registry,
        attempted_at=at,
        result=one.result,
        words=one.words,
        good_at=at if good else None,
        good_stated_at=one.stated_at if good else None,
        full_at=at if good else None,
        units_compared=one.units if good else None,
        coverage={"units": one.units, "findings": len(compared.findings)},
    )
