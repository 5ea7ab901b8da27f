"""Annual information, and the journal."""

from typing import Final
from uuid import UUID

from sqlalchemy import func, select

from hub.storage.queries.graph import kinds
from hub.storage.queries.graph.catalogue import shared as the
from hub.storage.queries.graph.model import (
    Column,
    Entity,
    Listing,
    Lookup,
    Order,
    Record,
    Reference,
    Scope,
    Source,
)
from hub.storage.tables.journal import checkpoint, cosignature, journal_leaf
from hub.storage.tables.messages import message
from hub.storage.tables.reports import aef_row, aef_submission


def _tables(owner: Scope) -> tuple[Scope, Column | None]:
    row = aef_row.alias()
    counted = (
        select(row.c.table_number, func.count().label("rows"))
        .where(row.c.submission_id == owner.c.submission_id)
        .group_by(row.c.table_number)
        .correlate(*owner.source.aliases)
        .subquery()
    )
    return Scope(Source(counted), counted), None


AEF_TABLE: Final = Record(
    attributes={
        **the.said("number", lambda s: s.c.table_number, kinds.COUNT),
        **the.facts(kinds.COUNT, "rows"),
    }
)
AEF_SUBMISSION: Final = Entity(
    table=aef_submission,
    order=Order(
        by=lambda s: (s.c.party, s.c.year, s.c.version, s.c.origin), kinds=(str, int, str, str)
    ),
    attributes={
        **the.said("id", lambda s: s.c.submission_id, kinds.node_id("AefSubmission")),
        "submission_id": the.fact("submission_id", kinds.UUID),
        **the.facts(kinds.COUNT, "year"),
        "version": the.fact("version"),
        "origin": the.fact("origin"),
        "status": the.fact("status"),
        **the.facts(kinds.INSTANT, "as_of", "frozen_at"),
        "heading": the.fact("heading", kinds.JSON),
        "document_digest": the.fact("document_digest"),
    },
    references={"party": the.a_party(lambda s: s.c.party)},
    listings={
        "tables": Listing(of="AefTable", open=_tables, order=lambda item: (item.c.table_number,))
    },
    inners=the.established(lambda s: s.c.frozen_at),
    filters={
        "party": the.any_of(lambda s: s.c.party),
        "year": the.any_number(lambda s: s.c.year),
    },
    lookups={"key": Lookup(parts=(UUID,), where=lambda s, part: s.c.submission_id == part(0))},
)


def _entry_message(scope: Scope) -> tuple[Scope, Column | None]:
    row = message.alias()
    scope.source.join(
        row,
        (row.c.envelope_id == scope.c.envelope_id) & (row.c.position == scope.c.position),
        outer=True,
    )
    return Scope(scope.source, row, outer=True), row.c.envelope_id


JOURNAL_ENTRY: Final = Entity(
    table=journal_leaf,
    order=the.ordered((int,), "leaf_index"),
    attributes={
        **the.said("id", lambda s: s.c.leaf_index, kinds.node_id("JournalEntry")),
        **the.facts(kinds.COUNT, "leaf_index"),
        "leaf_hash": the.fact("leaf_hash", kinds.HEX),
        "entry": the.fact("entry", kinds.UTF8),
        "recorded_at": the.fact("recorded_at", kinds.INSTANT),
    },
    references={"message": Reference(to="Message", find=_entry_message)},
    inners=the.established(lambda s: s.c.recorded_at),
    lookups={"key": Lookup(parts=(int,), where=lambda s, part: s.c.leaf_index == part(0))},
)

COSIGNATURE: Final = Record(
    attributes={
        "witness": the.fact("witness"),
        "line": the.fact("line", kinds.UTF8),
        **the.facts(kinds.INSTANT, "cosigned_at", "received_at"),
    }
)
CHECKPOINT: Final = Entity(
    table=checkpoint,
    order=the.ordered((int,), "size"),
    attributes={
        **the.said("id", lambda s: s.c.size, kinds.node_id("Checkpoint")),
        **the.facts(kinds.COUNT, "size"),
        "root": the.fact("root", kinds.HEX),
        "note": the.fact("note", kinds.UTF8),
        **the.facts(kinds.INSTANT, "signed_at", "published_at"),
    },
    listings={
        "cosignatures": the.listing(
            "Cosignature",
            cosignature,
            lambda o, i: i.size == o.c.size,
            lambda i: (i.witness,),
        )
    },
    inners=the.established(lambda s: s.c.signed_at),
    lookups={"key": Lookup(parts=(int,), where=lambda s, part: s.c.size == part(0))},
)
