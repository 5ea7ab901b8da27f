"""Annual information in the agreed electronic format."""

from strawberry import ID

from schema.graphql.declaring import node, published
from schema.graphql.names import AParty
from schema.graphql.nodes import Node
from schema.graphql.scalars import Instant, Json


@published
class AefTable:
    """How much one table of a submission holds."""

    number: int
    """The table, 1 to 5."""
    rows: int
    """The number of its rows."""


@node()
class AefSubmission(Node):
    """A Party's annual information for one year, frozen as it stood (decision 4/CMA.6 annex II)."""

    submission_id: ID
    """Its id, a UUID."""
    party: AParty
    """The Party."""
    year: int
    """The reported year."""
    version: str
    """Major and minor number, such as `1.0`."""
    origin: str
    """Whether the hub filled it, or read it from a file of the Party."""
    status: str
    """Where it stands."""
    as_of: Instant
    """The moment whose holdings and actions it tells."""
    frozen_at: Instant
    """When it was frozen; it is never rebuilt."""
    heading: Json
    """Its Table 1: the heading."""
    document_digest: str | None
    """SHA-256 of the file, in hexadecimal."""
    tables: list[AefTable]
    """How many rows each table has."""
