"""The AEF as JSON with the published key names: one object, one member a table.

No container is published; the members are named after the tables as issue reports name them.
Empty fields are left out. Known misspellings of keys are read as well as written on request.
"""

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO

import msgspec

from connectors.aef_files.content import Content, check_writable
from connectors.aef_files.limits import CELL_CHARS_MAX, ROWS_MAX, TEXT_FILE_BYTES_MAX
from connectors.aef_files.reading import Generation, ReadFile
from connectors.aef_files.refusals import FileFault, FileRefusedError
from schema.aef.fields import Table, TableSpec
from schema.aef.rows import Row, UnknownKeyError, report_from_rows, row_from_keys
from schema.aef.tables import SPEC, TABLES
from schema.aef.values import Value, print_value

_ENCODER = msgspec.json.Encoder(decimal_format="number")


def write_json(
    path: Path, content: Content, key_spellings: Mapping[str, str] | None = None
) -> None:
    """Write one submission to `path`; rows are written as they come.

    `key_spellings` maps official keys to those of a target that spells them differently.

    Raises:
        FileRefusedError: `CELL_TOO_LONG`, `UNWRITABLE` or `TOO_MANY_ROWS`.
    """
    with path.open("wb") as stream:
        _write(stream, content, key_spellings or {})


def _write(stream: BinaryIO, content: Content, spellings: Mapping[str, str]) -> None:
    stream.write(b"{")
    for spec in TABLES:
        keys = [spellings.get(field.key, field.key) for field in spec.fields]
        opening = b"" if spec.table is Table.SUBMISSION else b",\n"
        stream.write(opening + _ENCODER.encode(spec.table.value) + b":")
        if spec.table is Table.SUBMISSION:
            stream.write(_object(keys, content.heading))
            continue
        stream.write(b"[")
        for count, row in enumerate(content.of(spec.table)):
            if count >= ROWS_MAX:
                raise FileRefusedError(FileFault.TOO_MANY_ROWS, spec.title)
            stream.write((b",\n" if count else b"\n") + _object(keys, row))
        stream.write(b"]")
    stream.write(b"}\n")


def _object(keys: list[str], row: Row) -> bytes:
    members = zip(keys, row.values, strict=True)
    return _ENCODER.encode({key: _plain(value) for key, value in members if value is not None})


def _plain(value: Value) -> str | int | Decimal | None:
    if isinstance(value, str):
        check_writable(value, value[:20])
    return print_value(value) if isinstance(value, dt.date) else value


def read_json(data: bytes, *, source: str = "") -> ReadFile:
    """Read a submission from JSON bytes; numbers with a point become exact decimals.

    Raises:
        FileRefusedError: `TOO_LARGE`, `WRONG_SHAPE`, `REPEATED_KEY`, `UNKNOWN_KEY`, `NO_TABLE`,
            `TOO_MANY_ROWS` or `CELL_TOO_LONG`.
    """
    if len(data) > TEXT_FILE_BYTES_MAX:
        raise FileRefusedError(FileFault.TOO_LARGE)
    try:
        members = _parsed(data)
        rows = {table: list(_rows(SPEC[table], members.pop(table.value, None))) for table in Table}
    except UnknownKeyError as cause:
        raise FileRefusedError(FileFault.UNKNOWN_KEY, str(cause)) from cause
    except (ValueError, RecursionError) as cause:
        raise FileRefusedError(FileFault.WRONG_SHAPE, str(cause)) from cause
    if members:
        raise FileRefusedError(FileFault.UNKNOWN_KEY, ", ".join(sorted(members)))
    if not any(rows.values()):
        raise FileRefusedError(FileFault.NO_TABLE)
    return ReadFile(report=report_from_rows(rows, source=source), generation=Generation.CURRENT)


def _parsed(data: bytes) -> dict[str, object]:
    parsed = json.loads(
        data.decode("utf-8-sig"),
        object_pairs_hook=_without_repeats,
        parse_float=Decimal,
        parse_constant=_refuse_constant,
    )
    if not isinstance(parsed, dict):
        raise FileRefusedError(FileFault.WRONG_SHAPE, "the file is not one object")
    return parsed


def _without_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise FileRefusedError(FileFault.REPEATED_KEY)
    return members


def _refuse_constant(name: str) -> object:
    raise FileRefusedError(FileFault.WRONG_SHAPE, name)


def _rows(spec: TableSpec, member: object) -> Iterator[Row]:
    if member is None:
        return
    objects = [member] if spec.table is Table.SUBMISSION else member
    if not isinstance(objects, list):
        raise FileRefusedError(FileFault.WRONG_SHAPE, spec.table)
    if len(objects) > ROWS_MAX:
        raise FileRefusedError(FileFault.TOO_MANY_ROWS, spec.title)
    fields = spec.by_key()
    for number, members in enumerate(objects, start=1):
        if not isinstance(members, dict):
            raise FileRefusedError(FileFault.WRONG_SHAPE, f"{spec.table}, record {number}")
        values = {key: _value(key, value) for key, value in members.items()}
        yield row_from_keys(spec, values, fields, number=number)


def _value(key: str, value: object) -> Value:
    match value:
        case None | Decimal():
            return value
        case bool():
            return str(value).lower()
        case int():
            return value
        case str() if len(value) <= CELL_CHARS_MAX:
            return value
        case str():
            raise FileRefusedError(FileFault.CELL_TOO_LONG, key)
        case _:
            raise FileRefusedError(FileFault.WRONG_SHAPE, key)
