"""Reconciliation: statements, runs, discrepancies and the serials they freeze."""

from sqlalchemy import (
    ARRAY,
    Boolean,
    Column,
    Index,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB

from hub.storage.tables.base import (
    decimal,
    instant,
    integer,
    large_key,
    metadata,
    one_of,
    reference,
    serials_valid,
    text,
    unique_id,
    whole,
)
from schema.codes import AccountKind, UnitStatus

statement = Table(
    "statement",
    metadata,
    large_key("statement_id"),
    reference("registry", "registry.registry"),
    text("source"),
    instant("stated_at"),
    instant("observed_at"),
    text("signature"),
    reference("envelope_id", "envelope.envelope_id", nullable=True),
    unique_id("message_id", nullable=True),
    text("source_record", nullable=True),
    Column("complete", Boolean, nullable=False),
    whole("units"),
    Index(None, "registry", "stated_at"),
    UniqueConstraint("message_id"),
    comment="What a registry stated about itself, from where, when, and how far it is signed.",
)

stated_total = Table(
    "stated_total",
    metadata,
    reference("statement_id", "statement.statement_id"),
    text("account"),
    text("account_kind"),
    reference("series_id", "series.series_id"),
    whole("units"),
    PrimaryKeyConstraint("statement_id", "series_id", "account"),
    one_of("account_kind", AccountKind),
    comment="Totals of a statement by account and series, in serials.",
)

stated_block = Table(
    "stated_block",
    metadata,
    whole("statement_id"),
    integer("series_id"),
    whole("first"),
    whole("last"),
    text("account"),
    text("account_kind"),
    text("status"),
    Column("first_transferred", Boolean, nullable=False),
    text("authorization_id", nullable=True),
    decimal("quantity"),
    PrimaryKeyConstraint("statement_id", "series_id", "first"),
    serials_valid(),
    one_of("account_kind", AccountKind),
    one_of("status", UnitStatus),
    comment="Blocks of a statement, in bulk: a plain key, checked by one window query.",
)

stated_authorization = Table(
    "stated_authorization",
    metadata,
    reference("statement_id", "statement.statement_id", primary_key=True),
    text("party", primary_key=True),
    text("authorization_id", primary_key=True),
    integer("version"),
    text("status"),
    whole("quantity", nullable=True),
    Index(None, "party", "authorization_id"),
    comment="Authorizations as a registry's statement knows them.",
)

reconciliation_run = Table(
    "reconciliation_run",
    metadata,
    unique_id("run_id", primary_key=True),
    text("kind"),
    Column("scope", JSONB, nullable=False),
    text("started_by"),
    instant("started_at"),
    instant("finished_at", nullable=True),
    text("result", nullable=True),
    whole("units_compared", nullable=True),
    integer("found", nullable=True),
    Column("details", JSONB, nullable=False),
    Index(None, "started_at"),
    comment="Runs of reconciliation: what was compared and what was found.",
)

discrepancy = Table(
    "discrepancy",
    metadata,
    unique_id("discrepancy_id", primary_key=True),
    text("fingerprint"),
    text("code"),
    text("severity"),
    text("state"),
    text("owner", nullable=True),
    Column("registries", ARRAY(Text), nullable=False),
    whole("units"),
    text("words"),
    Column("ours", JSONB, nullable=False),
    Column("theirs", JSONB, nullable=False),
    unique_id("transfer_id", nullable=True),
    unique_id("message_id", nullable=True),
    unique_id("last_agreed_message_id", nullable=True),
    reference("run_id", "reconciliation_run.run_id", nullable=True),
    instant("opened_at"),
    instant("due_at", nullable=True),
    instant("changed_at"),
    instant("closed_at", nullable=True),
    integer("recurrences", default="0"),
    UniqueConstraint("fingerprint"),
    Index(None, "state", "opened_at"),
    Index(None, "registries", postgresql_using="gin"),
    comment="Disagreements with the statements of both sides; a recurring cause is reopened.",
)

discrepancy_interval = Table(
    "discrepancy_interval",
    metadata,
    reference("discrepancy_id", "discrepancy.discrepancy_id", primary_key=True),
    integer("position", primary_key=True),
    reference("series_id", "series.series_id"),
    whole("first"),
    whole("last"),
    serials_valid(),
    Index(None, "series_id", "first"),
    comment="The disputed serials.",
)

discrepancy_event = Table(
    "discrepancy_event",
    metadata,
    large_key("event_id"),
    reference("discrepancy_id", "discrepancy.discrepancy_id"),
    instant("happened_at"),
    text("event"),
    text("from_state", nullable=True),
    text("to_state"),
    text("actor"),
    text("words"),
    unique_id("message_id", nullable=True),
    Index(None, "discrepancy_id", "event_id"),
    comment="The history of discrepancies. Append-only.",
)

unit_freeze = Table(
    "unit_freeze",
    metadata,
    large_key("freeze_id"),
    reference("discrepancy_id", "discrepancy.discrepancy_id"),
    reference("series_id", "series.series_id"),
    whole("first"),
    whole("last"),
    text("claimant"),
    instant("frozen_at"),
    instant("until"),
    instant("lifted_at", nullable=True),
    serials_valid(),
    Index(None, "series_id", "first", postgresql_where=sql("lifted_at IS NULL")),
    Index(None, "discrepancy_id"),
    Index(None, "claimant", postgresql_where=sql("lifted_at IS NULL")),
    comment="Disputed serials that may not move; lifted or expired ones stay for the record.",
)
