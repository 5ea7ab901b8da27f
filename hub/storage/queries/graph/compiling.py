"""Compiled reads: the text of a statement, the order of its parameters, and its printer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, assert_never

from sqlalchemy import Select
from sqlalchemy.engine import Dialect, make_url

from hub.storage.queries.graph import plan, printing
from hub.storage.queries.graph.building import (
    Builder,
    cursor_name,
    order_of,
    parameter_name,
)
from hub.storage.queries.graph.catalogue import ENTITIES
from hub.storage.queries.graph.ids import read_cursor
from hub.storage.queries.graph.plan import Access, Ask

_DIALECT: Final[Dialect] = make_url("postgresql+asyncpg://").get_dialect()()

Form = tuple[object, ...]
Values = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A statement in PostgreSQL's own words."""

    text: str
    names: tuple[str, ...]
    """The parameters in order."""
    constants: Mapping[str, object]

    def arguments(self, values: Values) -> list[object]:
        """Return the arguments in order."""
        constants = self.constants
        return [values[name] if name in values else constants[name] for name in self.names]


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledRead:
    """A read in the form that one set of asks gives it."""

    statement: Statement
    counts: Statement | None
    """The counts alone, for a page that is empty because it starts after a cursor."""
    prints: printing.Printer


def form_of(asks: Sequence[Ask], entities: Sequence[str | None]) -> Form:
    """Return what of the asks decides the text of the statement."""
    return tuple(_form(ask, entity) for ask, entity in zip(asks, entities, strict=True))


def _form(ask: Ask, entity: str | None) -> Form:
    filters = (
        ()
        if entity is None
        else tuple(
            (name, ENTITIES[entity].filters[name].form(value)) for name, value in ask.filters
        )
    )
    return (
        filters,
        ask.order,
        ask.descending,
        ask.backwards,
        ask.after is None,
        ask.before is None,
        ask.as_of is None,
        ask.group_by,
    )


def compile_read(read: plan.Read, asks: Sequence[Ask], access: Access) -> CompiledRead:
    """Compile a read for asks of one form."""
    builder = Builder(asks, access)
    match read:
        case plan.ReadOne():
            query, single = builder.one(read)
            return _compiled(query, printing.printer(single))
        case plan.ReadPage():
            query, tree = builder.page(read)
            counts = builder.counts(read) if tree.continued else None
            return CompiledRead(
                statement=_statement(query),
                counts=None if counts is None else _statement(counts),
                prints=printing.printer(tree),
            )
        case plan.ReadMany():
            query, keyed = builder.many(read)
            return _compiled(query, printing.printer(keyed))
        case plan.ReadTotals():
            query, listed = builder.totals(read)
            return _compiled(query, printing.printer(listed))
        case _:
            assert_never(read)


def _compiled(query: Select[Any], prints: printing.Printer) -> CompiledRead:
    return CompiledRead(statement=_statement(query), counts=None, prints=prints)


def values_of(asks: Sequence[Ask], entities: Sequence[str | None]) -> dict[str, object]:
    """Return the values of all parameters that the asks give."""
    values: dict[str, object] = {}
    for slot, (ask, name) in enumerate(zip(asks, entities, strict=True)):
        values |= _values(slot, ask, None if name is None else name)
    return values


def _values(slot: int, ask: Ask, entity: str | None) -> dict[str, object]:
    given: dict[str, object] = {"limit": ask.limit + 1, "at_most": ask.at_most}
    given |= {f"key{at}": part for at, part in enumerate(ask.key)}
    given |= {f"after{at}": part for at, part in enumerate(ask.after or ())}
    given |= {f"before{at}": part for at, part in enumerate(ask.before or ())}
    if ask.as_of is not None:
        given["as_of"] = ask.as_of
    if entity is not None:
        filters = ENTITIES[entity].filters
        for name, value in ask.filters:
            parameters = filters[name].parameters(value)
            given |= {f"filter_{name}{suffix}": part for suffix, part in parameters.items()}
    return {parameter_name(slot, name): value for name, value in given.items()}


def _statement(query: Select[Any]) -> Statement:
    compiled = query.compile(dialect=_DIALECT)
    names = tuple(compiled.positiontup or ())
    constants = {n: v for n, v in compiled.params.items() if v is not None}
    return Statement(text=str(compiled), names=names, constants=constants)


def read_place(entity: str, ask: Ask, cursor: str) -> tuple[object, ...] | None:
    """Return the place that a cursor names in the order that is asked for; None: it is none."""
    known = ENTITIES[entity]
    return read_cursor(cursor, cursor_name(known, ask), order_of(known, ask).kinds)
