"""Limits on the text of a query, checked before anything costs time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

from hub.gateway.errors import ErrorCode, error

FIELDS_MAX: Final = 5_000
"""Fields of a query with all its fragments unfolded: what validation and planning may walk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayLimits:
    """How much one request may ask, and what the operator offers."""

    depth_max: int = 12
    aliases_max: int = 30
    tokens_max: int = 2_000
    cost_max: int = 20_000
    page_max: int = 1_000
    body_bytes_max: int = 256 * 1024
    timeout_seconds: float = 10
    introspection: bool = True
    graphiql: bool = True


class _TooComplexError(Exception):
    pass


def check(document: DocumentNode, limits: GatewayLimits) -> list[GraphQLError]:
    """Return why the document is too large; nothing when it is not."""
    fragments = {
        part.name.value: part
        for part in document.definitions
        if isinstance(part, FragmentDefinitionNode)
    }
    try:
        for part in document.definitions:
            if isinstance(part, OperationDefinitionNode):
                _Walk(fragments, limits).selections(part.selection_set, 1, ())
    except _TooComplexError as cause:
        return [error(ErrorCode.QUERY_TOO_COMPLEX, str(cause))]
    return []


class _Walk:
    """Walks one operation with its fragments unfolded; stops at the first limit."""

    def __init__(
        self, fragments: Mapping[str, FragmentDefinitionNode], limits: GatewayLimits
    ) -> None:
        self._fragments = fragments
        self._limits = limits
        self._aliases = 0
        self._fields = 0

    def selections(self, selections: SelectionSetNode, depth: int, inside: Sequence[str]) -> None:
        if depth > self._limits.depth_max:
            raise _TooComplexError(f"deeper than {self._limits.depth_max} fields")
        for selection in selections.selections:
            match selection:
                case FieldNode(alias=alias, selection_set=inner):
                    self._count(aliased=alias is not None)
                    if inner is not None:
                        self.selections(inner, depth + 1, inside)
                case InlineFragmentNode(selection_set=inner):
                    self.selections(inner, depth, inside)
                case FragmentSpreadNode(name=name):
                    fragment = self._fragments.get(name.value)
                    # Unknown fragments and cycles are left to validation.
                    if fragment is not None and name.value not in inside:
                        self.selections(fragment.selection_set, depth, (*inside, name.value))
                case _:
                    pass

    def _count(self, *, aliased: bool) -> None:
        self._fields += 1
        self._aliases += aliased
        if self._aliases > self._limits.aliases_max:
            raise _TooComplexError(f"more than {self._limits.aliases_max} aliases")
        if self._fields > FIELDS_MAX:
            raise _TooComplexError(f"more than {FIELDS_MAX} fields")
