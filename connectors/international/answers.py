"""Answers of CARP: the workbook as we sent it, its own cells filled, and a sheet of results."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum, unique
from hashlib import sha256
from itertools import islice, zip_longest
from typing import Final

import python_calamine as calamine

from connectors.aef_files.headers import fold_header
from connectors.aef_files.limits import COLUMNS_MAX
from connectors.aef_files.reading import Generation, ReadNote
from connectors.aef_files.refusals import FileFault, FileRefusedError
from connectors.aef_files.results_writer import RESULTS_SHEET
from connectors.aef_files.workbook_reader import read_workbook
from connectors.international.carp_cells import Cell, filled_by_carp, own_cells, own_fields
from connectors.international.names import SubmissionName, parse_file_name, parse_version
from schema.aef.countries import read_party
from schema.aef.fields import Table
from schema.aef.rows import Report
from schema.aef.tables import SUBMISSION
from schema.aef.values import collapse, print_value, provided_text
from schema.identifiers import IdentifierError, parse_party_id

RESULT_ROWS_MAX: Final = 100_000
DIFFERENCES_MAX: Final = 1_000
_TEXT_CHARS_MAX: Final = 4_000


@unique
class Verdict(StrEnum):
    """What the platform says about the submission as a whole."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_SAID = "not said"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A cell of the answer that is not what was sent, though it is none of CARP's."""

    table: Table
    record: int
    header: str
    sent: str
    answered: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CarpAnswer:
    """One answer, as it is; what it means for a unit is the hub's to work out."""

    file_name: str
    digest: str
    """SHA-256 of the file, in hexadecimal."""
    submission: SubmissionName | None
    """From Table 1; from the file's name where Table 1 does not say it."""
    name_disagrees: bool
    """Whether the name of the file says another submission than its Table 1."""
    verdict: Verdict
    words: str
    """The cell with the result of the consistency check, as it is."""
    cells: tuple[Cell, ...]
    """Every cell that CARP has filled."""
    results: tuple[tuple[str, ...], ...]
    """The rows of the sheet of results, its header first; empty when there is none."""
    report: Report
    generation: Generation
    notes: tuple[ReadNote, ...]

    def differences(self, sent: Report) -> tuple[Difference, ...]:
        """Compare with what was sent: nobody else changes a Party's own cells unnoticed."""
        return tuple(islice(_differences(sent, self.report), DIFFERENCES_MAX))


def read_answer(data: bytes, file_name: str) -> CarpAnswer:
    """Read one answer.

    Raises:
        FileRefusedError: the workbook is damaged, hostile, or holds no table of the AEF.
    """
    read = read_workbook(data, source=file_name)
    heading = read.report.submission
    words = collapse(print_value(heading.values[SUBMISSION["check_result"].index]))
    by_table, by_name = _by_table(read.report), parse_file_name(file_name)
    cells = tuple(filled_by_carp(read.report))
    return CarpAnswer(
        file_name=file_name,
        digest=sha256(data).hexdigest(),
        submission=by_table or by_name,
        name_disagrees=None not in {by_table, by_name} and by_table != by_name,
        verdict=_verdict(words if any(_is_check(cell) for cell in cells) else "", file_name),
        words=words,
        cells=cells,
        results=tuple(_results(data)),
        report=read.report,
        generation=read.generation,
        notes=read.notes,
    )


def _is_check(cell: Cell) -> bool:
    return (cell.table, cell.field.name) == (Table.SUBMISSION, "check_result")


def _by_table(report: Report) -> SubmissionName | None:
    values = report.submission.values
    party, year, version = (
        provided_text(values[SUBMISSION[name].index])
        for name in ("party", "reported_year", "version")
    )
    try:
        code = parse_party_id(read_party(party))
        major, minor = parse_version(version if "." in version else f"{version}.0")
        return SubmissionName(code, int(year), major, minor)
    except (IdentifierError, ValueError):
        return None


def _verdict(words: str, file_name: str) -> Verdict:
    """Read the cell; where it is silent, the word that the checker puts into the name."""
    told = words.casefold() or file_name.casefold()
    if "fail" in told or "inconsistent" in told:
        return Verdict.FAILED
    if "passed" in told or "consistent" in told:
        return Verdict.PASSED
    return Verdict.NOT_SAID


def _results(data: bytes) -> Iterator[tuple[str, ...]]:
    try:
        with calamine.load_workbook(io.BytesIO(data)) as book:
            wanted = fold_header(RESULTS_SHEET)
            name = next((each for each in book.sheet_names if fold_header(each) == wanted), None)
            if name is None:
                return
            sheet = book.get_sheet_by_name(name)
            if sheet.start is None:
                return
            if sheet.total_height > RESULT_ROWS_MAX or sheet.total_width > COLUMNS_MAX:
                raise FileRefusedError(FileFault.TOO_MANY_ROWS, name)
            for row in sheet.iter_rows():
                texts = tuple(_text(cell) for cell in row)
                if any(texts):
                    yield texts
    except calamine.CalamineError as cause:
        raise FileRefusedError(FileFault.DAMAGED, RESULTS_SHEET) from cause


def _text(cell: object) -> str:
    return collapse("" if cell is None else str(cell))[:_TEXT_CHARS_MAX]


def _differences(sent: Report, answered: Report) -> Iterator[Difference]:
    for table in Table:
        headers = [field.header for field in own_fields(table)]
        ours, theirs = own_cells(sent, table), own_cells(answered, table)
        blank: Sequence[str] = ("",) * len(headers)
        for record, (mine, yours) in enumerate(zip_longest(ours, theirs, fillvalue=blank)):
            for header, was, became in zip(headers, mine, yours, strict=True):
                if was != became:
                    yield Difference(
                        table=table, record=record, header=header, sent=was, answered=became
                    )
