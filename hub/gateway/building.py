"""Building a gateway: what bootstrap puts together and the web mounts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.gateway.answers import Answer
from hub.gateway.examples import examples
from hub.gateway.executing import Executing
from hub.gateway.graphiql import PAGE_HEADERS, page
from hub.gateway.http import GraphQLRequest, GraphQLView, ViewerOf
from hub.gateway.limits import GatewayLimits
from hub.gateway.schema import executable_schema
from hub.gateway.submitting import Submit, attach_submission
from hub.gateway.viewer import ANONYMOUS, Viewer
from hub.storage.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """A gateway: in process through `execute`, over HTTP through `view`."""

    executing: Executing
    view: GraphQLView

    async def execute(
        self,
        query: str,
        variables: Mapping[str, Any] | None = None,
        viewer: Viewer = ANONYMOUS,
        operation_name: str | None = None,
    ) -> Answer:
        """Answer one request of this process."""
        return await self.executing.execute(query, variables, operation_name, viewer)


async def anonymous(_: object) -> Viewer:
    """Take everyone for anyone: what is public is shown, and nothing else."""
    return ANONYMOUS


def build_gateway(
    database: Database,
    limits: GatewayLimits,
    clock: Callable[[], datetime],
    *,
    submit: Submit | None = None,
    viewer_of: ViewerOf = anonymous,
) -> Gateway:
    """Return a gateway over a database; without `submit` it takes no messages."""
    schema = executable_schema()
    attach_submission(schema, submit)
    executing = Executing(schema, database, limits, clock)

    async def execute(request: GraphQLRequest, viewer: Viewer) -> Answer:
        return await executing.execute(
            request.query,
            request.variables,
            request.operation_name,
            viewer,
            read_only=request.read_only,
        )

    shown = page(examples()) if limits.graphiql else None
    view = GraphQLView(execute, viewer_of, limits, shown, PAGE_HEADERS)
    return Gateway(executing=executing, view=view)
