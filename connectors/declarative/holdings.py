"""From holding records to the blocks of a statement, without leaving anything out.

A statement that misses a row would be a false one: a source with a row that cannot be read, or
with a word that has no meaning here, states nothing until somebody has looked.
"""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from connectors.declarative.load import Loaded
from connectors.declarative.records import Record, RecordKind
from schema.codes import AccountKind, UnitStatus
from schema.identifiers import (
    FIRST_ITMO_VINTAGE,
    IdentifierError,
    ItmoSeries,
    SerialRange,
    parse_account_id,
    parse_approach_id,
    parse_party_id,
    parse_registry_id,
)
from schema.statements import StatedBlock

NEEDED = (
    "account",
    "account_kind",
    "approach",
    "registry",
    "first_party",
    "vintage",
    "first",
    "last",
    "status",
    "first_transferred",
)

_Code = TypeVar("_Code", AccountKind, UnitStatus)


class NotAStatementError(Exception):
    """The records are no statement of holdings; the text names the row and what is wrong."""


def blocks_of(loaded: Loaded) -> tuple[StatedBlock, ...]:
    """Return every row as a block.

    Raises:
        NotAStatementError: a row was refused, or does not say what a block needs.
    """
    if loaded.report.record != RecordKind.HOLDING:
        raise NotAStatementError(f"the source tells of {loaded.report.record}s, not of holdings")
    if loaded.report.rows.refused:
        first = loaded.report.refused[0]
        words = f"{loaded.report.rows.refused} rows cannot be read, row {first.row}: {first.words}"
        raise NotAStatementError(words)
    return tuple(_blocks(loaded.records))


def _blocks(records: Sequence[Record]) -> Iterator[StatedBlock]:
    for record in records:
        try:
            yield _block(record)
        except (IdentifierError, ValueError) as cause:
            raise NotAStatementError(f"row {record.row}: {cause}") from cause


def _block(record: Record) -> StatedBlock:
    series = ItmoSeries(
        parse_approach_id(_text(record, "approach")),
        parse_registry_id(_text(record, "registry")),
        parse_party_id(_text(record, "first_party")),
        _whole(record, "vintage"),
    )
    if series.vintage < FIRST_ITMO_VINTAGE:
        raise ValueError(f"vintage {series.vintage} cannot be an ITMO")
    serials = SerialRange(_whole(record, "first"), _whole(record, "last"))
    tonnes, authorization = record.values.get("tonnes"), record.values.get("authorization")
    return StatedBlock(
        account=parse_account_id(_text(record, "account")),
        account_kind=_code(record, "account_kind", AccountKind),
        approach=series.approach,
        registry=series.registry,
        first_party=series.first_party,
        vintage=series.vintage,
        first=serials.first,
        last=serials.last,
        status=_code(record, "status", UnitStatus),
        first_transferred=_flag(record, "first_transferred"),
        authorization=authorization if isinstance(authorization, str) else None,
        quantity=str(serials.count if tonnes is None else tonnes),
    )


def _text(record: Record, name: str) -> str:
    value = record.values.get(name)
    if not isinstance(value, str):
        raise ValueError(f"{name} is missing")  # noqa: TRY004 (a fault of the row, not of a type)
    return value


def _whole(record: Record, name: str) -> int:
    value = record.values.get(name)
    if not isinstance(value, int):
        raise ValueError(f"{name} is missing")  # noqa: TRY004
    return value


def _flag(record: Record, name: str) -> bool:
    value = record.values.get(name)
    if not isinstance(value, bool):
        raise ValueError(f"{name} is missing")  # noqa: TRY004
    return value


def _code(record: Record, name: str, codes: type[_Code]) -> _Code:
    word = _text(record, name)
    try:
        return codes(word)
    except ValueError as cause:
        known = ", ".join(codes)
        raise ValueError(f"{name} {word!r} has no meaning here; known are {known}") from cause
