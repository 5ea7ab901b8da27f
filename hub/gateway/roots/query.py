"""Everything that can be asked. Fields are declared here and resolved by `hub.gateway.planner`."""

from strawberry import ID

from schema.graphql import inputs
from schema.graphql.authorizations import Authorization, Entity
from schema.graphql.cases import Discrepancy, ReconciliationRun
from schema.graphql.connections import Connection, connection, declared
from schema.graphql.declaring import published
from schema.graphql.exchange import Action, Message, Transfer
from schema.graphql.journal import Checkpoint, JournalEntry
from schema.graphql.nodes import Node
from schema.graphql.participants import Account, Party, Registry
from schema.graphql.programme import Activity, CooperativeApproach, Issuance
from schema.graphql.reports import AefSubmission
from schema.graphql.scalars import Instant
from schema.graphql.totals import ActionDimension, ActionTotal, HoldingDimension, HoldingTotal
from schema.graphql.units import ItmoBlock

_CODE = {"code": (ID, "Its code.")}


@published
class Query:
    """Everything that can be asked of the hub: one schema over all registries."""

    node: Node | None = declared({"id": (ID, "A global id.")})
    """Any object by its global id; null where there is none."""
    nodes: list[Node | None] = declared({"ids": (list[ID], "Global ids, up to a page of them.")})
    """Objects by their global ids, in the order of the ids; null where there is none."""

    party: Party | None = declared(_CODE)
    """A Party by its alpha-3 code."""
    parties: Connection[Party] = connection()
    """All Parties that the hub knows, by code."""
    registry: Registry | None = declared(_CODE)
    """A registry by its code, such as `JPN01`."""
    registries: Connection[Registry] = connection(inputs.RegistryFilter)
    """All registries of the federation, by code."""
    approach: CooperativeApproach | None = declared(_CODE)
    """A cooperative approach by its code, such as `CA0007`."""
    approaches: Connection[CooperativeApproach] = connection()
    """All cooperative approaches that the hub knows, by code."""
    activity: Activity | None = declared(
        {
            "approach": (ID, "The cooperative approach."),
            "activity_id": (ID, "The id of the activity under it."),
        }
    )
    """An activity by its approach and id."""
    activities: Connection[Activity] = connection(inputs.ActivityFilter)
    """Mitigation activities, by approach and id."""
    account: Account | None = declared(
        {
            "registry": (ID, "The registry that keeps the account."),
            "account_id": (ID, "The registry's own id of the account."),
        }
    )
    """An account by its registry and id."""
    accounts: Connection[Account] = connection(inputs.AccountFilter)
    """Accounts, by registry and id."""
    entity: Entity | None = declared(
        {
            "country": (ID, "The country of incorporation (alpha-3)."),
            "entity_id": (ID, "The identification number there."),
        }
    )
    """An authorized entity by its country and number."""
    entities: Connection[Entity] = connection(inputs.EntityFilter)
    """Authorized entities, by country and number."""
    authorization: Authorization | None = declared(
        {
            "party": (ID, "The Party that authorizes."),
            "authorization_id": (ID, "The Party's own id."),
        }
    )
    """An authorization by its Party and id."""
    authorizations: Connection[Authorization] = connection(
        inputs.AuthorizationFilter, inputs.AuthorizationOrder
    )
    """Authorizations."""

    itmo_block: ItmoBlock | None = declared(
        {
            "identifier": (str, "The unique identifier of any unit of the block."),
            "as_of": (Instant | None, "As the hub knew it at this moment; null: now."),
        }
    )
    """The block that holds a unit, by the unit's unique identifier."""
    itmo_blocks: Connection[ItmoBlock] = connection(
        inputs.ItmoBlockFilter, inputs.ItmoBlockOrder, as_of=True
    )
    """Blocks of units as they are held."""
    issuances: Connection[Issuance] = connection(inputs.IssuanceFilter)
    """Issuances, by series and serial."""
    actions: Connection[Action] = connection(inputs.ActionFilter, inputs.ActionOrder)
    """Everything that happened to units; incremental by cursor when ordered as recorded."""
    holding_totals: list[HoldingTotal] = declared(
        {
            "group_by": (
                list[HoldingDimension],
                "What to split by; the order is that of the list.",
            ),
            "filter": (inputs.ItmoBlockFilter | None, "Only holdings that fulfil all conditions."),
            "as_of": (Instant | None, "As the hub knew it at this moment; null: now."),
        }
    )
    """Sums over holdings, split by any dimensions."""
    action_totals: list[ActionTotal] = declared(
        {
            "group_by": (list[ActionDimension], "What to split by; the order is that of the list."),
            "filter": (inputs.ActionFilter | None, "Only actions that fulfil all conditions."),
        }
    )
    """Sums over actions, split by any dimensions."""

    transfer: Transfer | None = declared({"transfer_id": (ID, "Its id, a UUID.")})
    """A transfer by its id."""
    transfers: Connection[Transfer] = connection(inputs.TransferFilter, inputs.TransferOrder)
    """Transfers."""
    message: Message | None = declared({"message_id": (ID, "The id in its body, a UUID.")})
    """A message by its id."""
    messages: Connection[Message] = connection(inputs.MessageFilter)
    """Messages, in the order in which they were received."""

    discrepancy: Discrepancy | None = declared({"discrepancy_id": (ID, "Its id, a UUID.")})
    """A discrepancy by its id."""
    discrepancies: Connection[Discrepancy] = connection(
        inputs.DiscrepancyFilter, inputs.DiscrepancyOrder
    )
    """Disagreements between registries."""
    reconciliation_run: ReconciliationRun | None = declared({"run_id": (ID, "Its id, a UUID.")})
    """A run of reconciliation by its id."""
    reconciliation_runs: Connection[ReconciliationRun] = connection()
    """Runs of reconciliation, the first first."""

    aef_submissions: Connection[AefSubmission] = connection(inputs.AefSubmissionFilter)
    """Annual information, by Party, year and version."""
    checkpoints: Connection[Checkpoint] = connection()
    """Checkpoints of the journal, by size."""
    journal_entries: Connection[JournalEntry] = connection()
    """Entries of the journal, in order."""
