"""Compare: every statement with the hub's record, and all registries with one another."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from hub.domain.reconciliation.attributes import UnitState
from hub.domain.reconciliation.codes import Aspect
from hub.domain.reconciliation.columns import Snapshot, StatedRow
from hub.domain.reconciliation.comparison import TooManyDifferencesError, compare
from hub.domain.reconciliation.contradictions import Contradiction, contradictions
from hub.domain.reconciliation.double_claims import double_claims
from hub.domain.reconciliation.findings import Finding
from hub.domain.reconciliation.stated import STATEMENT_FACETS, read_statement
from hub.domain.reconciliation.vocabulary import Vocabulary
from hub.services.reconcile_collect import Collected
from hub.services.reconcile_ledger import COPY_FACETS, HubLedger, LedgerRows
from schema.codes import RegistryKind, UnitStatus
from schema.identifiers import ItmoBlock, ItmoSeries, RegistryId, SerialRange
from schema.serials import SerialSet

PAIR_ASPECTS: Final = frozenset(
    {
        Aspect.EXISTENCE,
        Aspect.POSITION,
        Aspect.FIRST_TRANSFER,
        Aspect.AUTHORIZATION,
        Aspect.MEASURE,
        Aspect.QUANTITY,
    }
)
COPY_ASPECTS: Final = frozenset({Aspect.EXISTENCE, Aspect.POSITION})
_COPIES: Final = frozenset({RegistryKind.INTERNATIONAL, RegistryKind.META})
"""Kinds that keep copies of what Parties report, in accounts of their own for each Party."""


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """What came of the statement of one registry."""

    registry: str
    units: int = 0
    """Serials stated and compared."""
    findings: tuple[Finding, ...] = ()
    contradictions: tuple[str, ...] = ()
    failure: str | None = None
    covers: bool = True
    """Whether the registry states anything that could be compared."""
    aspects: frozenset[Aspect] = PAIR_ASPECTS

    @property
    def is_good(self) -> bool:
        """Whether the statement was compared."""
        return self.failure is None and not self.contradictions and self.covers


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """What came of all statements of a run."""

    registries: tuple[Compared, ...]
    claims: tuple[Finding, ...]
    claimants: tuple[str, ...]
    """The registries whose holdings were compared with one another."""


@dataclass(kw_only=True)
class _Round:
    """One comparison: the hub's record and one vocabulary for all."""

    ledger: HubLedger
    vocabulary: Vocabulary
    source: str
    kinds: Mapping[str, RegistryKind]

    def take(self, collected: Collected) -> tuple[Compared, Snapshot | None]:
        """Compare one statement; return it as columns too, when its registry is a holder."""
        name = collected.registry
        if collected.failure is not None:
            return Compared(registry=name, failure=collected.failure), None
        if collected.contradictions:
            return Compared(registry=name, contradictions=collected.contradictions), None
        stated = read_statement(collected.pages, measure_of=self.ledger.measure_of)
        faults = stated.contradictions or contradictions(stated.rows, stated.totals)
        if faults:
            words = tuple(_contradiction_words(fault) for fault in faults)
            return Compared(registry=name, contradictions=words), None
        if self.kinds[name] in _COPIES:
            return self._compare_copy(name, stated.rows), None
        theirs = Snapshot.of_rows(self.vocabulary, name, stated.rows, facets=STATEMENT_FACETS)
        return self._compared(name, self.ledger.of_registry(RegistryId(name)), theirs), theirs

    def _compare_copy(self, name: str, rows: list[StatedRow]) -> Compared:
        if not rows:
            return Compared(registry=name, covers=False, aspects=COPY_ASPECTS)
        copied = [self._as_copy(name, row) for row in rows]
        theirs = Snapshot.of_rows(self.vocabulary, name, copied, facets=COPY_FACETS)
        told_of = {row.state.registry for row in copied}
        ours = self.ledger.by_holder_party().within(_blocks(self._reach(told_of, copied)))
        return self._compared(name, ours, theirs, COPY_ASPECTS)

    def _reach(
        self, parties: set[RegistryId], copied: Sequence[StatedRow]
    ) -> Iterator[tuple[ItmoSeries, SerialRange]]:
        """Return the serials that are compared: those stated, and all of the Parties told of."""
        for row in copied:
            yield row.series, SerialRange(row.first, row.last)
        yield from self.ledger.held_for(parties)

    def _as_copy(self, name: str, row: StatedRow) -> StatedRow:
        """Return a row as a registry of copies can mean it: which Party holds, in which state."""
        status = row.state.status
        holder = self.ledger.holder_party(name, row.state.account or "")
        state = UnitState(
            registry=RegistryId(holder or name),
            account=None,
            account_kind=None,
            status=UnitStatus.HELD if status is UnitStatus.RESERVED else status,
        )
        return StatedRow(series=row.series, first=row.first, last=row.last, state=state)

    def _compared(
        self,
        name: str,
        ours: Snapshot,
        theirs: Snapshot,
        aspects: frozenset[Aspect] = PAIR_ASPECTS,
    ) -> Compared:
        try:
            findings = compare(ours, theirs)
        except TooManyDifferencesError as cause:
            return Compared(registry=name, failure=f"{name} differs throughout: {cause}")
        units = max(ours.units, theirs.units)
        return Compared(registry=name, units=units, findings=tuple(findings), aspects=aspects)


def compare_all(
    collected: Iterable[Collected],
    rows: LedgerRows,
    *,
    source: str,
    kinds: Mapping[str, RegistryKind],
) -> Comparison:
    """Compare all statements with the hub's record, and all holders with one another."""
    vocabulary = Vocabulary()
    ledger = HubLedger(rows, vocabulary, source)
    one_round = _Round(ledger=ledger, vocabulary=vocabulary, source=source, kinds=kinds)
    compared: list[Compared] = []
    holders: list[Snapshot] = []
    for one in collected:
        result, snapshot = one_round.take(one)
        compared.append(result)
        if snapshot is not None:
            holders.append(snapshot)
    claims = double_claims(holders)
    return Comparison(
        registries=tuple(_told_once(one, claims) for one in compared),
        claims=tuple(claims),
        claimants=tuple(one.source for one in holders),
    )


def _contradiction_words(fault: Contradiction) -> str:
    rows = " and ".join(str(row + 1) for row in fault.rows)
    return f"row {rows}: {fault.detail}" if rows else fault.detail


def _told_once(compared: Compared, claims: Sequence[Finding]) -> Compared:
    """Leave out what a double claim tells already.

    Who claims what another holds states more than the hub knows of it: one cause, and the claim is
    the graver way to tell it.
    """
    claimed: dict[ItmoSeries, list[SerialRange]] = {}
    for claim in claims:
        if compared.registry in claim.sources:
            claimed.setdefault(claim.series, []).append(claim.serials)
    if not claimed:
        return compared
    sets = {series: SerialSet.of(ranges) for series, ranges in claimed.items()}
    kept = tuple(
        one
        for one in compared.findings
        if one.aspect is not Aspect.EXISTENCE
        or not sets.get(one.series, SerialSet()).covers(SerialSet((one.serials,)))
    )
    return msgspec.structs.replace(compared, findings=kept)


def _blocks(reach: Iterable[tuple[ItmoSeries, SerialRange]]) -> list[ItmoBlock]:
    by_series: dict[ItmoSeries, list[SerialRange]] = {}
    for series, serials in reach:
        by_series.setdefault(series, []).append(serials)
    return [
        ItmoBlock(series, serials)
        for series, ranges in by_series.items()
        for serials in SerialSet.of(ranges).ranges
    ]
