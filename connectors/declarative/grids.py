"""From bytes to a grid of texts: CSV, JSON and XLSX, each with its own defences."""

import codecs
import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Final

import python_calamine as calamine

from connectors.aef_files.gate import admit_workbook
from connectors.aef_files.refusals import FileRefusedError
from connectors.declarative.faults import SourceFault, SourceRefusedError
from connectors.declarative.limits import (
    CELL_CHARS_MAX,
    COLUMNS_MAX,
    FILE_BYTES_MAX,
    JSON_DEPTH_MAX,
    ROWS_MAX,
)
from connectors.declarative.profile import Encoding, FileFormat, Reading

_CODECS: Final = {Encoding.UTF_8: "utf-8", Encoding.SHIFT_JIS: "cp932"}


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a grid: its number as a spreadsheet counts it, from 1, and its cells."""

    number: int
    cells: Sequence[str]

    @property
    def is_blank(self) -> bool:
        """Whether no cell holds anything."""
        return not any(cell.strip() for cell in self.cells)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """One way to see the file as a grid; which is right is found by the headers."""

    lines: Sequence[Line]
    words: str
    """Sheet or delimiter, for the report."""
    encoding: str


def grids(data: bytes, reading: Reading) -> Iterator[Grid]:
    """Return the grids that the bytes may hold: one for each sheet or delimiter.

    Raises:
        SourceRefusedError: too large, damaged, not of this format, in no allowed encoding.
    """
    if len(data) > FILE_BYTES_MAX:
        raise SourceRefusedError(SourceFault.TOO_LARGE, f"{len(data)} bytes")
    match reading.format:
        case FileFormat.CSV:
            return _csv(data, reading)
        case FileFormat.JSON:
            return iter([_json(data, reading)])
        case FileFormat.XLSX:
            return _xlsx(data, reading)


def decode(data: bytes, encodings: Sequence[Encoding]) -> tuple[str, str]:
    """Return the text and the encoding in words; a byte order mark decides, then the order.

    Raises:
        SourceRefusedError: in none of the encodings.
    """
    if data.startswith(codecs.BOM_UTF8):
        if Encoding.UTF_8 not in encodings:
            raise SourceRefusedError(SourceFault.UNKNOWN_ENCODING, "UTF-8 with byte order mark")
        return _strict(data[len(codecs.BOM_UTF8) :], "utf-8"), "utf-8 with byte order mark"
    for encoding in encodings:
        try:
            return _strict(data, _CODECS[encoding]), encoding.value
        except SourceRefusedError:
            continue
    raise SourceRefusedError(SourceFault.UNKNOWN_ENCODING, ", ".join(encodings))


def _strict(data: bytes, codec: str) -> str:
    try:
        text = data.decode(codec)
    except UnicodeDecodeError as cause:
        raise SourceRefusedError(SourceFault.UNKNOWN_ENCODING, f"byte {cause.start}") from cause
    if "\0" in text:
        raise SourceRefusedError(SourceFault.UNKNOWN_ENCODING, "a zero byte")
    return text


def _csv(data: bytes, reading: Reading) -> Iterator[Grid]:
    text, encoding = decode(data, reading.encodings)
    faults: list[SourceRefusedError] = []
    for delimiter in reading.delimiters:
        try:
            lines = list(_csv_lines(text, delimiter))
        except SourceRefusedError as cause:
            faults.append(cause)
            continue
        words = {"\t": "tab"}.get(delimiter, delimiter)
        yield Grid(lines=lines, words=f"delimiter {words}", encoding=encoding)
    if len(faults) == len(reading.delimiters):
        raise faults[0]


def _csv_lines(text: str, delimiter: str) -> Iterator[Line]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0
    try:
        for number, cells in enumerate(reader, start=1):
            yield _bounded(number, cells)
    except csv.Error as cause:
        raise SourceRefusedError(SourceFault.DAMAGED, f"row {number + 1}: {cause}") from cause


def _bounded(number: int, cells: Sequence[str]) -> Line:
    if number > ROWS_MAX:
        raise SourceRefusedError(SourceFault.TOO_MANY_ROWS, str(ROWS_MAX))
    if len(cells) > COLUMNS_MAX:
        raise SourceRefusedError(SourceFault.TOO_MANY_COLUMNS, f"row {number}")
    if any(len(cell) > CELL_CHARS_MAX for cell in cells):
        raise SourceRefusedError(SourceFault.CELL_TOO_LONG, f"row {number}")
    return Line(number, cells)


def _xlsx(data: bytes, reading: Reading) -> Iterator[Grid]:
    try:
        admit_workbook(data)
    except FileRefusedError as cause:
        raise SourceRefusedError(SourceFault.DAMAGED, str(cause)) from cause
    try:
        with calamine.load_workbook(io.BytesIO(data)) as book:
            if reading.sheet and reading.sheet not in book.sheet_names:
                raise SourceRefusedError(SourceFault.NO_SUCH_SHEET, reading.sheet)
            for name in [reading.sheet] if reading.sheet else book.sheet_names:
                sheet = book.get_sheet_by_name(name)
                lines = [
                    _bounded(number, [_cell_text(cell) for cell in row])
                    for number, row in enumerate(sheet.iter_rows(), start=1)
                ]
                yield Grid(lines=lines, words=f"sheet {name}", encoding="workbook")
    except (calamine.CalamineError, ValueError) as cause:
        raise SourceRefusedError(SourceFault.DAMAGED, str(cause)) from cause


def _cell_text(cell: object) -> str:
    """Write what a workbook cell or a JSON member holds as the text that the profile reads."""
    match cell:
        case None:
            return ""
        case bool():
            return "true" if cell else "false"
        case float() if cell.is_integer():
            return str(int(cell))
        case float() | Decimal():
            return format(Decimal(str(cell)), "f")
        case datetime() if cell.time() == time():
            return cell.date().isoformat()
        case datetime() | date():
            return cell.isoformat()
        case _:
            return str(cell)


def _json(data: bytes, reading: Reading) -> Grid:
    lines = json_lines(at_pointer(parse_json(data), reading.items))
    return Grid(lines=lines, words="json", encoding=Encoding.UTF_8)


def parse_json(data: bytes) -> object:
    """Read JSON in which no key is repeated and no number loses a digit.

    Raises:
        SourceRefusedError: it is none, or not in UTF-8.
    """
    text, _ = decode(data, (Encoding.UTF_8,))
    try:
        content: object = json.loads(
            text, parse_float=Decimal, object_pairs_hook=_members, parse_constant=_no_constant
        )
    except (ValueError, RecursionError, ArithmeticError) as cause:
        raise SourceRefusedError(SourceFault.DAMAGED, str(cause)) from cause
    return content


def _members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("an object repeats a key")
    return members


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not a number")


def at_pointer(content: object, names: str) -> object:
    """Return the member that a path of names leads to.

    Raises:
        SourceRefusedError: there is none.
    """
    for name in filter(None, names.split("/")):
        if not isinstance(content, dict) or name not in content:
            raise SourceRefusedError(SourceFault.NOT_THIS_FORMAT, f"nothing at {names}")
        content = content[name]
    return content


def json_lines(items: object) -> Sequence[Line]:
    """Write a list of objects as a grid: nested members become columns named `a/b`.

    Raises:
        SourceRefusedError: it is not a list of objects.
    """
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise SourceRefusedError(SourceFault.NOT_THIS_FORMAT, "not a list of objects")
    flat = [dict(_flat(item)) for item in items]
    header = list(dict.fromkeys(name for item in flat for name in item))
    lines = [_bounded(1, header)]
    for number, item in enumerate(flat, start=2):
        lines.append(_bounded(number, [item.get(name, "") for name in header]))
    return lines


def _flat(
    item: Mapping[str, object], prefix: str = "", depth: int = 1
) -> Iterator[tuple[str, str]]:
    for name, value in item.items():
        path = f"{prefix}{name}"
        if isinstance(value, dict) and depth < JSON_DEPTH_MAX:
            yield from _flat(value, f"{path}/", depth + 1)
        elif isinstance(value, list):
            yield path, "\n".join(_texts(value))
        else:
            yield path, _cell_text(value)


def _texts(values: Iterable[object]) -> Iterator[str]:
    for value in values:
        plain = json.dumps(value, default=str) if isinstance(value, (dict, list)) else value
        yield _cell_text(plain)
