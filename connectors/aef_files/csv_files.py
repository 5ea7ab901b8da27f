"""The AEF as one CSV file of five sections: UTF-8 with BOM, CRLF, commas, quotes doubled.

A text that a spreadsheet would take for a formula gets an apostrophe in front; reading takes it
off again, so that every text comes back as it was.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Final, TextIO

from connectors.aef_files.assemble import Sheets, assemble
from connectors.aef_files.cells import value_of_text
from connectors.aef_files.content import Content, check_writable
from connectors.aef_files.headers import HEADER_BAND_ROWS, Found, find_table, title_table
from connectors.aef_files.limits import (
    COLUMNS_MAX,
    HEADER_SEARCH_ROWS,
    ROWS_MAX,
    TEXT_FILE_BYTES_MAX,
)
from connectors.aef_files.reading import ReadFile, ReadNote
from connectors.aef_files.refusals import FileFault, FileRefusedError
from connectors.aef_files.workbook_reader import column_letters
from schema.aef.rows import Row, SheetPlace
from schema.aef.tables import TABLES
from schema.aef.values import Value, print_value

_LIKE_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_QUOTED = re.compile(r"'+[=+\-@\t\r]")
# A leading sign alone is common in honest text ("- none"); a call or a pipe after it is not.
_ACTIVE = re.compile(r"\s*(?:[=@]|[+\-].*[(|!])")
_DELIMITERS: Final = ",;\t"
_SAMPLE_CHARS: Final = 20_000


def write_csv(path: Path, content: Content) -> None:
    """Write one submission to `path`; rows are written as they come.

    Raises:
        FileRefusedError: `CELL_TOO_LONG`, `UNWRITABLE` or `TOO_MANY_ROWS`.
    """
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        _write(stream, content)


def _write(stream: TextIO, content: Content) -> None:
    writer = csv.writer(stream, lineterminator="\r\n")
    for spec in TABLES:
        writer.writerow([spec.title])
        writer.writerow([])
        writer.writerow([field.header for field in spec.fields])
        for count, row in enumerate(content.of(spec.table)):
            if count >= ROWS_MAX:
                raise FileRefusedError(FileFault.TOO_MANY_ROWS, spec.title)
            writer.writerow([_escaped(value) for value in row.values])
        writer.writerow([])


def _escaped(value: Value) -> str:
    if not isinstance(value, str):
        return print_value(value)
    check_writable(value, value[:20])
    return f"'{value}" if _LIKE_FORMULA.match(value) else value


def read_csv(data: bytes, *, source: str = "") -> ReadFile:
    """Read a CSV file: the five sections, or the sheet of one table, of either generation.

    Raises:
        FileRefusedError: `TOO_LARGE`, `FOREIGN_ENCODING`, `FORMULA`, `TOO_MANY_ROWS`,
            `TOO_MANY_COLUMNS`, `CELL_TOO_LONG`, `NO_TABLE` or `TABLE_TWICE`.
    """
    if len(data) > TEXT_FILE_BYTES_MAX:
        raise FileRefusedError(FileFault.TOO_LARGE)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as cause:
        raise FileRefusedError(FileFault.FOREIGN_ENCODING) from cause
    if "\0" in text:
        raise FileRefusedError(FileFault.FOREIGN_ENCODING)
    sheets = Sheets(source=source)
    for section in _sections(_lines(text)):
        _read_section(section, sheets)
    return assemble(sheets)


Numbered = tuple[int, Sequence[str]]


def _lines(text: str) -> Iterator[Numbered]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    try:
        for number, line in enumerate(reader, start=1):
            if number > len(TABLES) * (ROWS_MAX + 4):
                raise FileRefusedError(FileFault.TOO_MANY_ROWS)
            if len(line) > COLUMNS_MAX:
                raise FileRefusedError(FileFault.TOO_MANY_COLUMNS, f"line {number}")
            yield number, [_plain(cell, number) for cell in line]
    except csv.Error as cause:
        raise FileRefusedError(FileFault.CELL_TOO_LONG, str(cause)) from cause


def _delimiter(text: str) -> str:
    """Return the delimiter with which the most headers are found; spreadsheets save with three."""
    return max(_DELIMITERS, key=lambda delimiter: _headers_found(text, delimiter))


def _headers_found(text: str, delimiter: str) -> int:
    reader = csv.reader(io.StringIO(text[:_SAMPLE_CHARS], newline=""), delimiter=delimiter)
    try:
        found = find_table(list(islice(reader, HEADER_SEARCH_ROWS)))
    except csv.Error:
        return 0
    return 0 if found is None else len(found.columns)


def _plain(cell: str, number: int) -> str:
    if _QUOTED.match(cell):
        return cell[1:]
    if cell and _ACTIVE.match(cell):
        raise FileRefusedError(FileFault.FORMULA, f"line {number}")
    return cell


def _sections(lines: Iterable[Numbered]) -> Iterator[list[Numbered]]:
    """Cut the file before every title line; a file without titles is one section."""
    section: list[Numbered] = []
    for number, line in lines:
        first = next((cell for cell in line if cell.strip()), "")
        if title_table(first) is not None and section:
            yield section
            section = []
        section.append((number, line))
    yield section


def _read_section(section: list[Numbered], sheets: Sheets) -> None:
    head = [line for _, line in section[: HEADER_BAND_ROWS + 4]]
    found = find_table(head)
    if found is None:
        if any(any(cell.strip() for cell in line) for _, line in section):
            where = f"line {section[0][0]}"
            sheets.notes.append(ReadNote(where=where, message="no header of a table follows"))
        return
    records = list(_records(section, found, sheets))
    if len(records) > ROWS_MAX:
        raise FileRefusedError(FileFault.TOO_MANY_ROWS, found.table.title)
    columns = {index: column_letters(column) for index, column in found.columns.items()}
    sheets.add(found, records, SheetPlace(sheet=found.table.title, columns=columns))


def _records(section: list[Numbered], found: Found, sheets: Sheets) -> Iterator[Row]:
    body = section[found.last_header_row + 1 :]
    for position, (number, line) in enumerate(body):
        values: list[Value] = [None] * len(found.table.fields)
        for field in found.table.fields:
            column = found.columns.get(field.index, len(line))
            if column < len(line):
                values[field.index] = value_of_text(line[column], field.kind)
        if all(value is None for value in values):
            if any(any(cell for cell in rest) for _, rest in body[position:]):
                message = "the table ends at a blank line, but there is text below"
                sheets.notes.append(ReadNote(where=f"line {number}", message=message))
            return
        yield Row(values=tuple(values), number=number)
