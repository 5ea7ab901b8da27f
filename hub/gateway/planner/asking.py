"""Asking: the arguments at a slot become values that the storage takes, or the client's error."""

import re
from collections.abc import Mapping
from dataclasses import replace
from enum import Enum
from typing import Any, Final
from uuid import UUID

from graphql.execution.values import VariableValues, get_argument_values

from hub.gateway.errors import bad_input
from hub.gateway.limits import GatewayLimits
from hub.gateway.planner.planning import Slot, SlotKind, snake
from hub.storage.queries.graph.catalogue import ENTITIES
from hub.storage.queries.graph.compiling import read_place
from hub.storage.queries.graph.ids import read_global_id
from hub.storage.queries.graph.plan import Ask
from schema.identifiers import IdentifierError, parse_itmo_id

PAGE_DEFAULT: Final = 50
COUNT_MAX: Final = 1_000_000
"""How far `totalCount` may be asked to count."""
OLDEST_VINTAGE: Final = 1_000
"""Identifiers of units that can be no ITMOs are looked up too."""
GROUPS_MAX: Final = 10_000
"""Rows of a sum."""
NAMED_BY_UNIT: Final = frozenset({"ItmoBlock", "Issuance"})
REFERRING_FILTERS: Final = {"account": "Account", "authorization": "Authorization"}

_INTEGER = re.compile(r"[0-9]{1,18}")

Arguments = dict[str, Any]
Named = tuple[str, tuple[Any, ...], str]
"""A type, a key, and the lookup that takes it."""

FEDERATION_KEYS: Final = {
    "Party": ("code", "key"),
    "Registry": ("code", "key"),
    "CooperativeApproach": ("code", "key"),
    "Transfer": ("transferId", "key"),
    "Message": ("messageId", "message_id"),
    "Discrepancy": ("discrepancyId", "key"),
    "ReconciliationRun": ("runId", "key"),
    "JournalEntry": ("leafIndex", "key"),
    "Checkpoint": ("size", "key"),
}
"""The keys that other subgraphs may refer by, beside the global id, and their lookups."""


def ask(slot: Slot, variables: VariableValues, limits: GatewayLimits) -> Ask:
    """Return what the request asks of a slot.

    Raises:
        GraphQLError: with the code `BAD_USER_INPUT`.
    """
    arguments = get_argument_values(slot.field, slot.node, variables)
    match slot.kind:
        case SlotKind.PAGE:
            assert slot.entity is not None
            return _page(slot.entity, arguments, limits)
        case SlotKind.KEY:
            assert slot.key is not None
            return Ask(key=slot.key(arguments), as_of=arguments.get("asOf"))
        case SlotKind.COUNT:
            return Ask(at_most=_at_most(arguments["atMost"]))
        case SlotKind.TOTALS:
            return Ask(
                filters=_filters(arguments.get("filter")),
                as_of=arguments.get("asOf"),
                group_by=tuple(dict.fromkeys(part.value for part in arguments["groupBy"])),
                limit=GROUPS_MAX,
            )


def unit_key(identifier: str) -> tuple[str, str, str, int, int]:
    """Return the parts of a unit's unique identifier.

    Raises:
        GraphQLError: it is none.
    """
    try:
        unit = parse_itmo_id(identifier, earliest_vintage=OLDEST_VINTAGE)
    except IdentifierError as cause:
        raise bad_input(f"not the unique identifier of a unit: {identifier[:80]!r}") from cause
    series = unit.series
    return series.approach, series.registry, series.first_party, unit.serial, series.vintage


