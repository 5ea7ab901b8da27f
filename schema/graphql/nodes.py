"""What every node has: a global id, and where its facts come from."""

from enum import StrEnum, unique

from strawberry import ID

from schema.graphql.declaring import interface, published, published_enum
from schema.graphql.names import ARegistry
from schema.graphql.scalars import Instant


@unique
class SignatureState(StrEnum):
    """How far a fact is signed by the registry that it comes from."""

    VERIFIED = "verified"
    """It came in an envelope whose signature was verified when it was received."""
    UNSIGNED = "unsigned"
    """It was read from a source that signs nothing, such as a published table."""
    CONFIGURED = "configured"
    """The operator of the hub set it."""
    OWN = "own"
    """The hub itself established it."""


published_enum(SignatureState)


@published
class Provenance:
    """Where a fact comes from, when the hub observed it, and how far it is signed."""

    source_registry: ARegistry | None
    """The registry that stated it; null where the hub or its operator did."""
    source_record: ID | None
    """The message, by its id, in which it was stated."""
    observed_at: Instant | None
    """When the hub received or established it."""
    signature: SignatureState
    """Whether the statement was signed, and verified."""
    age_seconds: int | None
    """Whole seconds from `observedAt` to the moment of this answer."""


@interface
class Node:
    """Anything with a global id (Relay's Global Object Identification)."""

    id: ID
    """Opaque, stable, and unique over all types; `node(id:)` finds the object again."""
    provenance: Provenance
    """Where the facts of this object come from."""
