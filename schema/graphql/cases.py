"""Reconciliation: disagreements between registries, and the runs that find them."""

from strawberry import ID

from schema.graphql import inputs
from schema.graphql.codes import DiscrepancyState, Severity
from schema.graphql.connections import Connection, connection
from schema.graphql.declaring import node, published
from schema.graphql.names import ADiscrepancy, AMessage, ARegistry, ARun, ATransfer
from schema.graphql.nodes import Node
from schema.graphql.scalars import Instant, Json, Serial
from schema.graphql.units import SerialInterval


@published
class DiscrepancyChange:
    """One step in the life of a discrepancy."""

    happened_at: Instant
    """When."""
    event: str
    """What happened."""
    from_state: DiscrepancyState | None
    """The state before; null at its opening."""
    to_state: DiscrepancyState
    """The state after."""
    actor: str | None
    """Who caused it: a registry, a person by the name the operator gave, or the hub. Not public."""
    words: str | None
    """What was said about it. Not public."""
    message_id: ID | None
    """The signed message behind it."""


@node("discrepancyId")
class Discrepancy(Node):
    """A disagreement over units, a transfer or an authorization, followed to its end."""

    discrepancy_id: ID
    """Its id, a UUID."""
    code: str
    """What kind of disagreement it is."""
    severity: Severity
    """How much harm it can do."""
    state: DiscrepancyState
    """Where it stands."""
    owner: str | None
    """Who looks after it. Not public."""
    registries: list[ARegistry]
    """The registries that it concerns."""
    unit_count: Serial
    """How many units are disputed; tonnes, where they are measured in tonnes."""
    units: list[SerialInterval]
    """The disputed serials."""
    words: str
    """What differs, in words."""
    ours: Json | None
    """What the hub has recorded: one side of the evidence. Not public."""
    theirs: Json | None
    """What the others state: the other side of the evidence. Not public."""
    transfer: ATransfer | None
    """The transfer in dispute."""
    message: AMessage | None
    """The message that brought it to light."""
    last_agreed_message: AMessage | None
    """The last message on which both sides agreed."""
    run: ARun | None
    """The run that found it."""
    opened_at: Instant
    """When it was opened."""
    due_at: Instant | None
    """By when the registries are asked to answer."""
    changed_at: Instant
    """When its state last changed."""
    closed_at: Instant | None
    """When it was closed; null while it is open."""
    recurrences: int
    """How often it came back after it was closed."""
    history: list[DiscrepancyChange]
    """Its whole life, first to last."""


@node("runId")
class ReconciliationRun(Node):
    """A comparison of what registries state with what the hub has recorded."""

    run_id: ID
    """Its id, a UUID."""
    kind: str
    """What kind of run it was."""
    scope: Json
    """What was compared."""
    started_by: str | None
    """Who or what started it. Not public."""
    started_at: Instant
    """When it began."""
    finished_at: Instant | None
    """When it ended; null while it runs."""
    result: str | None
    """How it ended."""
    units_compared: Serial | None
    """How many units were compared."""
    found: int | None
    """How many disagreements it found."""
    discrepancies: Connection[ADiscrepancy] = connection(
        inputs.DiscrepancyFilter, inputs.DiscrepancyOrder
    )
    """The disagreements that it found."""
