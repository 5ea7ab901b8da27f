"""Executing: compiled answers straight from the database, all else through graphql-core."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any, Final

from graphql import (
    ExecutionResult,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    execute,
)
from graphql.execution.values import VariableValues, get_variable_values

from hub.gateway.answers import Answer, completed, failed, formatted, refused
from hub.gateway.documents import Document, Documents, Plan
from hub.gateway.errors import ErrorCode, MalformedError, error
from hub.gateway.limits import GatewayLimits
from hub.gateway.planner.costs import cost_of
from hub.gateway.planner.prepared import Prepared, Request
from hub.gateway.resolving import ResolvedExecutor
from hub.gateway.under_way import Operation, check_cost, resolve_root
from hub.gateway.viewer import ANONYMOUS, Viewer
from hub.storage.database import Database
from hub.storage.queries.graph.reading import Reading, reading

Clock = Callable[[], datetime]
Variables = Mapping[str, Any]

SERVICE_FIELD: Final = "_service"
"""The field of the federation that tells the schema itself; Strawberry resolves it."""
_COERCION_ERRORS_MAX: Final = 20


class Executing:
    """Executes GraphQL requests for viewers."""

    def __init__(
        self, schema: GraphQLSchema, database: Database, limits: GatewayLimits, clock: Clock
    ) -> None:
        self._schema = schema
        self._database = database
        self._documents = Documents(schema, limits)
        self._clock = clock
        self._limits = limits
        assert schema.query_type is not None
        for name, definition in schema.query_type.fields.items():
            if name != SERVICE_FIELD:
                definition.resolve = resolve_root

    async def execute(
        self,
        query: str,
        variables: Variables | None = None,
        operation_name: str | None = None,
        viewer: Viewer = ANONYMOUS,
        *,
        read_only: bool = False,
    ) -> Answer:
        """Answer one request.

        Raises:
            MalformedError: it would change something, and came in a way that may not.
        """
        document = self._documents.get(query)
        if document.errors:
            return refused(document.errors)
        operation = document.operation(operation_name)
        if operation is None:
            words = "name one of the operations" if operation_name is None else "no such operation"
            return refused([error(ErrorCode.OPERATION_RESOLUTION_FAILURE, words)])
        if read_only and operation.operation is not OperationType.QUERY:
            raise MalformedError("only queries come by GET", 405)
        coerced = get_variable_values(
            self._schema,
            operation.variable_definitions or (),
            dict(variables or {}),
            max_errors=_COERCION_ERRORS_MAX,
        )
        if isinstance(coerced, list):
            return refused([_as_input(fault) for fault in coerced])
        plan = document.plan(operation, coerced, viewer.access)
        prepared = None if plan is None else self._prepared(plan, coerced)
        if plan is not None and prepared is not None:
            return await self._answer_compiled(plan, prepared, viewer)
        return await self._answer_resolved(document, operation, variables, viewer)

    def _prepared(self, plan: Plan, variables: VariableValues) -> list[Prepared] | None:
        """Return the root fields with their arguments; None when the client erred in one."""
        request = Request(variables=variables, limits=self._limits)
        try:
            prepared = [root.prepare(request) for root in plan]
            check_cost(sum(map(cost_of, prepared)), self._limits)
        except GraphQLError:
            return None
        return prepared

    async def _answer_compiled(
        self, plan: Plan, prepared: Sequence[Prepared], viewer: Viewer
    ) -> Answer:
        """Answer without an executor: one statement a root field, all of one moment."""
        try:
            async with self._reading(viewer, one_moment=len(prepared) > 1) as lent:
                texts = [await one.run(lent) for one in prepared]
        except Exception as cause:  # noqa: BLE001 - whatever went wrong is masked and logged
            return failed(cause)
        return formatted(
            [(root.key, text) for root, text in zip(plan, texts, strict=True)],
            [path for one in prepared for path in one.withheld],
        )

    async def _answer_resolved(
        self,
        document: Document,
        operation: OperationDefinitionNode,
        variables: Variables | None,
        viewer: Viewer,
    ) -> Answer:
        assert document.ast is not None
        # After a mutation, fields read what it has done.
        one_moment = operation.operation is OperationType.QUERY
        under_way = Operation(
            viewer=viewer,
            limits=self._limits,
            open_reading=lambda: self._reading(viewer, one_moment=one_moment),
        )
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
        return completed(result, under_way.withheld)

    def _reading(self, viewer: Viewer, *, one_moment: bool) -> AbstractAsyncContextManager[Reading]:
        return reading(
            self._database,
            now=self._clock(),
            parties=tuple(sorted(viewer.parties)),
            timeout_seconds=self._limits.timeout_seconds,
            one_moment=one_moment,
        )


def _as_input(fault: GraphQLError) -> GraphQLError:
    fault.extensions = {"code": ErrorCode.BAD_USER_INPUT.value, **(fault.extensions or {})}
    return fault
