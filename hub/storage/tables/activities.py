"""Activities, the Joint Committees' decisions about them, and initial reports."""

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    Column,
    Date,
    Index,
    Table,
    Text,
    UniqueConstraint,
)

from hub.storage.tables.base import (
    instant,
    integer,
    metadata,
    one_of,
    reference,
    text,
    unique_id,
    whole,
)
from schema.codes import DecisionKind

activity = Table(
    "activity",
    metadata,
    text("approach", primary_key=True),
    text("activity", primary_key=True),
    text("first_party"),
    text("title"),
    Column("sectors", ARRAY(Text), nullable=False),
    Column("activity_types", ARRAY(Text), nullable=False),
    unique_id("message_id"),
    instant("recorded_at"),
    Index(None, "activity"),
    comment="Mitigation activities as the latest decision describes them.",
)

decision = Table(
    "decision",
    metadata,
    unique_id("message_id", primary_key=True),
    text("decision_id"),
    text("kind"),
    text("approach"),
    text("first_party"),
    text("activity"),
    text("registry", nullable=True),
    Column("decided_on", Date, nullable=True),
    Column("period_from", Date, nullable=True),
    Column("period_to", Date, nullable=True),
    text("source", nullable=True),
    instant("recorded_at", nullable=True),
    one_of("kind", DecisionKind),
    UniqueConstraint("approach", "first_party", "decision_id"),
    Index(None, "approach", "activity"),
    comment="Decisions of Joint Committees: registration and issuance. Append-only.",
)

allotment = Table(
    "allotment",
    metadata,
    reference("decision", "decision.message_id", primary_key=True),
    text("registry", primary_key=True),
    integer("vintage", primary_key=True),
    whole("tonnes"),
    whole("issued", default="0"),
    CheckConstraint("0 <= issued AND issued <= tonnes", name="never_exceeded"),
    comment="What a decision gives to a registry for a vintage, and what was issued of it.",
)

initial_report = Table(
    "initial_report",
    metadata,
    text("party", primary_key=True),
    text("approach", primary_key=True),
    Column("submitted_on", Date, nullable=False),
    text("document_digest", nullable=True),
    unique_id("message_id", nullable=True),
    instant("recorded_at", nullable=True),
    comment="Initial reports by Party and approach (decision 2/CMA.3 annex para. 18).",
)
