"""Sums over holdings and over actions."""

from enum import StrEnum, unique

from schema.codes import Purpose, UnitStatus
from schema.graphql.codes import ActionType
from schema.graphql.declaring import published, published_enum
from schema.graphql.names import AnApproach, AParty, ARegistry
from schema.graphql.scalars import Serial, Tonnes


@unique
class HoldingDimension(StrEnum):
    """What sums over holdings can be split by."""

    APPROACH = "approach"
    """The cooperative approach."""
    ORIGINATING_REGISTRY = "originating_registry"
    """The registry of issuance."""
    FIRST_TRANSFERRING_PARTY = "first_transferring_party"
    """The Party in which the mitigation happened."""
    VINTAGE = "vintage"
    """The calendar year of the mitigation."""
    STATUS = "status"
    """The state of the units."""
    FIRST_TRANSFERRED = "first_transferred"
    """Whether the first transfer has happened."""
    HOLDER_PARTY = "holder_party"
    """The Party under which the account is held."""
    REGISTRY = "registry"
    """The registry that holds the units."""


@unique
class ActionDimension(StrEnum):
    """What sums over actions can be split by."""

    TYPE = "type"
    """What happened."""
    PURPOSE = "purpose"
    """What for."""
    YEAR = "year"
    """The calendar year of use, else the year in which it happened (UTC)."""
    APPROACH = "approach"
    """The cooperative approach."""
    FIRST_TRANSFERRING_PARTY = "first_transferring_party"
    """The Party in which the mitigation happened."""
    VINTAGE = "vintage"
    """The calendar year of the mitigation."""
    USING_PARTY = "using_party"
    """The Party that used the units."""
    REGISTRY = "registry"
    """The registry in which it was tracked."""


published_enum(HoldingDimension)
published_enum(ActionDimension)


@published
class HoldingTotal:
    """The sum over the holdings that share the values asked for; the others are null."""

    approach: AnApproach | None
    """The cooperative approach."""
    originating_registry: ARegistry | None
    """The registry of issuance."""
    first_transferring_party: AParty | None
    """The Party in which the mitigation happened."""
    vintage: int | None
    """The calendar year of the mitigation."""
    status: UnitStatus | None
    """The state of the units."""
    first_transferred: bool | None
    """Whether the first transfer has happened."""
    holder_party: AParty | None
    """The Party under which the units are held."""
    registry: ARegistry | None
    """The registry that holds the units."""
    tonnes: Tonnes
    """Whole tonnes of CO2 equivalent; units of other metrics are left out."""
    units: Serial
    """The number of units of any metric."""


@published
class ActionTotal:
    """The sum over the actions that share the values asked for; the others are null."""

    type: ActionType | None
    """What happened."""
    purpose: Purpose | None
    """What for."""
    year: int | None
    """The calendar year of use, else the year in which it happened (UTC)."""
    approach: AnApproach | None
    """The cooperative approach."""
    first_transferring_party: AParty | None
    """The Party in which the mitigation happened."""
    vintage: int | None
    """The calendar year of the mitigation."""
    using_party: AParty | None
    """The Party that used the units."""
    registry: ARegistry | None
    """The registry in which it was tracked."""
    units: Serial
    """The number of units; tonnes, where they are measured in tonnes."""
    actions: Serial
    """The number of actions."""
