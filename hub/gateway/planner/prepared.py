"""Root fields that are planned, and what one request makes of them."""

from dataclasses import dataclass
from typing import Protocol

from graphql.execution.values import VariableValues

from hub.gateway.limits import GatewayLimits
from hub.gateway.planner.asking import ask
from hub.gateway.planner.planning import PlannedField
from hub.storage.queries.graph.plan import Ask
from hub.storage.queries.graph.reading import Reading


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
