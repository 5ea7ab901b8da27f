"""What all organisations on a node say that they hold, as statements of one form.

A unit whose ITMOs are not known is never dropped: it comes back beside the statements with the
reason, as does the record that each row was read from.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from connectors.cadtrust.answers import Answered, Page, Record
from connectors.cadtrust.placing import NotPlaced, place
from connectors.cadtrust.readiness import Readiness
from connectors.cadtrust.resources import DataModel
from connectors.cadtrust.units import status_of
from connectors.contract import Evidence
from connectors.vouched import VouchedSerials
from schema.codes import AccountKind
from schema.identifiers import ItmoBlock
from schema.statements import StatedBlock

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

    @property
    def rows(self) -> tuple[StatedBlock, ...]:
        """The claims as rows of a statement."""
        return tuple(claim.stated for claim in self.claims)


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


def claimant_code(organisation: str, known: Mapping[str, str]) -> str:
    """Return the code under which an organisation is compared with registries.

    A registry of the federation has its own code; others get one from their id, which is long
    enough that two will not meet.
    """
    return known.get(organisation) or f"CADT-{organisation}"[:CODE_CHARS_MAX]
