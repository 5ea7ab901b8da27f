"""Authorizations: what Parties stated, and what has happened under it; authorized entities."""

from schema.codes import (
    AuthorizationStatus,
    AuthorizationStep,
    AuthorizedUse,
    FirstTransferForNdc,
    FirstTransferForOimp,
    Metric,
)
from schema.graphql import inputs
from schema.graphql.connections import Connection, connection
from schema.graphql.declaring import node, published
from schema.graphql.names import (
    AMessage,
    AnApproach,
    AnAuthorization,
    AnEntity,
    AnItmoBlock,
    AParty,
    ATransfer,
)
from schema.graphql.nodes import Node
from schema.graphql.scalars import Day, Instant, Json, Tonnes


@published
class Quantities:
    """The quantities of an authorization in whole tonnes: element (h), and what was done."""

    authorized: Tonnes | None
    """What its latest version authorizes; null: no quantity is stated."""
    estimated: Tonnes | None
    """Of step 2a: the quantity estimated at registration; for a 2b that of the 2a it confirms."""
    confirmed: Tonnes | None
    """The actual quantity of a 2b or consolidated process; of a 2a what its 2b have confirmed."""
    issued: Tonnes
    """Issued under it."""
    first_transferred: Tonnes
    """First transferred under it (decision 2/CMA.3 annex para. 2)."""
    reserved: Tonnes
    """Reserved by transfers under way that will be first transfers."""
    used: Tonnes
    """Used towards an NDC or for other purposes under it."""
    remaining: Tonnes | None
    """Authorized, neither first transferred nor reserved for it; null: no quantity stated."""


@published
class AuthorizedEntityTerm:
    """An entity that a version of an authorization names, on which conditions."""

    entity: AnEntity
    """The entity."""
    conditions: str
    """The conditions on which it may take part."""
    change_conditions: str
    """When that may change or be revoked."""


@published
class AuthorizationVersion:
    """One version of an authorization as its Party stated it; versions are never overwritten."""

    version: int
    """Counts from 1."""
    step: AuthorizationStep
    """One consolidated process, or a step of the JCM (decision 4/CMA.6 para. 4)."""
    status: AuthorizationStatus
    """What it stated."""
    confirms: str | None
    """Step 2b: the id of the 2a whose estimate it confirms."""
    uses: AuthorizedUse | None
    """Element (e): the uses it covers."""
    quantity: Tonnes | None
    """Element (h): the quantity, in whole tonnes."""
    metric: Metric
    """Element (l)."""
    parties: list[str]
    """Element (b): Parties that may acquire or use; empty: any."""
    vintages: list[int]
    """Element (k): calendar years; empty: any from 2021 on."""
    sectors: list[str]
    """Element (m); empty: any."""
    activity_types: list[str]
    """Element (n); empty: any."""
    authorized_on: Day
    """Element (c): the day of the authorization."""
    from_day: Day | None
    """Element (c): the first day it covers."""
    until_day: Day | None
    """Element (c): the last day it covers."""
    first_transfer_for_ndc: FirstTransferForNdc | None
    """Element (d): the event that is the first transfer for NDC use."""
    first_transfer_for_oimp: FirstTransferForOimp | None
    """Element (d): the event that is the first transfer for other purposes."""
    tracking_registry: str | None
    """Element (i): the Party's registry for tracking."""
    underlying_registry: str | None
    """Element (j): the registry of the underlying scheme."""
    elements: Json
    """All elements (a) to (n) of decision 4/CMA.6 para. 5 as they were signed."""
    document_digest: str | None
    """SHA-256 of the copy of the authorization document, in hexadecimal."""
    recorded_at: Instant
    """When the hub received it."""
    message: AMessage | None
    """The message in which it came."""
    entities: list[AuthorizedEntityTerm]
    """Element (b): the entities it names."""


@node()
class Authorization(Node):
    """An authorization of an approach, of ITMOs or of entities (decision 4/CMA.6 paras. 2-5)."""

    authorization_id: str
    """The Party's own id; ids of two Parties may be equal."""
    party: AParty
    """The Party that authorizes."""
    version: int
    """The number of the latest version."""
    step: AuthorizationStep
    """The step of the latest version."""
    status: AuthorizationStatus
    """What the latest version states."""
    approach: AnApproach
    """Element (a): the cooperative approach."""
    activity_id: str | None
    """The activity, for steps 2a and 2b."""
    uses: AuthorizedUse | None
    """Element (e) of the latest version."""
    quantities: Quantities
    """What is authorized and what has happened, in whole tonnes."""
    latest: AuthorizationVersion
    """The latest version in full."""
    versions: list[AuthorizationVersion]
    """Every version, the latest first."""
    blocks: Connection[AnItmoBlock] = connection(
        inputs.ItmoBlockFilter, inputs.ItmoBlockOrder, as_of=True
    )
    """Units under it."""
    transfers: Connection[ATransfer] = connection(inputs.TransferFilter, inputs.TransferOrder)
    """Transfers under it."""
    recorded_at: Instant
    """When the hub received the latest version."""


@node()
class Entity(Node):
    """An entity that some Party has authorized."""

    entity_id: str
    """Its identification number in the country of incorporation."""
    name: str
    """Its name, as last stated."""
    country: AParty
    """The country of incorporation."""
    authorizations: Connection[AnAuthorization] = connection(
        inputs.AuthorizationFilter, inputs.AuthorizationOrder
    )
    """Authorizations whose latest version names it."""
