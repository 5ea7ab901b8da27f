"""The hub's own record in the terms of reconciliation: what it says of one registry's units."""

from bisect import bisect_right
from collections.abc import Collection, Iterator
from typing import Final, NamedTuple

import numpy as np

from hub.domain.reconciliation.attributes import (
    GHG,
    AuthorizationView,
    Facet,
    Measure,
)
from hub.domain.reconciliation.axis import Int64s
from hub.domain.reconciliation.columns import (
    NO_QUANTITIES,
    Quantities,
    Snapshot,
    columns_of,
    micro_of,
)
from hub.domain.reconciliation.stated import STATEMENT_FACETS
from hub.domain.reconciliation.vocabulary import Field, Vocabulary, kind_number, pack, status_number
from hub.storage.queries.reconciliation_columns import (
    HoldingColumns,
    OtherMetricBlock,
    ReferenceRows,
)
from schema.codes import Metric, UnitStatus
from schema.identifiers import ItmoSeries, PartyId, RegistryId, SerialRange, registry_party

COPY_FACETS: Final = frozenset({Facet.REGISTRY, Facet.STATUS})
"""What a registry of copies says: which Party holds how many serials, and in which state."""


class LedgerRows(NamedTuple):
    """Holdings as the database keeps them."""

    reference: ReferenceRows
    holdings: HoldingColumns
    other_metric: list[OtherMetricBlock]


