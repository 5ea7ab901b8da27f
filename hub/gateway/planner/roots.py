"""How each root field is read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from graphql import FieldNode, GraphQLField, GraphQLObjectType, get_named_type
from graphql.execution.values import VariableValues, get_argument_values

from hub.gateway.errors import bad_input
from hub.gateway.limits import GatewayLimits
from hub.gateway.planner.asking import ask, node_key, part, unit_key
from hub.gateway.planner.planning import (
    TYPENAME,
    CannotCompileError,
    PlannedField,
    Planner,
    Slot,
    SlotKind,
)
from hub.gateway.planner.selecting import Selector
from hub.storage.queries.graph import plan
from hub.storage.queries.graph.catalogue import ENTITIES, TOTALS
from hub.storage.queries.graph.plan import Access, Ask
from hub.storage.queries.graph.reading import PlannedRead, Reading

Arguments = dict[str, Any]
Key = Callable[[Arguments], tuple[Any, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Single:
    """A root field that reads one object by a key."""

    entity: str
    names: tuple[str, ...] = ()
    by: str = "key"
    key: Key | None = None

    def key_of(self, arguments: Arguments) -> tuple[Any, ...]:
        """Return the key that the arguments name."""
        if self.key is not None:
            return self.key(arguments)
        kinds = ENTITIES[self.entity].lookups[self.by].parts
        texts = [arguments[name] for name in self.names]
        return tuple(part(text, kind) for text, kind in zip(texts, kinds, strict=True))


SINGLES: Final[dict[str, Single]] = {
    "party": Single(entity="Party", names=("code",)),
    "registry": Single(entity="Registry", names=("code",)),
    "approach": Single(entity="CooperativeApproach", names=("code",)),
    "activity": Single(entity="Activity", names=("approach", "activityId")),
    "account": Single(entity="Account", names=("registry", "accountId")),
    "entity": Single(entity="Entity", names=("country", "entityId")),
    "authorization": Single(entity="Authorization", names=("party", "authorizationId")),
    "itmoBlock": Single(entity="ItmoBlock", key=lambda given: unit_key(given["identifier"])),
    "transfer": Single(entity="Transfer", names=("transferId",)),
    "message": Single(entity="Message", names=("messageId",), by="message_id"),
    "discrepancy": Single(entity="Discrepancy", names=("discrepancyId",)),
    "reconciliationRun": Single(entity="ReconciliationRun", names=("runId",)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What differs between two runs of one plan."""

    variables: VariableValues
    limits: GatewayLimits


