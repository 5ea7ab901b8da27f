"""Fills a user's own official workbook, finding every cell by its header text.

Everything that is not filled is left as it was: the sheets Index and Summary information, the
texts of CARP, formats and widths. Code values that the template lists below its headers are
cleared first, because each would look like a record.
"""

import datetime as dt
import io
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path

import openpyxl
from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from connectors.aef_files.content import Content, check_writable
from connectors.aef_files.gate import admit_workbook
from connectors.aef_files.headers import Found, find_table, fold_header, is_vertical
from connectors.aef_files.limits import BLANK_ROWS_MAX, COLUMNS_MAX, HEADER_SEARCH_ROWS
from connectors.aef_files.refusals import FileFault, FileRefusedError
from connectors.aef_files.workbook_writer import FORMULA_STARTS, is_kept_exactly
from schema.aef.fields import Field, Obligation, Table, TableSpec
from schema.aef.rows import Row
from schema.aef.tables import SHEETS, TABLES
from schema.aef.values import Value, print_value

# What openpyxl raises on a damaged part; the parser's own error is a SyntaxError.
_BROKEN = (
    InvalidFileException,
    ArithmeticError,
    AttributeError,
    LookupError,
    OSError,
    SyntaxError,
    TypeError,
    ValueError,
)
_LEFT_ALONE = frozenset(fold_header(name) for name in SHEETS[:2])


def fill_template(template: bytes, path: Path, content: Content) -> tuple[str, ...]:
    """Fill a template and save it to `path`; return what could not be placed.

    The template is loaded as a whole: memory grows with the rows.

    Raises:
        FileRefusedError: a fault of the gate, `NO_TABLE` when a table with rows has no sheet in the
            template, `CELL_TOO_LONG` or `UNWRITABLE`.
    """
    book = load_for_writing(template)
    places = _places(book)
    unplaced: list[str] = []
    for spec in TABLES:
        rows = content.of(spec.table)
        if spec.table not in places:
            if any(True for _ in rows):
                raise FileRefusedError(FileFault.NO_TABLE, spec.title)
            continue
        sheet, found = places[spec.table]
        unplaced.extend(_missing(spec, found))
        if is_vertical(found):
            _fill_vertical(sheet, found, content.heading)
        else:
            _clear(sheet, found)
            _fill_horizontal(sheet, found, rows)
    book.save(path)
    return tuple(unplaced)


def load_for_writing(data: bytes) -> Workbook:
    """Load a workbook that passed the gate, so that it can be changed and saved.

    Raises:
        FileRefusedError: a fault of the gate, or `DAMAGED`.
    """
    admit_workbook(data)
    try:
        return openpyxl.load_workbook(io.BytesIO(data))
    except _BROKEN as cause:
        raise FileRefusedError(FileFault.DAMAGED) from cause


def write_text(cell: Cell, text: str) -> None:
    """Write a text as text, whatever it begins with.

    Raises:
        FileRefusedError: `CELL_TOO_LONG` or `UNWRITABLE`.
    """
    check_writable(text, cell.coordinate)
    if _has_control(text):
        raise FileRefusedError(FileFault.UNWRITABLE, cell.coordinate)
    cell.value = text
    cell.data_type = "s"
    if text.startswith(FORMULA_STARTS):
        cell.quotePrefix = True


def _has_control(text: str) -> bool:
    return any(character < " " and character not in "\t\n\r" for character in text)


def _places(book: Workbook) -> dict[Table, tuple[Worksheet, Found]]:
    places: dict[Table, tuple[Worksheet, Found]] = {}
    for sheet in book.worksheets:
        if fold_header(sheet.title) in _LEFT_ALONE:
            continue
        found = find_table(_head(sheet))
        if found is None or not isinstance(found.table, TableSpec):
            continue
        if found.table.table in places:
            raise FileRefusedError(FileFault.TABLE_TWICE, sheet.title)
        places[found.table.table] = (sheet, found)
    return places


def _head(sheet: Worksheet) -> list[list[object]]:
    last = min(sheet.max_row, HEADER_SEARCH_ROWS)
    width = min(sheet.max_column, COLUMNS_MAX)
    rows = sheet.iter_rows(min_row=1, max_row=last, max_col=width, values_only=True)
    return [["" if value is None else value for value in row] for row in rows]


def _missing(spec: TableSpec, found: Found) -> Iterator[str]:
    for field in spec.fields:
        if field.index not in found.columns:
            yield f"{spec.title}: {field.header}"


def _fill_vertical(sheet: Worksheet, found: Found, row: Row) -> None:
    for field in _own_fields(found):
        place = sheet.cell(found.rows[field.index] + 1, found.columns[field.index] + 1)
        _write(place, row.values[field.index])


def _clear(sheet: Worksheet, found: Found) -> None:
    columns = [found.columns[field.index] + 1 for field in _own_fields(found)]
    blank_rows = 0
    for line in range(found.last_header_row + 2, sheet.max_row + 1):
        cells = [sheet.cell(line, column) for column in columns]
        filled = [cell for cell in cells if isinstance(cell, Cell) and cell.value is not None]
        for cell in filled:
            cell.value = None
        blank_rows = 0 if filled else blank_rows + 1
        if blank_rows >= BLANK_ROWS_MAX:
            return


def _fill_horizontal(sheet: Worksheet, found: Found, rows: Iterable[Row]) -> None:
    fields = _own_fields(found)
    for line, row in enumerate(rows, start=found.last_header_row + 2):
        for field in fields:
            value = row.values[field.index]
            if value is not None:
                _write(sheet.cell(line, found.columns[field.index] + 1), value)


def _own_fields(found: Found) -> list[Field]:
    """Return the fields of a table that the template has and that CARP does not fill."""
    return [
        field
        for field in found.table.fields
        if isinstance(field, Field)
        and field.obligation is not Obligation.CARP
        and field.index in found.columns
    ]


def _write(place: Cell | MergedCell, value: Value) -> None:
    if isinstance(place, MergedCell):
        raise FileRefusedError(FileFault.WRONG_SHAPE, f"{place.coordinate} is merged away")
    match value:
        case str():
            write_text(place, value)
        case int() | Decimal() if not is_kept_exactly(value):
            write_text(place, print_value(value))
        case dt.date():
            place.value = value
            place.number_format = "dd/mm/yyyy"
        case _:
            place.value = value
