"""Actions, transfers and messages."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import exists, func, literal_column

from hub.storage.queries.graph import kinds
from hub.storage.queries.graph.catalogue import shared as the
from hub.storage.queries.graph.model import (
    Attribute,
    Collection,
    Column,
    Entity,
    Listing,
    Lookup,
    Record,
    Scope,
    Source,
)
from hub.storage.tables.authorizations import authorization_state
from hub.storage.tables.exchange import transfer, transfer_block, transfer_first_transfer
from hub.storage.tables.journal import journal_leaf
from hub.storage.tables.messages import envelope, message, receipt
from hub.storage.tables.participants import account, registry
from hub.storage.tables.units import unit_event


def _account(side: str) -> Any:  # noqa: ANN401 - a reference
    return the.other("Account", account, lambda s, a: a.account_id == s.c[f"{side}_account_id"])


ACTION: Final = Entity(
    table=unit_event,
    order=the.ordered((int,), "event_id"),
    orders={
        "RECORDED": the.ordered((int,), "event_id"),
        "HAPPENED_AT": the.ordered((datetime, int), "happened_at", "event_id"),
    },
    attributes={
        **the.said("id", lambda s: s.c.event_id, kinds.node_id("Action")),
        **the.said("type", lambda s: s.c.kind, kinds.CODE),
        "quantity": the.fact("quantity", kinds.EXACT),
        **the.codes("purpose"),
        "using_entity": the.fact("using_entity"),
        "year_of_use": the.fact("year_of_use", kinds.WHOLE),
        **the.facts(kinds.INSTANT, "happened_at", "recorded_at"),
    },
    references={
        "registry": the.a_registry(lambda s: s.c.registry),
        "from_account": _account("from"),
        "to_account": _account("to"),
        "authorization": the.other(
            "Authorization",
            authorization_state,
            lambda s, a: a.authorization_ref == s.c.authorization_ref,
        ),
        "transfer": the.other("Transfer", transfer, lambda s, t: t.transfer_id == s.c.transfer_id),
        "message": the.the_message(lambda s: s.c.message_id),
        "using_party": the.a_party(lambda s: s.c.using_party),
    },
    inners={"units": the.INTERVAL, **the.stated_in_message()},
    filters={
        "type": the.any_of(lambda s: s.c.kind),
        "registry": the.any_of(lambda s: s.c.registry),
        "approach": the.any_of(lambda s: the.series_of(s).approach),
        "first_transferring_party": the.any_of(lambda s: the.series_of(s).first_party),
        "vintage": the.any_number(lambda s: the.series_of(s).vintage),
        "purpose": the.any_of(lambda s: s.c.purpose),
        "using_party": the.any_of(lambda s: s.c.using_party),
        "happened": the.span(lambda s: s.c.happened_at, datetime, last="until"),
    },
    lookups={
        "key": Lookup(parts=(int,), where=lambda s, part: s.c.event_id == part(0)),
    },
)


def _is_first(scope: Scope) -> Column:
    first = transfer_first_transfer.alias()
    return (
        exists()
        .where(first.c.transfer_id == scope.c.transfer_id, the.overlaps(scope, first.c))
        .correlate(*scope.source.aliases)
    )


TRANSFER_BLOCK: Final = Record(
    attributes={
        "quantity": the.fact("quantity", kinds.EXACT),
        **the.said("first_transfer", _is_first, kinds.TRUTH),
    },
    inners={"units": the.INTERVAL},
)
TRANSFER_OUTCOME: Final = Record(
    attributes={"registry": the.fact("key"), "result": the.fact("value")}
)


def _outcomes(owner: Scope) -> tuple[Scope, Column | None]:
    rows = func.jsonb_each_text(owner.c.outcomes).table_valued("key", "value").alias()
    return Scope(Source(rows), rows), None


def _named_account(side: str) -> Any:  # noqa: ANN401 - a reference
    return the.other(
        "Account",
        account,
        lambda s, a: (
            (a.registry == s.c[f"{side}_registry"]) & (a.account == s.c[f"{side}_account"])
        ),
    )


TRANSFER: Final = Entity(
    table=transfer,
    order=the.ordered((datetime, UUID), "proposed_at", "transfer_id"),
    orders={
        "PROPOSED_AT": the.ordered((datetime, UUID), "proposed_at", "transfer_id"),
        "UNITS": the.ordered((int, UUID), "units", "transfer_id"),
    },
    attributes={
        **the.said("id", lambda s: s.c.transfer_id, kinds.node_id("Transfer")),
        "transfer_id": the.fact("transfer_id", kinds.UUID),
        **the.codes("state", "purpose"),
        **the.said("from_account_id", lambda s: s.c.from_account, kinds.TEXT),
        **the.said("to_account_id", lambda s: s.c.to_account, kinds.TEXT),
        **the.said("unit_count", lambda s: s.c.units, kinds.COUNT),
        **the.facts(kinds.INSTANT, "proposed_at", "answer_until", "decided_at"),
        "reason": the.fact("reason"),
    },
    references={
        "from_registry": the.a_registry(lambda s: s.c.from_registry),
        "from_account": _named_account("from"),
        "to_registry": the.a_registry(lambda s: s.c.to_registry),
        "to_account": _named_account("to"),
        "authorization": the.other(
            "Authorization",
            authorization_state,
            lambda s, a: (
                (a.party == s.c.authorization_party) & (a.authorization_id == s.c.authorization_id)
            ),
        ),
        "reverses": the.other("Transfer", transfer, lambda s, t: t.transfer_id == s.c.reverses),
        "reversed_by": the.other(
            "Transfer", transfer, lambda s, t: t.transfer_id == s.c.corrected_by
        ),
    },
    listings={
        "blocks": Listing(
            of="TransferBlock",
            open=the.listing(
                "TransferBlock",
                transfer_block,
                lambda o, i: i.transfer_id == o.c.transfer_id,
                lambda i: (i.position,),
            ).open,
            order=lambda item: (item.c.position,),
            limit=3_000,
        ),
        "outcomes": Listing(
            of="TransferOutcomeReport", open=_outcomes, order=lambda item: (item.c.key,)
        ),
    },
    inners=the.stated_in_message(recorded_at=lambda s: s.c.proposed_at),
    filters={
        "state": the.any_of(lambda s: s.c.state),
        "from_registry": the.any_of(lambda s: s.c.from_registry),
        "to_registry": the.any_of(lambda s: s.c.to_registry),
        "purpose": the.any_of(lambda s: s.c.purpose),
        "authorization": the.both(
            ("party", lambda s: s.c.authorization_party),
            ("id", lambda s: s.c.authorization_id),
        ),
        "proposed": the.span(lambda s: s.c.proposed_at, datetime, last="until"),
    },
    collections={
        "messages": Collection(of="Message", where=lambda o, i: i.c.transfer_id == o.c.transfer_id),
        "actions": Collection(of="Action", where=lambda o, i: i.c.transfer_id == o.c.transfer_id),
    },
    lookups={"key": Lookup(parts=(UUID,), where=lambda s, part: s.c.transfer_id == part(0))},
)


def _envelope(scope: Scope) -> Any:  # noqa: ANN401 - columns of a table
    return scope.joined("envelope", envelope.alias, lambda e: e.envelope_id == scope.c.envelope_id)


def _receipt(scope: Scope) -> Any:  # noqa: ANN401 - columns of a table
    return scope.joined(
        "receipt", receipt.alias, lambda r: r.envelope_id == scope.c.envelope_id, outer=True
    )


def _refusals(owner: Scope) -> tuple[Scope, Column | None]:
    rows = (
        func.jsonb_array_elements(owner.c.refusals)
        .table_valued("value", with_ordinality="position")
        .render_derived()
    )
    return Scope(Source(rows), rows), None


REFUSAL: Final = Record(
    attributes={
        **the.said("code", lambda s: s.c.value.op("->>")(literal_column("'code'")), kinds.TEXT),
        **the.said("detail", lambda s: s.c.value.op("->>")(literal_column("'detail'")), kinds.TEXT),
        **the.said(
            "block",
            lambda s: func.nullif(
                s.c.value.op("->")(literal_column("'block'")), literal_column("'null'::jsonb")
            ),
            kinds.JSON,
        ),
    }
)
MESSAGE: Final = Entity(
    table=message,
    order=the.ordered((int, int), "envelope_id", "position"),
    attributes={
        **the.said("id", lambda s: (s.c.envelope_id, s.c.position), kinds.node_id("Message")),
        "message_id": the.fact("message_id", kinds.UUID),
        "kind": the.fact("kind"),
        **the.said("sender_code", lambda s: s.c.sender, kinds.TEXT),
        **the.facts(kinds.INSTANT, "received_at"),
        **the.codes("outcome"),
        **the.said("envelope_id", lambda s: _envelope(s).jti, kinds.UUID),
        **the.said("envelope_digest", lambda s: _envelope(s).digest, kinds.HEX),
        "envelope": Attribute(read=lambda s: _envelope(s).raw, kind=kinds.UTF8, restricted=True),
        "body_digest": the.fact("body_digest", kinds.HEX),
        "repeats": the.fact("repeats", kinds.TRUTH),
        "receipt": Attribute(read=lambda s: _receipt(s).receipt, kind=kinds.UTF8, restricted=True),
    },
    references={
        "sender": the.a_registry(lambda s: s.c.sender),
        "transfer": the.other("Transfer", transfer, lambda s, t: t.transfer_id == s.c.transfer_id),
        "entry": the.other(
            "JournalEntry",
            journal_leaf,
            lambda s, j: (j.envelope_id == s.c.envelope_id) & (j.position == s.c.position),
        ),
    },
    listings={
        "refusals": Listing(
            of="RefusalReason",
            open=_refusals,
            order=lambda item: (item.c.position,),
            restricted=True,
        )
    },
    inners=the.stated_in_message(recorded_at=lambda s: s.c.received_at),
    owners=lambda s: (
        s.joined(
            "sending_registry",
            registry.alias,
            lambda r: r.registry == s.c.sender,
            outer=True,
        ).party,
    ),
    filters={
        "kind": the.any_of(lambda s: s.c.kind),
        "sender": the.any_of(lambda s: s.c.sender),
        "outcome": the.same(lambda s: s.c.outcome, str),
        "received": the.span(lambda s: s.c.received_at, datetime, last="until"),
    },
    lookups={
        "key": Lookup(
            parts=(int, int),
            where=lambda s, part: (s.c.envelope_id == part(0)) & (s.c.position == part(1)),
        ),
        "message_id": Lookup(
            parts=(UUID,), where=lambda s, part: (s.c.message_id == part(0)) & ~s.c.repeats
        ),
    },
)
