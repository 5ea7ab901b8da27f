"""The journal: entries and checkpoints that anyone can check."""

from schema.graphql.declaring import node, published
from schema.graphql.names import AMessage
from schema.graphql.nodes import Node
from schema.graphql.scalars import Instant, Serial


@node("leafIndex")
class JournalEntry(Node):
    """One entry of the journal: a short public record of one message."""

    leaf_index: Serial
    """Its place in the journal, from 0."""
    leaf_hash: str
    """The hash of the leaf (RFC 9162 section 2.1.1), in hexadecimal."""
    entry: str
    """The entry as it was hashed."""
    recorded_at: Instant
    """When it was appended."""
    message: AMessage | None
    """The message that it stands for."""


@published
class Cosignature:
    """What a witness signed of a checkpoint (C2SP tlog-cosignature)."""

    witness: str
    """The name of the witness."""
    line: str
    """The signature line, as it stands in the note."""
    cosigned_at: Instant
    """When the witness says it signed."""
    received_at: Instant
    """When the hub received it."""


@node("size")
class Checkpoint(Node):
    """A signed checkpoint of the journal (C2SP tlog-checkpoint)."""

    size: Serial
    """The number of entries that it covers."""
    root: str
    """The root hash of the tree, in hexadecimal."""
    note: str
    """The signed note, to the byte."""
    signed_at: Instant
    """When the hub signed it."""
    published_at: Instant | None
    """When it was published; null: it waits for cosignatures."""
    cosignatures: list[Cosignature]
    """What witnesses signed."""