class Root(Protocol):
    """A root field that can be answered without walking."""

    @property
    def key(self) -> str:
        """The response key."""
        ...

    def prepare(self, request: Request) -> "Prepared":
        """Coerce and check the arguments.

        Raises:
            GraphQLError: the client's error.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A root field with its arguments, ready to run."""

    reads: tuple[tuple[PlannedField, tuple[Ask, ...]], ...] = ()
    fixed: str | None = None
    places: tuple[tuple[int, ...], ...] | None = None
    """For lists by keys: where in the list the keys of each read stand."""

    @property
    def withheld(self) -> tuple[str, ...]:
        """The paths of what the reader may not see."""
        return tuple(path for planned, _ in self.reads for path in planned.withheld)

    async def run(self, reading: Reading) -> str:
        """Return the answer as JSON text."""
        if self.fixed is not None:
            return self.fixed
        if self.places is not None:
            return await self._list(reading, self.places)
        ((planned, asks),) = self.reads
        text: str = await reading.read(planned.read, asks)
        return text

    async def _list(self, reading: Reading, places: tuple[tuple[int, ...], ...]) -> str:
        texts = ["null"] * sum(map(len, places))
        for (planned, asks), at in zip(self.reads, places, strict=True):
            found: dict[int, str] = await reading.read(planned.read, asks)
            for place, text in found.items():
                texts[at[place - 1]] = text
        return f"[{','.join(texts)}]"


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedRoot:
    """A root field that is known beforehand."""

    key: str
    text: str

    def prepare(self, _: Request) -> Prepared:
        """Return the text."""
        return Prepared(fixed=self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRoot:
    """A root field that is one read."""

    key: str
    planned: PlannedField

    def prepare(self, request: Request) -> Prepared:
        """Ask what the arguments say."""
        asks = tuple(ask(slot, request.variables, request.limits) for slot in self.planned.slots)
        return Prepared(reads=((self.planned, asks),))


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
    _planned: dict[str, PlannedField] = field(default_factory=dict)

    def prepare(self, request: Request) -> Prepared:
        """Read the ids, and ask for their objects."""
        given = get_argument_values(self.definition, self.nodes[0], request.variables)
        if len(given["ids"]) > request.limits.page_max:
            raise bad_input(f"at most {request.limits.page_max} ids")
        return self.of_keys([node_key(text) for text in given["ids"]], request)

    def of_keys(self, keys: Sequence[tuple[str, tuple[Any, ...]]], request: Request) -> Prepared:
        """Ask for the objects of these types and keys, in order."""
        grouped: dict[str, list[tuple[int, tuple[Any, ...]]]] = {}
        for place, (kind, key) in enumerate(keys):
            grouped.setdefault(kind, []).append((place, key))
        reads, places = [], []
        for kind, found in grouped.items():
            planned = self._plan(kind)
            asks = [Ask(key=tuple(map(list, zip(*(key for _, key in found), strict=True))))]
            asks += [ask(slot, request.variables, request.limits) for slot in planned.slots[1:]]
            reads.append((planned, tuple(asks)))
            places.append(tuple(place for place, _ in found))
        return Prepared(reads=tuple(reads), places=tuple(places))

    def _plan(self, kind: str) -> PlannedField:
        if kind not in self._planned:
            planner = Planner(self.selector, self.access, [self.key])
            self._planned[kind] = plan_many(self.key, kind, planner, self.nodes)
        return self._planned[kind]


def plan_root(
    key: str,
    field_: GraphQLField | None,
    nodes: Sequence[FieldNode],
    selector: Selector,
    access: Access,
) -> Root:
    """Plan a root field.

    Raises:
        CannotCompileError: resolvers must answer it.
    """
    name = nodes[0].name.value
    if name == TYPENAME:
        assert selector.schema.query_type is not None
        return FixedRoot(key=key, text=f'"{selector.schema.query_type.name}"')
    if field_ is None:
        raise CannotCompileError(name)
    planner = Planner(selector, access, [key])
    if name == "node":
        return NodeRoot(key=key, definition=field_, nodes=nodes, selector=selector, access=access)
    if name in SINGLES:
        return ReadRoot(key=key, planned=_single(key, field_, SINGLES[name], planner, nodes))
    if name == "nodes":
        return NodesRoot(key=key, definition=field_, nodes=nodes, selector=selector, access=access)
    kind = get_named_type(field_.type)
    if isinstance(kind, GraphQLObjectType) and kind.name in TOTALS:
        return ReadRoot(key=key, planned=_totals(key, field_, kind, planner, nodes))
    if isinstance(kind, GraphQLObjectType) and kind.name.endswith("Connection"):
        return ReadRoot(key=key, planned=_page(key, field_, kind, planner, nodes))
    raise CannotCompileError(name)


def plan_one(
    key: str, entity: str, by: str, planner: Planner, nodes: Sequence[FieldNode]
) -> PlannedField:
    """Plan the read of one object whose key takes slot 0."""
    kind = planner.selector.schema.type_map[entity]
    assert isinstance(kind, GraphQLObjectType)
    unasked = Slot(kind=SlotKind.KEY, field=GraphQLField(kind), node=nodes[0], entity=entity)
    planner.slot(unasked)
    read = plan.ReadOne(entity=entity, by=by, slot=0, parts=planner.record(kind, nodes))
    return _planned(key, read, planner)


def plan_many(key: str, entity: str, planner: Planner, nodes: Sequence[FieldNode]) -> PlannedField:
    """Plan the read of objects whose keys take slot 0."""
    kind = planner.selector.schema.type_map[entity]
    assert isinstance(kind, GraphQLObjectType)
    unasked = Slot(kind=SlotKind.KEY, field=GraphQLField(kind), node=nodes[0], entity=entity)
    planner.slot(unasked)
    parts = planner.record(kind, nodes)
    return _planned(key, plan.ReadMany(entity=entity, by="key", slot=0, parts=parts), planner)


def _single(
    key: str, field_: GraphQLField, single: Single, planner: Planner, nodes: Sequence[FieldNode]
) -> PlannedField:
    kind = get_named_type(field_.type)
    assert isinstance(kind, GraphQLObjectType)
    planner.slot(
        Slot(
            kind=SlotKind.KEY,
            field=field_,
            node=nodes[0],
            entity=single.entity,
            key=single.key_of,
        )
    )
    parts = planner.record(kind, nodes)
    return _planned(
        key, plan.ReadOne(entity=single.entity, by=single.by, slot=0, parts=parts), planner
    )


def _page(
    key: str,
    field_: GraphQLField,
    kind: GraphQLObjectType,
    planner: Planner,
    nodes: Sequence[FieldNode],
) -> PlannedField:
    node = get_named_type(kind.fields["nodes"].type)
    assert node is not None
    planner.slot(Slot(kind=SlotKind.PAGE, field=field_, node=nodes[0], entity=node.name))
    parts = planner.page(kind, nodes)
    return _planned(key, plan.ReadPage(entity=node.name, slot=0, parts=parts), planner)


def _totals(
    key: str,
    field_: GraphQLField,
    kind: GraphQLObjectType,
    planner: Planner,
    nodes: Sequence[FieldNode],
) -> PlannedField:
    totals = TOTALS[kind.name]
    planner.slot(Slot(kind=SlotKind.TOTALS, field=field_, node=nodes[0], entity=totals.of))
    # Which dimensions are asked decides what is told, not what can be selected.
    parts = planner.record(kind, nodes, totals.told(frozenset()))
    return _planned(key, plan.ReadTotals(totals=kind.name, slot=0, parts=parts), planner)


def _planned(key: str, read: plan.Read, planner: Planner) -> PlannedField:
    entities = tuple(
        slot.entity if slot.kind is not SlotKind.COUNT else None for slot in planner.slots
    )
    return PlannedField(
        key=key,
        read=PlannedRead(read=read, entities=entities, access=planner.access),
        slots=tuple(planner.slots),
        withheld=tuple(planner.withheld),
    )
