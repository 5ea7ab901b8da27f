"""The exchange: what happened to units, transfers, and the messages behind them."""

from strawberry import ID

from schema.codes import Purpose, ReceiptResult, TransferState
from schema.graphql import inputs
from schema.graphql.codes import ActionType
from schema.graphql.connections import Connection, connection
from schema.graphql.declaring import node, published
from schema.graphql.names import (
    AMessage,
    AnAccount,
    AnAction,
    AnAuthorization,
    AnEntry,
    AParty,
    ARegistry,
    ATransfer,
)
from schema.graphql.nodes import Node
from schema.graphql.scalars import Exact, Instant, Json, Serial
from schema.graphql.units import SerialInterval


@node()
class Action(Node):
    """Something that happened to an interval of units; never changed once recorded."""

    type: ActionType
    """What happened."""
    units: SerialInterval
    """The units."""
    quantity: Exact | None
    """The amount in the unit of the metric, where it is not the number of units."""
    registry: ARegistry | None
    """The registry in which it was tracked."""
    from_account: AnAccount | None
    """The account before; null where the units come into being."""
    to_account: AnAccount | None
    """The account after."""
    authorization: AnAuthorization | None
    """The authorization under which it happened."""
    transfer: ATransfer | None
    """The transfer of which it is part."""
    message: AMessage | None
    """The message that caused it."""
    purpose: Purpose | None
    """What the units were used or are meant for."""
    using_party: AParty | None
    """The Party that used them."""
    using_entity: str | None
    """The entity that used them."""
    year_of_use: int | None
    """The calendar year in which the use is booked."""
    happened_at: Instant
    """When the registry says that it happened."""
    recorded_at: Instant
    """When the hub recorded it."""


@published
class TransferBlock:
    """A block of a transfer."""

    units: SerialInterval
    """The units."""
    quantity: Exact | None
    """The amount in the unit of the metric, where it is not the number of units."""
    first_transfer: bool
    """Whether the transfer is the first transfer of any of these serials."""


@published
class TransferOutcomeReport:
    """What one side did with the completed transfer."""

    registry: str
    """The side."""
    result: str
    """`applied`, or `cannot apply`, which opens a discrepancy at once."""


@node("transferId")
class Transfer(Node):
    """A transfer between accounts of two registries, and where it stands."""

    transfer_id: ID
    """The id that the proposer gave, a UUID."""
    state: TransferState
    """Where it stands; the last five states are final."""
    from_registry: ARegistry
    """The registry that gives."""
    from_account: AnAccount | None
    """The account that gives, where the hub knows it."""
    from_account_id: str
    """The id of the account that gives, as proposed."""
    to_registry: ARegistry | None
    """The registry that receives."""
    to_account: AnAccount | None
    """The account that receives, where the hub knows it."""
    to_account_id: str
    """The id of the account that receives, as proposed."""
    purpose: Purpose
    """What the units are meant for."""
    authorization: AnAuthorization | None
    """The authorization under which it happens."""
    unit_count: Serial
    """How many units move."""
    blocks: list[TransferBlock]
    """The blocks, in the order of the proposal."""
    proposed_at: Instant
    """When the hub received the proposal."""
    answer_until: Instant
    """Until when the acquiring registry can answer, by the clock of the hub alone."""
    decided_at: Instant | None
    """When it reached a final state; null while it is under way."""
    reason: str
    """Why it was refused, rejected, withdrawn or expired; empty otherwise."""
    outcomes: list[TransferOutcomeReport]
    """What each side did with the completion."""
    reverses: ATransfer | None
    """The completed transfer that this one takes back."""
    reversed_by: ATransfer | None
    """The transfer that took this one back."""
    messages: Connection[AMessage] = connection(inputs.MessageFilter)
    """Every message about it that the hub received."""
    actions: Connection[AnAction] = connection(inputs.ActionFilter, inputs.ActionOrder)
    """What it did to units."""


@published
class RefusalReason:
    """One reason for which a message was not applied."""

    code: str
    """The code; codes have a documented precedence."""
    detail: str
    """What exactly differed, in words."""
    block: Json | None
    """The offending block, where the reason concerns serials."""


@node("messageId")
class Message(Node):
    """A message that the hub received in a signed envelope, and what became of it."""

    message_id: ID | None
    """The id in its body, a UUID; null where the body could not be read."""
    kind: str
    """The kind as the envelope named it."""
    sender: ARegistry | None
    """The registry that signed it, where it is known to the hub."""
    sender_code: str
    """The registry that the envelope named as its sender."""
    received_at: Instant
    """When the hub received it."""
    outcome: ReceiptResult
    """Applied, or refused."""
    refusals: list[RefusalReason] | None
    """Why it was refused, every reason, in order of precedence. Not public."""
    transfer: ATransfer | None
    """The transfer that it is about."""
    envelope_id: ID
    """The `jti` of the envelope, a UUID."""
    envelope_digest: str
    """SHA-256 of the envelope as received, in hexadecimal."""
    envelope: str | None
    """The envelope byte for byte: a JWS in compact form. Not public."""
    body_digest: str
    """SHA-256 of the body in canonical form, in hexadecimal."""
    repeats: bool
    """Whether it repeats a message that came before."""
    receipt: str | None
    """The signed answer of the hub: a JWS in compact form. Not public."""
    entry: AnEntry | None
    """Its entry in the journal."""
