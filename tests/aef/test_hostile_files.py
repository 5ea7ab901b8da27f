"""A file that could harm the reader is refused as a whole, with its reason."""

import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random
from warnings import catch_warnings, simplefilter

import openpyxl
import pytest

from connectors.aef_files.content import Content, content_of
from connectors.aef_files.csv_files import read_csv, write_csv
from connectors.aef_files.gate import admit_workbook
from connectors.aef_files.json_files import read_json
from connectors.aef_files.limits import CELL_CHARS_MAX, FILE_BYTES_MAX
from connectors.aef_files.refusals import FileFault, FileRefusedError
from connectors.aef_files.template import load_for_writing
from connectors.aef_files.workbook_reader import read_workbook
from connectors.aef_files.workbook_writer import write_workbook
from schema.aef.rows import row_from_names
from schema.aef.tables import SUBMISSION
from tests.aef.hostile import SHEET, honest, package_of, parts_of, with_part, with_sheet
from tests.aef.samples import build

END = b"</sheetData>"
Change = Callable[[bytes], bytes]


def _bomb(data: bytes) -> bytes:
    return with_part(data, "xl/media/image1.xml", b"<a>" + b" " * (32 * 2**20) + b"</a>")


def _many_parts(data: bytes) -> bytes:
    extra = {f"xl/media/{number}.xml": b"<a/>" for number in range(1_000)}
    return package_of(parts_of(data) | extra)


def _add(xml: bytes) -> Change:
    return lambda data: with_sheet(data, END, xml + END)


def _million_rows(data: bytes) -> bytes:
    return _add(b"".join(b'<row r="%d"/>' % row for row in range(10, 1_000_000)))(data)


def _unnumbered_rows(data: bytes) -> bytes:
    return _add(b"<row/>" * 400_000)(data)


