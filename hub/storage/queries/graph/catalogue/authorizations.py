"""Authorizations with their versions, and authorized entities."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import case, exists, null

from hub.storage.queries.graph import kinds
from hub.storage.queries.graph.catalogue import shared as the
from hub.storage.queries.graph.model import Collection, Column, Entity, Record, Scope
from hub.storage.tables.authorizations import (
    authorization_entity,
    authorization_record,
    authorization_state,
)
from hub.storage.tables.participants import entity
from schema.codes import AuthorizationStep

AUTHORIZED_ENTITY_TERM: Final = Record(
    attributes={
        "conditions": the.fact("conditions"),
        "change_conditions": the.fact("change_conditions"),
    },
    references={
        "entity": the.other(
            "Entity", entity, lambda s, e: e.entity_ref == s.c.entity_ref, always=True
        )
    },
)
AUTHORIZATION_VERSION: Final = Record(
    attributes={
        **the.facts(kinds.COUNT, "version"),
        **the.codes(
            "step",
            "status",
            "uses",
            "metric",
            "first_transfer_for_ndc",
            "first_transfer_for_oimp",
        ),
        "confirms": the.fact("confirms"),
        "quantity": the.fact("quantity", kinds.WHOLE),
        **the.facts(kinds.TEXTS, "parties", "sectors", "activity_types"),
        "vintages": the.fact("vintages", kinds.WHOLES),
        **the.facts(kinds.DAY, "authorized_on", "from_day", "until_day"),
        "tracking_registry": the.fact("tracking_registry"),
        "underlying_registry": the.fact("underlying_registry"),
        **the.said("elements", lambda s: s.c.record["elements"], kinds.JSON),
        "document_digest": the.fact("document_digest"),
        "recorded_at": the.fact("recorded_at", kinds.INSTANT),
    },
    references={"message": the.the_message(lambda s: s.c.message_id)},
    listings={
        "entities": the.listing(
            "AuthorizedEntityTerm",
            authorization_entity,
            lambda o, i: (
                (i.authorization_ref == o.c.authorization_ref) & (i.version == o.c.version)
            ),
            lambda i: (i.entity_ref,),
        )
    },
)


def _latest(scope: Scope) -> Any:  # noqa: ANN401 - columns of a table
    return scope.joined(
        "latest",
        authorization_record.alias,
        lambda r: (
            (r.authorization_ref == scope.c.authorization_ref) & (r.version == scope.c.version)
        ),
    )


def _estimate(scope: Scope) -> Any:  # noqa: ANN401 - columns of a table
    """Join the latest version of the 2a authorization that a 2b confirms."""
    state = scope.joined(
        "estimate_state",
        authorization_state.alias,
        lambda e: (e.party == scope.c.party) & (e.authorization_id == _latest(scope).confirms),
        outer=True,
    )
    return scope.joined(
        "estimate",
        authorization_record.alias,
        lambda r: (r.authorization_ref == state.authorization_ref) & (r.version == state.version),
        outer=True,
    )


def _estimated(scope: Scope) -> Column:
    return case(
        (scope.c.step == AuthorizationStep.ESTIMATED_QUANTITY.value, _latest(scope).quantity),
        else_=_estimate(scope).quantity,
    )


def _confirmed(scope: Scope) -> Column:
    """A 2a counts what its 2b have confirmed; a step 1 confirms no quantity."""
    return case(
        (scope.c.step == AuthorizationStep.ESTIMATED_QUANTITY.value, scope.c.confirmed),
        (scope.c.step == AuthorizationStep.APPROACH.value, null()),
        else_=_latest(scope).quantity,
    )


_QUANTITIES: Final = Record(
    attributes={
        **the.said("authorized", lambda s: _latest(s).quantity, kinds.WHOLE),
        **the.said("estimated", _estimated, kinds.WHOLE),
        **the.said("confirmed", _confirmed, kinds.WHOLE),
        **the.facts(kinds.COUNT, "issued", "first_transferred", "used"),
        **the.said("reserved", lambda s: s.c.first_transfer_reserved, kinds.COUNT),
        **the.said(
            "remaining",
            lambda s: _latest(s).quantity - s.c.first_transferred - s.c.first_transfer_reserved,
            kinds.WHOLE,
        ),
    }
)
AUTHORIZATION: Final = Entity(
    table=authorization_state,
    order=the.ordered((str, str), "party", "authorization_id"),
    orders={
        "ID": the.ordered((str, str), "party", "authorization_id"),
        "RECORDED_AT": the.ordered(
            (datetime, str, str), "recorded_at", "party", "authorization_id"
        ),
    },
    attributes={
        **the.said(
            "id", lambda s: (s.c.party, s.c.authorization_id), kinds.node_id("Authorization")
        ),
        "authorization_id": the.fact("authorization_id"),
        **the.facts(kinds.COUNT, "version"),
        **the.codes("step", "status"),
        "activity_id": the.fact("activity"),
        **the.said("uses", lambda s: _latest(s).uses, kinds.CODE),
        "recorded_at": the.fact("recorded_at", kinds.INSTANT),
    },
    references={
        "party": the.a_party(lambda s: s.c.party),
        "approach": the.an_approach(lambda s: s.c.approach),
        "latest": the.other(
            "AuthorizationVersion",
            authorization_record,
            lambda s, r: (
                (r.authorization_ref == s.c.authorization_ref) & (r.version == s.c.version)
            ),
            always=True,
        ),
    },
    listings={
        "versions": the.listing(
            "AuthorizationVersion",
            authorization_record,
            lambda o, i: i.authorization_ref == o.c.authorization_ref,
            lambda i: (i.version.desc(),),
        )
    },
    inners={"quantities": _QUANTITIES, **the.stated_in_message()},
    owners=lambda s: (s.c.party,),
    filters={
        "party": the.any_of(lambda s: s.c.party),
        "approach": the.any_of(lambda s: s.c.approach),
        "activity": the.any_of(lambda s: s.c.activity),
        "step": the.any_of(lambda s: s.c.step),
        "status": the.any_of(lambda s: s.c.status),
    },
    collections={
        "blocks": Collection(
            of="ItmoBlock", where=lambda o, i: i.c.authorization_ref == o.c.authorization_ref
        ),
        "transfers": Collection(
            of="Transfer",
            where=lambda o, i: (
                (i.c.authorization_party == o.c.party)
                & (i.c.authorization_id == o.c.authorization_id)
            ),
        ),
    },
    lookups={"key": the.by_key("party", "authorization_id")},
)


def _names_it(owner: Scope, item: Scope) -> Column:
    named = authorization_entity.alias()
    return (
        exists()
        .where(
            named.c.authorization_ref == item.c.authorization_ref,
            named.c.version == item.c.version,
            named.c.entity_ref == owner.c.entity_ref,
        )
        .correlate(*owner.source.aliases, *item.source.aliases)
    )


ENTITY: Final = Entity(
    table=entity,
    order=the.ordered((str, str), "country", "entity_id"),
    attributes={
        **the.said("id", lambda s: (s.c.country, s.c.entity_id), kinds.node_id("Entity")),
        "entity_id": the.fact("entity_id"),
        "name": the.fact("name"),
    },
    references={"country": the.a_party(lambda s: s.c.country)},
    inners=the.stated_in_message(),
    filters={"country": the.any_of(lambda s: s.c.country)},
    collections={"authorizations": Collection(of="Authorization", where=_names_it)},
    lookups={"key": the.by_key("country", "entity_id")},
)
