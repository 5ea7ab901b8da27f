"""The gate before a workbook is parsed: what could harm the reader is refused by looking at bytes.

The gate reads the packed parts once, in pieces, and keeps nothing. It does not trust names or
declared sizes: any part that contains sheet data is held to the limits of a sheet.
"""

import io
import re
import zipfile
from typing import Final

from connectors.aef_files.limits import (
    FILE_BYTES_MAX,
    MERGED_CELLS_MAX,
    PACKING_RATIO_FREE_BYTES,
    PACKING_RATIO_MAX,
    PARTS_MAX,
    ROWS_MAX,
    UNPACKED_BYTES_MAX,
)
from connectors.aef_files.refusals import FileFault, FileRefusedError

_PIECE_BYTES: Final = 2**20
_TAG_BYTES_MAX: Final = 2**20
_PREFIX = rb"<(?:[A-Za-z_][\w.-]*:)?"
_DECLARATION = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_ENCODING = re.compile(rb"""^(?:\xef\xbb\xbf)?<\?xml[^>]*encoding\s*=\s*["']([^"']*)["']""")
_MERGE_TAG = re.compile(_PREFIX + rb"mergeCell[\s/>]")
_SHEET_DATA = re.compile(_PREFIX + rb"sheetData[\s/>]")
_FORMULA = re.compile(_PREFIX + rb"f[\s/>]")
_TAG = re.compile(_PREFIX + rb"(?:c|row)[\s/>]")
# Columns A to BL (64) and rows 1 to 300,000: COLUMNS_MAX and ROWS_MAX as text.
_COLUMN = rb"(?:[A-Z]|A[A-Z]|B[A-L])"
_ROW_NUMBER = rb"(?:[1-9]\d{0,4}|[12]\d{5}|300000)"
_TAME_PLACE = rb"""(?:"%(c)s?%(r)s"|'%(c)s?%(r)s')""" % {b"c": _COLUMN, b"r": _ROW_NUMBER}
_OTHER = rb"""(?:\s+(?!r\s*=)[\w:.-]+=(?:"[^"<]*"|'[^'<]*'))*"""
_TAME_TAG = re.compile(
    _PREFIX + rb"(?:c|row)" + _OTHER + rb"(?:\s+r=" + _TAME_PLACE + rb")?" + _OTHER + rb"\s*/?>"
)
# Quick to search for; also met in the text of cells, so a hit is looked at more closely.
_WILD_PLACE = re.compile(rb"\sr\s*=\s*(?!" + _TAME_PLACE + rb")")
_CORNER = b"(" + _COLUMN + b")(" + _ROW_NUMBER + b")"
_MERGED = re.compile(rb"""mergeCell\s+ref=["']""" + _CORNER + b":" + _CORNER + rb"""["']""")
_UTF16_STARTS = (b"\xff\xfe", b"\xfe\xff", b"<\x00", b"\x00<")


def admit_workbook(data: bytes) -> None:
    """Let a workbook pass, or say why not.

    Raises:
        FileRefusedError: with any of the faults of the closed list that bytes can show.
    """
    if len(data) > FILE_BYTES_MAX:
        raise FileRefusedError(FileFault.TOO_LARGE)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            _admit_package(package)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as cause:
        raise FileRefusedError(FileFault.NOT_A_WORKBOOK) from cause
    except (zipfile.LargeZipFile, OSError, ValueError) as cause:
        raise FileRefusedError(FileFault.DAMAGED) from cause


def _admit_package(package: zipfile.ZipFile) -> None:
    parts = package.infolist()
    names = [part.filename.casefold() for part in parts]
    if len(parts) > PARTS_MAX:
        raise FileRefusedError(FileFault.TOO_MANY_PARTS)
    if len(set(names)) < len(names):
        raise FileRefusedError(FileFault.DAMAGED, "a part is there twice")
    if "xl/workbook.xml" not in names:
        raise FileRefusedError(FileFault.NOT_A_WORKBOOK)
    for name in names:
        if name.endswith("vbaproject.bin"):
            raise FileRefusedError(FileFault.MACRO, name)
        if "/externallinks/" in name:
            raise FileRefusedError(FileFault.EXTERNAL_LINK, name)
    unpacked = 0
    for part in parts:
        unpacked = _admit_part(package, part, unpacked)


