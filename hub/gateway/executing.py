"""Executing: compiled answers straight from the database, all else through graphql-core."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import orjson
from graphql import (
    ExecutionResult,
    GraphQLError,
    GraphQLResolveInfo,
    GraphQLSchema,
    OperationDefinitionNode,
    execute,
)
from graphql.execution.values import VariableValues, get_variable_values

from hub.gateway.documents import Document, Documents, Plan
from hub.gateway.errors import ErrorCode, error
from hub.gateway.limits import GatewayLimits
from hub.gateway.masking import masked
from hub.gateway.planner.costs import cost_of
from hub.gateway.planner.roots import Prepared, Request, plan_root
from hub.gateway.planner.selecting import Selector
from hub.gateway.resolving import Resolved, ResolvedExecutor
from hub.gateway.viewer import ANONYMOUS, Viewer
from hub.storage.database import Database
from hub.storage.queries.graph.reading import Reading, reading

Clock = Callable[[], datetime]
Variables = Mapping[str, Any]

_SEPARATOR: Final = ","


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer as bytes of JSON."""

    body: bytes
    executed: bool
    """False for request errors: nothing was executed, and there is no `data`."""


@dataclass(slots=True, kw_only=True)
class Operation:
    """One operation under way: what its resolvers share. All its reads see one moment."""

    gateway: "Executing"
    viewer: Viewer
    now: datetime
    withheld: list[str] = field(default_factory=list)
    _cost: int = 0
    _reading: Reading | None = None
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def run(self, prepared: Prepared) -> str:
        """Run one root field, one after the other on one connection."""
        self._cost += cost_of(prepared)
        self.gateway.check_cost(self._cost)
        async with self._turn:
            return await prepared.run(await self._one_reading())

    async def _one_reading(self) -> Reading:
        if self._reading is None:
            lent = self.gateway.reading(self.viewer, self.now, one_moment=True)
            self._reading = await self._stack.enter_async_context(lent)
        return self._reading

    async def close(self) -> None:
        """Give the connection back."""
        await self._stack.aclose()


class Executing:
    """Executes GraphQL requests for viewers."""

    def __init__(
        self, schema: GraphQLSchema, database: Database, limits: GatewayLimits, clock: Clock
    ) -> None:
        self._schema = schema
        self._database = database
        self._documents = Documents(schema, limits)
        self._clock = clock
        self.limits: Final = limits
        assert schema.query_type is not None
        for definition in schema.query_type.fields.values():
            definition.resolve = resolve_root

    async def execute(
        self,
        query: str,
        variables: Variables | None = None,
        operation_name: str | None = None,
        viewer: Viewer = ANONYMOUS,
    ) -> Answer:
        """Answer one request."""
        document = self._documents.get(query)
        if document.errors:
            return _refused(document.errors)
        operation = document.operation(operation_name)
        if operation is None:
            words = "name one of the operations" if operation_name is None else "no such operation"
            return _refused([error(ErrorCode.OPERATION_RESOLUTION_FAILURE, words)])
        coerced = get_variable_values(
            self._schema, operation.variable_definitions or (), dict(variables or {}), max_errors=20
        )
        if isinstance(coerced, list):
            return _refused([_as_input(fault) for fault in coerced])
        plan = document.plan(operation, coerced, viewer.access)
        prepared = None if plan is None else self._prepared(plan, coerced)
        if plan is not None and prepared is not None:
            answer = await self._answer_compiled(plan, prepared, viewer)
            if answer is not None:
                return answer
        return await self._answer_resolved(document, operation, variables, viewer)

    def check_cost(self, cost: int) -> None:
        """Refuse what is too expensive.

        Raises:
            GraphQLError: it is.
        """
        if cost > self.limits.cost_max:
            words = f"estimated cost {cost}, allowed {self.limits.cost_max}: ask for smaller pages"
            raise error(ErrorCode.COST_ESTIMATED_TOO_EXPENSIVE, words)

    def reading(
        self, viewer: Viewer, now: datetime, *, one_moment: bool
    ) -> AbstractAsyncContextManager[Reading]:
        """Lend a connection for one answer."""
        return reading(
            self._database,
            now=now,
            parties=tuple(sorted(viewer.parties)),
            timeout_seconds=self.limits.timeout_seconds,
            one_moment=one_moment,
        )

    def _prepared(self, plan: Plan, variables: VariableValues) -> list[Prepared] | None:
        """Return the root fields with their arguments; None when the client erred in one."""
        request = Request(variables=variables, limits=self.limits)
        try:
            prepared = [root.prepare(request) for root in plan]
            self.check_cost(sum(map(cost_of, prepared)))
        except GraphQLError:
            return None
        return prepared

    async def _answer_compiled(
        self, plan: Plan, prepared: Sequence[Prepared], viewer: Viewer
    ) -> Answer | None:
        """Answer without an executor; None when a read fails, for the executor to tell it."""
        one_moment = len(prepared) > 1
        try:
            async with self.reading(viewer, self._clock(), one_moment=one_moment) as lent:
                texts = [await one.run(lent) for one in prepared]
        except Exception:  # noqa: BLE001 - told, masked and logged by the executor's way
            return None
        fields = _SEPARATOR.join(
            [f'"{root.key}":{text}' for root, text in zip(plan, texts, strict=True)]
        )
        withheld = [path for one in prepared for path in one.withheld]
        extensions = "" if not withheld else f',"extensions":{_withheld(withheld)}'
        return Answer(body=f'{{"data":{{{fields}}}{extensions}}}'.encode(), executed=True)

    async def _answer_resolved(
        self,
        document: Document,
        operation: OperationDefinitionNode,
        variables: Variables | None,
        viewer: Viewer,
    ) -> Answer:
        assert document.ast is not None
        under_way = Operation(gateway=self, viewer=viewer, now=self._clock())
        try:
            outcome = execute(
                self._schema,
                document.ast,
                context_value=under_way,
                variable_values=dict(variables or {}),
                operation_name=None if operation.name is None else operation.name.value,
                executor_class=ResolvedExecutor,
            )
            result = outcome if isinstance(outcome, ExecutionResult) else await outcome
        finally:
            await under_way.close()
        formatted: dict[str, Any] = {}
        if result.errors:
            formatted["errors"] = [masked(fault).formatted for fault in result.errors]
        formatted["data"] = result.data
        if under_way.withheld:
            formatted["extensions"] = {"withheld": under_way.withheld}
        return Answer(body=orjson.dumps(formatted), executed=True)


async def resolve_root(_: object, info: GraphQLResolveInfo[Operation], **__: object) -> Resolved:
    """Resolve a root field by compiling it, though its neighbours may need to be resolved."""
    under_way = info.context
    variables = info.variable_values
    selector = Selector(info.schema, info.fragments, variables)
    nodes = info.field_nodes
    key = str(info.path.key)
    definition = info.parent_type.fields[info.field_name]
    root = plan_root(key, definition, nodes, selector, under_way.viewer.access)
    prepared = root.prepare(Request(variables=variables, limits=under_way.gateway.limits))
    text = await under_way.run(prepared)
    under_way.withheld.extend(prepared.withheld)
    return Resolved(text)


def _refused(faults: Sequence[GraphQLError]) -> Answer:
    body = orjson.dumps({"errors": [fault.formatted for fault in faults]})
    return Answer(body=body, executed=False)


def _as_input(fault: GraphQLError) -> GraphQLError:
    fault.extensions = {"code": ErrorCode.BAD_USER_INPUT.value, **(fault.extensions or {})}
    return fault


def _withheld(paths: Sequence[str]) -> str:
    return orjson.dumps({"withheld": list(paths)}).decode()
