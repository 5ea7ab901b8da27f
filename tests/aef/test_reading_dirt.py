"""Real workbooks are dirty; what they mean is read all the same, and what was skipped is told."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from config.aef import latest_nomenclature
from connectors.aef_files.content import content_of
from connectors.aef_files.csv_files import read_csv, write_csv
from connectors.aef_files.reading import Generation, ReadFile
from connectors.aef_files.workbook_reader import read_workbook
from connectors.aef_files.workbook_writer import write_workbook
from hub.domain.aef.fields import FieldRules
from hub.domain.aef.validate import validate
from schema.aef.draft import DRAFT_ACTIONS, DRAFT_HOLDINGS
from schema.aef.fields import Table
from schema.aef.interpret import Interpreter
from schema.aef.records import ActionRecord, Submission
from schema.aef.rows import Row
from schema.aef.tables import ACTIONS, HOLDINGS, SUBMISSION
from tests.aef.samples import LIBRARY, build

ACTION_HEADERS = [field.header for field in ACTIONS.fields]
SAMPLE = dict(zip(ACTION_HEADERS, build().actions[0].values, strict=True))


def typed(read: ReadFile) -> Submission:
    return Interpreter(latest_nomenclature()).submission(read.report)


def one_action(tmp_path: Path, headers: list[str], cells: dict[str, Any]) -> ActionRecord:
    path = tmp_path / "dirt.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Actions 2025")
        sheet.write_row(5, 3, headers)
        sheet.write_row(6, 3, [cells.get(header) for header in headers])
    return typed(read_workbook(path.read_bytes())).actions[0]


CLEAN = Interpreter(latest_nomenclature()).submission(build()).actions[0]


def test_columns_may_stand_in_any_order(tmp_path: Path) -> None:
    assert one_action(tmp_path, ACTION_HEADERS[::-1], SAMPLE) == CLEAN


def test_headers_may_be_retyped(tmp_path: Path) -> None:
    retyped = [f"  {header.upper()}\n (a)" for header in ACTION_HEADERS]
    cells = {new: SAMPLE[old] for new, old in zip(retyped, ACTION_HEADERS, strict=True)}
    assert one_action(tmp_path, retyped, cells) == CLEAN


def test_headers_may_be_the_technical_names(tmp_path: Path) -> None:
    names = [field.technical_name for field in ACTIONS.fields]
    cells = dict(zip(names, SAMPLE.values(), strict=True))
    assert one_action(tmp_path, names, cells) == CLEAN


@pytest.mark.parametrize(
    ("header", "cell"),
    [
        ("First ID", "1"),
        ("Last ID", " 400 "),
        ("Quantity (t CO2 eq)", "400.0"),
        ("Cooperative approach ID", " CA0004 "),
        ("First transferring participating Party ID", "VU"),
        ("First transferring participating Party ID", "Vanuatu"),
        ("Acquiring participating Party ID", "che"),
        ("Acquiring participating Party ID", "Switzerland"),
        ("Action type", "First Transfer"),
        ("Action type", "FIRST  TRANSFER"),
        ("Metric", "GHC"),
        ("Metric", "t CO2 eq"),
        ("Mitigation type", "emission reduction"),
        ("Vintage", "2024"),
    ],
)
def test_a_value_may_be_spelt_in_other_ways(header: str, cell: object, tmp_path: Path) -> None:
    assert one_action(tmp_path, ACTION_HEADERS, SAMPLE | {header: cell}) == CLEAN


def test_thousands_commas_are_read_in_serials_and_quantities(tmp_path: Path) -> None:
    cells = {"First ID": "1,001", "Last ID": "2,000", "Quantity (t CO2 eq)": "1,000.50"}
    action = one_action(tmp_path, ACTION_HEADERS, SAMPLE | cells)
    assert (action.first_id, action.last_id) == (1001, 2000)
    assert action.quantity_tco2e == Decimal("1000.50")


def test_full_identifiers_are_read_with_their_series(tmp_path: Path) -> None:
    cells = {"First ID": "CA0004-VUT01-VUT-1,000-2024", "Last ID": "CA0004-VUT01-VUT-1400-2024"}
    action = one_action(tmp_path, ACTION_HEADERS, SAMPLE | cells)
    assert (action.first_id, action.last_id) == (1000, 1400)
    assert action.series is not None
    assert action.series.registry == "VUT01"


def test_a_cell_merged_over_rows_speaks_for_all_of_them(tmp_path: Path) -> None:
    path = tmp_path / "merged.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ACTION_HEADERS)
        for line in (1, 2, 3):
            sheet.write_row(line, 0, list(SAMPLE.values()))
        for column in (3, 4):
            sheet.merge_range(1, column, 3, column, SAMPLE[ACTION_HEADERS[column]])
    assert typed(read_workbook(path.read_bytes())).actions == (CLEAN,) * 3


def test_rich_text_headers_over_three_merged_rows_are_found(tmp_path: Path) -> None:
    path = tmp_path / "rich.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet, bold = book.add_worksheet(), book.add_format({"bold": True})
        for column, header in enumerate(ACTION_HEADERS):
            first_line = 4 + column % 2
            sheet.merge_range(first_line, column, 6, column, "")
            sheet.write_rich_string(first_line, column, bold, header[:3], header[3:] + " ")
        sheet.write_row(7, 0, list(SAMPLE.values()))
    read = read_workbook(path.read_bytes())
    assert typed(read).actions == (CLEAN,)
    assert read.report.places[Table.ACTIONS].cell(0, read.report.actions[0].number) == "A8"


def test_code_values_that_the_template_lists_are_no_actions(tmp_path: Path) -> None:
    path = tmp_path / "prefilled.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Table 3 Actions")
        sheet.write_row(0, 0, ACTION_HEADERS)
        sheet.write_row(1, 0, list(SAMPLE.values()))
        for line, kind in enumerate(("Transfer", "Use", "Cancellation", "First transfer"), start=2):
            sheet.write(line, ACTION_HEADERS.index("Action type"), kind)
    read = read_workbook(path.read_bytes())
    assert len(read.report.actions) == 1
    assert sum("passed over" in note.message for note in read.notes) == 4


def test_a_table_ends_at_a_blank_row_and_text_below_is_told(tmp_path: Path) -> None:
    path = tmp_path / "blank.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Table 3 Actions")
        sheet.write_row(0, 0, ACTION_HEADERS)
        sheet.write_row(1, 0, list(SAMPLE.values()))
        sheet.write_row(3, 0, list(SAMPLE.values()))
    read = read_workbook(path.read_bytes())
    assert len(read.report.actions) == 1
    assert any("blank row" in note.message for note in read.notes)


def test_a_missing_column_is_told(tmp_path: Path) -> None:
    path = tmp_path / "missing.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, [header for header in ACTION_HEADERS if header != "Vintage"])
        sheet.write_row(1, 0, ["2025-06-01T10:30:00.000Z"])
    notes = read_workbook(path.read_bytes()).notes
    assert [note.message for note in notes] == ["columns not found: Vintage"]


def test_a_version_given_as_a_number_is_understood(tmp_path: Path) -> None:
    path = tmp_path / "version.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Table 1 Submission")
        for line, field in enumerate(SUBMISSION.fields):
            sheet.write(3 + line, 1, field.header)
        sheet.write_column(3, 2, ["Vanuatu", 1, 2025])
    heading = typed(read_workbook(path.read_bytes())).submission
    assert (heading.party, heading.version, heading.reported_year) == ("VUT", "1.0", 2025)


def test_labels_of_table_1_may_be_merged_over_columns(tmp_path: Path) -> None:
    path = tmp_path / "merged.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Submission")
        for line, field in enumerate(SUBMISSION.fields):
            sheet.merge_range(3 + line, 1, 3 + line, 2, field.header)
        sheet.write_column(3, 3, ["VUT", "1.1", 2025])
    read = read_workbook(path.read_bytes())
    heading = typed(read).submission
    assert (heading.party, heading.version, heading.reported_year) == ("VUT", "1.1", 2025)
    assert read.report.places[Table.SUBMISSION].cell(0, 0) == "D4"


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_a_csv_saved_with_another_delimiter_is_read(delimiter: str, tmp_path: Path) -> None:
    path = tmp_path / "aef.csv"
    write_csv(path, content_of(build()))
    text = path.read_text("utf-8-sig")
    assert typed(read_csv(text.replace(",", delimiter).encode())).actions == (CLEAN,)


def test_a_csv_of_one_table_without_title_is_read(tmp_path: Path) -> None:
    path = tmp_path / "aef.csv"
    write_csv(path, content_of(build()))
    text = path.read_text("utf-8-sig")
    alone = text[text.index("Action date") : text.index("Table 4")]
    assert typed(read_csv(alone.encode())).actions == (CLEAN,)


def test_csv_sections_have_the_published_shape(tmp_path: Path) -> None:
    path = tmp_path / "aef.csv"
    write_csv(path, content_of(build()))
    data = path.read_bytes()
    assert data.startswith(b"\xef\xbb\xbfTable 1: Submission\r\n\r\nParty,Version,")
    assert b"\r\n\r\nTable 5: Authorized entities\r\n\r\nDate of the authorization," in data
    assert b"\n" not in data.replace(b"\r\n", b"")


def test_a_finding_in_a_workbook_names_its_cell(tmp_path: Path) -> None:
    path = tmp_path / "aef.xlsx"
    write_workbook(path, content_of(build({"Metric": "tCO2e"}, holding={"VintageYear": "old"})))
    rules = FieldRules(nomenclature=latest_nomenclature(), profile=LIBRARY)
    report = read_workbook(path.read_bytes(), source="VUT 2025").report
    cells = {finding.code.value: str(finding.locus) for finding in validate(report, rules)}
    assert cells == {
        "unknown-controlled-value": "Table 3 Actions!P9",
        "wrong-type": "Table 4 Holdings!T8",
    }


def _draft_workbook(path: Path) -> None:
    values: dict[str, object] = {
        "approach_id": "CA0007", "first_id": "CA0007-JPN01-VNM-1-2023",
        "last_id": "CA0007-JPN01-VNM-1,000-2023", "metric": "tCO2e", "quantity_non_ghg": 1000,
        "quantity_tco2e": 1000, "first_transferring_party": "VN", "vintage": 2023,
        "sectors": "Energy generation", "authorized_on": "01/02/2024",
        "authorization_id": "VNM-1", "purposes": "NDC and OIMP", "date": "05/06/2024",
        "type": "First transfer", "acquiring_party": "Japan",
    }  # fmt: skip
    with xlsxwriter.Workbook(path) as book:
        for table in (DRAFT_ACTIONS, DRAFT_HOLDINGS):
            sheet = book.add_worksheet(table.sheet)
            if table is DRAFT_ACTIONS:
                sheet.write_row(2, 0, ["Party", "VNM"])
                sheet.write_row(3, 0, ["Year", 2024])
            top = table.header_row - 1
            for column, field in enumerate(table.fields):
                mark = f" ({field.footnote})" if field.footnote else ""
                sheet.merge_range(top, column, top + 2, column, field.header + mark)
                sheet.write(table.first_data_row - 1, column, values.get(field.name))


def test_the_earlier_draft_is_read_into_the_current_format(tmp_path: Path) -> None:
    path = tmp_path / "draft.xlsx"
    _draft_workbook(path)
    read = read_workbook(path.read_bytes())
    submission = typed(read)
    assert read.generation is Generation.DRAFT
    assert (submission.submission.party, submission.submission.reported_year) == ("VNM", 2024)
    action, holding = submission.actions[0], submission.holdings[0]
    assert (action.first_id, action.last_id, action.metric) == (1, 1000, "GHG")
    assert (action.first_transferring_party, action.acquiring_party) == ("VNM", "JPN")
    assert action.quantity_non_ghg is None
    assert holding.space == action.space
    assert len(submission.authorizations) == 1
    assert submission.authorizations[0].purposes == "NDC and OIMP"
    cell = read.report.places[Table.ACTIONS].cell(ACTIONS["date"].index, 11)
    assert cell == "T11"


def test_an_empty_table_is_a_statement_and_keeps_its_sheet(tmp_path: Path) -> None:
    path = tmp_path / "empty.xlsx"
    report = build()
    write_workbook(path, content_of(report))
    read = read_workbook(path.read_bytes())
    assert Table.ENTITIES in read.report.places
    assert read.report.entities == ()
    assert read.sheets == (
        "Index", "Summary information", "Table 1 Submission", "Table 2 Authorizations",
        "Table 3 Actions", "Table 4 Holdings", "Table 5 Auth. entities",
    )  # fmt: skip


def test_spacer_columns_separate_the_published_groups(tmp_path: Path) -> None:
    path = tmp_path / "aef.xlsx"
    write_workbook(path, content_of(build()))
    places = read_workbook(path.read_bytes()).report.places
    actions, holdings = places[Table.ACTIONS].columns, places[Table.HOLDINGS].columns
    assert "".join(actions[index] for index in range(9)) == "BCDEFGHIJ"
    assert [actions[ACTIONS[name].index] for name in ("unit_registry_id", "metric")] == ["L", "P"]
    assert actions[ACTIONS["additional_information"].index] == "AH"
    assert [holdings[HOLDINGS[name].index] for name in ("unit_registry_id", "vintage")] == [
        "I",
        "T",
    ]
    assert isinstance(build().actions[0], Row)
