"""The GraphQL schema: built once from the declarations, printed for those who build against it."""

from functools import cache
from typing import Final

from graphql import GraphQLSchema
from strawberry.federation import Schema
from strawberry.schema.config import StrawberryConfig

from hub.gateway.roots.mutation import Mutation
from hub.gateway.roots.query import Query
from schema.graphql import codes as _published_codes  # noqa: F401 - importing publishes the enums
from schema.graphql.nodes import Node
from schema.graphql.scalars import SCALARS

FEDERATION_VERSION: Final = "2.9"
"""The latest version that both known composers take."""


def _build() -> Schema:
    return Schema(
        query=Query,
        mutation=Mutation,
        types=[Node],
        config=StrawberryConfig(scalar_map=SCALARS),
        federation_version=FEDERATION_VERSION,
    )


@cache
def strawberry_schema() -> Schema:
    """Return the schema as Strawberry declares it."""
    return _build()


def executable_schema() -> GraphQLSchema:
    """Return a schema of its own, as graphql-core executes it, to give resolvers to."""
    return _build()._schema  # noqa: SLF001 - there is no public way to it


def sdl() -> str:
    """Return the schema definition language of the whole schema."""
    return strawberry_schema().as_str() + "\n"
