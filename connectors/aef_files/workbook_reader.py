"""Reads an AEF workbook of either generation, wherever its sheets and columns have moved to."""

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice, pairwise

import python_calamine as calamine

from connectors.aef_files.assemble import Sheets, assemble
from connectors.aef_files.cells import value_of_cell
from connectors.aef_files.gate import admit_workbook
from connectors.aef_files.headers import (
    HEADER_BAND_ROWS,
    Found,
    find_table,
    fold_header,
    is_vertical,
    title_table,
)
from connectors.aef_files.limits import (
    COLUMNS_MAX,
    HEADER_SEARCH_ROWS,
    MERGED_RANGES_MAX,
    ROWS_MAX,
    SHEETS_MAX,
)
from connectors.aef_files.reading import ReadFile, ReadNote
from connectors.aef_files.refusals import FileFault, FileRefusedError
from schema.aef.draft import DraftTable
from schema.aef.fields import TableSpec
from schema.aef.rows import Row, SheetPlace
from schema.aef.tables import SHEETS, SPEC, SUBMISSION
from schema.aef.values import Value, is_provided

_UNREAD_SHEETS = frozenset(fold_header(name) for name in SHEETS[:2])
_PREFILLED = frozenset({"type", "metric", "mitigation_type"})
"""Columns below whose headers the official template lists the values of the code list."""

CellRows = Iterator[Sequence[object]]
Range = tuple[tuple[int, int], tuple[int, int]]
"""The first and the last cell of a merged range, each as row and column counted from 0."""


def read_workbook(data: bytes, *, source: str = "") -> ReadFile:
    """Read a workbook from its bytes.

    Raises:
        FileRefusedError: a fault of the gate, `NO_TABLE`, `TABLE_TWICE`, `TOO_MANY_PARTS` or
            `DAMAGED`. Nothing of a refused file is used.
    """
    admit_workbook(data)
    sheets = Sheets(source=source)
    try:
        with calamine.load_workbook(io.BytesIO(data)) as book:
            names = tuple(book.sheet_names)
            if len(names) > SHEETS_MAX:
                raise FileRefusedError(FileFault.TOO_MANY_PARTS, "sheets")
            for name in names:
                if fold_header(name) not in _UNREAD_SHEETS:
                    _read_sheet(book.get_sheet_by_name(name), sheets)
    except (calamine.CalamineError, ValueError) as cause:
        raise FileRefusedError(FileFault.DAMAGED) from cause
    return assemble(sheets, names)


def _read_sheet(sheet: calamine.CalamineSheet, sheets: Sheets) -> None:
    if sheet.start is None:
        return
    if sheet.total_height > ROWS_MAX:
        raise FileRefusedError(FileFault.TOO_MANY_ROWS, sheet.name)
    if sheet.total_width > COLUMNS_MAX:
        raise FileRefusedError(FileFault.TOO_MANY_COLUMNS, sheet.name)
    head = list(islice(_lines(sheet), HEADER_SEARCH_ROWS))
    found = find_table(head)
    if found is None:
        _note_titles(sheet.name, head, sheets)
        return
    merged = sheet.merged_cell_ranges or []
    if len(merged) > MERGED_RANGES_MAX:
        raise FileRefusedError(FileFault.TOO_MANY_PARTS, f"{sheet.name}, merged cells")
    found = _with_merged_headers(found, merged)
    if is_vertical(found):
        found = _beside_merged_labels(found, merged)
    if isinstance(found.table, DraftTable):
        sheets.heading |= _draft_heading(head[: found.header_row])
    rows = _Merges.of(merged, found).fill(_lines(sheet))
    if is_vertical(found):
        sheets.add(found, [_vertical(found, head)], _vertical_place(sheet.name, found))
        return
    reader = _RecordReader(sheet.name, found, sheets.notes)
    records = list(reader.read(islice(rows, found.last_header_row + 1, None)))
    sheets.add(found, records, _place(sheet.name, found))


def _lines(sheet: calamine.CalamineSheet) -> CellRows:
    """Return the rows from the first of the sheet, each from its first column."""
    left = 0 if sheet.start is None else sheet.start[1]
    padding: list[object] = [""] * left
    return ([*padding, *row] for row in sheet.iter_rows()) if left else iter(sheet.iter_rows())


def _with_merged_headers(found: Found, merged: Iterable[Range]) -> Found:
    """Let the header band reach as far down as a header cell is merged."""
    columns = set(found.columns.values())
    bottoms = [
        bottom
        for (top, left), (bottom, _) in merged
        if found.header_row <= top <= found.last_header_row
        and left in columns
        and bottom < top + HEADER_BAND_ROWS
    ]
    return replace(found, last_header_row=max([found.last_header_row, *bottoms]))


def _beside_merged_labels(found: Found, merged: Iterable[Range]) -> Found:
    """Look for the values of a vertical table to the right of labels merged over columns."""
    ends = {start: end[1] for start, end in merged}
    columns = {
        index: ends.get((found.rows[index], column - 1), column - 1) + 1
        for index, column in found.columns.items()
    }
    return replace(found, columns=columns)


