"""How each root field is read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from graphql import FieldNode, GraphQLField, GraphQLObjectType, get_named_type

from hub.gateway.planner.asking import part, unit_key
from hub.gateway.planner.node_roots import EntitiesRoot, NodeRoot, NodesRoot
from hub.gateway.planner.planning import (
    TYPENAME,
    CannotCompileError,
    PlannedField,
    Planner,
    Slot,
    SlotKind,
    planned_field,
)
from hub.gateway.planner.prepared import FixedRoot, ReadRoot, Root
from hub.gateway.planner.selecting import Selector
from hub.storage.queries.graph import plan
from hub.storage.queries.graph.catalogue import ENTITIES, TOTALS
from hub.storage.queries.graph.plan import Access

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
    if name == "_entities":
        return EntitiesRoot(
            key=key, definition=field_, nodes=nodes, selector=selector, access=access
        )
    if name == "nodes":
        return NodesRoot(key=key, definition=field_, nodes=nodes, selector=selector, access=access)
    kind = get_named_type(field_.type)
    if isinstance(kind, GraphQLObjectType) and kind.name in TOTALS:
        return ReadRoot(key=key, planned=_totals(key, field_, kind, planner, nodes))
    if isinstance(kind, GraphQLObjectType) and kind.name.endswith("Connection"):
        return ReadRoot(key=key, planned=_page(key, field_, kind, planner, nodes))
    raise CannotCompileError(name)


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
    return planned_field(
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
    return planned_field(key, plan.ReadPage(entity=node.name, slot=0, parts=parts), planner)


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
    return planned_field(key, plan.ReadTotals(totals=kind.name, slot=0, parts=parts), planner)
