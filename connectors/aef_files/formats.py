"""One door to the file formats: reading by what the bytes are, writing by a name."""

from enum import StrEnum
from pathlib import Path
from typing import assert_never

from connectors.aef_files.content import Content
from connectors.aef_files.csv_files import read_csv, write_csv
from connectors.aef_files.json_files import read_json, write_json
from connectors.aef_files.reading import ReadFile
from connectors.aef_files.workbook_reader import read_workbook
from connectors.aef_files.workbook_writer import write_workbook
from schema.aef.profile import Profile

_PACKAGE = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_BOM = b"\xef\xbb\xbf"


class FileFormat(StrEnum):
    """A format of a whole submission; the value is the ending of the file name."""

    WORKBOOK = "xlsx"
    CSV = "csv"
    JSON = "json"


def format_of(data: bytes) -> FileFormat:
    """Tell the format by the first bytes, never by the name of the file.

    Whatever begins like an office file goes to the gate for workbooks, which says what is wrong.
    """
    if data.startswith(_PACKAGE):
        return FileFormat.WORKBOOK
    if data.removeprefix(_BOM).lstrip()[:1] == b"{":
        return FileFormat.JSON
    return FileFormat.CSV


def read_submission(data: bytes, *, source: str = "") -> ReadFile:
    """Read a submission in any of the formats, of either generation.

    Raises:
        FileRefusedError: with the reason; nothing of a refused file is used.
    """
    match format_of(data):
        case FileFormat.WORKBOOK:
            return read_workbook(data, source=source)
        case FileFormat.JSON:
            return read_json(data, source=source)
        case FileFormat.CSV:
            return read_csv(data, source=source)


def write_submission(
    path: Path, content: Content, file_format: FileFormat, profile: Profile
) -> None:
    """Write a submission that was rendered for `profile`.

    Raises:
        FileRefusedError: `CELL_TOO_LONG`, `UNWRITABLE` or `TOO_MANY_ROWS`.
    """
    match file_format:
        case FileFormat.WORKBOOK:
            write_workbook(path, content)
        case FileFormat.CSV:
            write_csv(path, content)
        case FileFormat.JSON:
            write_json(path, content, profile.key_spellings)
        case _:
            assert_never(file_format)
