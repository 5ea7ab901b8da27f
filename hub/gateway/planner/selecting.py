"""Collecting the fields of a selection: fragments unfolded, `@skip` and `@include` applied."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLIncludeDirective,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLSkipDirective,
    InlineFragmentNode,
    SelectionNode,
    SelectionSetNode,
    is_abstract_type,
)
from graphql.execution.values import VariableValues, get_directive_values

Fields = dict[str, list[FieldNode]]


@dataclass(frozen=True, slots=True)
class Selector:
    """Collects fields for one operation with the values of its variables."""

    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: VariableValues

    def fields(self, kind: GraphQLObjectType, nodes: Iterable[FieldNode]) -> Fields:
        """Return the fields below `nodes`, by response key, in the order of their first naming."""
        found: Fields = {}
        for node in nodes:
            if node.selection_set is not None:
                self.collect(kind, node.selection_set, found)
        return found

    def collect(self, kind: GraphQLObjectType, selections: SelectionSetNode, found: Fields) -> None:
        """Add the fields of a selection set that apply to an object of this type."""
        for selection in selections.selections:
            if not self._included(selection):
                continue
            match selection:
                case FieldNode():
                    key = (selection.alias or selection.name).value
                    found.setdefault(key, []).append(selection)
                case InlineFragmentNode(type_condition=condition, selection_set=inner):
                    if condition is None or self._applies(condition.name.value, kind):
                        self.collect(kind, inner, found)
                case FragmentSpreadNode(name=name):
                    fragment = self.fragments[name.value]
                    if self._applies(fragment.type_condition.name.value, kind):
                        self.collect(kind, fragment.selection_set, found)
                case _:
                    raise AssertionError(selection)

    def _included(self, selection: SelectionNode) -> bool:
        if not selection.directives:
            return True
        skip = self._directive(GraphQLSkipDirective, selection)
        include = self._directive(GraphQLIncludeDirective, selection)
        return not (skip and skip["if"]) and not (include and not include["if"])

    def _directive(self, directive: Any, node: SelectionNode) -> dict[str, Any] | None:  # noqa: ANN401
        return get_directive_values(directive, node, self.variables)

    def _applies(self, condition: str, kind: GraphQLObjectType) -> bool:
        if condition == kind.name:
            return True
        named = self.schema.type_map[condition]
        return is_abstract_type(named) and self.schema.is_sub_type(named, kind)
