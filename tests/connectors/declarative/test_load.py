"""A file is accounted for to the row and the tonne, whatever stands in it."""

import csv
import io
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from connectors.declarative.faults import Fault, SourceFault, SourceRefusedError
from connectors.declarative.load import load
from connectors.declarative.profile import ProfileError, parse_profile
from tests.connectors.declarative.profiles import SMALL, load_text, small, with_field

HEADER = "Project,Country,Notified,Issued,Decided\n"
GOOD = "MN001,Mongolia,10,10,24 Oct 17\n"


def test_a_good_row_becomes_typed_values_and_keeps_its_cells() -> None:
    loaded = load_text(HEADER + 'MN001,mn,"1,234",N/A,06 Jul 19\n')
    (record,) = loaded.records
    assert record.values["notified"] == 1234
    assert record.values["party"] == "MNG"
    assert record.values["issued"] is None
    assert record.values["decided_on"] == date(2019, 7, 6)
    assert record.cells["Notified"] == "1,234"
    assert record.row == 2


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        pytest.param("MN001,Mongolia,ten,,\n", Fault.NOT_A_NUMBER, id="a word is no amount"),
        pytest.param("MN001,Mongolia,1.5,,\n", Fault.NOT_WHOLE, id="half a tonne is no amount"),
        pytest.param("MN001,Mongolia,-5,,\n", Fault.NEGATIVE, id="less than nothing is none"),
        pytest.param("MN001,Mongolia,=1+1,,\n", Fault.NOT_A_NUMBER, id="a formula is a text"),
        pytest.param('MN001,Mongolia,"1,23",,\n', Fault.NOT_A_NUMBER, id="commas by thousands"),
        pytest.param("MN001,Mongolia,,,\n", Fault.MISSING, id="a required amount is there"),
        pytest.param("MN001,Atlantis,10,,\n", Fault.PARTY_UNKNOWN, id="a country is a Party"),
        pytest.param(
            "project one,Mongolia,10,,\n", Fault.NOT_AN_IDENTIFIER, id="a number has a form"
        ),
        pytest.param("MN001,Mongolia,10,,31 Feb 19\n", Fault.NOT_A_DATE, id="a day exists"),
        pytest.param("MN001,Mongolia,10\n", Fault.ROW_SHAPE, id="a cut row is not taken"),
        pytest.param("MN001,Mongolia,10,,,\n", Fault.ROW_SHAPE, id="nor one that is too long"),
    ],
)
def test_a_row_that_cannot_be_read_is_refused_with_its_reason(row: str, fault: Fault) -> None:
    loaded = load_text(HEADER + GOOD + row)
    report = loaded.report
    assert [(each.row, each.fault) for each in report.refused] == [(3, fault)]
    assert (report.rows.in_file, report.rows.taken, report.rows.refused) == (2, 1, 1)
    assert report.balanced


def test_a_refused_row_keeps_its_tonnes_in_the_balance() -> None:
    report = load_text(HEADER + GOOD + "MN001,Atlantis,7.5,4,\n").report
    notified, issued = report.amounts
    assert (notified.in_file, notified.taken, notified.refused) == (
        Decimal("17.5"),
        10,
        Decimal("7.5"),
    )
    assert (issued.in_file, issued.taken, issued.refused) == (14, 10, 4)


CELLS = st.sampled_from(
    [
        "\n    ",
        "N/A",
        "MN001",
        "VN020",
        "Mongolia",
        "JPN",
        "Laos",
        "0",
        "10",
        "1,000",
        "24249.0",
        "7.25",
        "-3",
        "06 Jul 19",
        "2019-07-06",
        "<b>9</b>\n    ",
        "\uff19",
        "1\n2",
        '"',
        "=1",
        " 12 ",
        "'",
        ";",
        "\t\n    ",
    ]
)


@given(st.lists(st.lists(CELLS, min_size=0, max_size=7), max_size=12))
def test_taken_plus_refused_is_the_file(rows: list[list[str]]) -> None:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["Project", "Country", "Notified", "Issued", "Decided"])
    writer.writerows(rows)
    loaded = load_text(text.getvalue())
    report = loaded.report
    assert report.balanced
    assert report.rows.in_file == sum(any(cell.strip() for cell in row) for row in rows)
    assert report.rows.taken == len(loaded.records)
    assert sum(report.faults.values()) == report.rows.refused


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        pytest.param("utf-8", "utf-8", id="UTF-8"),
        pytest.param("utf-8-sig", "utf-8 with byte order mark", id="UTF-8 with a mark"),
        pytest.param("cp932", "shift_jis", id="Shift_JIS"),
    ],
)
def test_the_encoding_is_found_and_reported(data: str, encoding: str) -> None:
    text = "プロジェクト番号,国,通知量\nMN001,日本,\uff11\uff12\uff13\n"
    profile = small(party_names={"日本": "JPN"})
    loaded = load_text(text, profile, encoding=data)
    assert loaded.report.encoding == encoding
    assert (loaded.records[0].values["party"], loaded.records[0].values["notified"]) == ("JPN", 123)


def test_the_header_is_found_below_a_title_and_between_other_columns() -> None:
    text = "Issuances of the scheme,,,\n,,,\nNotified,Remark,COUNTRY ,Project\n5,new,Japan,MN001\n"
    loaded = load_text(text)
    assert loaded.report.header_row == 3
    assert loaded.report.columns_unknown == ("Remark",)
    assert loaded.records[0].cells["Remark"] == "new"


