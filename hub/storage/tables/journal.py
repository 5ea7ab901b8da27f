"""The journal: entries, tiles, the head that orders commits, checkpoints and cosignatures."""

from sqlalchemy import ARRAY, CheckConstraint, Column, Index, LargeBinary, SmallInteger, Table
from sqlalchemy import text as sql

from hub.storage.tables.base import (
    instant,
    integer,
    metadata,
    octets,
    reference,
    text,
    unique_id,
    whole,
)

journal_head = Table(
    "journal_head",
    metadata,
    integer("head_id", primary_key=True),
    whole("size"),
    Column("peaks", ARRAY(LargeBinary), nullable=False),
    CheckConstraint("head_id = 1", name="only_one"),
    postgresql_with={"fillfactor": 50},
    comment="Size and frontier of the tree: one row, locked last and held for the commit only.",
)

journal_leaf = Table(
    "journal_leaf",
    metadata,
    whole("leaf_index", primary_key=True),
    octets("entry"),
    octets("leaf_hash"),
    whole("envelope_id", nullable=True),
    integer("position", nullable=True),
    unique_id("message_id", nullable=True),
    instant("recorded_at"),
    CheckConstraint("octet_length(entry) < 65536", name="entry_fits_a_bundle"),
    CheckConstraint("octet_length(leaf_hash) = 32", name="hash_is_sha256"),
    Index(
        None,
        "envelope_id",
        "position",
        unique=True,
        postgresql_where=sql("envelope_id IS NOT NULL"),
    ),
    Index(None, "message_id"),
    comment="The entries of the journal in order, with the message each stands for. Append-only.",
)

journal_tile = Table(
    "journal_tile",
    metadata,
    Column("level", SmallInteger, primary_key=True, autoincrement=False),
    whole("position", primary_key=True),
    octets("hashes"),
    CheckConstraint(
        "octet_length(hashes) BETWEEN 32 AND 8192 AND octet_length(hashes) % 32 = 0",
        name="whole_hashes",
    ),
    postgresql_with={"fillfactor": 50},
    comment="Tiles of up to 256 hashes; they only grow at their end and are final once full.",
)

checkpoint = Table(
    "checkpoint",
    metadata,
    whole("size", primary_key=True),
    octets("root"),
    octets("note"),
    instant("signed_at"),
    instant("published_at", nullable=True),
    comment="Signed checkpoints: never two roots for one size.",
)

cosignature = Table(
    "cosignature",
    metadata,
    reference("size", "checkpoint.size", primary_key=True),
    text("witness", primary_key=True),
    octets("line"),
    instant("cosigned_at"),
    instant("received_at"),
    comment="What witnesses signed of our checkpoints. Append-only.",
)

witnessed_log = Table(
    "witnessed_log",
    metadata,
    text("origin", primary_key=True),
    whole("size"),
    octets("root"),
    octets("note"),
    instant("witnessed_at"),
    comment="The latest checkpoint of each other log that this hub witnesses.",
)
