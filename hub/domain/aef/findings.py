"""A finding: what is wrong where, by which rule, and what to do about it."""

from collections.abc import Iterable
from dataclasses import dataclass

from typing_extensions import override

from hub.domain.aef.codes import CATALOGUE, FindingCode, Severity
from schema.aef.fields import Field, Table
from schema.aef.results import CheckResult
from schema.aef.rows import Report, Row
from schema.aef.tables import SPEC
from schema.aef.values import Value, print_value

_PARTY = SPEC[Table.SUBMISSION]["party"].index
FINDINGS_MAX = 20_000
"""More findings than this say nothing new; a check stops collecting there and says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Locus:
    """Where a finding points: a table of a submission, and as precisely as known a row and cell.

    `row_index` counts the rows of the table from 0; `row_number` is the row in the file; `party` is
    the reporting Party as Table 1 has it.
    """

    table: Table
    field: Field | None = None
    row_index: int | None = None
    row_number: int | None = None
    sheet: str | None = None
    cell: str | None = None
    source: str = ""
    party: str = ""
    value: str = ""

    @property
    def key(self) -> str | None:
        """The published JSON key of the field."""
        return None if self.field is None else self.field.key

    def describe(self) -> str:
        """Name the place together with the Party that reports it, and the value there."""
        owner = f"{self.party}: " if self.party else ""
        return f"{owner}{self}" + (f" ({self.value})" if self.value else "")

    @override
    def __str__(self) -> str:
        """Name the place as a reader would look for it."""
        where = self.sheet or SPEC[self.table].title
        if self.cell is not None:
            return f"{where}!{self.cell}"
        return where if self.row_index is None else f"{where}, record {self.row_index + 1}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong or worth a look.

    `related` points to the rows on the other side, in this or another submission.
    """

    code: FindingCode
    severity: Severity
    locus: Locus
    message: str
    related: tuple[Locus, ...] = ()

    @property
    def rule(self) -> str:
        """The rule that is broken, with its paragraph where one is known."""
        field = self.locus.field
        stated = CATALOGUE[self.code].rule
        return stated if field is None else f"{stated} ({field.header}: {field.rule})"

    @property
    def advice(self) -> str:
        """What to do about it."""
        return CATALOGUE[self.code].advice


def locate(report: Report, table: Table, row_index: int, field: Field | None = None) -> Locus:
    """Point to a row of a report, and to a cell of it when a field is named."""
    row = report.rows(table)[row_index]
    place = report.places.get(table)
    cell = None if field is None or place is None else place.cell(field.index, row.number)
    return Locus(
        table=table,
        field=field,
        row_index=row_index,
        row_number=row.number or None,
        sheet=None if place is None else place.sheet,
        cell=cell,
        source=report.source,
        party=print_value(report.submission.values[_PARTY]),
        value="" if field is None else print_value(_value(row, field)),
    )


def result_of(finding: Finding) -> CheckResult:
    """Say a finding in words, for files and pages."""
    locus = finding.locus
    return CheckResult(
        code=finding.code.value,
        severity=finding.severity.value,
        table=locus.table.value,
        message=finding.message,
        rule=finding.rule,
        advice=finding.advice,
        sheet=locus.sheet or "",
        cell=locus.cell or "",
        record=None if locus.row_index is None else locus.row_index + 1,
        field="" if locus.field is None else locus.field.header,
        value=locus.value,
        related=tuple(related.describe() for related in finding.related),
    )


def is_submittable(findings: Iterable[Finding]) -> bool:
    """Say whether nothing stands in the way of submitting."""
    return not any(finding.severity is Severity.ERROR for finding in findings)


def _value(row: Row, field: Field) -> Value:
    return row.values[field.index]
