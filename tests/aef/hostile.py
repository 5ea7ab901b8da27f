"""Workbooks that want to do harm, made from an honest one by exchanging its parts."""

import io
import zipfile
from pathlib import Path

from connectors.aef_files.content import content_of
from connectors.aef_files.workbook_writer import write_workbook
from tests.aef.samples import build

SHEET = "xl/worksheets/sheet5.xml"


def honest(folder: Path) -> bytes:
    path = folder / "honest.xlsx"
    write_workbook(path, content_of(build()))
    return path.read_bytes()


def parts_of(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return {name: package.read(name) for name in package.namelist()}


def package_of(parts: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return stream.getvalue()


def with_part(data: bytes, name: str, content: bytes) -> bytes:
    return package_of(parts_of(data) | {name: content})


def with_sheet(data: bytes, old: bytes, new: bytes, *, times: int = 1) -> bytes:
    parts = parts_of(data)
    assert old in parts[SHEET]
    return package_of(parts | {SHEET: parts[SHEET].replace(old, new, times)})
