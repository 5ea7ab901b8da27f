"""Connections as Relay specifies them, with keyset cursors, and the arguments they take."""

import inspect
from enum import StrEnum, unique
from typing import Annotated, Any, Final, Generic, TypeVar

import strawberry
from strawberry import UNSET

from schema.graphql.declaring import published, published_enum
from schema.graphql.scalars import Instant

NodeType = TypeVar("NodeType")

COUNTED_AT_MOST: Final = 10_000
"""How far `totalCount` counts unless told otherwise, where no counter stands."""


@unique
class OrderDirection(StrEnum):
    """Which end comes first."""

    ASC = "asc"
    """Smallest, earliest or first in the alphabet."""
    DESC = "desc"
    """Largest, latest or last in the alphabet."""


published_enum(OrderDirection)


@published
class PageInfo:
    """Where this page lies (Relay Cursor Connections)."""

    has_next_page: bool
    """Whether more follows after this page, in the order asked for."""
    has_previous_page: bool
    """Whether something lies before this page; known when paging backwards or after a cursor."""
    start_cursor: str | None
    """The cursor of the first edge; null on an empty page."""
    end_cursor: str | None
    """The cursor of the last edge; null on an empty page."""


@published
class Edge(Generic[NodeType]):
    """A node and its place in the connection."""

    cursor: str
    """Opaque; names a place in the order, and stays good when rows come and go around it."""
    node: NodeType
    """The object."""


def _at_most(
    at_most: Annotated[
        int, strawberry.argument(description="How far to count; the operator sets a limit.")
    ] = COUNTED_AT_MOST,
) -> int:
    raise NotImplementedError


@published
class Connection(Generic[NodeType]):
    """A page of a list; the default page is 50, the largest is set by the operator."""

    edges: list[Edge[NodeType]]
    """The page with cursors."""
    nodes: list[NodeType]
    """The page without cursors."""
    page_info: PageInfo
    """Whether there is more."""
    total_count: int = strawberry.field(resolver=_at_most)
    """How many there are: exact where the hub keeps counters, else counted up to `atMost`."""


_PAGE: Final[dict[str, tuple[Any, str]]] = {
    "first": (int | None, "Take so many from the start (forward paging)."),
    "after": (str | None, "Start after this cursor."),
    "last": (int | None, "Take so many from the end (backward paging)."),
    "before": (str | None, "End before this cursor."),
}


def connection(
    filter_type: type | None = None, order_type: type | None = None, *, as_of: bool = False
) -> Any:  # noqa: ANN401 - the declared type of the field is its annotation
    """Declare a field with the arguments of a connection; the gateway resolves it."""
    arguments = dict(_PAGE)
    if filter_type is not None:
        arguments["filter"] = (filter_type | None, "Only what fulfils all conditions given.")
    if order_type is not None:
        arguments["order_by"] = (
            order_type | None,
            "The order; ties are broken the same way always.",
        )
    if as_of:
        arguments["as_of"] = (Instant | None, "As the hub knew it at this moment; null: now.")
    return declared(arguments)


def declared(arguments: dict[str, tuple[Any, str]]) -> Any:  # noqa: ANN401
    """Declare a field with arguments, name to type and description; the gateway resolves it.

    An argument whose type allows null may be left out.
    """

    def unresolved(**_: object) -> None:
        raise NotImplementedError

    parameters = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=UNSET if _optional(kind) else inspect.Parameter.empty,
            annotation=Annotated[kind, strawberry.argument(description=text)],
        )
        for name, (kind, text) in arguments.items()
    ]
    unresolved.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    unresolved.__annotations__ = {part.name: part.annotation for part in parameters}
    return strawberry.field(resolver=unresolved)


def _optional(kind: Any) -> bool:  # noqa: ANN401
    return type(None) in getattr(kind, "__args__", ())
