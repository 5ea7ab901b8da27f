"""What most entities share: columns, references by key, provenance, and the usual filters."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Table,
    Text,
    any_,
    case,
    cast,
    extract,
    func,
    literal_column,
    null,
    select,
)

from hub.storage.queries.graph import kinds
from hub.storage.queries.graph.kinds import Kind
from hub.storage.queries.graph.model import (
    INTEGERS,
    NOW,
    SQL_TYPES,
    TEXTS,
    Attribute,
    Column,
    Columns,
    Filter,
    Listing,
    Lookup,
    Order,
    Parameter,
    Record,
    Reference,
    Scope,
    Source,
)
from hub.storage.tables.messages import message
from hub.storage.tables.participants import account, approach, party, registry
from hub.storage.tables.units import series

Read = Callable[[Scope], Column]


def fixed(text: str) -> Column:
    """Return a text of ours as a column."""
    assert "'" not in text
    return literal_column(f"'{text}'::text", Text)


def fact(name: str, kind: Kind = kinds.TEXT, *, restricted: bool = False) -> Attribute:
    """Return the attribute that is a column of the row."""
    return Attribute(read=lambda s: s.c[name], kind=kind, restricted=restricted)


def facts(kind: Kind, *names: str) -> dict[str, Attribute]:
    """Return attributes that are columns of the row, all of one kind."""
    return {name: fact(name, kind) for name in names}


def codes(*names: str) -> dict[str, Attribute]:
    """Return attributes that are codes of closed lists."""
    return facts(kinds.CODE, *names)


def said(of: str, read: Callable[[Scope], Column | Columns], kind: Kind) -> dict[str, Attribute]:
    """Return one attribute that is computed."""
    return {of: Attribute(read=read, kind=kind)}


def whole_seconds_since(moment: Column) -> Column:
    """Return the age of a moment, in whole seconds."""
    return cast(func.floor(extract("epoch", NOW - moment)), BigInteger)


def other(
    to: str,
    table: Table,
    on: Callable[[Scope, Any], Column],
    *,
    always: bool = False,
    present: str | None = None,
) -> Reference:
    """Return a reference to a row of another table; `present` names a column that is never null."""

    def find(scope: Scope) -> tuple[Scope, Column | None]:
        row = table.alias()
        outer = scope.outer or not always
        scope.source.join(row, on(scope, row.c), outer=outer)
        test = row.c[present] if present else row.c[next(iter(table.primary_key.columns)).name]
        return Scope(scope.source, row, outer=outer), None if always else test

    return Reference(to=to, find=find)


def _by_code(to: str, table: Table, code: Read) -> Reference:
    """Return a reference to what may have no row: its code alone is enough."""
    column = table.name

    def find(scope: Scope) -> tuple[Scope, Column | None]:
        key = code(scope)
        row = table.alias()
        scope.source.join(row, row.c[column] == key, outer=True)
        return Scope(scope.source, row, key=(key,), outer=True), key

    return Reference(to=to, find=find)


def a_party(code: Read) -> Reference:
    """Return a reference to a Party by its alpha-3 code."""
    return _by_code("Party", party, code)


def an_approach(code: Read) -> Reference:
    """Return a reference to a cooperative approach by its code."""
    return _by_code("CooperativeApproach", approach, code)


def a_registry(code: Read) -> Reference:
    """Return a reference to a registry of this federation by its code."""
    return other("Registry", registry, lambda s, r: r.registry == code(s))


def never(to: str, table: Table) -> Reference:
    """Return a reference to nothing."""
    return other(to, table, lambda _s, _r: literal_column("false"))


def listing(
    of: str,
    table: Table,
    on: Callable[[Scope, Any], Column],
    order: Callable[[Any], Columns],
) -> Listing:
    """Return a list of the rows of a table."""

    def opened(owner: Scope) -> tuple[Scope, Column | None]:
        row = table.alias()
        return Scope(Source(row), row), on(owner, row.c)

    return Listing(of=of, open=opened, order=lambda item: order(item.c))


def listing_of_codes(of: str, table: Table, codes: Callable[[Scope], Column]) -> Listing:
    """Return a list of records by an array of their codes; they need no row, if `of` needs none."""
    column = table.name

    def opened(owner: Scope) -> tuple[Scope, Column | None]:
        unnested = func.unnest(codes(owner)).table_valued("code").render_derived()
        row = table.alias()
        source = Source(unnested)
        source.join(row, row.c[column] == unnested.c.code, outer=True)
        return Scope(source, row, key=(unnested.c.code,), outer=True), None

    return Listing(of=of, open=opened, order=lambda item: item.key)


MESSAGE: Final = "message_behind"


def message_behind(scope: Scope, message_id: Column) -> Any:  # noqa: ANN401 - columns of a table
    """Join the message in which something was stated, and return its columns."""
    return scope.joined(
        MESSAGE,
        message.alias,
        lambda m: (m.message_id == message_id) & ~m.repeats,
        outer=True,
    )


def the_message(message_id: Read) -> Reference:
    """Return a reference to a message by the id in its body."""
    return other("Message", message, lambda s, m: (m.message_id == message_id(s)) & ~m.repeats)


def stated_in_message(
    message_id: Read = lambda s: s.c.message_id,
    recorded_at: Read | None = lambda s: s.c.recorded_at,
    observed: Read | None = None,
) -> dict[str, Record]:
    """Return the provenance of what came in a message, or was set by the operator without one.

    `observed` is when it took effect, where that may be after the message came.
    """
    moments = [observed, lambda s: behind(s).received_at, recorded_at]

    def behind(scope: Scope) -> Any:  # noqa: ANN401 - columns of a table
        return message_behind(scope, message_id(scope))

    return _provenance(
        source=lambda s: behind(s).sender,
        record=message_id,
        observed=lambda s: func.coalesce(*(moment(s) for moment in moments if moment)),
        signature=lambda s: case(
            (behind(s).message_id.is_not(None), fixed("verified")),
            (message_id(s).is_(None), fixed("configured")),
            else_=fixed("unsigned"),
        ),
    )


def established(
    observed: Read, signature: str = "own", *, source: Read = lambda _: null()
) -> dict[str, Record]:
    """Return the provenance of what no message stated: the hub or its operator did."""
    return _provenance(
        source=source,
        record=lambda _: cast(null(), SQL_TYPES[UUID]),
        observed=observed,
        signature=lambda _: fixed(signature),
    )


def _provenance(
    *, source: Read, record: Read, observed: Read, signature: Read
) -> dict[str, Record]:
    return {
        "provenance": Record(
            attributes={
                "source_record": Attribute(read=record, kind=kinds.UUID),
                "observed_at": Attribute(read=observed, kind=kinds.INSTANT),
                "signature": Attribute(read=signature, kind=kinds.CODE),
                "age_seconds": Attribute(
                    read=lambda s: whole_seconds_since(observed(s)), kind=kinds.WHOLE
                ),
            },
            references={"source_registry": a_registry(source)},
        )
    }


def no_instant() -> Column:
    """Return an instant that is not known."""
    return cast(null(), SQL_TYPES[datetime])


def account_of(scope: Scope) -> Any:  # noqa: ANN401 - columns of a table
    """Join the account of a holding, and return its columns."""
    return scope.joined("account", account.alias, lambda a: a.account_id == scope.c.account_id)


def registry_of(scope: Scope) -> Any:  # noqa: ANN401 - columns of a table
    """Join the registry of a row, and return its columns."""
    return scope.joined("registry", registry.alias, lambda r: r.registry == scope.c.registry)


def series_of(scope: Scope) -> Any:  # noqa: ANN401 - columns of a table
    """Join the series of a row, and return its columns."""
    return scope.joined("series", series.alias, lambda x: x.series_id == scope.c.series_id)


def count(scope: Scope) -> Column:
    """Return the number of serials of a row."""
    counted: Column = scope.c.last - scope.c.first + literal_column("1")
    return counted


def unit(serial: str) -> Callable[[Scope], Columns]:
    """Return what reads the parts of the unique identifier of the `first` or `last` unit."""

    def read(scope: Scope) -> Columns:
        s = series_of(scope)
        return (s.approach, s.registry, s.first_party, scope.c[serial], s.vintage)

    return read


def serial_facts() -> dict[str, Attribute]:
    """Return the attributes of an interval of serials, under the names of the schema."""
    return {
        **said("first_serial", lambda s: s.c.first, kinds.COUNT),
        **said("last_serial", lambda s: s.c.last, kinds.COUNT),
        **said("first_id", unit("first"), kinds.UNIT_ID),
        **said("last_id", unit("last"), kinds.UNIT_ID),
        **said("vintage", lambda s: series_of(s).vintage, kinds.COUNT),
        **said("count", count, kinds.COUNT),
    }


INTERVAL: Final = Record(
    attributes={
        **serial_facts(),
        **said("approach", lambda s: series_of(s).approach, kinds.TEXT),
        **said("originating_registry", lambda s: series_of(s).registry, kinds.TEXT),
        **said("first_transferring_party", lambda s: series_of(s).first_party, kinds.TEXT),
    }
)


def overlaps(owner: Scope, item: Any) -> Column:  # noqa: ANN401 - columns of a table
    """Return the condition that two rows of serials share one."""
    condition: Column = (
        (item.series_id == owner.c.series_id)
        & (item.first <= owner.c.last)
        & (item.last >= owner.c.first)
    )
    return condition


def any_of(read: Read) -> Filter:
    """Return the filter for any of some texts or codes."""
    return Filter(
        where=lambda s, parameter, _: read(s) == any_(parameter("", TEXTS)),
        parameters=lambda values: {"": list(values)},
    )


def any_number(read: Read) -> Filter:
    """Return the filter for any of some numbers."""
    return Filter(
        where=lambda s, parameter, _: read(s) == any_(parameter("", INTEGERS)),
        parameters=lambda values: {"": list(values)},
    )


def same(read: Read, kind: type) -> Filter:
    """Return the filter for one value."""
    return Filter(
        where=lambda s, parameter, _: read(s) == parameter("", SQL_TYPES[kind]),
        parameters=lambda value: {"": value},
    )


def both(*parts: tuple[str, Read]) -> Filter:
    """Return the filter for a natural key; asked as the parts of it."""

    def where(scope: Scope, parameter: Parameter, _: str) -> Column:
        condition: Column = literal_column("true")
        for name, read in parts:
            condition = condition & (read(scope) == parameter(f"_{name}", SQL_TYPES[str]))
        return condition

    return Filter(
        where=where,
        parameters=lambda key: {
            f"_{name}": part for (name, _), part in zip(parts, key, strict=True)
        },
    )


def refers_to(table: Table, column: str, key: tuple[str, ...], read: Read) -> Filter:
    """Return the filter for the row of `table` with a natural key; asked as the parts of it."""

    def where(scope: Scope, parameter: Parameter, _: str) -> Column:
        row = table.alias()
        named = [row.c[name] == parameter(f"_{name}", SQL_TYPES[str]) for name in key]
        return read(scope) == select(row.c[column]).where(*named).scalar_subquery()

    return Filter(
        where=where,
        parameters=lambda parts: {f"_{name}": part for name, part in zip(key, parts, strict=True)},
    )


def present(read: Read) -> Filter:
    """Return the filter for something being there, or not."""
    return Filter(
        where=lambda s, _, form: read(s).is_not(None) if form == "yes" else read(s).is_(None),
        parameters=lambda _: {},
        form=lambda value: "yes" if value else "no",
    )


def span(read: Read, kind: type, *, last: str) -> Filter:
    """Return the filter for a span `from` … `last`; `to` is included, `until` is not."""

    def where(scope: Scope, parameter: Parameter, form: str) -> Column:
        value, ends = read(scope), form.split()
        condition: Column = literal_column("true")
        if "from" in ends:
            condition = value >= parameter("_from", SQL_TYPES[kind])
        if last in ends:
            end = parameter(f"_{last}", SQL_TYPES[kind])
            condition = condition & (value <= end if last == "to" else value < end)
        return condition

    return Filter(
        where=where,
        parameters=lambda asked: {
            f"_{end}": value for end, value in asked.items() if value is not None
        },
        form=lambda asked: " ".join(end for end, value in asked.items() if value is not None),
    )


def by_key(*columns: str) -> Lookup:
    """Return the lookup by columns of text."""

    def where(scope: Scope, part: Callable[[int], Column]) -> Column:
        condition: Column = scope.c[columns[0]] == part(0)
        for at, name in enumerate(columns[1:], start=1):
            condition = condition & (scope.c[name] == part(at))
        return condition

    return Lookup(parts=(str,) * len(columns), where=where)


def ordered(kinds_: tuple[type, ...], *columns: str) -> Order:
    """Return the order by columns of the row."""
    return Order(by=lambda s: tuple(s.c[name] for name in columns), kinds=kinds_)
