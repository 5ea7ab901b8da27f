"""Documents: parsed, limited and validated once, and planned once a set of rights."""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from graphql import (
    DirectiveNode,
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    OperationType,
    VariableNode,
    Visitor,
    parse,
    specified_rules,
    validate,
    visit,
)
from graphql.execution.values import VariableValues

from hub.gateway.errors import ErrorCode
from hub.gateway.limits import GatewayLimits, check
from hub.gateway.planner.planning import CannotCompileError
from hub.gateway.planner.prepared import Root
from hub.gateway.planner.roots import plan_root
from hub.gateway.planner.selecting import Fields, Selector
from hub.storage.queries.graph.plan import Access

DOCUMENTS_MAX: Final = 1_000
"""Documents kept; a client that writes values into the text of its queries fills this alone."""
ERRORS_MAX: Final = 20
DOCUMENT_REMEMBERED_CHARS_MAX: Final = 20_000

Plan = tuple[Root, ...]
_PlanKey = tuple[str | None, Access, tuple[tuple[str, object], ...]]


@dataclass(kw_only=True)
class Document:
    """A document, with the errors of the client when it cannot be executed."""

    schema: GraphQLSchema
    ast: DocumentNode | None = None
    errors: tuple[GraphQLError, ...] = ()
    _plans: dict[_PlanKey, Plan | None] = field(default_factory=dict)

    @cached_property
    def fragments(self) -> dict[str, FragmentDefinitionNode]:
        """The fragments by name."""
        return {
            part.name.value: part
            for part in self._definitions()
            if isinstance(part, FragmentDefinitionNode)
        }

    @cached_property
    def operations(self) -> dict[str | None, OperationDefinitionNode]:
        """The operations by name."""
        return {
            None if part.name is None else part.name.value: part
            for part in self._definitions()
            if isinstance(part, OperationDefinitionNode)
        }

    def operation(self, name: str | None) -> OperationDefinitionNode | None:
        """Return the operation of this name; without a name the only one; else None."""
        if name is None:
            return next(iter(self.operations.values())) if len(self.operations) == 1 else None
        return self.operations.get(name)

    def plan(
        self, operation: OperationDefinitionNode, variables: VariableValues, access: Access
    ) -> Plan | None:
        """Return the plan of all root fields; None when one of them must be resolved."""
        name = None if operation.name is None else operation.name.value
        values = variables.coerced
        switches = tuple((switch, values.get(switch)) for switch in self._switches)
        key = (name, access, switches)
        if key not in self._plans:
            self._plans[key] = self._make_plan(operation, variables, access)
        return self._plans[key]

    def _make_plan(
        self, operation: OperationDefinitionNode, variables: VariableValues, access: Access
    ) -> Plan | None:
        kind = self.schema.query_type
        if operation.operation is not OperationType.QUERY or kind is None:
            return None
        selector = Selector(self.schema, self.fragments, variables)
        fields: Fields = {}
        selector.collect(kind, operation.selection_set, fields)
        try:
            return tuple(
                plan_root(key, kind.fields.get(nodes[0].name.value), nodes, selector, access)
                for key, nodes in fields.items()
            )
        except CannotCompileError:
            return None

    @cached_property
    def _switches(self) -> tuple[str, ...]:
        """The variables that decide what is selected: those of `@skip` and `@include`."""
        found: dict[str, None] = {}

        class Directives(Visitor):
            def enter_directive(self, node: DirectiveNode, *_: object) -> None:
                for argument in node.arguments or ():
                    if isinstance(argument.value, VariableNode):
                        found[argument.value.name.value] = None

        assert self.ast is not None
        visit(self.ast, Directives())
        return tuple(found)

    def _definitions(self) -> Iterator[object]:
        if self.ast is not None:
            yield from self.ast.definitions


class Documents:
    """The documents seen lately, by their text."""

    def __init__(self, schema: GraphQLSchema, limits: GatewayLimits) -> None:
        self._schema = schema
        self._limits = limits
        self._rules = (
            specified_rules
            if limits.introspection
            else (*specified_rules, NoSchemaIntrospectionCustomRule)
        )
        self._known: OrderedDict[str, Document] = OrderedDict()

    def get(self, text: str) -> Document:
        """Return the document of this text, parsed and validated at its first coming."""
        known = self._known.get(text)
        if known is not None:
            self._known.move_to_end(text)
            return known
        document = self._read(text)
        if len(text) <= DOCUMENT_REMEMBERED_CHARS_MAX:
            self._known[text] = document
            if len(self._known) > DOCUMENTS_MAX:
                self._known.popitem(last=False)
        return document

    def _read(self, text: str) -> Document:
        try:
            ast = parse(
                text,
                max_tokens=self._limits.tokens_max,
                allow_empty_selection_sets=False,
            )
        except GraphQLSyntaxError as fault:
            return self._refused([fault], ErrorCode.GRAPHQL_PARSE_FAILED)
        too_large = check(ast, self._limits)
        if too_large:
            return self._refused(too_large, ErrorCode.QUERY_TOO_COMPLEX)
        faults = validate(self._schema, ast, self._rules, max_errors=ERRORS_MAX)
        if faults:
            return self._refused(faults, ErrorCode.GRAPHQL_VALIDATION_FAILED)
        return Document(schema=self._schema, ast=ast)

    def _refused(self, faults: list[GraphQLError], code: ErrorCode) -> Document:
        for fault in faults:
            fault.extensions = {"code": code.value, **(fault.extensions or {})}
        return Document(schema=self._schema, errors=tuple(faults))
