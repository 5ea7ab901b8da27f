"""Disputed serials stand still: who may cause it, how much, and for how long.

A freeze harms the holder, so that not everybody who claims something can cause one: only the
registry that holds the serials by the hub's own record, a registry of the first transferring Party,
or the operator; each within limits. An expired freeze lifts by itself; the discrepancy stays open.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum, unique
from typing import Final
from uuid import UUID

import msgspec

from hub.domain.reconciliation.codes import Aspect, FindingCode, Severity
from hub.domain.reconciliation.discrepancy import Discrepancy
from schema.identifiers import ItmoSeries, RegistryId, registry_party
from schema.refusals import Refusal, RefusalCode, refuse
from schema.serials import SerialSet

OPERATOR: Final = "operator"
"""The claimant's name when the operator of the hub freezes."""


RANGES_MAX: Final = 3_000
"""A notice must be able to name all that stands still."""

_FREEZING_ASPECTS: Final = frozenset(
    {
        Aspect.EXISTENCE,
        Aspect.POSITION,
        Aspect.CLAIM,
        Aspect.FIRST_TRANSFER,
        Aspect.PAIRING,
        Aspect.QUANTITY,
    }
)
_FREEZING_SEVERITIES: Final = frozenset({Severity.CRITICAL, Severity.HIGH})


@unique
class ClaimantKind(StrEnum):
    """By which right a claimant may freeze."""

    HOLDER = "registry of the holder"
    FIRST_TRANSFERRING_PARTY = "registry of the first transferring Party"
    OPERATOR = "operator"


class FreezeLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What one claimant may keep frozen at a time."""

    freezes: int
    units: int
    """Serials, which is tonnes for tCO2e."""
    lasts: timedelta
    times_per_discrepancy: int
    """So that a freeze that is renewed again and again comes to an end."""


LIMITS: Final[dict[ClaimantKind, FreezeLimits]] = {
    ClaimantKind.HOLDER: FreezeLimits(
        freezes=200, units=10_000_000, lasts=timedelta(days=30), times_per_discrepancy=3
    ),
    ClaimantKind.FIRST_TRANSFERRING_PARTY: FreezeLimits(
        freezes=100, units=5_000_000, lasts=timedelta(days=30), times_per_discrepancy=2
    ),
    ClaimantKind.OPERATOR: FreezeLimits(
        freezes=1_000, units=100_000_000, lasts=timedelta(days=90), times_per_discrepancy=6
    ),
}
"""The defaults; an operator may set others."""


class SerialFreeze(msgspec.Struct, frozen=True, kw_only=True):
    """Serials of one series that may not move from `frozen_at` up to `until`. Times are UTC."""

    discrepancy_id: UUID
    claimant: str
    series: ItmoSeries
    serials: SerialSet
    frozen_at: datetime
    until: datetime
    lifted_at: datetime | None = None

    def in_force(self, at: datetime) -> bool:
        """Tell whether the serials stand still at an instant."""
        lifted = self.lifted_at is not None and self.lifted_at <= at
        return self.frozen_at <= at < self.until and not lifted


def calls_for_freeze(discrepancy: Discrepancy) -> bool:
    """Tell whether the serials of a discrepancy should stand still while it is open.

    They should where it is in doubt who holds them in which state. What is said about them, and
    messages that were refused, stop nobody.
    """
    if discrepancy.is_closed or discrepancy.severity not in _FREEZING_SEVERITIES:
        return False
    if len(discrepancy.serials.ranges) > RANGES_MAX:
        return False
    return (
        discrepancy.dispute.aspect in _FREEZING_ASPECTS
        or discrepancy.code is FindingCode.CANNOT_APPLY
    )


def claimant_kind(
    claimant: str, series: ItmoSeries, holders: frozenset[RegistryId]
) -> ClaimantKind | None:
    """Return by which right a claimant may freeze serials of a series, or None.

    `holders` are the registries that hold the serials by the hub's own record, never by the
    claimant's word.
    """
    if claimant == OPERATOR:
        return ClaimantKind.OPERATOR
    if claimant in holders:
        return ClaimantKind.HOLDER
    if registry_party(RegistryId(claimant)) == series.first_party:
        return ClaimantKind.FIRST_TRANSFERRING_PARTY
    return None


def freeze(
    discrepancy: Discrepancy,
    claimant: str,
    *,
    holders: frozenset[RegistryId],
    earlier: Iterable[SerialFreeze],
    at: datetime,
    limits: dict[ClaimantKind, FreezeLimits] = LIMITS,
) -> SerialFreeze | Refusal:
    """Freeze the serials of a discrepancy on behalf of a claimant, or say why not.

    `earlier` are the claimant's freezes so far, expired and lifted ones included.
    """
    if discrepancy.is_closed:
        return refuse(RefusalCode.NOT_ALLOWED_IN_STATE, f"the discrepancy is {discrepancy.state}")
    series = discrepancy.dispute.series
    if series is None:
        return refuse(RefusalCode.FREEZE_NOT_ENTITLED, "no serials are in dispute")
    kind = claimant_kind(claimant, series, holders)
    if kind is None:
        return refuse(
            RefusalCode.FREEZE_NOT_ENTITLED,
            f"{claimant} neither holds the serials nor is of the first transferring Party",
        )
    own = [one for one in earlier if one.claimant == claimant]
    reached = _limit_reached(limits[kind], discrepancy, own, at)
    if reached is not None:
        return refuse(RefusalCode.FREEZE_LIMIT_REACHED, reached)
    return SerialFreeze(
        discrepancy_id=discrepancy.discrepancy_id,
        claimant=claimant,
        series=series,
        serials=discrepancy.serials,
        frozen_at=at,
        until=at + limits[kind].lasts,
    )


def _limit_reached(
    limits: FreezeLimits, discrepancy: Discrepancy, own: list[SerialFreeze], at: datetime
) -> str | None:
    """Return the limit that one more freeze would break, in words."""
    standing = [one for one in own if one.in_force(at)]
    same = [one for one in own if one.discrepancy_id == discrepancy.discrepancy_id]
    if any(one in standing for one in same):
        return "the claimant has frozen these serials already"
    if len(same) >= limits.times_per_discrepancy:
        return f"{len(same)} freezes for this discrepancy have run out"
    if len(standing) >= limits.freezes:
        return f"{len(standing)} freezes are in force"
    units = sum(one.serials.count for one in standing) + discrepancy.serials.count
    if units > limits.units:
        return f"{units} serials would be frozen, {limits.units} may be"
    return None


def follow(
    freezes: Iterable[SerialFreeze], discrepancy: Discrepancy, *, at: datetime
) -> list[SerialFreeze]:
    """Return the freezes that must change with their discrepancy, as they are to be.

    A closed discrepancy lifts all of its freezes; one that grew or shrank takes them along, up to
    the same end: what stands still is always exactly what is disputed.
    """
    changed = []
    for one in freezes:
        if one.discrepancy_id != discrepancy.discrepancy_id or not one.in_force(at):
            continue
        if discrepancy.is_closed:
            changed.append(msgspec.structs.replace(one, lifted_at=at))
        elif one.serials != discrepancy.serials:
            changed.append(msgspec.structs.replace(one, serials=discrepancy.serials))
    return changed


def frozen_serials(
    freezes: Iterable[SerialFreeze], series: ItmoSeries, *, at: datetime
) -> SerialSet:
    """Return the serials of a series that may not move at an instant."""
    return SerialSet.of(
        serials
        for one in freezes
        if one.series == series and one.in_force(at)
        for serials in one.serials.ranges
    )
