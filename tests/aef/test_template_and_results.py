"""A user's own workbook is filled by header text, and results go into a copy of it."""

from pathlib import Path

import openpyxl
import pytest
import xlsxwriter

from config.aef import latest_nomenclature
from connectors.aef_files.content import content_of
from connectors.aef_files.refusals import FileFault, FileRefusedError
from connectors.aef_files.results_writer import RESULTS_SHEET, write_results
from connectors.aef_files.template import fill_template
from connectors.aef_files.workbook_reader import read_workbook
from connectors.aef_files.workbook_writer import write_workbook
from schema.aef.fields import CARP_PLACEHOLDER, Layout, Table
from schema.aef.interpret import Interpreter
from schema.aef.results import CheckResult
from schema.aef.tables import ACTIONS, SHEETS, SUBMISSION, TABLES
from tests.aef.samples import build


def template(path: Path) -> bytes:
    """Write a template with moved columns, rich headers, code values and the texts of CARP."""
    with xlsxwriter.Workbook(path) as book:
        bold = book.add_format({"bold": True})
        for name in SHEETS[:2]:
            book.add_worksheet(name).write(0, 0, f"About {name}")
        for spec in TABLES:
            sheet = book.add_worksheet(spec.sheet)
            sheet.write(1, 1, spec.title.upper())
            for field in spec.fields:
                if spec.layout is Layout.VERTICAL:
                    sheet.write(3 + field.index, 1, field.header)
                else:
                    column = 2 + (len(spec.fields) - field.index) * 2
                    sheet.write_rich_string(
                        spec.header_row - 1, column, bold, field.header[:2], field.header[2:] + " "
                    )
                    if field.name == "type":
                        for line, kind in enumerate(("Acquisition", "Transfer", "Use")):
                            sheet.write(spec.first_data_row - 1 + line, column, kind)
            if spec is SUBMISSION:
                sheet.write(7, 2, CARP_PLACEHOLDER)
                sheet.write(8, 2, CARP_PLACEHOLDER)
    return path.read_bytes()


def test_a_template_is_filled_by_header_text(tmp_path: Path) -> None:
    path = tmp_path / "filled.xlsx"
    unplaced = fill_template(template(tmp_path / "template.xlsx"), path, content_of(build()))
    assert unplaced == ()
    read = Interpreter(latest_nomenclature()).submission(read_workbook(path.read_bytes()).report)
    assert read == Interpreter(latest_nomenclature()).submission(build())
    book = openpyxl.load_workbook(path)
    assert book["Index"]["A1"].value == "About Index"
    assert [book["Table 1 Submission"].cell(row, 3).value for row in (8, 9)] == [
        CARP_PLACEHOLDER
    ] * 2


def test_code_values_of_the_template_are_cleared(tmp_path: Path) -> None:
    path = tmp_path / "filled.xlsx"
    fill_template(template(tmp_path / "template.xlsx"), path, content_of(build()))
    column = 3 + (len(ACTIONS.fields) - ACTIONS["type"].index) * 2
    sheet = openpyxl.load_workbook(path)["Table 3 Actions"]
    below = [sheet.cell(row, column).value for row in range(9, 13)]
    assert below == ["First transfer", None, None, None]


def test_text_in_a_template_never_becomes_a_formula(tmp_path: Path) -> None:
    path = tmp_path / "filled.xlsx"
    report = build({"AdditionalInformation": "=1+1"})
    fill_template(template(tmp_path / "template.xlsx"), path, content_of(report))
    assert read_workbook(path.read_bytes()).report.actions[0].values[-1] == "=1+1"


def test_a_template_without_a_needed_table_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("Something else")
    with pytest.raises(FileRefusedError) as refused:
        fill_template(path.read_bytes(), tmp_path / "filled.xlsx", content_of(build()))
    assert refused.value.fault is FileFault.NO_TABLE


RESULT = CheckResult(
    code="format",
    severity="error",
    table="t3Actions",
    message="=VU does not match [A-Z]{3}",
    rule="4/CMA.6, annex II",
    advice="Correct the spelling.",
    sheet="Table 3 Actions",
    cell="G9",
    record=1,
    field="First transferring participating Party ID",
    value="=VU",
)


def test_results_stand_in_a_sheet_and_as_comments(tmp_path: Path) -> None:
    source, path = tmp_path / "aef.xlsx", tmp_path / "checked.xlsx"
    write_workbook(source, content_of(build()))
    write_results(source.read_bytes(), path, [RESULT])
    book = openpyxl.load_workbook(path)
    row = [cell.value for cell in book[RESULTS_SHEET][2]]
    assert row[1:6] == ["error", "format", "Table 3 Actions", 1, "G9"]
    assert book[RESULTS_SHEET]["H2"].data_type == "s"
    comment = book["Table 3 Actions"]["G9"].comment
    assert comment is not None
    assert "format" in comment.text
    assert read_workbook(path.read_bytes()).report.actions[0].values == build().actions[0].values


def test_checking_again_replaces_the_earlier_results(tmp_path: Path) -> None:
    source, path = tmp_path / "aef.xlsx", tmp_path / "checked.xlsx"
    write_workbook(source, content_of(build()))
    write_results(source.read_bytes(), path, [RESULT, RESULT])
    write_results(path.read_bytes(), path, [])
    book = openpyxl.load_workbook(path)
    assert book.sheetnames.count(RESULTS_SHEET) == 1
    assert book[RESULTS_SHEET]["A2"].value == "Nothing was found."
    assert book["Table 3 Actions"]["G9"].comment is None
    assert Table.ACTIONS in read_workbook(path.read_bytes()).report.places
