"""Who takes part: Parties, registries, accounts."""

from strawberry import ID

from schema.codes import AccountKind, AccountStatus, RegistryKind
from schema.graphql import inputs
from schema.graphql.connections import Connection, connection
from schema.graphql.declaring import node, published
from schema.graphql.names import (
    ADiscrepancy,
    AMessage,
    AnAccount,
    AnActivity,
    AnAuthorization,
    AnItmoBlock,
    AParty,
    ARegistry,
    ASubmission,
    ATransfer,
)
from schema.graphql.nodes import Node
from schema.graphql.scalars import Instant, Json


@node("code")
class Party(Node):
    """A country, or the European Union, that takes part in the Paris Agreement."""

    code: ID
    """ISO 3166-1 alpha-3, or `EUE` for the European Union."""
    name: str
    """The name in English."""
    registries: Connection[ARegistry] = connection(inputs.RegistryFilter)
    """The registries that speak for this Party."""
    accounts: Connection[AnAccount] = connection(inputs.AccountFilter)
    """The accounts held by this Party or by entities under it, in whatever registry."""
    activities: Connection[AnActivity] = connection(inputs.ActivityFilter)
    """The mitigation activities in this Party."""
    authorizations: Connection[AnAuthorization] = connection(
        inputs.AuthorizationFilter, inputs.AuthorizationOrder
    )
    """The authorizations that this Party gave (decision 4/CMA.6 paras. 2-5)."""
    blocks: Connection[AnItmoBlock] = connection(
        inputs.ItmoBlockFilter, inputs.ItmoBlockOrder, as_of=True
    )
    """The units mitigated in this Party, wherever they are held."""
    submissions: Connection[ASubmission] = connection(inputs.AefSubmissionFilter)
    """Its annual information (decision 2/CMA.3 annex para. 20)."""


@published
class Freshness:
    """How old the hub's picture of a registry is."""

    last_good_sync_at: Instant | None
    """When the hub last read the registry without an error; null: never."""
    fresh_for_seconds: int | None
    """How old the picture may become before it counts as stale; null: no limit is set."""
    age_seconds: int | None
    """Whole seconds since the last good reading."""
    stale: bool
    """Whether the picture is older than allowed."""


@published
class MaintenanceWindow:
    """A time in which a registry announced that it would be away; deadlines do not run out then."""

    starts_at: Instant
    """The beginning."""
    ends_at: Instant
    """The end."""
    words: str
    """What the registry said about it."""


@published
class RegistryKey:
    """A public key of a registry."""

    key_id: str
    """The key id that envelopes name."""
    jwk: Json
    """The public key as a JSON Web Key."""
    valid_from: Instant
    """From when on messages signed with it are trusted."""
    valid_until: Instant | None
    """Until when; null: no end is set."""
    revoked_from: Instant | None
    """From which moment of receipt on it is no longer trusted; null: not revoked."""


@node("code")
class Registry(Node):
    """A registry that takes part in the federation."""

    code: ID
    """Alpha-3 of its Party and two digits, such as `JPN01` (decision 6/CMA.4 annex I para. 5)."""
    name: str
    """Its name."""
    kind: RegistryKind
    """What kind of registry it is."""
    party: AParty
    """The Party that it speaks for."""
    suspended: bool
    """Whether its messages are refused at present."""
    connector: str | None
    """The connector through which the hub reaches it."""
    endpoint: str | None
    """Its address. Not public."""
    freshness: Freshness
    """How old the hub's picture of it is."""
    maintenance: list[MaintenanceWindow]
    """Announced maintenance that has not ended, the next first."""
    keys: list[RegistryKey]
    """Its public keys, newest first."""
    accounts: Connection[AnAccount] = connection(inputs.AccountFilter)
    """Its accounts."""
    blocks: Connection[AnItmoBlock] = connection(
        inputs.ItmoBlockFilter, inputs.ItmoBlockOrder, as_of=True
    )
    """The units held in its accounts."""
    transfers_out: Connection[ATransfer] = connection(inputs.TransferFilter, inputs.TransferOrder)
    """Transfers out of it."""
    transfers_in: Connection[ATransfer] = connection(inputs.TransferFilter, inputs.TransferOrder)
    """Transfers into it."""
    messages: Connection[AMessage] = connection(inputs.MessageFilter)
    """The messages that it sent."""
    discrepancies: Connection[ADiscrepancy] = connection(
        inputs.DiscrepancyFilter, inputs.DiscrepancyOrder
    )
    """The disagreements that concern it."""


@node()
class Account(Node):
    """An account in one registry; its id means something only beside its registry."""

    account_id: str
    """The registry's own id of the account."""
    registry: ARegistry
    """The registry that keeps it."""
    kind: AccountKind
    """What it is for."""
    status: AccountStatus
    """Whether it may send and receive."""
    holder_party: AParty
    """The Party under which it is held."""
    holder_entity: str | None
    """The entity that holds it; null: the Party itself. Not public."""
    blocks: Connection[AnItmoBlock] = connection(
        inputs.ItmoBlockFilter, inputs.ItmoBlockOrder, as_of=True
    )
    """The units in it."""
