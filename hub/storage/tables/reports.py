"""Annual information: submissions in the agreed electronic format, frozen row by row."""

from sqlalchemy import Column, Index, PrimaryKeyConstraint, SmallInteger, Table, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB

from hub.storage.tables.base import (
    instant,
    integer,
    metadata,
    reference,
    text,
    unique_id,
)

aef_submission = Table(
    "aef_submission",
    metadata,
    unique_id("submission_id", primary_key=True),
    text("party"),
    integer("year"),
    text("version"),
    text("origin"),
    text("status"),
    instant("as_of"),
    instant("frozen_at"),
    Column("heading", JSONB, nullable=False),
    text("document_digest", nullable=True),
    UniqueConstraint("party", "year", "version", "origin"),
    Index(None, "year"),
    comment="Annual information by Party, year and version: filled here, or read.",
)

aef_row = Table(
    "aef_row",
    metadata,
    reference("submission_id", "aef_submission.submission_id"),
    Column("table_number", SmallInteger, nullable=False),
    integer("position"),
    Column("cells", JSONB, nullable=False),
    PrimaryKeyConstraint("submission_id", "table_number", "position"),
    comment="The rows of a submission as they stood when it was frozen. Append-only.",
)
