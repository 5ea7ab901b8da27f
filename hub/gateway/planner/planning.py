"""Planning: a root field with its selection becomes a read plan with numbered slots."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import cache
from typing import Any

from graphql import (
    FieldNode,
    GraphQLEnumType,
    GraphQLField,
    GraphQLObjectType,
    get_named_type,
)

from hub.gateway.planner.selecting import Fields, Selector
from hub.storage.queries.graph import plan
from hub.storage.queries.graph.catalogue import RECORDS
from hub.storage.queries.graph.model import Entity, Record
from hub.storage.queries.graph.plan import Access, Codes
from hub.storage.queries.graph.reading import PlannedRead

TYPENAME = "__typename"


class CannotCompileError(Exception):
    """A selection that no read plan can say; the resolvers answer it."""


class SlotKind(Enum):
    """What the arguments at a slot are."""

    PAGE = auto()
    KEY = auto()
    COUNT = auto()
    TOTALS = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A place in a plan whose values come with the request."""

    kind: SlotKind
    field: GraphQLField
    node: FieldNode
    entity: str | None = None
    key: Callable[[dict[str, Any]], tuple[Any, ...]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedField:
    """One root field, planned."""

    key: str
    read: PlannedRead
    slots: tuple[Slot, ...]
    withheld: tuple[str, ...]
    """The paths of what the reader may not see."""


def snake(name: str) -> str:
    """Return the name that the declarations and the catalogue give a published field."""
    return _snake(name)


@cache
def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


@cache
def codes_of(kind: GraphQLEnumType) -> Codes:
    """Return stored and published codes of an enum."""
    return tuple(
        (getattr(value.value, "value", value.value), name) for name, value in kind.values.items()
    )


@dataclass(slots=True)
class Planner:
    """Plans one root field; the parts are told in the order of the selection."""

    selector: Selector
    access: Access
    path: list[str]
    """Where the planner stands: the response keys from the root on."""
    slots: list[Slot] = field(default_factory=list)
    withheld: list[str] = field(default_factory=list)

    def slot(self, slot: Slot) -> int:
        """Add a slot and return its number."""
        self.slots.append(slot)
        return len(self.slots) - 1

    def record(
        self, kind: GraphQLObjectType, nodes: Sequence[FieldNode], record: Record | None = None
    ) -> plan.Parts:
        """Plan the selection on an object."""
        known = RECORDS[kind.name] if record is None else record
        fields = self.selector.fields(kind, nodes)
        return tuple(self._field(key, kind, known, found) for key, found in fields.items())

    def page(
        self, kind: GraphQLObjectType, nodes: Sequence[FieldNode]
    ) -> tuple[plan.PagePart, ...]:
        """Plan the selection on a connection."""
        fields = self.selector.fields(kind, nodes)
        return tuple(self._page_part(key, kind, found) for key, found in fields.items())

    def _field(
        self, key: str, kind: GraphQLObjectType, record: Record, nodes: list[FieldNode]
    ) -> plan.Part:
        published = nodes[0].name.value
        if published == TYPENAME:
            return plan.Fixed(key=key, text=f'"{kind.name}"')
        self.path.append(key)
        part = self._known_field(key, kind.fields[published], snake(published), record, nodes)
        self.path.pop()
        return part

    def _known_field(
        self, key: str, field_: GraphQLField, name: str, record: Record, nodes: list[FieldNode]
    ) -> plan.Part:
        inner = get_named_type(field_.type)
        if name in record.attributes:
            self._note(restricted=record.attributes[name].restricted)
            codes = codes_of(inner) if isinstance(inner, GraphQLEnumType) else None
            return plan.Leaf(key=key, attribute=name, codes=codes)
        assert isinstance(inner, GraphQLObjectType)
        if name in record.inners:
            parts = self.record(inner, nodes, record.inners[name])
            return plan.Inner(key=key, name=name, parts=parts)
        if name in record.references:
            return plan.One(key=key, reference=name, parts=self.record(inner, nodes))
        if name in record.listings:
            self._note(restricted=record.listings[name].restricted)
            return plan.Listing(key=key, name=name, parts=self.record(inner, nodes))
        if isinstance(record, Entity) and name in record.collections:
            return self._collection(key, field_, name, record, nodes)
        raise CannotCompileError(f"{'.'.join(self.path)} is resolved")

    def _collection(
        self, key: str, field_: GraphQLField, name: str, record: Entity, nodes: list[FieldNode]
    ) -> plan.Page:
        inner = get_named_type(field_.type)
        assert isinstance(inner, GraphQLObjectType)
        entity = record.collections[name].of
        slot = self.slot(Slot(kind=SlotKind.PAGE, field=field_, node=nodes[0], entity=entity))
        return plan.Page(key=key, collection=name, slot=slot, parts=self.page(inner, nodes))

    def _page_part(
        self, key: str, kind: GraphQLObjectType, nodes: list[FieldNode]
    ) -> plan.PagePart:
        published = nodes[0].name.value
        if published == TYPENAME:
            return plan.Fixed(key=key, text=f'"{kind.name}"')
        field_ = kind.fields[published]
        inner = get_named_type(field_.type)
        match published:
            case "totalCount":
                slot = self.slot(Slot(kind=SlotKind.COUNT, field=field_, node=nodes[0]))
                return plan.TotalCount(key=key, slot=slot)
            case "nodes":
                assert isinstance(inner, GraphQLObjectType)
                return plan.Nodes(key=key, parts=self.record(inner, nodes))
            case "edges":
                assert isinstance(inner, GraphQLObjectType)
                return self._edges(key, inner, nodes)
            case "pageInfo":
                assert isinstance(inner, GraphQLObjectType)
                return self._page_facts(key, inner, nodes)
            case _:
                raise AssertionError(published)

    def _edges(self, key: str, kind: GraphQLObjectType, nodes: list[FieldNode]) -> plan.Edges:
        parts: list[plan.Fixed | plan.Cursor | plan.EdgeNode] = []
        for name, found in self.selector.fields(kind, nodes).items():
            match found[0].name.value:
                case "cursor":
                    parts.append(plan.Cursor(key=name))
                case "node":
                    inner = get_named_type(kind.fields["node"].type)
                    assert isinstance(inner, GraphQLObjectType)
                    parts.append(plan.EdgeNode(key=name, parts=self.record(inner, found)))
                case _:
                    parts.append(plan.Fixed(key=name, text=f'"{kind.name}"'))
        return plan.Edges(key=key, parts=tuple(parts))

    def _page_facts(
        self, key: str, kind: GraphQLObjectType, nodes: list[FieldNode]
    ) -> plan.PageFacts:
        fields: Fields = self.selector.fields(kind, nodes)
        parts: list[plan.Fixed | plan.PageFact] = []
        for name, found in fields.items():
            published = found[0].name.value
            if published == TYPENAME:
                parts.append(plan.Fixed(key=name, text=f'"{kind.name}"'))
            else:
                parts.append(plan.PageFact(key=name, name=snake(published)))
        return plan.PageFacts(key=key, parts=tuple(parts))

    def _note(self, *, restricted: bool) -> None:
        if restricted and self.access is not Access.ALL:
            self.withheld.append(".".join(self.path))


def planned_field(key: str, read: plan.Read, planner: Planner) -> PlannedField:
    """Return what a planner has planned."""
    entities = tuple(
        slot.entity if slot.kind is not SlotKind.COUNT else None for slot in planner.slots
    )
    return PlannedField(
        key=key,
        read=PlannedRead(read=read, entities=entities, access=planner.access),
        slots=tuple(planner.slots),
        withheld=tuple(planner.withheld),
    )