def _draft_heading(head: Sequence[Sequence[object]]) -> dict[str, Value]:
    """Return the Party and the year that stand beside their labels above a table of the draft."""
    labels = {"party": "party", "year": "reported_year", "reportedyear": "reported_year"}
    heading: dict[str, Value] = {}
    for line in head:
        for label, cell in pairwise(line):
            name = labels.get(fold_header(label)) if isinstance(label, str) else None
            if name is not None and cell != "":
                heading[name] = value_of_cell(cell, SUBMISSION[name].kind)
    return heading


def _note_titles(name: str, head: Sequence[Sequence[object]], sheets: Sheets) -> None:
    texts = [name, *(cell for row in head for cell in row if isinstance(cell, str))]
    titled = next((table for text in texts if (table := title_table(text))), None)
    if titled is not None:
        message = f"the sheet is named after {SPEC[titled].title} but has none of its headers"
        sheets.notes.append(ReadNote(where=name, message=message))


def _vertical(found: Found, head: Sequence[Sequence[object]]) -> Row:
    values: list[Value] = [None] * len(found.table.fields)
    for spec_field in found.table.fields:
        if spec_field.index in found.rows:
            line = head[found.rows[spec_field.index]]
            column = found.columns[spec_field.index]
            cell = line[column] if column < len(line) else None
            values[spec_field.index] = value_of_cell(cell, spec_field.kind)
    return Row(values=tuple(values), number=found.header_row + 1)


@dataclass(frozen=True, slots=True)
class _RecordReader:
    """Reads the records below a header until the first blank row."""

    sheet: str
    found: Found
    notes: list[ReadNote]

    def read(self, lines: CellRows) -> Iterator[Row]:
        for number, line in enumerate(lines, start=self.found.last_header_row + 2):
            values = self._values(line)
            if not any(value is not None for value in values):
                self._note_rest(number, lines)
                return
            if self._is_prefilled(values):
                message = "the row holds only code values of the template and is passed over"
                self.notes.append(ReadNote(where=f"{self.sheet}, row {number}", message=message))
                continue
            yield Row(values=values, number=number)

    def _values(self, line: Sequence[object]) -> tuple[Value, ...]:
        columns, width = self.found.columns, len(line)
        values: list[Value] = [None] * len(self.found.table.fields)
        for spec_field in self.found.table.fields:
            column = columns.get(spec_field.index, width)
            if column < width:
                values[spec_field.index] = value_of_cell(line[column], spec_field.kind)
        return tuple(values)

    def _is_prefilled(self, values: tuple[Value, ...]) -> bool:
        if not isinstance(self.found.table, TableSpec):
            return False
        filled = {
            spec_field.name
            for spec_field, value in zip(self.found.table.fields, values, strict=True)
            if is_provided(value)
        }
        return filled <= _PREFILLED

    def _note_rest(self, blank_row: int, lines: CellRows) -> None:
        if any(any(value is not None for value in self._values(line)) for line in lines):
            message = "the table ends at a blank row, but there is text in its columns below"
            self.notes.append(ReadNote(where=f"{self.sheet}, row {blank_row}", message=message))


@dataclass(frozen=True, slots=True)
class _Merges:
    """Cells merged over several rows: every row of the range has the value of its first cell."""

    first_rows: Mapping[int, list[tuple[int, int]]]
    values: dict[tuple[int, int], tuple[object, int]] = field(default_factory=dict)

    @classmethod
    def of(cls, ranges: Iterable[Range], found: Found) -> "_Merges":
        wanted = set(found.columns.values())
        first_rows: dict[int, list[tuple[int, int]]] = {}
        for (top, left), (bottom, _right) in ranges:
            if top > found.last_header_row and left in wanted and bottom > top:
                first_rows.setdefault(top, []).append((left, bottom))
        return cls(first_rows)

    def fill(self, lines: CellRows) -> CellRows:
        if not self.first_rows:
            yield from lines
            return
        open_columns: dict[int, tuple[object, int]] = {}
        for number, line in enumerate(lines):
            cells = list(line)
            for column, bottom in self.first_rows.get(number, ()):
                if column < len(cells):
                    open_columns[column] = (cells[column], bottom)
            for column, (value, bottom) in list(open_columns.items()):
                cells[column] = value
                if number >= bottom:
                    del open_columns[column]
            yield cells


def _place(sheet: str, found: Found) -> SheetPlace:
    columns = {index: column_letters(column) for index, column in found.columns.items()}
    return SheetPlace(sheet=sheet, columns=columns)


def _vertical_place(sheet: str, found: Found) -> SheetPlace:
    return SheetPlace(
        sheet=sheet,
        columns={index: column_letters(column) for index, column in found.columns.items()},
        fixed_rows={index: line + 1 for index, line in found.rows.items()},
    )


def column_letters(column: int) -> str:
    """Return the letters of a column counted from 0: A, B, ..., Z, AA."""
    letters = ""
    number = column + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
