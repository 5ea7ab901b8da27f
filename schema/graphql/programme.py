"""Cooperative approaches, their activities, decisions about them, and issuances."""

from strawberry import ID

from schema.codes import DecisionKind, Metric, MitigationType
from schema.graphql import inputs
from schema.graphql.connections import Connection, connection
from schema.graphql.declaring import node, published
from schema.graphql.names import (
    AMessage,
    AnAccount,
    AnActivity,
    AnApproach,
    AnAuthorization,
    AnIssuance,
    AnItmoBlock,
    AParty,
    ARegistry,
)
from schema.graphql.nodes import Node
from schema.graphql.scalars import Day, Exact, Instant, Serial, Tonnes


@node("code")
class CooperativeApproach(Node):
    """A cooperative approach under Article 6.2, such as the JCM."""

    code: ID
    """`CA` and four digits, given by the UNFCCC platform."""
    title: str | None
    """Its name, where known."""
    parties: list[AParty]
    """The Parties seen to take part."""
    activities: Connection[AnActivity] = connection(inputs.ActivityFilter)
    """Its mitigation activities."""
    authorizations: Connection[AnAuthorization] = connection(
        inputs.AuthorizationFilter, inputs.AuthorizationOrder
    )
    """Authorizations under it."""
    blocks: Connection[AnItmoBlock] = connection(
        inputs.ItmoBlockFilter, inputs.ItmoBlockOrder, as_of=True
    )
    """Units under it."""


@published
class Allotment:
    """What a decision on issuance gives to one registry for one vintage."""

    registry: str
    """The registry that may issue."""
    vintage: int
    """The calendar year of the mitigation."""
    tonnes: Tonnes
    """How much the decision allots."""
    issued: Tonnes
    """How much of it was issued."""


@published
class Decision:
    """A decision of a Joint Committee."""

    decision_id: str
    """The committee's own id of the decision."""
    kind: DecisionKind
    """Registration of a project, or issuance of credits."""
    decided_on: Day | None
    """The day of the decision."""
    period_from: Day | None
    """The first day of the monitoring period."""
    period_to: Day | None
    """The last day of the monitoring period."""
    source: str | None
    """Where the decision is published."""
    allotments: list[Allotment]
    """What it gives to which registry."""


@node()
class Activity(Node):
    """A mitigation activity (a project or programme), as the latest decision describes it."""

    activity_id: str
    """Its id under the approach, such as `MN004`."""
    approach: AnApproach
    """The cooperative approach."""
    first_transferring_party: AParty
    """The Party in which the mitigation happens."""
    title: str
    """Its name."""
    sectors: list[str]
    """Its sectors."""
    activity_types: list[str]
    """What kind of activity it is."""
    decisions: list[Decision]
    """Decisions about it, the latest first."""
    issuances: Connection[AnIssuance] = connection(inputs.IssuanceFilter)
    """What was issued for it."""
    authorizations: Connection[AnAuthorization] = connection(
        inputs.AuthorizationFilter, inputs.AuthorizationOrder
    )
    """Authorizations that name it."""


@node()
class Issuance(Node):
    """The birth of a block of units: every serial has exactly one."""

    approach: AnApproach
    """The cooperative approach."""
    registry: ARegistry
    """The registry that issued."""
    first_transferring_party: AParty
    """The Party in which the mitigation happened."""
    vintage: int
    """The calendar year of the mitigation."""
    first_serial: Serial
    """The first serial."""
    last_serial: Serial
    """The last serial."""
    first_id: str
    """The unique identifier of the first unit (decision 6/CMA.4 annex I paras. 5-6)."""
    last_id: str
    """The unique identifier of the last unit."""
    count: Serial
    """The number of units."""
    metric: Metric
    """How the outcome is measured."""
    unit: str
    """The unit of measure, `tCO2e` for greenhouse gases."""
    quantity: Exact
    """The amount in `unit`; for greenhouse gases equal to `count`."""
    mitigation_type: MitigationType
    """Reductions, removals, or both."""
    activity: AnActivity | None
    """The activity, where the hub knows it."""
    activity_id: str
    """The id of the activity as the registry gave it."""
    authorization: AnAuthorization | None
    """The authorization under which it was issued."""
    account: AnAccount
    """The account into which it was issued."""
    underlying_registry: str | None
    """The registry of the underlying scheme."""
    underlying_first_unit: str | None
    """The first underlying unit, in the form of that registry."""
    underlying_last_unit: str | None
    """The last underlying unit."""
    issued_at: Instant
    """When the registry issued it."""
    message: AMessage | None
    """The message that announced it."""