HOSTILE: dict[str, tuple[Change, FileFault]] = {
    "a part that unpacks to a thousand times its size": (_bomb, FileFault.ZIP_BOMB),
    "more parts than a workbook has": (_many_parts, FileFault.TOO_MANY_PARTS),
    "a declared entity": (
        lambda data: with_sheet(
            data, b"<worksheet", b'<!DOCTYPE a [<!ENTITY b "ha">]><worksheet'
        ),
        FileFault.ENTITY_DECLARATION,
    ),
    "an external entity in the relations of the workbook": (
        lambda data: with_part(
            data,
            "xl/_rels/workbook.xml.rels",
            b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><Relationships/>',
        ),
        FileFault.ENTITY_DECLARATION,
    ),
    "a sheet in UTF-16": (
        lambda data: with_part(
            data, SHEET, parts_of(data)[SHEET].decode().replace("UTF-8", "UTF-16").encode("utf-16")
        ),
        FileFault.FOREIGN_ENCODING,
    ),
    "a sheet that declares another encoding": (
        lambda data: with_sheet(data, b'encoding="UTF-8"', b'encoding="UTF-7"'),
        FileFault.FOREIGN_ENCODING,
    ),
    "a formula": (_add(b'<row r="10"><c r="B10"><f>1+1</f></c></row>'), FileFault.FORMULA),
    "a formula under another prefix": (
        _add(b'<row r="10"><c r="B10"><x:f>1+1</x:f></c></row>'),
        FileFault.FORMULA,
    ),
    "a program": (
        lambda data: with_part(data, "xl/vbaProject.bin", b"x"), FileFault.MACRO,
    ),
    "a link to another workbook": (
        lambda data: with_part(data, "xl/externalLinks/externalLink1.xml", b"<a/>"),
        FileFault.EXTERNAL_LINK,
    ),
    "a million empty rows": (_million_rows, FileFault.TOO_MANY_ROWS),
    "half a million rows without numbers": (_unnumbered_rows, FileFault.TOO_MANY_ROWS),
    "a cell in the last corner of the sheet": (
        _add(b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'),
        FileFault.OUT_OF_BOUNDS,
    ),
    "a cell in the last corner, written with single quotes": (
        _add(b"<row r='10'><c  r = 'XFD1048576'><v>1</v></c></row>"),
        FileFault.OUT_OF_BOUNDS,
    ),
    "a cell address in character references": (
        _add(b'<row r="10"><c r="&#88;FD10"><v>1</v></c></row>'),
        FileFault.OUT_OF_BOUNDS,
    ),
    "a sheet hidden under the name of a picture": (
        lambda data: with_part(
            data,
            "xl/media/image1.png",
            b"<worksheet><sheetData><row><c><f>1</f></c></row></sheetData></worksheet>",
        ),
        FileFault.FORMULA,
    ),
    "a merged range over the whole sheet": (
        lambda data: with_sheet(
            data, END, END + b'<mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>'
        ),
        FileFault.OUT_OF_BOUNDS,
    ),
    "a thousand large merged ranges": (
        lambda data: with_sheet(
            data, END, END + b"<mergeCells>" + b'<mergeCell ref="A1:BL300000"/>' * 1_000
            + b"</mergeCells>",
        ),
        FileFault.OUT_OF_BOUNDS,
    ),
    "a tag that never ends": (
        _add(b'<row r="10"><c x="' + bytes(range(97, 123)) * 90_000 + b'" r="XFD9999999"/></row>'),
        FileFault.CELL_TOO_LONG,
    ),
    "a file cut in the middle": (lambda data: data[: len(data) // 2], FileFault.NOT_A_WORKBOOK),
    "a file that is no package": (lambda _: b"%PDF-1.7", FileFault.NOT_A_WORKBOOK),
    "a package that is no workbook": (
        lambda _: package_of({"word/document.xml": b"<a/>"}), FileFault.NOT_A_WORKBOOK,
    ),
    "a file beyond the limit": (lambda _: b"x" * (FILE_BYTES_MAX + 1), FileFault.TOO_LARGE),
    "a workbook without a table of the format": (
        lambda data: with_sheet(
            package_of(
                {
                    name: part.replace(b"Authorization", b"X").replace(b"Metric", b"Y")
                    .replace(b"Vintage", b"Z").replace(b"Party", b"P").replace(b"ID", b"I")
                    .replace(b"Quantity", b"Q").replace(b"year", b"J").replace(b"Version", b"V")
                    .replace(b"information", b"i").replace(b"Name", b"N").replace(b"ondition", b"")
                    for name, part in parts_of(data).items()
                }
            ),
            END,
            END,
        ),
        FileFault.NO_TABLE,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("change", "fault"), HOSTILE.values(), ids=list(HOSTILE))
def test_a_hostile_workbook_is_refused(change: Change, fault: FileFault, tmp_path: Path) -> None:
    with pytest.raises(FileRefusedError) as refused:
        read_workbook(change(honest(tmp_path)), source="hostile")
    assert refused.value.fault is fault


@pytest.mark.parametrize("seed", range(40))
def test_a_damaged_workbook_is_read_or_refused_and_nothing_else(seed: int, tmp_path: Path) -> None:
    random = Random(seed)  # noqa: S311 - damage, not secrets
    parts = parts_of(honest(tmp_path))
    name = random.choice(sorted(parts))
    damaged = bytearray(parts[name])
    for _ in range(random.randrange(1, 4)):
        place = random.randrange(len(damaged))
        match random.randrange(3):
            case 0:
                damaged[place] = random.randrange(256)
            case 1:
                del damaged[place : place + random.choice([1, 5, 50])]
            case _:
                damaged[place:place] = random.choice([b"99999999999", b'"', b"</row>", b"&#0;"])
    data = package_of(parts | {name: bytes(damaged)})
    for read in (read_workbook, load_for_writing):
        with suppress(FileRefusedError), catch_warnings():
            simplefilter("ignore")
            read(data)


def test_a_part_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "twice.xlsx"
    path.write_bytes(honest(tmp_path))
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(path, "a") as package:
        package.writestr(SHEET, b"<worksheet/>")
    with pytest.raises(FileRefusedError) as refused:
        admit_workbook(path.read_bytes())
    assert refused.value.fault is FileFault.DAMAGED


def test_text_about_r_and_f_in_a_cell_is_no_attack(tmp_path: Path) -> None:
    report = build({"AdditionalInformation": 'r="XFD1048576" and <f>x</f> r = 0.05'})
    path = tmp_path / "aef.xlsx"
    write_workbook(path, content_of(report))
    assert read_workbook(path.read_bytes()).report.actions[0].values == report.actions[0].values


@pytest.mark.parametrize("text", ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "=cmd|' /C calc'!A0"])
def test_text_that_looks_like_a_formula_is_written_as_text(text: str, tmp_path: Path) -> None:
    path = tmp_path / "aef.xlsx"
    write_workbook(path, content_of(build({"AdditionalInformation": text})))
    cells = [cell for row in openpyxl.load_workbook(path)["Table 3 Actions"] for cell in row]
    written = next(cell for cell in cells if cell.value == text)
    assert written.data_type == "s"
    assert written.quotePrefix


@pytest.mark.parametrize("text", ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\tx", "'=x"])
def test_a_csv_cell_never_begins_like_a_formula(text: str, tmp_path: Path) -> None:
    path = tmp_path / "aef.csv"
    write_csv(path, content_of(build({"AdditionalInformation": text})))
    assert f"'{text}" in path.read_text("utf-8-sig")
    assert read_csv(path.read_bytes()).report.actions[0].values[-1] == text


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        pytest.param(b"=HYPERLINK(1)", FileFault.FORMULA, id="a formula"),
        pytest.param(b"+cmd|' /C calc'!A0", FileFault.FORMULA, id="a call of another program"),
        pytest.param(b"@SUM(A1)", FileFault.FORMULA, id="a function"),
        pytest.param(b"\xff", FileFault.FOREIGN_ENCODING, id="bytes that are not UTF-8"),
        pytest.param(b"x\0", FileFault.FOREIGN_ENCODING, id="a NUL"),
        pytest.param(b"," * 80, FileFault.TOO_MANY_COLUMNS, id="more columns than a table has"),
        pytest.param(b"x" * 140_000, FileFault.CELL_TOO_LONG, id="an endless cell"),
    ],
)
def test_a_hostile_csv_is_refused(text: bytes, fault: FileFault, tmp_path: Path) -> None:
    path = tmp_path / "aef.csv"
    write_csv(path, content_of(build()))
    with pytest.raises(FileRefusedError) as refused:
        read_csv(path.read_bytes().replace(b"VUT0001", text))
    assert refused.value.fault is fault


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        pytest.param(b'{"t1Submission":{"a":1,"a":2}}', FileFault.REPEATED_KEY, id="repeated key"),
        pytest.param(b'{"t1Submission":{"a":1}}', FileFault.UNKNOWN_KEY, id="unknown key"),
        pytest.param(b'{"t9":[]}', FileFault.UNKNOWN_KEY, id="unknown table"),
        pytest.param(b'{"t1Submission":NaN}', FileFault.WRONG_SHAPE, id="not a number"),
        pytest.param(b'{"t3Actions":{}}', FileFault.WRONG_SHAPE, id="a table that is no list"),
        pytest.param(b'{"t3Actions":[1]}', FileFault.WRONG_SHAPE, id="a record that is a number"),
        pytest.param(b"[" * 100_000, FileFault.WRONG_SHAPE, id="endless nesting"),
        pytest.param(b'{"t1Submission":' + b"9" * 5_000 + b"}", FileFault.WRONG_SHAPE, id="digits"),
        pytest.param(b"{}", FileFault.NO_TABLE, id="nothing at all"),
        pytest.param(
            b'{"t3Actions":[{"aefT3ActionsMetric":"' + b"x" * (CELL_CHARS_MAX + 1) + b'"}]}',
            FileFault.CELL_TOO_LONG,
            id="an endless text",
        ),
        pytest.param(
            b'{"t3Actions":[{"aefT3ActionsCooperativeApproachId":"CA0001",'
            b'"aefT3ActionsCoopoerativeApproachId":"CA0002"}]}',
            FileFault.UNKNOWN_KEY,
            id="one field under two spellings",
        ),
    ],
)
def test_a_hostile_json_is_refused(data: bytes, fault: FileFault) -> None:
    with pytest.raises(FileRefusedError) as refused:
        read_json(data)
    assert refused.value.fault is fault


@pytest.mark.parametrize(
    ("text", "fault"),
    [("x" * (CELL_CHARS_MAX + 1), FileFault.CELL_TOO_LONG), ("a\0b", FileFault.UNWRITABLE)],
    ids=["a text beyond the limit of a cell", "a NUL"],
)
def test_what_no_file_can_hold_is_refused_and_not_cut(
    text: str, fault: FileFault, tmp_path: Path
) -> None:
    content = Content(heading=row_from_names(SUBMISSION, {"party": text}))
    for write in (write_workbook, write_csv):
        with pytest.raises(FileRefusedError) as refused:
            write(tmp_path / "aef", content)
        assert refused.value.fault is fault
