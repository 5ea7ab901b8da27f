"""Cooperative approaches, activities, decisions and issuances."""

from typing import Any, Final

from sqlalchemy import func, select

from hub.storage.queries.graph import kinds
from hub.storage.queries.graph.catalogue import shared as the
from hub.storage.queries.graph.model import (
    Collection,
    Column,
    Entity,
    Lookup,
    Record,
    Scope,
)
from hub.storage.tables.activities import activity, allotment, decision
from hub.storage.tables.authorizations import authorization_state
from hub.storage.tables.participants import account, approach, party
from hub.storage.tables.units import issuance

APPROACH: Final = Entity(
    table=approach,
    key=lambda row: (row.approach,),
    order=the.ordered((str,), "approach"),
    attributes={
        **the.said("id", lambda s: s.key, kinds.node_id("CooperativeApproach")),
        **the.said("code", lambda s: s.key, kinds.TEXT),
        "title": the.fact("title"),
    },
    listings={"parties": the.listing_of_codes("Party", party, lambda s: s.c.parties)},
    inners=the.established(lambda s: s.c.recorded_at),
    collections={
        "activities": Collection(of="Activity", where=lambda o, i: i.c.approach == o.key[0]),
        "authorizations": Collection(
            of="Authorization", where=lambda o, i: i.c.approach == o.key[0]
        ),
        "blocks": Collection(
            of="ItmoBlock", where=lambda o, i: the.series_of(i).approach == o.key[0]
        ),
    },
    lookups={"key": the.by_key("approach")},
)

ALLOTMENT: Final = Record(
    attributes={
        "registry": the.fact("registry"),
        **the.facts(kinds.COUNT, "vintage", "tonnes", "issued"),
    }
)
DECISION: Final = Record(
    attributes={
        "decision_id": the.fact("decision_id"),
        **the.codes("kind"),
        **the.facts(kinds.DAY, "decided_on", "period_from", "period_to"),
        "source": the.fact("source"),
    },
    listings={
        "allotments": the.listing(
            "Allotment",
            allotment,
            lambda o, i: i.decision == o.c.message_id,
            lambda i: (i.registry, i.vintage),
        )
    },
)
ACTIVITY: Final = Entity(
    table=activity,
    order=the.ordered((str, str), "approach", "activity"),
    attributes={
        **the.said("id", lambda s: (s.c.approach, s.c.activity), kinds.node_id("Activity")),
        "activity_id": the.fact("activity"),
        "title": the.fact("title"),
        **the.facts(kinds.TEXTS, "sectors", "activity_types"),
    },
    references={
        "approach": the.an_approach(lambda s: s.c.approach),
        "first_transferring_party": the.a_party(lambda s: s.c.first_party),
    },
    listings={
        "decisions": the.listing(
            "Decision",
            decision,
            lambda o, i: (i.approach == o.c.approach) & (i.activity == o.c.activity),
            lambda i: (i.decided_on.desc().nulls_last(), i.message_id),
        )
    },
    inners=the.stated_in_message(),
    filters={
        "approach": the.any_of(lambda s: s.c.approach),
        "first_transferring_party": the.any_of(lambda s: s.c.first_party),
    },
    collections={
        "issuances": Collection(
            of="Issuance",
            where=lambda o, i: (
                (i.c.activity == o.c.activity) & (the.series_of(i).approach == o.c.approach)
            ),
        ),
        "authorizations": Collection(
            of="Authorization",
            where=lambda o, i: (i.c.activity == o.c.activity) & (i.c.approach == o.c.approach),
        ),
    },
    lookups={"key": the.by_key("approach", "activity")},
)


def holding_the_serial(table: Any) -> Lookup:  # noqa: ANN401 - tables of disjoint serials
    """Return the lookup of the row that holds a unit, by the parts of its unique identifier.

    The rows of a series are disjoint, so the last one that begins at or before the serial is the
    only one that can hold it; asking for it so costs one descent of the index.
    """

    def where(scope: Scope, part: Any) -> Column:  # noqa: ANN401
        s = the.series_of(scope)
        before = table.alias()
        begins = (
            select(func.max(before.c.first))
            .where(before.c.series_id == s.series_id, before.c.first <= part(3))
            .correlate_except(before)
            .scalar_subquery()
        )
        found: Column = (
            (s.approach == part(0))
            & (s.registry == part(1))
            & (s.first_party == part(2))
            & (s.vintage == part(4))
            & (scope.c.first == begins)
            & (scope.c.last >= part(3))
        )
        return found

    return Lookup(parts=(str, str, str, int, int), where=where)


def amount(scope: Scope) -> Column:
    """Return the amount in the unit of the metric: the number of serials unless it is stated."""
    stated: Column = func.coalesce(scope.c.quantity, the.count(scope))
    return stated


ISSUANCE: Final = Entity(
    table=issuance,
    order=the.ordered((int, int), "series_id", "first"),
    attributes={
        **the.said("id", the.unit("first"), kinds.unit_node_id("Issuance")),
        **the.serial_facts(),
        **the.codes("metric", "mitigation_type"),
        **the.said("quantity", amount, kinds.EXACT),
        "unit": the.fact("unit"),
        "activity_id": the.fact("activity"),
        "underlying_registry": the.fact("underlying_registry"),
        "underlying_first_unit": the.fact("underlying_first_unit"),
        "underlying_last_unit": the.fact("underlying_last_unit"),
        **the.facts(kinds.INSTANT, "issued_at"),
    },
    references={
        "approach": the.an_approach(lambda s: the.series_of(s).approach),
        "registry": the.a_registry(lambda s: s.c.registry),
        "first_transferring_party": the.a_party(lambda s: the.series_of(s).first_party),
        "activity": the.other(
            "Activity",
            activity,
            lambda s, a: (a.approach == the.series_of(s).approach) & (a.activity == s.c.activity),
        ),
        "authorization": the.other(
            "Authorization",
            authorization_state,
            lambda s, a: a.authorization_ref == s.c.authorization_ref,
        ),
        "account": the.other(
            "Account", account, lambda s, a: a.account_id == s.c.account_id, always=True
        ),
        "message": the.the_message(lambda s: s.c.message_id),
    },
    inners=the.stated_in_message(),
    filters={
        "approach": the.any_of(lambda s: the.series_of(s).approach),
        "registry": the.any_of(lambda s: s.c.registry),
        "first_transferring_party": the.any_of(lambda s: the.series_of(s).first_party),
        "vintage": the.any_number(lambda s: the.series_of(s).vintage),
        "activity": the.any_of(lambda s: s.c.activity),
    },
    lookups={"key": holding_the_serial(issuance)},
)
