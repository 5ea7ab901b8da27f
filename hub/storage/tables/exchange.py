"""The exchange: transfers, actions and corrections."""

from sqlalchemy import ARRAY, Column, Index, Table, Text
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB

from hub.storage.tables.base import (
    decimal,
    instant,
    integer,
    metadata,
    one_of,
    serials_valid,
    text,
    unique_id,
    whole,
)
from schema.codes import ActionKind, CorrectionKind, Purpose, TransferState

transfer = Table(
    "transfer",
    metadata,
    unique_id("transfer_id", primary_key=True),
    unique_id("message_id"),
    text("state"),
    text("from_registry"),
    text("from_account"),
    text("to_registry"),
    text("to_account"),
    text("purpose"),
    text("authorization_party"),
    text("authorization_id"),
    whole("units"),
    instant("proposed_at"),
    instant("answer_until"),
    instant("decided_at", nullable=True),
    text("reason"),
    Column("proposal", JSONB, nullable=True),
    Column("outcomes", JSONB, nullable=False),
    text("asked"),
    unique_id("reverses", nullable=True),
    unique_id("corrected_by", nullable=True),
    instant("changed_at"),
    one_of("state", TransferState),
    one_of("purpose", Purpose),
    Index("transfer_due", "answer_until", postgresql_where=sql("state = 'checked'")),
    Index("transfer_waits_for", "asked", postgresql_where=sql("state = 'checked'")),
    Index(None, "from_registry", "proposed_at"),
    Index(None, "to_registry", "proposed_at"),
    Index(None, "authorization_party", "authorization_id"),
    postgresql_with={"fillfactor": 80},
    comment="Transfers and where they stand; `units` counts serials. Final states are final.",
)

transfer_block = Table(
    "transfer_block",
    metadata,
    unique_id("transfer_id", primary_key=True),
    integer("position", primary_key=True),
    integer("series_id"),
    whole("first"),
    whole("last"),
    decimal("quantity"),
    text("unit", nullable=True),
    serials_valid(),
    Index(None, "series_id", "first"),
    comment="The blocks of a transfer, in the order of its proposal. Append-only.",
)

transfer_first_transfer = Table(
    "transfer_first_transfer",
    metadata,
    unique_id("transfer_id", primary_key=True),
    integer("position", primary_key=True),
    integer("series_id"),
    whole("first"),
    whole("last"),
    serials_valid(),
    comment="The serials whose first transfer a transfer is. Append-only.",
)

action_record = Table(
    "action_record",
    metadata,
    unique_id("message_id", primary_key=True),
    text("registry"),
    text("action"),
    text("from_account"),
    text("to_account"),
    text("authorization_party", nullable=True),
    text("authorization_id", nullable=True),
    unique_id("corrected_by", nullable=True),
    instant("recorded_at"),
    one_of("action", ActionKind),
    Index(None, "registry", "recorded_at"),
    comment="Uses, cancellations, retirements and declared first transfers.",
)

action_block = Table(
    "action_block",
    metadata,
    unique_id("message_id", primary_key=True),
    integer("position", primary_key=True),
    integer("series_id"),
    whole("first"),
    whole("last"),
    serials_valid(),
    comment="The serials of an action. Append-only.",
)

correction = Table(
    "correction",
    metadata,
    unique_id("message_id", primary_key=True),
    text("registry"),
    text("kind"),
    unique_id("corrects"),
    unique_id("replacement", nullable=True),
    Column("approvers", ARRAY(Text), nullable=False),
    text("reason"),
    instant("recorded_at"),
    one_of("kind", CorrectionKind),
    Index(None, "corrects"),
    comment="Reversals and corrections: new records that name the old. Append-only.",
)
