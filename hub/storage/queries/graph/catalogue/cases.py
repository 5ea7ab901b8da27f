"""Discrepancies and the runs that find them."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import any_

from hub.storage.queries.graph import kinds
from hub.storage.queries.graph.catalogue import shared as the
from hub.storage.queries.graph.model import (
    TEXTS,
    Collection,
    Entity,
    Filter,
    Lookup,
    Record,
)
from hub.storage.tables.exchange import transfer
from hub.storage.tables.participants import registry
from hub.storage.tables.reconciliation import (
    discrepancy,
    discrepancy_event,
    discrepancy_interval,
    reconciliation_run,
)

CHANGE: Final = Record(
    attributes={
        "happened_at": the.fact("happened_at", kinds.INSTANT),
        "event": the.fact("event"),
        **the.codes("from_state", "to_state"),
        "actor": the.fact("actor", restricted=True),
        "words": the.fact("words", restricted=True),
        "message_id": the.fact("message_id", kinds.UUID),
    }
)
DISCREPANCY: Final = Entity(
    table=discrepancy,
    order=the.ordered((datetime, UUID), "opened_at", "discrepancy_id"),
    orders={
        "OPENED_AT": the.ordered((datetime, UUID), "opened_at", "discrepancy_id"),
        "UNITS": the.ordered((int, UUID), "units", "discrepancy_id"),
    },
    attributes={
        **the.said("id", lambda s: s.c.discrepancy_id, kinds.node_id("Discrepancy")),
        "discrepancy_id": the.fact("discrepancy_id", kinds.UUID),
        "code": the.fact("code"),
        **the.codes("severity", "state"),
        "owner": the.fact("owner", restricted=True),
        **the.said("unit_count", lambda s: s.c.units, kinds.COUNT),
        "words": the.fact("words"),
        "ours": the.fact("ours", kinds.JSON, restricted=True),
        "theirs": the.fact("theirs", kinds.JSON, restricted=True),
        **the.facts(kinds.INSTANT, "opened_at", "due_at", "changed_at", "closed_at"),
        **the.facts(kinds.COUNT, "recurrences"),
    },
    references={
        "transfer": the.other("Transfer", transfer, lambda s, t: t.transfer_id == s.c.transfer_id),
        "message": the.the_message(lambda s: s.c.message_id),
        "last_agreed_message": the.the_message(lambda s: s.c.last_agreed_message_id),
        "run": the.other(
            "ReconciliationRun", reconciliation_run, lambda s, r: r.run_id == s.c.run_id
        ),
    },
    listings={
        "registries": the.listing(
            "Registry",
            registry,
            lambda o, i: i.registry == any_(o.c.registries),
            lambda i: (i.registry,),
        ),
        "units": the.listing(
            "SerialInterval",
            discrepancy_interval,
            lambda o, i: i.discrepancy_id == o.c.discrepancy_id,
            lambda i: (i.position,),
        ),
        "history": the.listing(
            "DiscrepancyChange",
            discrepancy_event,
            lambda o, i: i.discrepancy_id == o.c.discrepancy_id,
            lambda i: (i.event_id,),
        ),
    },
    inners=the.established(lambda s: s.c.opened_at),
    filters={
        "state": the.any_of(lambda s: s.c.state),
        "severity": the.any_of(lambda s: s.c.severity),
        "code": the.any_of(lambda s: s.c.code),
        "registry": Filter(
            where=lambda s, parameter, _: s.c.registries.op("&&")(parameter("", TEXTS)),
            parameters=lambda values: {"": list(values)},
        ),
        "opened": the.span(lambda s: s.c.opened_at, datetime, last="until"),
    },
    lookups={"key": Lookup(parts=(UUID,), where=lambda s, part: s.c.discrepancy_id == part(0))},
)

RUN: Final = Entity(
    table=reconciliation_run,
    order=the.ordered((datetime, UUID), "started_at", "run_id"),
    attributes={
        **the.said("id", lambda s: s.c.run_id, kinds.node_id("ReconciliationRun")),
        "run_id": the.fact("run_id", kinds.UUID),
        "kind": the.fact("kind"),
        "scope": the.fact("scope", kinds.JSON),
        "started_by": the.fact("started_by", restricted=True),
        **the.facts(kinds.INSTANT, "started_at", "finished_at"),
        "result": the.fact("result"),
        "units_compared": the.fact("units_compared", kinds.WHOLE),
        "found": the.fact("found", kinds.WHOLE),
    },
    inners=the.established(lambda s: s.c.started_at),
    collections={
        "discrepancies": Collection(of="Discrepancy", where=lambda o, i: i.c.run_id == o.c.run_id)
    },
    lookups={"key": Lookup(parts=(UUID,), where=lambda s, part: s.c.run_id == part(0))},
)
