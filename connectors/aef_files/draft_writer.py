"""Writes the earlier draft of the format (6/CMA.4, annex VII): one workbook for each table."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import xlsxwriter

from connectors.aef_files.limits import ROWS_MAX
from connectors.aef_files.refusals import FileFault, FileRefusedError
from connectors.aef_files.workbook_writer import NO_CLOCK, Styles, write_cell
from schema.aef.draft import DRAFT_ACTIONS, DraftTable, draft_row
from schema.aef.rows import Row
from schema.aef.tables import AUTHORIZATIONS, SUBMISSION
from schema.aef.values import print_value, provided_text


def write_draft(
    path: Path,
    table: DraftTable,
    heading: Row,
    rows: Iterable[Row],
    authorizations: Iterable[Row],
) -> None:
    """Write one table of the draft from rows of the current format.

    What the draft cannot hold is left out: action subtype, registry, mitigation type, the entity
    that uses, the year of NDC use and all versions. The caller tells the user so.

    Raises:
        FileRefusedError: `CELL_TOO_LONG`, `UNWRITABLE` or `TOO_MANY_ROWS`.
    """
    by_id = _by_id(authorizations)
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        book.set_properties({"created": NO_CLOCK, "title": table.title})
        styles = Styles(book)
        sheet = book.add_worksheet(table.sheet)
        title_row = 0 if table is DRAFT_ACTIONS else 2
        sheet.write_string(title_row, 0, table.title, styles.title)
        if table is DRAFT_ACTIONS:
            for line, label, name in ((2, "Party", "party"), (3, "Year", "reported_year")):
                sheet.write_string(line, 0, label, styles.header)
                text = print_value(heading.values[SUBMISSION[name].index])
                sheet.write_string(line, 1, text, styles.value)
        # The templates merge headers over three rows; the text stands in the last of them here,
        # because merged cells cannot be written row by row.
        line = table.first_data_row - 2
        for above in range(table.header_row - 1, line):
            for field in table.fields:
                sheet.write_blank(above, field.index, None, styles.header)
        for field in table.fields:
            note = f" ({field.footnote})" if field.footnote else ""
            sheet.write_string(line, field.index, field.header + note, styles.header)
        for count, row in enumerate(rows):
            if count >= ROWS_MAX:
                raise FileRefusedError(FileFault.TOO_MANY_ROWS, table.title)
            line = table.first_data_row - 1 + count
            for column, value in enumerate(draft_row(table, row, by_id).values):
                if value is not None:
                    write_cell(sheet, (line, column), value, styles)


def _by_id(authorizations: Iterable[Row]) -> Mapping[str, Row]:
    index = AUTHORIZATIONS["authorization_id"].index
    return {provided_text(row.values[index]): row for row in authorizations}
