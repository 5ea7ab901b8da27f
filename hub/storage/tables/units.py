"""Units: series, their birth, who holds them now, and what happened to them."""

from sqlalchemy import CheckConstraint, Index, Table, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ExcludeConstraint

from hub.domain.state import EventKind
from hub.storage.tables.base import (
    SERIES_ID_LIMIT,
    decimal,
    instant,
    integer,
    large_key,
    metadata,
    one_of,
    reference,
    serials_valid,
    small_key,
    text,
    unique_id,
    whole,
)
from schema.codes import Metric, MitigationType, Purpose, UnitStatus

_SERIALS_AS_BOX = (
    "box(point(series_id::float8 - 0.25, first::float8),"
    " point(series_id::float8 + 0.25, last::float8))"
)


def no_overlap(table: str) -> ExcludeConstraint:
    """Return the constraint that no serial of a series lies in two rows.

    A block is a box, the series across and the serials along; whole numbers below 2**53 are exact
    in it. Boxes need no extension, and their index is twice as fast as that of ranges.
    """
    return ExcludeConstraint(
        (sql(_SERIALS_AS_BOX), "&&"), using="gist", name=f"{table}_no_serial_twice"
    )


series = Table(
    "series",
    metadata,
    small_key("series_id"),
    text("approach"),
    text("registry"),
    text("first_party"),
    integer("vintage"),
    UniqueConstraint("approach", "registry", "first_party", "vintage"),
    CheckConstraint(f"0 < series_id AND series_id < {SERIES_ID_LIMIT}", name="id_fits_the_key"),
    Index(None, "first_party", "vintage"),
    comment="All parts of the unique identifier but the serial. Append-only.",
)

issuance = Table(
    "issuance",
    metadata,
    reference("series_id", "series.series_id", primary_key=True),
    whole("first", primary_key=True),
    whole("last"),
    unique_id("message_id"),
    text("registry"),
    reference("account_id", "account.account_id"),
    text("activity"),
    text("decision", nullable=True),
    reference("authorization_ref", "authorization_state.authorization_ref", nullable=True),
    text("mitigation_type"),
    text("metric"),
    text("unit"),
    decimal("quantity"),
    text("underlying_registry", nullable=True),
    text("underlying_first_unit", nullable=True),
    text("underlying_last_unit", nullable=True),
    instant("issued_at"),
    instant("recorded_at"),
    serials_valid(),
    one_of("mitigation_type", MitigationType),
    one_of("metric", Metric),
    no_overlap("issuance"),
    Index(None, "message_id"),
    Index(None, "activity"),
    Index(None, "decision", postgresql_where=sql("decision IS NOT NULL")),
    comment="The birth of every serial, once. Append-only.",
)

holding = Table(
    "holding",
    metadata,
    integer("series_id", primary_key=True),
    whole("first", primary_key=True),
    whole("last"),
    integer("account_id"),
    text("status"),
    unique_id("issuance"),
    text("activity"),
    integer("authorization_ref", nullable=True),
    unique_id("first_transfer", nullable=True),
    unique_id("reserved_by", nullable=True),
    unique_id("last_record"),
    decimal("quantity"),
    text("unit", nullable=True),
    serials_valid(),
    one_of("status", UnitStatus),
    no_overlap("holding"),
    Index(None, "account_id", "series_id"),
    postgresql_with={"fillfactor": 80},
    comment="Who holds which serials now; only change_holdings() writes it.",
)

unit_event = Table(
    "unit_event",
    metadata,
    large_key("event_id"),
    text("kind"),
    integer("series_id"),
    whole("first"),
    whole("last"),
    decimal("quantity"),
    text("unit", nullable=True),
    text("registry"),
    integer("from_account_id", nullable=True),
    integer("to_account_id", nullable=True),
    integer("authorization_ref", nullable=True),
    instant("happened_at"),
    instant("recorded_at"),
    unique_id("message_id"),
    unique_id("transfer_id", nullable=True),
    text("purpose", nullable=True),
    text("using_party", nullable=True),
    text("using_entity", nullable=True),
    integer("year_of_use", nullable=True),
    serials_valid(),
    one_of("kind", EventKind),
    one_of("purpose", Purpose),
    Index(None, "series_id", "first"),
    Index(None, "message_id"),
    Index(None, "transfer_id", postgresql_where=sql("transfer_id IS NOT NULL")),
    Index(None, "registry", "happened_at"),
    comment="The history of units: the source of the annual information. Append-only.",
)