def _admit_part(package: zipfile.ZipFile, part: zipfile.ZipInfo, unpacked: int) -> int:
    scan = _PartScan(part.filename)
    size = 0
    with package.open(part) as stream:
        while piece := stream.read(_PIECE_BYTES):
            size += len(piece)
            if unpacked + size > UNPACKED_BYTES_MAX:
                raise FileRefusedError(FileFault.ZIP_BOMB, part.filename)
            if size > max(PACKING_RATIO_FREE_BYTES, PACKING_RATIO_MAX * part.compress_size):
                raise FileRefusedError(FileFault.ZIP_BOMB, part.filename)
            scan.feed(piece)
    scan.finish()
    return unpacked + size


class _PartScan:
    """Looks for what is dangerous in one part, piece by piece."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._rest = b""
        self._started = False
        self._is_sheet = False
        self._has_formula = False
        self._is_wild = False
        self._is_endless = False
        self._merged_cells = 0
        self._rows = 0

    def feed(self, piece: bytes) -> None:
        if not self._started:
            self._check_encoding(piece)
            self._started = True
        text = self._rest + piece
        # A tag that the piece cuts in two is looked at with the next piece.
        cut = text.rfind(b"<")
        if cut < 0:
            self._rest = text[-1:] if len(text) > _TAG_BYTES_MAX else text
            return
        self._look(text[:cut])
        self._rest = text[cut:]
        if len(self._rest) > _TAG_BYTES_MAX:
            # No tag and no cell of a sheet is as long; in other parts nothing is lost.
            self._is_endless = True
            self._rest = b""

    def finish(self) -> None:
        self._look(self._rest)
        if not self._is_sheet:
            return
        if self._has_formula:
            raise FileRefusedError(FileFault.FORMULA, self._name)
        if self._rows > ROWS_MAX:
            raise FileRefusedError(FileFault.TOO_MANY_ROWS, self._name)
        if self._is_endless:
            raise FileRefusedError(FileFault.CELL_TOO_LONG, self._name)
        if self._is_wild:
            raise FileRefusedError(FileFault.OUT_OF_BOUNDS, self._name)

    def _check_encoding(self, piece: bytes) -> None:
        declared = _ENCODING.match(piece)
        if piece.startswith(_UTF16_STARTS):
            raise FileRefusedError(FileFault.FOREIGN_ENCODING, self._name)
        if declared is not None and declared[1].lower() not in {b"utf-8", b"us-ascii"}:
            raise FileRefusedError(FileFault.FOREIGN_ENCODING, self._name)

    def _look(self, text: bytes) -> None:
        if _DECLARATION.search(text):
            raise FileRefusedError(FileFault.ENTITY_DECLARATION, self._name)
        self._is_sheet = self._is_sheet or _SHEET_DATA.search(text) is not None
        self._has_formula = self._has_formula or _FORMULA.search(text) is not None
        self._rows += text.count(b"<row") + text.count(b":row")
        if b"mergeCell" in text:
            self._look_at_merges(text)
        if not self._is_wild and _WILD_PLACE.search(text):
            self._is_wild = len(_TAG.findall(text)) > len(_TAME_TAG.findall(text))

    def _look_at_merges(self, text: bytes) -> None:
        tags = len(_MERGE_TAG.findall(text))
        ranges = _MERGED.findall(text)
        self._is_wild = self._is_wild or len(ranges) < tags
        for left, top, right, bottom in ranges:
            height = int(bottom) - int(top) + 1
            self._merged_cells += height * (_column(right) - _column(left) + 1)
        if self._merged_cells > MERGED_CELLS_MAX:
            self._is_wild = True


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number