def node_key(text: str) -> tuple[str, tuple[Any, ...]]:
    """Return the type and the key that a global id names.

    Raises:
        GraphQLError: it is none.
    """
    read = read_global_id(text)
    if read is None or read[0] not in ENTITIES:
        raise bad_input(f"not a global id: {text[:80]!r}")
    kind, joined = read
    if kind in NAMED_BY_UNIT:
        return kind, unit_key(joined)
    parts = ENTITIES[kind].lookups["key"].parts
    texts = joined.split("/", len(parts) - 1)
    if len(texts) != len(parts):
        raise bad_input(f"not a global id: {text[:80]!r}")
    return kind, tuple(part(text, kind) for text, kind in zip(texts, parts, strict=True))


def represented(representation: object) -> Named:
    """Return what a representation names, by its global id or another key of its type.

    Raises:
        GraphQLError: it names nothing.
    """
    match representation:
        case {"__typename": str(kind), "id": str(text)} if kind in ENTITIES:
            found, key = node_key(text)
            if found == kind:
                return kind, key, "key"
        case {"__typename": str(kind), **fields} if kind in FEDERATION_KEYS:
            name, by = FEDERATION_KEYS[kind]
            if isinstance(fields.get(name), str | int):
                (of,) = ENTITIES[kind].lookups[by].parts
                return kind, (part(str(fields[name]), of),), by
        case _:
            pass
    raise bad_input(f"not the key of an entity: {str(representation)[:80]}")


def part(text: str, kind: type) -> Any:  # noqa: ANN401 - text, whole number or UUID
    """Read one part of a key.

    Raises:
        GraphQLError: it is not of this kind.
    """
    if "\0" in text:
        raise bad_input("a key holds no null character")
    if kind is UUID:
        try:
            return UUID(text)
        except ValueError as cause:
            raise bad_input(f"not a UUID: {text[:80]!r}") from cause
    if kind is int:
        if not _INTEGER.fullmatch(text):
            raise bad_input(f"not a number: {text[:80]!r}")
        return int(text)
    return text


def _page(entity: str, arguments: Arguments, limits: GatewayLimits) -> Ask:
    first, last = arguments.get("first"), arguments.get("last")
    after, before = arguments.get("after"), arguments.get("before")
    if first is not None and last is not None:
        raise bad_input("ask for `first` or for `last`, not for both")
    size = PAGE_DEFAULT if first is None and last is None else (last if first is None else first)
    if size is None or not 0 <= size <= limits.page_max:
        raise bad_input(f"a page has 0 to {limits.page_max} entries, not {size}")
    order = arguments.get("orderBy")
    asked = Ask(
        filters=_filters(arguments.get("filter")),
        order=None if order is None else order["field"].name,
        descending=order is not None and order["direction"].name == "DESC",
        limit=size,
        backwards=last is not None,
        as_of=arguments.get("asOf"),
    )
    if after is None and before is None:
        return asked
    return replace(asked, after=_place(entity, asked, after), before=_place(entity, asked, before))


def _place(entity: str, asked: Ask, cursor: str | None) -> tuple[object, ...] | None:
    if cursor is None:
        return None
    place = read_place(entity, asked, cursor)
    if place is None:
        raise bad_input(f"not a cursor of this order: {cursor[:80]!r}")
    return place


def _filters(asked: Mapping[str, Any] | None) -> tuple[tuple[str, Any], ...]:
    if not asked:
        return ()
    return tuple(
        (snake(name), _value(snake(name), value))
        for name, value in asked.items()
        if value is not None
    )


def _value(name: str, value: Any) -> Any:  # noqa: ANN401 - whatever filters take
    match value:
        case str() if name in REFERRING_FILTERS:
            kind, key = node_key(value)
            if kind != REFERRING_FILTERS[name]:
                raise bad_input(
                    f"`{name}` takes the id of {REFERRING_FILTERS[name]}, not of {kind}"
                )
            return key
        case Enum():
            return value.value
        case str():
            return part(value, str)
        case list():
            return [_value("", item) for item in value]
        case _:
            return value


def _at_most(asked: int) -> int:
    if not 0 < asked <= COUNT_MAX:
        raise bad_input(f"`atMost` is 1 to {COUNT_MAX}, not {asked}")
    return asked
