"""What reading an AEF file gives: the report as written, and what a reader should know about it."""

from dataclasses import dataclass
from enum import StrEnum

from schema.aef.rows import Report


class Generation(StrEnum):
    """Which version of the format a file has."""

    CURRENT = "4/CMA.6, annex II"
    DRAFT = "6/CMA.4, annex VII"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadNote:
    """Something in the file that was passed over or understood with leniency."""

    where: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFile:
    """A file that was read. `sheets` are the names in the order of the workbook."""

    report: Report
    generation: Generation
    notes: tuple[ReadNote, ...] = ()
    sheets: tuple[str, ...] = ()
