"""Blocks as they are held."""

from typing import Any, Final

from sqlalchemy import case, func, literal_column, select, true

from hub.storage.queries.graph import kinds
from hub.storage.queries.graph.as_of import holdings_at
from hub.storage.queries.graph.catalogue import shared as the
from hub.storage.queries.graph.catalogue.programme import amount, holding_the_serial
from hub.storage.queries.graph.model import (
    Collection,
    Column,
    Entity,
    Filter,
    Order,
    Reference,
    Scope,
)
from hub.storage.tables.activities import activity
from hub.storage.tables.authorizations import authorization_state
from hub.storage.tables.exchange import transfer, transfer_block
from hub.storage.tables.participants import account
from hub.storage.tables.reconciliation import discrepancy_interval
from hub.storage.tables.units import holding, issuance
from schema.codes import Metric


def _birth(scope: Scope) -> Any:  # noqa: ANN401 - columns of a table
    """Join the issuance of a block: the last one that begins at or before it."""

    def last_before() -> Any:  # noqa: ANN401
        born = issuance.alias()
        return (
            select(born)
            .where(born.c.series_id == scope.c.series_id, born.c.first <= scope.c.first)
            .order_by(born.c.first.desc())
            .limit(literal_column("1"))
            .correlate(*scope.source.aliases)
            .lateral()
        )

    return scope.joined("birth", last_before, lambda _: true(), outer=True)


def _issuance(scope: Scope) -> tuple[Scope, Column | None]:
    born = _birth(scope)
    row = scope.joined_row("birth")
    return Scope(scope.source, row, outer=True), born.message_id


def _last_transfer(scope: Scope) -> Any:  # noqa: ANN401 - columns of a table
    """Join the transfer that last moved a block, if a transfer did."""
    return scope.joined(
        "last_transfer",
        transfer.alias,
        lambda t: t.transfer_id == scope.c.last_record,
        outer=True,
    )


def _last_message(scope: Scope) -> Column:
    """Return the id of the message behind whatever last moved or changed a block."""
    message: Column = func.coalesce(_last_transfer(scope).message_id, scope.c.last_record)
    return message


def _named_by(table: Any, column: str, owner: Scope, item: Scope) -> Column:  # noqa: ANN401
    """Return the condition that a row in `table` for the item shares a serial with the owner."""
    row = table.alias()
    named: Column = item.c[column].in_(
        select(row.c[column]).where(the.overlaps(owner, row.c)).correlate(*owner.source.aliases)
    )
    return named


ITMO_BLOCK: Final = Entity(
    table=holding,
    as_of=holdings_at,
    order=the.ordered((int, int), "series_id", "first"),
    orders={
        "SERIAL": the.ordered((int, int), "series_id", "first"),
        "COUNT": Order(
            by=lambda s: (the.count(s), s.c.series_id, s.c.first), kinds=(int, int, int)
        ),
    },
    attributes={
        **the.said("id", the.unit("first"), kinds.unit_node_id("ItmoBlock")),
        **the.serial_facts(),
        **the.said("originating_registry_code", lambda s: the.series_of(s).registry, kinds.TEXT),
        **the.said(
            "metric",
            lambda s: case(
                (s.c.quantity.is_(None), the.fixed(Metric.GHG)), else_=the.fixed(Metric.NON_GHG)
            ),
            kinds.CODE,
        ),
        **the.said("tonnes", lambda s: case((s.c.quantity.is_(None), the.count(s))), kinds.WHOLE),
        **the.said("quantity", amount, kinds.EXACT),
        **the.said("unit", lambda s: func.coalesce(s.c.unit, the.fixed("tCO2e")), kinds.TEXT),
        **the.codes("status"),
        **the.said("first_transferred", lambda s: s.c.first_transfer.is_not(None), kinds.TRUTH),
    },
    references={
        "approach": the.an_approach(lambda s: the.series_of(s).approach),
        "originating_registry": the.a_registry(lambda s: the.series_of(s).registry),
        "first_transferring_party": the.a_party(lambda s: the.series_of(s).first_party),
        "reserved_by": the.other(
            "Transfer", transfer, lambda s, t: t.transfer_id == s.c.reserved_by
        ),
        "account": the.other(
            "Account", account, lambda s, a: a.account_id == s.c.account_id, always=True
        ),
        "authorization": the.other(
            "Authorization",
            authorization_state,
            lambda s, a: a.authorization_ref == s.c.authorization_ref,
        ),
        "issuance": Reference(to="Issuance", find=_issuance),
        "activity": the.other(
            "Activity",
            activity,
            lambda s, a: (a.approach == the.series_of(s).approach) & (a.activity == s.c.activity),
        ),
    },
    inners=the.stated_in_message(
        _last_message,
        recorded_at=None,
        observed=lambda s: _last_transfer(s).decided_at,
    ),
    filters={
        "approach": the.any_of(lambda s: the.series_of(s).approach),
        "originating_registry": the.any_of(lambda s: the.series_of(s).registry),
        "first_transferring_party": the.any_of(lambda s: the.series_of(s).first_party),
        "vintage": the.any_number(lambda s: the.series_of(s).vintage),
        "vintages": the.span(lambda s: the.series_of(s).vintage, int, last="to"),
        "status": the.any_of(lambda s: s.c.status),
        "first_transferred": the.present(lambda s: s.c.first_transfer),
        "reserved": the.present(lambda s: s.c.reserved_by),
        "metric": Filter(
            where=lambda s, _, form: (
                s.c.quantity.is_(None) if form == Metric.GHG else s.c.quantity.is_not(None)
            ),
            parameters=lambda _: {},
            form=str,
        ),
        "registry": the.any_of(lambda s: the.account_of(s).registry),
        "account": the.refers_to(
            account, "account_id", ("registry", "account"), lambda s: s.c.account_id
        ),
        "account_kind": the.any_of(lambda s: the.account_of(s).kind),
        "holder_party": the.any_of(lambda s: the.account_of(s).holder_party),
        "authorization": the.refers_to(
            authorization_state,
            "authorization_ref",
            ("party", "authorization_id"),
            lambda s: s.c.authorization_ref,
        ),
        "activity": the.any_of(lambda s: s.c.activity),
    },
    collections={
        "history": Collection(of="Action", where=lambda o, i: the.overlaps(o, i.c)),
        "transfers": Collection(
            of="Transfer",
            where=lambda o, i: _named_by(transfer_block, "transfer_id", o, i),
        ),
        "discrepancies": Collection(
            of="Discrepancy",
            where=lambda o, i: _named_by(discrepancy_interval, "discrepancy_id", o, i),
        ),
    },
    lookups={"key": holding_the_serial(holding)},
)
