"""Decorators that publish a class: its docstring and its attribute docstrings are descriptions."""

import ast
import inspect
import sys
from collections.abc import Callable, Iterable
from enum import Enum
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TypeVar, dataclass_transform

import strawberry
from strawberry.types.field import StrawberryField

_Class = TypeVar("_Class", bound=type)
_Enum = TypeVar("_Enum", bound=type[Enum])


@dataclass_transform(kw_only_default=True)
def published(declared: _Class) -> _Class:
    """Publish an object type."""
    _describe(declared)
    return strawberry.federation.type(description=inspect.getdoc(declared))(declared)


@dataclass_transform(kw_only_default=True)
def node(*keys: str) -> Callable[[_Class], _Class]:
    """Publish an entity: it has a global id, and other subgraphs can refer to it by its keys."""

    def publish(declared: _Class) -> _Class:
        _describe(declared)
        return strawberry.federation.type(description=inspect.getdoc(declared), keys=["id", *keys])(
            declared
        )

    return publish


@dataclass_transform(kw_only_default=True)
def interface(declared: _Class) -> _Class:
    """Publish an interface."""
    _describe(declared)
    return strawberry.interface(description=inspect.getdoc(declared))(declared)


@dataclass_transform(kw_only_default=True)
def published_input(declared: _Class) -> _Class:
    """Publish an input type; a field without a default is required."""
    _describe(declared)
    return strawberry.input(description=inspect.getdoc(declared))(declared)


def published_enum(codes: _Enum, *, name: str | None = None) -> _Enum:
    """Publish a closed list of codes; every value tells how it is spelt on the wire."""
    enum = strawberry.enum(codes, name=name, description=inspect.getdoc(codes))
    for value in enum.__strawberry_definition__.values:  # type: ignore[attr-defined]
        docs = _member_docs(codes).get(value.name)
        value.description = docs or f"`{codes[value.name].value}` on the wire."
    return codes


def _describe(declared: type) -> None:
    docs = _attribute_docs(declared)
    for name in inspect.get_annotations(declared):
        field = declared.__dict__.get(name)
        if not isinstance(field, StrawberryField):
            has_default = name in declared.__dict__
            field = strawberry.field(default=field) if has_default else strawberry.field()
            setattr(declared, name, field)
        if name.endswith("_"):
            field.graphql_name = name.removesuffix("_")
        assert name in docs, f"{declared.__name__}.{name} needs a docstring"
        field.description = docs[name]


def _attribute_docs(declared: type) -> dict[str, str]:
    return _module_docs(declared.__module__).get(declared.__qualname__, {})


def _member_docs(codes: type[Enum]) -> dict[str, str]:
    return _module_docs(codes.__module__).get(codes.__qualname__, {})


@cache
def _module_docs(module: str) -> dict[str, dict[str, str]]:
    """Return class to attribute to the text that stands below the attribute."""
    file = sys.modules[module].__file__
    assert file is not None
    tree = ast.parse(Path(file).read_text(encoding="utf-8"))
    classes = [part for part in tree.body if isinstance(part, ast.ClassDef)]
    return {part.name: dict(_documented(part.body)) for part in classes}


def _documented(body: list[ast.stmt]) -> Iterable[tuple[str, str]]:
    for statement, following in pairwise(body):
        match following:
            case ast.Expr(value=ast.Constant(value=str(text))):
                name = _assigned(statement)
                if name is not None:
                    yield name, inspect.cleandoc(text)
            case _:
                pass


def _assigned(statement: ast.stmt) -> str | None:
    match statement:
        case ast.AnnAssign(target=ast.Name(id=name)):
            return name
        case ast.Assign(targets=[ast.Name(id=name)]):
            return name
        case _:
            return None
