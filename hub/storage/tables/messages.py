"""Messages: envelopes as received, what became of them, receipts, and what the hub owes."""

from enum import StrEnum, unique

from sqlalchemy import Boolean, Column, Index, Table, UniqueConstraint, false
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB

from hub.storage.tables.base import (
    instant,
    integer,
    large_key,
    metadata,
    octets,
    one_of,
    text,
    unique_id,
    whole,
)
from schema.codes import ReceiptResult


@unique
class OutboxState(StrEnum):
    """The life of something the hub owes a registry."""

    WAITING = "waiting"
    DONE = "done"
    DEAD = "dead"


envelope = Table(
    "envelope",
    metadata,
    large_key("envelope_id"),
    unique_id("jti", nullable=True),
    octets("digest"),
    Column("reuses_jti", Boolean, nullable=False, server_default=false()),
    text("sender"),
    text("key_id", nullable=True),
    text("kind"),
    unique_id("message_id", nullable=True),
    instant("received_at"),
    octets("raw"),
    Index("envelope_jti_key", "jti", unique=True, postgresql_where=sql("NOT reuses_jti")),
    Index("envelope_reused_jti", "jti", "digest", unique=True, postgresql_where=sql("reuses_jti")),
    comment="Envelopes byte for byte as received, refused and late ones too. Append-only.",
)

message = Table(
    "message",
    metadata,
    whole("envelope_id", primary_key=True),
    integer("position", primary_key=True),
    unique_id("message_id", nullable=True),
    Column("repeats", Boolean, nullable=False, server_default=false()),
    octets("body_digest"),
    text("kind"),
    text("sender"),
    instant("received_at"),
    text("outcome"),
    Column("refusals", JSONB, nullable=False),
    unique_id("transfer_id", nullable=True),
    one_of("outcome", ReceiptResult),
    Index("message_message_id_key", "message_id", unique=True, postgresql_where=sql("NOT repeats")),
    Index(None, "sender", "received_at"),
    Index(None, "transfer_id", postgresql_where=sql("transfer_id IS NOT NULL")),
    comment="Each message of an envelope and what became of it. Append-only.",
)

receipt = Table(
    "receipt",
    metadata,
    whole("envelope_id", primary_key=True),
    octets("receipt"),
    comment="The signed answer to an envelope, given again byte for byte. Append-only.",
)

outbox = Table(
    "outbox",
    metadata,
    large_key("outbox_id"),
    text("destination"),
    unique_id("message_id"),
    text("kind"),
    octets("body"),
    unique_id("transfer_id", nullable=True),
    text("state", default=OutboxState.WAITING),
    integer("attempts", default="0"),
    instant("created_at"),
    instant("due_at"),
    text("leased_by", nullable=True),
    unique_id("jti", nullable=True),
    octets("envelope", nullable=True),
    instant("envelope_expires_at", nullable=True),
    text("last_error", nullable=True),
    instant("ended_at", nullable=True),
    octets("acknowledgement", nullable=True),
    UniqueConstraint("destination", "message_id"),
    one_of("state", OutboxState),
    Index("outbox_due", "due_at", postgresql_where=sql("state = 'waiting'")),
    Index(None, "destination", "outbox_id"),
    Index(None, "transfer_id", postgresql_where=sql("transfer_id IS NOT NULL")),
    Index("outbox_jti_key", "jti", unique=True, postgresql_where=sql("jti IS NOT NULL")),
    postgresql_with={"fillfactor": 70},
    comment="What the hub owes a registry; a claimed row becomes due again when its lease ends.",
)