def test_another_delimiter_is_found() -> None:
    loaded = load_text('Project;Country;Notified\nMN001;Japan;"1,000"\n')
    assert loaded.report.found_in == "delimiter ;"
    assert loaded.records[0].values["notified"] == 1000


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        pytest.param(b"a,b\n1,2\n", SourceFault.NO_HEADER, id="another table"),
        pytest.param(b"", SourceFault.NO_HEADER, id="nothing"),
        pytest.param(b"\xff\xfeP\0r\0", SourceFault.UNKNOWN_ENCODING, id="another encoding"),
        pytest.param(b"Project,Country,Notified\n\x81", SourceFault.UNKNOWN_ENCODING, id="cut"),
        pytest.param(b"Project,Country,Notified\nMN\0,", SourceFault.UNKNOWN_ENCODING, id="zeros"),
        pytest.param(b'Project,Country,Notified\n"MN', SourceFault.DAMAGED, id="an open quote"),
        pytest.param(
            b"Project,Country,Notified,notified\nMN001,Japan,1,2\n",
            SourceFault.COLUMN_TWICE,
            id="two columns of one name",
        ),
    ],
)
def test_a_file_that_cannot_be_trusted_is_refused_as_a_whole(
    data: bytes, fault: SourceFault
) -> None:
    with pytest.raises(SourceRefusedError) as refused:
        load(data, small(), source="bad.csv")
    assert refused.value.fault is fault


def test_html_is_taken_off_where_the_profile_says_so_and_reported_where_not() -> None:
    text = HEADER + "<b>MN001</b>,Mongolia,10,,\n"
    assert load_text(text, with_field("project", html=True)).records[0].cells["Project"] != "MN001"
    assert load_text(text).report.faults == {Fault.NOT_AN_IDENTIFIER: 1}


def test_an_unknown_code_stops_nothing_and_is_reported() -> None:
    profile = parse_profile(
        {
            "title": "Projects",
            "record": "project",
            "fields": {
                "project": {"columns": ["No"], "required": True},
                "status": {"columns": ["Status"], "codes": {"Registered": "registered"}},
                "host_participants": {"columns": ["Who"], "separators": ";、"},
            },
        }
    )
    loaded = load_text("No,Status,Who\nMN001,REGISTERED,A; B\nMN002,Paused,A、B、C\n", profile)
    assert [record.values["status"] for record in loaded.records] == ["registered", "Paused"]
    assert loaded.records[1].values["host_participants"] == ("A", "B", "C")
    assert loaded.report.unknown_codes == {"status": {"Paused": 1}}


def test_a_workbook_is_read_like_a_text_file(tmp_path: Any) -> None:
    path = tmp_path / "small.xlsx"
    book = xlsxwriter.Workbook(path)
    book.add_worksheet("Cover").write_row(0, 0, ["Nothing here"])
    sheet = book.add_worksheet("Data")
    sheet.write_row(2, 0, ["Project", "Country", "Notified", "Decided"])
    sheet.write_row(3, 0, ["MN001", "Mongolia", 1789])
    sheet.write_datetime(3, 3, date(2017, 10, 24), book.add_format({"num_format": "yyyy-mm-dd"}))
    book.close()
    loaded = load(path.read_bytes(), small(reading={"format": "xlsx"}), source="small.xlsx")
    assert loaded.report.found_in == "sheet Data"
    assert loaded.report.header_row == 3
    assert loaded.records[0].values["notified"] == 1789
    assert loaded.records[0].values["decided_on"] == date(2017, 10, 24)


def test_a_list_of_objects_is_read_like_a_table() -> None:
    profile = with_field("notified", columns=["amounts/notified"])
    profile = parse_profile(
        SMALL
        | {
            "reading": {"format": "json", "items": "data"},
            "fields": SMALL["fields"] | {"notified": {"columns": ["amounts/notified"]}},
        }
    )
    data = b'{"data": [{"Project": "MN001", "Country": "MN", "amounts": {"notified": 5.0}}]}'
    assert load(data, profile, source="x.json").records[0].values["notified"] == 5


def test_a_repeated_key_in_json_is_refused() -> None:
    profile = small(reading={"format": "json"})
    with pytest.raises(SourceRefusedError) as refused:
        load(b'[{"Project": "MN001", "Project": "MN002"}]', profile, source="x.json")
    assert refused.value.fault is SourceFault.DAMAGED


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param({"recrod": "issuance"}, "unknown field", id="a misspelt setting"),
        pytest.param(
            {"fields": {"tons": {"columns": ["t"]}}}, "no field 'tons'", id="an unknown field"
        ),
        pytest.param({"fields": {"notified": {}}}, "name its columns", id="a field from nowhere"),
        pytest.param(
            {"fields": {"decided_on": {"columns": ["d"], "dates": ["MM YY"]}}},
            "day, month and year",
            id="a date without a day",
        ),
        pytest.param({"measures": [{"field": "project"}]}, "not an amount", id="not an amount"),
        pytest.param({"party_names": {"X": "XXX"}}, "party_unknown", id="a Party that is none"),
        pytest.param(
            {"fields": {"title": {"columns": ["t"], "find": "("}}}, "unterminated", id="bad search"
        ),
    ],
)
def test_a_profile_that_says_nonsense_is_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ProfileError, match=words):
        parse_profile(SMALL | change)
