"""Writes the results of a check into a copy of a workbook: one sheet, and comments on the cells.

The fields that CARP fills stay as they are; the verdict of the secretariat is not the hub's.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Final

from openpyxl.cell.cell import Cell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from connectors.aef_files.limits import CELL_CHARS_MAX, COMMENTS_MAX
from connectors.aef_files.template import load_for_writing, write_text
from schema.aef.results import CheckResult

RESULTS_SHEET: Final = "Consistency check results"
AUTHOR: Final = "ITMO Federation Hub"
_COLUMNS: Final = (
    ("No.", 6),
    ("Severity", 10),
    ("Code", 26),
    ("Sheet", 24),
    ("Record", 8),
    ("Cell", 8),
    ("Field", 32),
    ("Value", 32),
    ("What is wrong", 60),
    ("Rule", 60),
    ("What to do", 60),
    ("Compare with", 40),
)
_COMMENT_WIDTH, _COMMENT_HEIGHT = 420, 160
_SHOWN_CHARS_MAX: Final = 2_000
_LINE_HEIGHT, _LINES_MAX = 15, 12


def write_results(data: bytes, path: Path, results: Sequence[CheckResult]) -> None:
    """Save a copy of the workbook with the results; an earlier sheet of results is replaced.

    At most `COMMENTS_MAX` cells get a comment; the sheet lists every result.

    Raises:
        FileRefusedError: a fault of the gate, or `DAMAGED`.
    """
    book = load_for_writing(data)
    if RESULTS_SHEET in book.sheetnames:
        del book[RESULTS_SHEET]
    _remove_comments(book)
    _write_sheet(book.create_sheet(RESULTS_SHEET), results)
    _write_comments(book, results)
    book.save(path)


def _write_sheet(sheet: Worksheet, results: Iterable[CheckResult]) -> None:
    for column, (header, width) in enumerate(_COLUMNS, start=1):
        cell = sheet[f"{get_column_letter(column)}1"]
        write_text(cell, header)
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", fgColor="DDEBF7")
        sheet.column_dimensions[get_column_letter(column)].width = width
    sheet.freeze_panes = "A2"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    for line, result in enumerate(results, start=2):
        values = _values(line - 1, result)
        sheet.row_dimensions[line].height = _height(values)
        for column, value in enumerate(values, start=1):
            cell = sheet.cell(line, column)
            cell.alignment = Alignment(vertical="top", wrap_text=True)
            if isinstance(value, int):
                cell.value = value
            elif value and isinstance(cell, Cell):
                write_text(cell, _safe(value))
    if sheet.max_row == 1:
        write_text(sheet["A2"], "Nothing was found.")


def _height(values: Iterable[str | int | None]) -> float:
    """Return a height that shows all wrapped lines; not every program adapts it by itself."""
    columns = zip(values, _COLUMNS, strict=True)
    lines = [1 + len(str(value or "")) // width for value, (_, width) in columns]
    return float(_LINE_HEIGHT * min(max(lines), _LINES_MAX))


def _values(number: int, result: CheckResult) -> tuple[str | int | None, ...]:
    return (
        number,
        result.severity,
        result.code,
        result.sheet or result.table,
        result.record,
        result.cell,
        result.field,
        result.value,
        result.message,
        result.rule,
        result.advice,
        "\n".join(result.related),
    )


def _write_comments(book: Workbook, results: Iterable[CheckResult]) -> None:
    lines: dict[tuple[str, str], list[str]] = defaultdict(list)
    for result in results:
        if result.cell and result.sheet in book.sheetnames:
            told = f"{result.severity.upper()} {result.code}: {result.message}. {result.advice}"
            lines[result.sheet, result.cell].append(told)
    for (sheet, address), found in islice(lines.items(), COMMENTS_MAX):
        cell = book[sheet][address]
        if not isinstance(cell, Cell):
            continue
        if cell.comment is not None:
            found.insert(0, str(cell.comment.text))
        text = _safe("\n".join(found))[:_SHOWN_CHARS_MAX]
        cell.comment = Comment(text, AUTHOR, _COMMENT_HEIGHT, _COMMENT_WIDTH)


def _remove_comments(book: Workbook) -> None:
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.comment is not None and cell.comment.author == AUTHOR:
                    cell.comment = None


def _safe(text: str) -> str:
    """Leave out what a workbook cannot hold; the value itself stands untouched in its own cell."""
    kept = (
        character
        for character in text[:CELL_CHARS_MAX]
        if (character >= " " or character in "\n\t") and character not in "\ufffe\uffff"
    )
    return "".join(kept).encode("utf-8", "replace").decode()
