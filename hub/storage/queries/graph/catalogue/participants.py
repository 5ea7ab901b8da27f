"""Parties, registries and accounts."""

from typing import Final

from sqlalchemy import func, literal_column
from sqlalchemy.dialects.postgresql import array

from hub.storage.queries.graph import kinds
from hub.storage.queries.graph.catalogue import shared as the
from hub.storage.queries.graph.model import NOW, Collection, Column, Entity, Record, Scope
from hub.storage.tables.participants import (
    account,
    maintenance_window,
    party,
    registry,
    trusted_key,
)

PARTY: Final = Entity(
    table=party,
    key=lambda row: (row.party,),
    order=the.ordered((str,), "party"),
    attributes={
        **the.said("id", lambda s: s.key, kinds.node_id("Party")),
        **the.said("code", lambda s: s.key, kinds.TEXT),
        **the.said("name", lambda s: func.coalesce(s.c.name, s.key[0]), kinds.TEXT),
    },
    inners=the.established(lambda _: the.no_instant(), "configured"),
    collections={
        "registries": Collection(of="Registry", where=lambda o, i: i.c.party == o.key[0]),
        "accounts": Collection(of="Account", where=lambda o, i: i.c.holder_party == o.key[0]),
        "activities": Collection(of="Activity", where=lambda o, i: i.c.first_party == o.key[0]),
        "authorizations": Collection(of="Authorization", where=lambda o, i: i.c.party == o.key[0]),
        "blocks": Collection(
            of="ItmoBlock", where=lambda o, i: the.series_of(i).first_party == o.key[0]
        ),
        "submissions": Collection(of="AefSubmission", where=lambda o, i: i.c.party == o.key[0]),
    },
    lookups={"key": the.by_key("party")},
)


def _stale(scope: Scope) -> Column:
    limit = literal_column("1") * scope.c.fresh_for_seconds
    age = the.whole_seconds_since(scope.c.last_good_sync_at)
    stale: Column = func.coalesce(age > limit, limit.is_not(None))
    return stale


_FRESHNESS: Final = Record(
    attributes={
        **the.facts(kinds.INSTANT, "last_good_sync_at"),
        **the.facts(kinds.WHOLE, "fresh_for_seconds"),
        **the.said(
            "age_seconds", lambda s: the.whole_seconds_since(s.c.last_good_sync_at), kinds.WHOLE
        ),
        **the.said("stale", _stale, kinds.TRUTH),
    }
)
MAINTENANCE_WINDOW: Final = Record(
    attributes={**the.facts(kinds.INSTANT, "starts_at", "ends_at"), "words": the.fact("words")}
)
REGISTRY_KEY: Final = Record(
    attributes={
        "key_id": the.fact("key_id"),
        "jwk": the.fact("jwk", kinds.JSON),
        **the.facts(kinds.INSTANT, "valid_from", "valid_until", "revoked_from"),
    }
)
REGISTRY: Final = Entity(
    table=registry,
    order=the.ordered((str,), "registry"),
    attributes={
        **the.said("id", lambda s: s.c.registry, kinds.node_id("Registry")),
        "code": the.fact("registry"),
        "name": the.fact("name"),
        **the.codes("kind"),
        "suspended": the.fact("suspended", kinds.TRUTH),
        "connector": the.fact("connector"),
        "endpoint": the.fact("endpoint", restricted=True),
    },
    references={"party": the.a_party(lambda s: s.c.party)},
    listings={
        "maintenance": the.listing(
            "MaintenanceWindow",
            maintenance_window,
            lambda o, i: (i.registry == o.c.registry) & (i.ends_at > NOW),
            lambda i: (i.starts_at, i.message_id),
        ),
        "keys": the.listing(
            "RegistryKey",
            trusted_key,
            lambda o, i: i.issuer == o.c.registry,
            lambda i: (i.valid_from.desc(), i.key_id),
        ),
    },
    inners={
        "freshness": _FRESHNESS,
        **the.established(lambda s: s.c.recorded_at, "configured"),
    },
    owners=lambda s: (s.c.party,),
    filters={
        "party": the.any_of(lambda s: s.c.party),
        "kind": the.any_of(lambda s: s.c.kind),
        "suspended": the.same(lambda s: s.c.suspended, bool),
    },
    collections={
        "accounts": Collection(of="Account", where=lambda o, i: i.c.registry == o.c.registry),
        "blocks": Collection(
            of="ItmoBlock", where=lambda o, i: the.account_of(i).registry == o.c.registry
        ),
        "transfers_out": Collection(
            of="Transfer", where=lambda o, i: i.c.from_registry == o.c.registry
        ),
        "transfers_in": Collection(
            of="Transfer", where=lambda o, i: i.c.to_registry == o.c.registry
        ),
        "messages": Collection(of="Message", where=lambda o, i: i.c.sender == o.c.registry),
        "discrepancies": Collection(
            of="Discrepancy", where=lambda o, i: i.c.registries.contains(array([o.c.registry]))
        ),
    },
    lookups={"key": the.by_key("registry")},
)

ACCOUNT: Final = Entity(
    table=account,
    order=the.ordered((str, str), "registry", "account"),
    attributes={
        **the.said("id", lambda s: (s.c.registry, s.c.account), kinds.node_id("Account")),
        "account_id": the.fact("account"),
        **the.codes("kind", "status"),
        "holder_entity": the.fact("holder_entity", restricted=True),
    },
    references={
        "registry": the.other(
            "Registry", registry, lambda s, r: r.registry == s.c.registry, always=True
        ),
        "holder_party": the.a_party(lambda s: s.c.holder_party),
    },
    inners=the.stated_in_message(),
    owners=lambda s: (s.c.holder_party, the.registry_of(s).party),
    filters={
        "registry": the.any_of(lambda s: s.c.registry),
        "holder_party": the.any_of(lambda s: s.c.holder_party),
        "kind": the.any_of(lambda s: s.c.kind),
        "status": the.any_of(lambda s: s.c.status),
    },
    collections={
        "blocks": Collection(of="ItmoBlock", where=lambda o, i: i.c.account_id == o.c.account_id)
    },
    lookups={"key": the.by_key("registry", "account")},
)
