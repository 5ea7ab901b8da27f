"""Composing one SELECT out of a read plan, and the tree by which its rows are printed."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, Final, assert_never

from sqlalchemy import ARRAY, FromClause, Select, any_, bindparam, case, func, or_, select, tuple_

from hub.storage.queries.graph import plan, printing
from hub.storage.queries.graph.catalogue import ENTITIES, RECORDS, TOTALS
from hub.storage.queries.graph.model import (
    SQL_TYPES,
    TEXTS,
    Column,
    Columns,
    Entity,
    Order,
    Record,
    Scope,
    Source,
    columns_of,
)
from hub.storage.queries.graph.plan import Access, Ask

VIEWER_PARTIES: Final = "viewer_parties"

PageStatement = tuple[Select[Any], printing.PageTree, list[Column]]


@dataclasses.dataclass(frozen=True, slots=True)
class Around:
    """The record around a page, and which rows belong to it."""

    scope: Scope
    belongs: Callable[[Scope, Scope], Column]


def parameter_name(slot: int, name: str) -> str:
    """Return the name of a parameter of a slot."""
    return f"slot{slot}_{name}"


def order_of(entity: Entity, ask: Ask) -> Order:
    """Return the order that is asked for."""
    return entity.order if ask.order is None else entity.orders[ask.order]


def cursor_name(entity: Entity, ask: Ask) -> str:
    """Return what a cursor says it is a cursor of."""
    return entity.table.name if ask.order is None else f"{entity.table.name}.{ask.order}"


class Builder:
    """Composes one statement; what the slots ask decides its form, never the values."""

    def __init__(self, asks: Sequence[Ask], access: Access) -> None:
        self._asks = asks
        self._access = access

    def one(self, read: plan.ReadOne) -> tuple[Select[Any], printing.Single]:
        """Compose the read of one record by its key."""
        entity = ENTITIES[read.entity]
        lookup = entity.lookups[read.by]
        scope = entity.opened(self._as_of(read.slot))
        tree = self._record(read.parts, entity, scope)
        found = lookup.where(
            scope, lambda at: _parameter(read.slot, f"key{at}", SQL_TYPES[lookup.parts[at]])
        )
        return scope.source.rows(found), printing.Single(scope.source.width, tree)

    def many(self, read: plan.ReadMany) -> tuple[Select[Any], printing.Keyed]:
        """Compose the read of records by any number of keys, each behind its place among them."""
        entity = ENTITIES[read.entity]
        lookup = entity.lookups[read.by]
        scope = entity.opened()
        keys = _keys(read.slot, lookup.parts)
        place = scope.source.add(keys.c.place)
        assert place == 0
        found = lookup.where(scope, lambda at: keys.c[f"part{at}"])
        scope.source.join(keys, found, outer=False)
        tree = self._record(read.parts, entity, scope)
        return scope.source.rows(), printing.Keyed(scope.source.width, tree)

    def totals(self, read: plan.ReadTotals) -> tuple[Select[Any], printing.All]:
        """Compose a sum: the groups first, then what is told of each."""
        totals = TOTALS[read.totals]
        ask = self._asks[read.slot]
        entity = ENTITIES[totals.of]
        scope = entity.opened(self._as_of(read.slot))
        conditions = self._conditions(entity, read.slot, scope, None)
        groups = {name: totals.dimensions[name](scope) for name in ask.group_by}
        for name, column in groups.items():
            scope.source.add(column.label(name))
        for name, measure in totals.measures.items():
            scope.source.add(measure(scope).label(name))
        summed = scope.source.rows(*conditions).group_by(*groups.values()).subquery("summed")
        source = Source(summed)
        group = Scope(source, summed, outer=True)
        tree = self._record(read.parts, totals.told(frozenset(groups)), group)
        order = [summed.c[name].asc().nulls_last() for name in groups]
        rows = source.rows().order_by(*order).limit(_parameter(read.slot, "limit", SQL_TYPES[int]))
        return rows, printing.All(source.width, tree)

    def page(self, read: plan.ReadPage) -> tuple[Select[Any], printing.PageTree]:
        """Compose the read of a page of an entity; counts are the last columns of every row."""
        query, tree, counts = self._page(ENTITIES[read.entity], read.slot, read.parts, None)
        places = tuple(range(tree.width, tree.width + len(counts)))
        tree = dataclasses.replace(tree, width=tree.width + len(counts), counts=places)
        return query.add_columns(*counts), tree

    def counts(self, read: plan.ReadPage) -> Select[Any] | None:
        """Compose the counts of a page alone, for a page that turned out to be empty."""
        counts = self._page(ENTITIES[read.entity], read.slot, read.parts, None)[2]
        return select(*counts) if counts else None

    def _record(self, parts: plan.Parts, record: Record, scope: Scope) -> printing.Object:
        return printing.Object(tuple((part.key, self._part(part, record, scope)) for part in parts))

    def _part(self, part: plan.Part, record: Record, scope: Scope) -> printing.Tree:
        match part:
            case plan.Fixed():
                return printing.Text(part.text)
            case plan.Leaf():
                return self._leaf(part, record, scope)
            case plan.Inner():
                return self._record(part.parts, record.inners[part.name], scope)
            case plan.One():
                return self._one(part, record, scope)
            case plan.Listing():
                return self._listing(part, record, scope)
            case plan.Page():
                return self._collection(part, record, scope)
            case _:
                assert_never(part)

    def _leaf(self, leaf: plan.Leaf, record: Record, scope: Scope) -> printing.Tree:
        attribute = record.attributes[leaf.attribute]
        columns = columns_of(attribute, scope)
        if attribute.restricted and self._access is not Access.ALL:
            if self._access is Access.PUBLIC or record.owners is None:
                return printing.Text("null")
            own = is_own(record.owners(scope))
            columns = tuple(case((own, column)) for column in columns)
        places = tuple(scope.source.add(column) for column in columns)
        return printing.Value(attribute.kind, places, leaf.codes)

    def _one(self, one: plan.One, record: Record, scope: Scope) -> printing.Tree:
        reference = record.references[one.reference]
        other, present = reference.find(scope)
        tree = self._record(one.parts, RECORDS[reference.to], other)
        return tree if present is None else printing.Maybe(scope.source.add(present), tree)

    def _listing(self, part: plan.Listing, record: Record, scope: Scope) -> printing.Tree:
        listing = record.listings[part.name]
        if listing.restricted and self._access is Access.PUBLIC:
            return printing.Text("null")
        item, theirs = listing.open(scope)
        tree = self._record(part.parts, RECORDS[listing.of], item)
        rows = item.source.rows(*(() if theirs is None else (theirs,)))
        rows = rows.order_by(*listing.order(item)).limit(listing.limit)
        return printing.Array(scope.source.add(_as_array(rows, scope)), item.source.width, tree)

    def _collection(self, part: plan.Page, record: Record, scope: Scope) -> printing.Tree:
        assert isinstance(record, Entity)
        collection = record.collections[part.collection]
        around = Around(scope, collection.where)
        query, tree, counts = self._page(ENTITIES[collection.of], part.slot, part.parts, around)
        return dataclasses.replace(
            tree,
            column=scope.source.add(_as_array(query, scope)),
            counts=tuple(scope.source.add(count) for count in counts),
        )

    def _page(
        self, entity: Entity, slot: int, parts: tuple[plan.PagePart, ...], around: Around | None
    ) -> PageStatement:
        ask = self._asks[slot]
        order = order_of(entity, ask)
        scope = entity.opened(self._as_of(slot))
        place = order.by(scope)
        fields: list[tuple[str, printing.PageField]] = []
        counts: list[Column] = []
        for part in parts:
            if isinstance(part, plan.TotalCount):
                fields.append((part.key, printing.Count(len(counts))))
                counts.append(self._count(entity, slot, part.slot, around))
            else:
                fields.append((part.key, self._page_part(part, entity, scope)))
        places = tuple(scope.source.add(column) for column in place)
        query = scope.source.rows(
            *self._conditions(entity, slot, scope, around), *_continued(ask, slot, place, order)
        )
        falling = ask.descending != ask.backwards
        query = query.order_by(*(column.desc() if falling else column.asc() for column in place))
        tree = printing.PageTree(
            column=None,
            width=scope.source.width,
            slot=slot,
            order=cursor_name(entity, ask),
            place=places,
            backwards=ask.backwards,
            continued=(ask.before if ask.backwards else ask.after) is not None,
            fields=tuple(fields),
            counts=(),
        )
        return query.limit(_parameter(slot, "limit", SQL_TYPES[int])), tree, counts

    def _page_part(
        self,
        part: plan.Fixed | plan.Edges | plan.Nodes | plan.PageFacts,
        entity: Entity,
        scope: Scope,
    ) -> printing.PageField:
        match part:
            case plan.Fixed():
                return printing.Text(part.text)
            case plan.Nodes():
                return printing.NodeList(self._record(part.parts, entity, scope))
            case plan.Edges():
                fields = [
                    (field.key, self._edge_field(field, entity, scope)) for field in part.parts
                ]
                return printing.EdgeList(tuple(fields))
            case plan.PageFacts():
                return printing.Facts(
                    tuple(
                        (
                            fact.key,
                            printing.Text(fact.text) if isinstance(fact, plan.Fixed) else fact.name,
                        )
                        for fact in part.parts
                    )
                )
            case _:
                assert_never(part)

    def _edge_field(
        self, part: plan.Fixed | plan.Cursor | plan.EdgeNode, entity: Entity, scope: Scope
    ) -> printing.Tree | None:
        match part:
            case plan.Fixed():
                return printing.Text(part.text)
            case plan.Cursor():
                return None
            case plan.EdgeNode():
                return self._record(part.parts, entity, scope)
            case _:
                assert_never(part)

    def _count(self, entity: Entity, slot: int, count_slot: int, around: Around | None) -> Column:
        scope = entity.opened(self._as_of(slot))
        found = scope.source.rows(*self._conditions(entity, slot, scope, around))
        found = found.limit(_parameter(count_slot, "at_most", SQL_TYPES[int]))
        if around is not None:
            found = found.correlate(*around.scope.source.aliases)
        return select(func.count()).select_from(found.subquery()).scalar_subquery()

    def _conditions(
        self, entity: Entity, slot: int, scope: Scope, around: Around | None
    ) -> list[Column]:
        conditions = [] if around is None else [around.belongs(around.scope, scope)]
        for name, value in self._asks[slot].filters:
            chosen = entity.filters[name]

            def parameter(suffix: str, kind: Any, *, name: str = name) -> Column:  # noqa: ANN401
                return _parameter(slot, f"filter_{name}{suffix}", kind)

            conditions.append(chosen.where(scope, parameter, chosen.form(value)))
        return conditions

    def _as_of(self, slot: int) -> str | None:
        return None if self._asks[slot].as_of is None else parameter_name(slot, "as_of")


def is_own(owners: Columns) -> Column:
    """Return the condition that one of the owners is a Party of the viewer."""
    parties: Column = bindparam(VIEWER_PARTIES, type_=TEXTS)
    return or_(*(owner == any_(parties) for owner in owners))


def _parameter(slot: int, name: str, kind: Any) -> Column:  # noqa: ANN401 - any SQL type
    return bindparam(parameter_name(slot, name), type_=kind)


def _continued(ask: Ask, slot: int, place: Columns, order: Order) -> list[Column]:
    """Return the conditions that the cursors make: rows behind `after`, rows before `before`."""
    conditions = []
    for name, cursor, later in (("after", ask.after, True), ("before", ask.before, False)):
        if cursor is not None:
            named = [
                _parameter(slot, f"{name}{at}", SQL_TYPES[kind])
                for at, kind in enumerate(order.kinds)
            ]
            upwards = later != ask.descending
            conditions.append(
                tuple_(*place) > tuple_(*named) if upwards else tuple_(*place) < tuple_(*named)
            )
    return conditions


def _keys(slot: int, kinds: Sequence[type]) -> FromClause:
    """Return the keys asked for as a table with their places."""
    arrays = [_parameter(slot, f"key{at}", ARRAY(SQL_TYPES[kind])) for at, kind in enumerate(kinds)]
    names = [f"part{at}" for at in range(len(kinds))]
    keys: FromClause = (
        func.unnest(*arrays).table_valued(*names, with_ordinality="place").render_derived()
    )
    return keys


def _as_array(rows: Select[Any], around: Scope) -> Column:
    """Return the rows as one column of the source around them."""
    packed = rows.with_only_columns(func.row(*rows.selected_columns))
    return func.array(packed.correlate(*around.source.aliases).scalar_subquery())
