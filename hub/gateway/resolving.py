"""The hook into graphql-core: values that are already complete pass through its executor."""

from dataclasses import dataclass
from typing import Any

import orjson
from graphql import GraphQLOutputType, GraphQLResolveInfo
from graphql.execution import Executor
from graphql.execution.collect_fields import FieldDetailsList
from graphql.pyutils import Path
from typing_extensions import override


@dataclass(frozen=True, slots=True)
class Resolved:
    """JSON text that answers a field with everything below it."""

    json: str


class ResolvedExecutor(Executor[Any]):
    """An executor that takes a `Resolved` as the completed value of its field."""

    @override
    def complete_value(
        self,
        return_type: GraphQLOutputType,
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> Any:
        """Pass a complete value through; complete any other as usual."""
        if isinstance(result, Resolved):
            return orjson.Fragment(result.json)
        return super().complete_value(
            return_type, field_details_list, info, path, result, position_context
        )
