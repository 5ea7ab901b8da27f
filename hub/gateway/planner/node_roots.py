"""Root fields that find objects of any type by their keys."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import FieldNode, GraphQLField, GraphQLObjectType
from graphql.execution.values import get_argument_values
from typing_extensions import override

from hub.gateway.errors import bad_input
from hub.gateway.planner.asking import Named, ask, node_key, represented
from hub.gateway.planner.planning import PlannedField, Planner, Slot, SlotKind, planned_field
from hub.gateway.planner.prepared import Prepared, Request
from hub.gateway.planner.selecting import Selector
from hub.storage.queries.graph import plan
from hub.storage.queries.graph.plan import Access, Ask


@dataclass(slots=True, kw_only=True)
class NodeRoot:
    """`node(id:)`: a read of the type that the id names; each type is planned when it comes."""

    key: str
    definition: GraphQLField
    nodes: Sequence[FieldNode]
    selector: Selector
    access: Access
    _planned: dict[str, PlannedField] = field(default_factory=dict)

    def prepare(self, request: Request) -> Prepared:
        """Read the id, and ask for its object."""
        given = get_argument_values(self.definition, self.nodes[0], request.variables)
        kind, key = node_key(given["id"])
        if kind not in self._planned:
            self._planned[kind] = plan_one(
                self.key, kind, "key", Planner(self.selector, self.access, [self.key]), self.nodes
            )
        planned = self._planned[kind]
        asks = [Ask(key=key)]
        asks += [ask(slot, request.variables, request.limits) for slot in planned.slots[1:]]
        return Prepared(reads=((planned, tuple(asks)),))


@dataclass(slots=True, kw_only=True)
class NodesRoot:
    """`nodes(ids:)`: one read for each type among the ids."""

    key: str
    definition: GraphQLField
    nodes: Sequence[FieldNode]
    selector: Selector
    access: Access
    _planned: dict[tuple[str, str], PlannedField] = field(default_factory=dict)

    def prepare(self, request: Request) -> Prepared:
        """Read the ids, and ask for their objects."""
        given = get_argument_values(self.definition, self.nodes[0], request.variables)
        if len(given["ids"]) > request.limits.page_max:
            raise bad_input(f"at most {request.limits.page_max} ids")
        named = [(*node_key(text), "key") for text in given["ids"]]
        return self.of_keys(named, request)

    def of_keys(self, keys: Sequence[Named], request: Request) -> Prepared:
        """Ask for the objects of these types and keys, in order."""
        grouped: dict[tuple[str, str], list[tuple[int, tuple[Any, ...]]]] = {}
        for place, (kind, key, by) in enumerate(keys):
            grouped.setdefault((kind, by), []).append((place, key))
        reads, places = [], []
        for (kind, by), found in grouped.items():
            planned = self._plan(kind, by)
            asks = [Ask(key=tuple(map(list, zip(*(key for _, key in found), strict=True))))]
            asks += [ask(slot, request.variables, request.limits) for slot in planned.slots[1:]]
            reads.append((planned, tuple(asks)))
            places.append(tuple(place for place, _ in found))
        return Prepared(reads=tuple(reads), places=tuple(places))

    def _plan(self, kind: str, by: str) -> PlannedField:
        if (kind, by) not in self._planned:
            planner = Planner(self.selector, self.access, [self.key])
            self._planned[kind, by] = plan_many(self.key, kind, by, planner, self.nodes)
        return self._planned[kind, by]


@dataclass(slots=True, kw_only=True)
class EntitiesRoot(NodesRoot):
    """`_entities(representations:)`: what a federation router asks, one read for each type."""

    @override
    def prepare(self, request: Request) -> Prepared:
        """Read the representations, and ask for their objects."""
        given = get_argument_values(self.definition, self.nodes[0], request.variables)
        if len(given["representations"]) > request.limits.page_max:
            raise bad_input(f"at most {request.limits.page_max} representations")
        return self.of_keys([represented(one) for one in given["representations"]], request)


def plan_one(
    key: str, entity: str, by: str, planner: Planner, nodes: Sequence[FieldNode]
) -> PlannedField:
    """Plan the read of one object whose key takes slot 0."""
    kind = planner.selector.schema.type_map[entity]
    assert isinstance(kind, GraphQLObjectType)
    unasked = Slot(kind=SlotKind.KEY, field=GraphQLField(kind), node=nodes[0], entity=entity)
    planner.slot(unasked)
    read = plan.ReadOne(entity=entity, by=by, slot=0, parts=planner.record(kind, nodes))
    return planned_field(key, read, planner)


def plan_many(
    key: str, entity: str, by: str, planner: Planner, nodes: Sequence[FieldNode]
) -> PlannedField:
    """Plan the read of objects whose keys take slot 0."""
    kind = planner.selector.schema.type_map[entity]
    assert isinstance(kind, GraphQLObjectType)
    unasked = Slot(kind=SlotKind.KEY, field=GraphQLField(kind), node=nodes[0], entity=entity)
    planner.slot(unasked)
    parts = planner.record(kind, nodes)
    return planned_field(key, plan.ReadMany(entity=entity, by=by, slot=0, parts=parts), planner)
