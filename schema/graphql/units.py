"""Blocks of units as they are held."""

from schema.codes import Metric, UnitStatus
from schema.graphql import inputs
from schema.graphql.connections import Connection, connection
from schema.graphql.declaring import node, published
from schema.graphql.names import (
    ADiscrepancy,
    AnAccount,
    AnAction,
    AnActivity,
    AnApproach,
    AnAuthorization,
    AnIssuance,
    AParty,
    ARegistry,
    ATransfer,
)
from schema.graphql.nodes import Node
from schema.graphql.scalars import Exact, Serial, Tonnes


@node()
class ItmoBlock(Node):
    """Consecutive units of one series that are alike in everything: the interval that is held.

    A block is called ITMO block also before its first transfer; `firstTransferred` tells. How an
    account's units are cut into blocks has no meaning and may change.
    """

    first_id: str
    """The unique identifier of the first unit (decision 6/CMA.4 annex I paras. 5-6)."""
    last_id: str
    """The unique identifier of the last unit."""
    approach: AnApproach
    """Part one of the identifier: the cooperative approach."""
    originating_registry: ARegistry | None
    """Part two of the identifier: the registry of issuance; null: it is not in this federation."""
    originating_registry_code: str
    """Part two of the identifier as it is printed."""
    first_transferring_party: AParty
    """Part three of the identifier: the Party in which the mitigation happened."""
    first_serial: Serial
    """Part four of the identifier, of the first unit."""
    last_serial: Serial
    """Part four of the identifier, of the last unit."""
    vintage: int
    """Part five of the identifier: the calendar year of the mitigation."""
    count: Serial
    """The number of units."""
    metric: Metric
    """How the outcome is measured."""
    tonnes: Tonnes | None
    """Whole tonnes of CO2 equivalent, equal to `count`; null for other metrics."""
    quantity: Exact
    """The amount in the unit of the metric; for greenhouse gases equal to `count`."""
    unit: str
    """The unit of measure, `tCO2e` for greenhouse gases."""
    status: UnitStatus
    """The state of the units."""
    first_transferred: bool
    """Whether the first transfer has happened: once for every serial (decision 2/CMA.3 para. 2)."""
    reserved_by: ATransfer | None
    """The transfer under way that has reserved them."""
    account: AnAccount
    """The account that holds them."""
    authorization: AnAuthorization | None
    """The authorization under which they are."""
    issuance: AnIssuance | None
    """Their birth."""
    activity: AnActivity | None
    """The activity that they come from, where the hub knows it."""
    history: Connection[AnAction] = connection(inputs.ActionFilter, inputs.ActionOrder)
    """Everything that happened to any of these serials: the lineage, back to the issuance."""
    transfers: Connection[ATransfer] = connection(inputs.TransferFilter, inputs.TransferOrder)
    """Every transfer that has named any of these serials."""
    discrepancies: Connection[ADiscrepancy] = connection(
        inputs.DiscrepancyFilter, inputs.DiscrepancyOrder
    )
    """Disagreements over any of these serials."""


@published
class SerialInterval:
    """Serials of one series, both ends included; the parts as the unique identifier has them."""

    approach: str
    """The cooperative approach."""
    originating_registry: str
    """The registry of issuance."""
    first_transferring_party: str
    """The Party in which the mitigation happened."""
    vintage: int
    """The calendar year of the mitigation."""
    first_serial: Serial
    """The first serial."""
    last_serial: Serial
    """The last serial."""
    first_id: str
    """The unique identifier of the first unit."""
    last_id: str
    """The unique identifier of the last unit."""
    count: Serial
    """The number of units."""
