"""From a registry's signed statement to rows, and what of the hub's own view to hold against them.

A registry speaks for its own Party only: of an authorization it states the status that its own
Party has given. The hub's side of the comparison is reduced to the same with `known_to`.
"""

from collections.abc import Callable, Iterable
from decimal import Decimal, InvalidOperation
from typing import Final

import msgspec

from hub.domain.reconciliation.attributes import GHG, AuthorizationView, Facet, Measure, UnitState
from hub.domain.reconciliation.columns import StatedRow
from hub.domain.reconciliation.contradictions import (
    Contradiction,
    ContradictionCode,
    TotalStated,
)
from schema.codes import AuthorizationStatus
from schema.identifiers import (
    AccountId,
    IdentifierError,
    ItmoSeries,
    PartyId,
    RegistryId,
    parse_approach_id,
    parse_party_id,
    parse_registry_id,
    registry_party,
)
from schema.statements import StatedAuthorization, StatedBlock, StatedTotal, Statement

STATEMENT_FACETS: Final = frozenset(
    {
        Facet.REGISTRY,
        Facet.ACCOUNT,
        Facet.ACCOUNT_KIND,
        Facet.STATUS,
        Facet.AUTHORIZATION,
        Facet.TRANSFERRING_STATUS,
        Facet.ACQUIRING_STATUS,
        Facet.FIRST_TRANSFER,
        Facet.QUANTITY,
    }
)
"""What a statement of the federation protocol says about each serial."""

MeasureOf = Callable[[ItmoSeries, int], Measure]
"""How the serials of a block are measured, by their issuance: a statement does not say it."""


class Stated(msgspec.Struct, frozen=True, kw_only=True):
    """A statement in the terms of reconciliation, or why it cannot be read."""

    rows: list[StatedRow]
    totals: list[TotalStated]
    contradictions: list[Contradiction]
    """Rows that name no series or no quantity at all; row numbers count over all pages."""


def read_statement(pages: Iterable[Statement], *, measure_of: MeasureOf | None = None) -> Stated:
    """Read all pages of one statement; without `measure_of` every block is in tCO2e."""
    reader = _Reader(measure_of or _in_tonnes)
    for page in pages:
        reader.take(page)
    return Stated(rows=reader.rows, totals=reader.totals, contradictions=reader.contradictions)


def known_to(view: AuthorizationView, party: PartyId, series: ItmoSeries) -> AuthorizationView:
    """Return what the registry of `party` can know of an authorization of units of a series.

    That is its reference, and the status that its own Party gave.
    """
    transferring = party == series.first_party
    return AuthorizationView(
        reference=view.reference,
        transferring=view.transferring if transferring else None,
        acquiring=None if transferring else view.acquiring,
    )


def _in_tonnes(_series: ItmoSeries, _first: int) -> Measure:
    return GHG


class _Reader:
    """Takes one page after another; the authorizations stand on the first."""

    def __init__(self, measure_of: MeasureOf) -> None:
        self.rows: list[StatedRow] = []
        self.totals: list[TotalStated] = []
        self.contradictions: list[Contradiction] = []
        self._measure_of = measure_of
        self._taken = 0
        self._status: dict[str, AuthorizationStatus] = {}
        self._series: dict[tuple[str, str, str, int], ItmoSeries] = {}

    def take(self, page: Statement) -> None:
        """Read one page."""
        # A participant's id: it need not be one that stands in identifiers of units.
        registry = RegistryId(page.registry)
        for authorization in page.authorizations:
            self._note(authorization, registry_party(registry))
        for total in page.totals:
            self._take_total(total)
        for block in page.blocks:
            self._take_block(block, registry)
            self._taken += 1

    def _note(self, stated: StatedAuthorization, own_party: PartyId | None) -> None:
        if stated.party != own_party:
            return
        try:
            self._status[stated.authorization_id] = AuthorizationStatus(stated.status)
        except ValueError:
            self._refuse(
                ContradictionCode.AUTHORIZATION_STATUS_UNKNOWN,
                f"{stated.authorization_id}: {stated.status}",
            )

    def _take_total(self, stated: StatedTotal) -> None:
        series = self._series_of(stated)
        if series is not None:
            self.totals.append(
                TotalStated(
                    series=series,
                    account=stated.account,
                    account_kind=stated.account_kind,
                    units=stated.units,
                )
            )

    def _take_block(self, stated: StatedBlock, registry: RegistryId) -> None:
        series = self._series_of(stated)
        if series is None:
            return
        try:
            quantity = Decimal(stated.quantity)
        except InvalidOperation:
            self._refuse(ContradictionCode.QUANTITY_MALFORMED, stated.quantity, self._taken)
            return
        state = UnitState(
            registry=registry,
            account=AccountId(stated.account),
            account_kind=stated.account_kind,
            status=stated.status,
            authorization=self._view(stated.authorization, registry_party(registry), series),
            first_transferred=stated.first_transferred,
            measure=self._measure_of(series, stated.first),
        )
        self.rows.append(
            StatedRow(
                series=series,
                first=stated.first,
                last=stated.last,
                state=state,
                quantity=quantity,
            )
        )

    def _view(
        self, reference: str | None, party: PartyId | None, series: ItmoSeries
    ) -> AuthorizationView | None:
        if reference is None:
            return None
        status = self._status.get(reference)
        transferring = party == series.first_party
        return AuthorizationView(
            reference=reference,
            transferring=status if transferring else None,
            acquiring=None if transferring else status,
        )

    def _series_of(self, stated: StatedBlock | StatedTotal) -> ItmoSeries | None:
        parts = (stated.approach, stated.registry, stated.first_party, stated.vintage)
        known = self._series.get(parts)
        if known is not None:
            return known
        try:
            series = ItmoSeries(
                parse_approach_id(stated.approach),
                parse_registry_id(stated.registry),
                parse_party_id(stated.first_party),
                stated.vintage,
            )
        except IdentifierError as cause:
            row = () if isinstance(stated, StatedTotal) else (self._taken,)
            self._refuse(ContradictionCode.IDENTIFIER_MALFORMED, str(cause), *row)
            return None
        self._series[parts] = series
        return series

    def _refuse(self, code: ContradictionCode, detail: str, *rows: int) -> None:
        self.contradictions.append(Contradiction(code=code, rows=rows, detail=detail))
