"""What is said about a serial, facet by facet; sources differ in what they say at all."""

from enum import StrEnum, unique
from typing import Final

import msgspec

from schema.codes import (
    AccountKind,
    AuthorizationStatus,
    AuthorizedUse,
    Metric,
    Purpose,
    UnitStatus,
    purposes_covered,
)
from schema.identifiers import AccountId, RegistryId


@unique
class Facet(StrEnum):
    """One thing that a statement can say about a serial; sources differ in what they say."""

    REGISTRY = "registry"
    ACCOUNT = "account"
    ACCOUNT_KIND = "account kind"
    STATUS = "status"
    AUTHORIZATION = "authorization"
    PURPOSE = "authorized purpose"
    TRANSFERRING_STATUS = "authorization status by the transferring Party"
    ACQUIRING_STATUS = "authorization status by the acquiring Party"
    PLATFORM_STATUS = "authorization status on the reporting platform"
    UNDERLYING_STATUS = "authorization status in the underlying registry"
    FIRST_TRANSFER = "first transfer"
    METRIC = "metric"
    QUANTITY = "quantity"


ALL_FACETS: Final = frozenset(Facet)
AUTHORIZATION_STATUS_FACETS: Final = frozenset(
    {
        Facet.TRANSFERRING_STATUS,
        Facet.ACQUIRING_STATUS,
        Facet.PLATFORM_STATUS,
        Facet.UNDERLYING_STATUS,
    }
)
AUTHORIZATION_FACETS: Final = AUTHORIZATION_STATUS_FACETS | {Facet.AUTHORIZATION, Facet.PURPOSE}

SPENT_STATUSES: Final = frozenset(UnitStatus) - {UnitStatus.HELD, UnitStatus.RESERVED}
"""What has been used, cancelled or retired never moves again."""


class AuthorizationView(msgspec.Struct, frozen=True, kw_only=True, gc=False, cache_hash=True):
    """An authorization as one source sees it; None where that source says nothing.

    The status is kept per source because "authorized" is not one fact: the Parties, the reporting
    platform and the underlying registry may each say something else.
    """

    reference: str | None
    use: AuthorizedUse | None = None
    transferring: AuthorizationStatus | None = None
    acquiring: AuthorizationStatus | None = None
    platform: AuthorizationStatus | None = None
    underlying: AuthorizationStatus | None = None

    def covers_ndc(self) -> bool:
        """Tell whether the units may be used towards an NDC."""
        return self.use is not None and Purpose.NDC in purposes_covered(self.use)

    def only_with(self, facets: frozenset[Facet]) -> "AuthorizationView | None":
        """Return what remains when only `facets` are compared; None when nothing does."""
        view = AuthorizationView(
            reference=self.reference if Facet.AUTHORIZATION in facets else None,
            use=self.use if Facet.PURPOSE in facets else None,
            transferring=self.transferring if Facet.TRANSFERRING_STATUS in facets else None,
            acquiring=self.acquiring if Facet.ACQUIRING_STATUS in facets else None,
            platform=self.platform if Facet.PLATFORM_STATUS in facets else None,
            underlying=self.underlying if Facet.UNDERLYING_STATUS in facets else None,
        )
        return None if view == _NOTHING else view


_NOTHING: Final = AuthorizationView(reference=None)


class Measure(msgspec.Struct, frozen=True, kw_only=True, gc=False, cache_hash=True):
    """How units are measured: tCO2e one by one, or another unit with a quantity of its own."""

    metric: Metric
    unit: str


GHG: Final = Measure(metric=Metric.GHG, unit="tCO2e")


class UnitState(msgspec.Struct, frozen=True, kw_only=True, gc=False, cache_hash=True):
    """Everything that one source states about a serial, at one instant."""

    registry: RegistryId
    account: AccountId | None
    account_kind: AccountKind | None
    status: UnitStatus | None
    authorization: AuthorizationView | None = None
    first_transferred: bool = False
    measure: Measure = GHG

    @property
    def spent(self) -> bool:
        """Whether the unit was used, cancelled or retired."""
        return self.status in SPENT_STATUSES
