"""What all organisations on a node say that they hold, as statements of one form.

A unit whose ITMOs are not known is never dropped: it comes back beside the statements with the
reason, as does the record that each row was read from.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from connectors.cadtrust.answers import Answered, Page, Record
from connectors.cadtrust.placing import NotPlaced, place
from connectors.cadtrust.readiness import Readiness
from connectors.cadtrust.resources import DataModel
from connectors.cadtrust.units import status_of
from connectors.contract import Evidence, StatementScope
from connectors.vouched import VouchedSerials
from schema.codes import AccountKind, StatementLevel
from schema.identifiers import ItmoBlock
from schema.statements import StatedBlock, StatedTotal, Statement

CODE_CHARS_MAX: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedUnit:
    """One unit whose ITMOs are known; `original` is the record as the node told it."""

    organisation: str
    block: ItmoBlock
    stated: StatedBlock
    original: Record


@dataclass(frozen=True, slots=True, kw_only=True)
class UnplacedUnit:
    """One unit whose ITMOs are not known."""

    organisation: str
    why: NotPlaced
    original: Record


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimPage:
    """One page of units with its bytes and how current the node was."""

    claims: tuple[ClaimedUnit, ...]
    departed: tuple[Record, ...]
    """Units that their organisation no longer claims."""
    unplaced: tuple[UnplacedUnit, ...]
    readiness: Readiness
    evidence: Evidence


def read_claims(model: DataModel, page: Answered[Page], vouched: VouchedSerials) -> ClaimPage:
    """Read one page of units."""
    claims: list[ClaimedUnit] = []
    departed: list[Record] = []
    unplaced: list[UnplacedUnit] = []
    for unit in page.value.data:
        organisation = str(unit.get("orgUid"))
        status, block = status_of(unit), place(model, unit, vouched)
        if isinstance(block, NotPlaced):
            unplaced.append(UnplacedUnit(organisation=organisation, why=block, original=unit))
        elif status is None:
            departed.append(unit)
        else:
            series, serials = block.series, block.serials
            stated = StatedBlock(
                account=organisation,
                account_kind=AccountKind.HOLDING,
                approach=series.approach,
                registry=series.registry,
                first_party=series.first_party,
                vintage=series.vintage,
                first=serials.first,
                last=serials.last,
                status=status,
                first_transferred=False,
                authorization=None,
                quantity=str(block.count),
            )
            claims.append(
                ClaimedUnit(organisation=organisation, block=block, stated=stated, original=unit)
            )
    return ClaimPage(
        claims=tuple(claims),
        departed=tuple(departed),
        unplaced=tuple(unplaced),
        readiness=page.readiness,
        evidence=Evidence(
            content=page.content,
            media_type="application/json",
            signed=False,
            received_at=page.readiness.observed_at,
        ),
    )


def within(claims: Iterable[ClaimedUnit], scope: StatementScope) -> Iterator[StatedBlock]:
    """Return the rows that a scope asks for."""
    for claim in claims:
        series = claim.block.series
        asked = (scope.approach, scope.registry, scope.first_party, scope.vintage)
        told = (series.approach, series.registry, series.first_party, series.vintage)
        if all(want in {None, have} for want, have in zip(asked, told, strict=True)):
            yield claim.stated


def totals(rows: Iterable[StatedBlock]) -> tuple[StatedTotal, ...]:
    """Add rows up by account and series."""
    sums: dict[tuple[str, AccountKind, str, str, str, int], int] = {}
    for row in rows:
        key = (
            row.account,
            row.account_kind,
            row.approach,
            row.registry,
            row.first_party,
            row.vintage,
        )
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
    """Put one page of a statement together."""
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


def claimant_code(organisation: str, known: Mapping[str, str]) -> str:
    """Return the code under which an organisation is compared with registries.

    A registry of the federation has its own code; others get one from their id, which is long
    enough that two will not meet.
    """
    return known.get(organisation) or f"CADT-{organisation}"[:CODE_CHARS_MAX]
