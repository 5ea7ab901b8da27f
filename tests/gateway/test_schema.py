from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
)

from hub.domain.reconciliation.codes import Severity as SeverityOfTheRules
from hub.domain.state import EventKind
from hub.gateway.schema import sdl, strawberry_schema
from schema.graphql.codes import ActionType, Severity

GOLDEN = Path(__file__).parents[2] / "schema" / "hub.graphql"
FEDERATION = ("_", "link__")


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return strawberry_schema()._schema


def test_the_published_schema_is_what_the_code_generates() -> None:
    assert GOLDEN.read_text(encoding="utf-8") == sdl(), (
        "stale: run `uv run itmo-hub export-contract` and commit the result"
    )


def test_everything_that_is_published_has_a_description(schema: GraphQLSchema) -> None:
    silent = []
    for name, kind in schema.type_map.items():
        if name.startswith(FEDERATION):
            continue
        if not kind.description and name not in {"String", "Int", "Float", "Boolean", "ID"}:
            silent.append(name)
        match kind:
            case GraphQLObjectType() | GraphQLInterfaceType() | GraphQLInputObjectType():
                silent += [
                    f"{name}.{field}"
                    for field, declared in kind.fields.items()
                    if not declared.description and not field.startswith("_")
                ]
            case GraphQLEnumType():
                silent += [
                    f"{name}.{v}" for v, value in kind.values.items() if not value.description
                ]
            case _:
                pass
    assert not silent


def test_every_argument_has_a_description(schema: GraphQLSchema) -> None:
    silent = [
        f"{kind.name}.{field}({argument})"
        for kind in schema.type_map.values()
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith(FEDERATION)
        for field, declared in kind.fields.items()
        if not field.startswith("_")
        for argument, value in declared.args.items()
        if not value.description
    ]
    assert not silent


def test_the_printed_schema_is_valid_graphql() -> None:
    directives = """directive @link(url: String!, import: [String]) on SCHEMA
        directive @key(fields: String!) repeatable on OBJECT
    """
    assert build_schema(directives + sdl()).query_type is not None


@pytest.mark.parametrize(
    ("published", "of_the_rules"),
    [(ActionType, EventKind), (Severity, SeverityOfTheRules)],
    ids=["actions", "severities"],
)
def test_codes_are_those_of_the_rules(published: type, of_the_rules: type) -> None:
    assert {c.name: c.value for c in published} == {c.name: c.value for c in of_the_rules}
