"""Hypothesis strategies for every message kind, derived from the structures themselves.

Each field's strategy follows from its annotation, so that a new field is generated as soon as it
exists. What a structure cannot say (serials in order, quantity equal to the count) is left free:
these are well-formed messages, not admissible ones. `consistent_blocks` gives the latter.
"""

import re
import types
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Annotated, Any, Final, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import msgspec
from hypothesis import strategies as st

from schema.codec import encode_body
from schema.messages import (
    MESSAGE_TYPES,
    REGISTRY_MESSAGE_TYPES,
    Batch,
    BatchEntry,
    Message,
    MessageKind,
    RegistryMessage,
    UnitBlock,
    kind_of,
)
from tests.builders import unit_block

ITEMS_MAX: Final = 4
TEXT_MAX: Final = 40
INTEGER_MAX: Final = 2**53 - 1
_DIGEST: Final = "[0-9a-f]{64}"
INSTANT_FIRST, INSTANT_LAST = datetime(2013, 1, 8), datetime(2050, 12, 31)  # noqa: DTZ001

instants = st.datetimes(INSTANT_FIRST, INSTANT_LAST, timezones=st.just(UTC))
days = st.dates(INSTANT_FIRST.date(), INSTANT_LAST.date())
uuids = st.uuids(version=4)
codes = st.text(alphabet="ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=1, max_size=8)
vintages = st.integers(2021, 2035)
serials = st.integers(1, 2**40 - 1)


@st.composite
def serial_ranges(draw: st.DrawFn) -> tuple[int, int]:
    """First and last serial of a block, in order."""
    first = draw(serials)
    return first, draw(st.integers(first, min(first + 10**6, 2**40 - 1)))


@st.composite
def consistent_blocks(draw: st.DrawFn) -> UnitBlock:
    """A GHG block whose serials are in order and whose quantity is their count."""
    first, last = draw(serial_ranges())
    return unit_block(first, last, vintage=draw(vintages))


def messages(kind: MessageKind) -> st.SearchStrategy[Message]:
    """Well-formed messages of one kind."""
    if kind is MessageKind.BATCH:
        return batches()
    return _structures(MESSAGE_TYPES[kind])


def any_message() -> st.SearchStrategy[Message]:
    """Well-formed messages of all kinds."""
    return st.sampled_from(MessageKind).flatmap(messages)


def registry_messages() -> st.SearchStrategy[RegistryMessage]:
    """Well-formed messages that a registry may send, one at a time."""
    kinds = st.sampled_from(list(REGISTRY_MESSAGE_TYPES))
    return kinds.flatmap(lambda kind: _structures(REGISTRY_MESSAGE_TYPES[kind]))


def batches() -> st.SearchStrategy[Batch]:
    """Well-formed batches."""
    entries = registry_messages().map(
        lambda message: BatchEntry(kind=kind_of(message), body=msgspec.Raw(encode_body(message)))
    )
    members = st.lists(entries, min_size=1, max_size=ITEMS_MAX).map(tuple)
    return st.builds(Batch, message_id=uuids, messages=members)


@cache
def _structures(structure: type[Any]) -> st.SearchStrategy[Any]:
    hints = get_type_hints(structure, include_extras=True)
    return st.builds(structure, **{name: _values(hint) for name, hint in hints.items()})


def _values(hint: Any) -> st.SearchStrategy[Any]:
    meta: list[msgspec.Meta] = []
    while get_origin(hint) is Annotated:
        hint, *found = get_args(hint)
        meta += [each for each in found if isinstance(each, msgspec.Meta)]
    origin = get_origin(hint)
    if origin in {Union, types.UnionType}:
        return st.one_of([_values(member) for member in get_args(hint)])
    if origin is tuple:
        return st.lists(_values(get_args(hint)[0]), max_size=ITEMS_MAX).map(tuple)
    if origin is dict:
        return st.dictionaries(*map(_values, get_args(hint)), max_size=ITEMS_MAX)
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return _structures(hint)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return st.sampled_from(list(hint))
    return _SCALARS[hint](meta)


def _texts(meta: list[msgspec.Meta]) -> st.SearchStrategy[str]:
    pattern = next((each.pattern for each in meta if each.pattern), None)
    shortest = max((each.min_length or 0 for each in meta), default=0)
    longest = min((each.max_length for each in meta if each.max_length), default=TEXT_MAX)
    if pattern is not None:
        bare = pattern.removeprefix("^").removesuffix(r"(?!\n)").removesuffix("$")
        if bare == _DIGEST:  # generated directly, since the expression is slow to draw from
            return st.binary(min_size=32, max_size=32).map(bytes.hex)
        expression = re.compile(bare, re.ASCII)
        return st.from_regex(expression, fullmatch=True).map(lambda text: text[:longest].rstrip())
    alphabet = st.characters(codec="utf-8", exclude_characters="\0")  # refused by strict JSON
    return st.text(alphabet, min_size=shortest, max_size=min(longest, TEXT_MAX))


def _integers(meta: list[msgspec.Meta]) -> st.SearchStrategy[int]:
    lowest = max((int(each.ge) for each in meta if each.ge is not None), default=-INTEGER_MAX)
    highest = min(
        [int(each.le) for each in meta if each.le is not None]
        + [int(each.lt) - 1 for each in meta if each.lt is not None],
        default=INTEGER_MAX,
    )
    return st.integers(lowest, highest)


_SCALARS: Final[dict[Any, Callable[[list[msgspec.Meta]], st.SearchStrategy[Any]]]] = {
    str: _texts,
    int: _integers,
    bool: lambda _: st.booleans(),
    UUID: lambda _: uuids,
    datetime: lambda _: instants,
    date: lambda _: days,
    Decimal: lambda _: st.decimals(0, 10**6, places=2),
    type(None): lambda _: st.none(),
}
