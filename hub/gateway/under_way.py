"""One operation under way in graphql-core: what its resolvers share."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, field

from graphql import GraphQLResolveInfo

from hub.gateway.errors import ErrorCode, error
from hub.gateway.limits import GatewayLimits
from hub.gateway.planner.costs import cost_of
from hub.gateway.planner.prepared import Prepared, Request
from hub.gateway.planner.roots import plan_root
from hub.gateway.planner.selecting import Selector
from hub.gateway.resolving import Resolved
from hub.gateway.viewer import Viewer
from hub.storage.queries.graph.reading import Reading

OpenReading = Callable[[], AbstractAsyncContextManager[Reading]]


def check_cost(cost: int, limits: GatewayLimits) -> None:
    """Refuse what is too expensive.

    Raises:
        GraphQLError: it is.
    """
    if cost > limits.cost_max:
        words = f"estimated cost {cost}, allowed {limits.cost_max}: ask for smaller pages"
        raise error(ErrorCode.COST_ESTIMATED_TOO_EXPENSIVE, words)


@dataclass(slots=True, kw_only=True)
class Operation:
    """One operation: its reader, its limits, and one connection that its fields take in turn."""

    viewer: Viewer
    limits: GatewayLimits
    open_reading: OpenReading
    withheld: list[str] = field(default_factory=list)
    _cost: int = 0
    _reading: Reading | None = None
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def run(self, prepared: Prepared) -> str:
        """Run one read and return its JSON."""
        self._cost += cost_of(prepared)
        check_cost(self._cost, self.limits)
        self.withheld.extend(prepared.withheld)
        async with self._turn:
            return await prepared.run(await self._one_reading())

    async def close(self) -> None:
        """Give the connection back."""
        await self._stack.aclose()

    async def _one_reading(self) -> Reading:
        if self._reading is None:
            self._reading = await self._stack.enter_async_context(self.open_reading())
        return self._reading


async def resolve_root(_: object, info: GraphQLResolveInfo[Operation], **__: object) -> Resolved:
    """Resolve a root field by compiling it, though its neighbours may need to be resolved."""
    under_way = info.context
    variables = info.variable_values
    selector = Selector(info.schema, info.fragments, variables)
    nodes = info.field_nodes
    key = str(info.path.key)
    definition = info.parent_type.fields[info.field_name]
    root = plan_root(key, definition, nodes, selector, under_way.viewer.access)
    prepared = root.prepare(Request(variables=variables, limits=under_way.limits))
    return Resolved(await under_way.run(prepared))