class HubLedger:
    """Builds the hub's side of comparisons; all of one run share one vocabulary."""

    def __init__(self, rows: LedgerRows, vocabulary: Vocabulary, source: str) -> None:
        self._rows = rows
        self._vocabulary = vocabulary
        self._source = source
        reference = rows.reference
        self._series_number = _table(
            reference.series,
            {key: vocabulary.series.number(value) for key, value in reference.series.items()},
        )
        self._series_id = {series: key for key, series in reference.series.items()}
        self._statuses = {
            (row.party, row.authorization_id): row.status
            for row in reference.authorizations.values()
        }
        self._holder_of = {
            (row.registry, row.account): row.holder_party for row in reference.accounts.values()
        }
        self._own_word = _table(
            reference.accounts,
            {key: self._word_of_account(key) for key in reference.accounts},
        )
        self._holder_word = _table(
            reference.accounts,
            {
                key: _only(Field.REGISTRY, vocabulary.registries.number(row.holder_party))
                for key, row in reference.accounts.items()
            },
        )

    def _word_of_account(self, key: int) -> int:
        account, vocabulary = self._rows.reference.accounts[key], self._vocabulary
        return (
            _only(Field.REGISTRY, vocabulary.registries.number(account.registry))
            + _only(Field.ACCOUNT, vocabulary.accounts.number(account.account))
            + _only(Field.ACCOUNT_KIND, kind_number(account.kind))
        )

    def holder_party(self, registry: str, account: str) -> str | None:
        """Return the Party for which an account is kept; None when the account is unknown."""
        return self._holder_of.get((registry, account))

    def measure_of(self, series: ItmoSeries, serial: int) -> Measure:
        """Return how the units at a serial are measured, by their issuance."""
        issued = self._rows.reference.other_metric.get(self._series_id.get(series, 0), [])
        place = bisect_right(issued, serial, key=lambda one: one[0]) - 1
        if place < 0 or issued[place][1] < serial:
            return GHG
        return Measure(metric=Metric.NON_GHG, unit=issued[place][2])

    def of_registry(self, registry: RegistryId) -> Snapshot:
        """Return what the hub has recorded in the accounts of a registry, as far as it can know."""
        accounts = [
            key for key, row in self._rows.reference.accounts.items() if row.registry == registry
        ]
        rows = np.flatnonzero(np.isin(self._rows.holdings.account_id, accounts))
        return self._snapshot(
            rows,
            words=self._own_word[self._rows.holdings.account_id[rows]]
            | self._first_transfer(rows)
            | self._authorization(rows, registry_party(registry)),
            facets=STATEMENT_FACETS,
        )

    def by_holder_party(self) -> Snapshot:
        """Return which Party holds each unit and in which state, wherever it is kept."""
        rows = np.arange(len(self._rows.holdings))
        return self._snapshot(
            rows,
            words=self._holder_word[self._rows.holdings.account_id],
            facets=COPY_FACETS,
            reserved_is_held=True,
        )

    def held_for(self, parties: Collection[str]) -> Iterator[tuple[ItmoSeries, SerialRange]]:
        """Return all serials that some Parties hold, wherever they are kept."""
        reference, holdings = self._rows.reference, self._rows.holdings
        accounts = [key for key, row in reference.accounts.items() if row.holder_party in parties]
        rows = np.flatnonzero(np.isin(holdings.account_id, accounts))
        for series_id, first, last in zip(
            holdings.series_id[rows].tolist(),
            holdings.first[rows].tolist(),
            holdings.last[rows].tolist(),
            strict=True,
        ):
            yield reference.series[series_id], SerialRange(first, last)

    def _snapshot(
        self,
        rows: Int64s,
        *,
        words: Int64s,
        facets: frozenset[Facet],
        reserved_is_held: bool = False,
    ) -> Snapshot:
        holdings = self._rows.holdings
        start, end = columns_of(
            series_id=holdings.series_id[rows],
            first=holdings.first[rows],
            last=holdings.last[rows],
            series_numbers=self._series_number,
        )
        status = holdings.status[rows]
        if reserved_is_held:
            reserved = status_number(UnitStatus.RESERVED)
            status = np.where(status == reserved, status_number(UnitStatus.HELD), status)
        measures, quantities = self._other_metric(start, end)
        word = words | pack({Field.STATUS: status, Field.MEASURE: measures})
        return Snapshot.of_columns(
            self._vocabulary,
            self._source,
            start=start,
            end=end,
            word=word,
            quantities=quantities,
            facets=facets,
        )

    def _first_transfer(self, rows: Int64s) -> Int64s:
        return pack({Field.FIRST_TRANSFER: self._rows.holdings.first_transferred[rows]})

    def _authorization(self, rows: Int64s, party: PartyId | None) -> Int64s:
        """Return the word of each row's authorization as the registry of a Party can know it."""
        reference, holdings = self._rows.reference, self._rows.holdings
        own = _table(
            reference.series,
            {key: int(series.first_party == party) for key, series in reference.series.items()},
        )
        by_relation = [self._authorization_words(party, transferring) for transferring in (0, 1)]
        transferring = own[holdings.series_id[rows]]
        numbers = np.stack(by_relation)[transferring, holdings.authorization_ref[rows]]
        return pack({Field.AUTHORIZATION: numbers})

    def _authorization_words(self, party: PartyId | None, transferring: int) -> Int64s:
        reference = self._rows.reference
        numbers: dict[int, int] = {}
        for key, row in reference.authorizations.items():
            status = self._statuses.get((party or "", row.authorization_id))
            view = AuthorizationView(
                reference=row.authorization_id,
                transferring=status if transferring else None,
                acquiring=None if transferring else status,
            )
            numbers[key] = self._vocabulary.authorizations.number(view)
        return _table(reference.authorizations, numbers)

    def _other_metric(self, start: Int64s, end: Int64s) -> tuple[Int64s, Quantities]:
        """Return the number of each row's measure, and the quantities beside serials."""
        vocabulary = self._vocabulary
        measures = np.full(len(start), vocabulary.ghg, dtype=np.int64)
        order = np.argsort(start, kind="stable")
        found: list[tuple[int, int, int]] = []
        for block in self._rows.other_metric:
            base = int(self._series_number[block.series_id]) << 40
            place = int(np.searchsorted(start, base + block.first, sorter=order))
            if place == len(start) or start[order[place]] != base + block.first:
                continue
            row = int(order[place])
            measure = Measure(metric=Metric.NON_GHG, unit=block.unit)
            measures[row] = vocabulary.measures.number(measure)
            found.append((int(start[row]), int(end[row]), micro_of(block.quantity)))
        if not found:
            return measures, NO_QUANTITIES
        begin, stop, micro = np.array(sorted(found), dtype=np.int64).T
        return measures, Quantities(start=begin, end=stop, micro=micro)


def _table(keys: Collection[int], values: dict[int, int]) -> Int64s:
    """Return an array that translates the database's numbers; 0 for those it does not have."""
    table = np.zeros(max(keys, default=0) + 1, dtype=np.int64)
    for key, value in values.items():
        table[key] = value
    return table


def _only(field: Field, number: int) -> int:
    return int(pack({field: number})[0])
