"""From rows to records: each row is taken whole, or refused with its first reason."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from connectors.declarative.cells import has_html, shown
from connectors.declarative.faults import CellError, Fault
from connectors.declarative.grids import Line
from connectors.declarative.headers import Table
from connectors.declarative.profile import SourceProfile
from connectors.declarative.records import FIELDS, Finding, Record, RefusedRow, Value
from connectors.declarative.values import CellReader
from schema.formats.parsed import ParsedIdentifier


@dataclass(slots=True)
class Mapped:
    """What one row became: a record with findings, or a refusal."""

    line: Line
    record: Record | None = None
    refused: list[RefusedRow] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def refuse(self, name: str, fault: Fault, words: str) -> None:
        """Note a reason for which the row cannot be taken."""
        self.refused.append(
            RefusedRow(row=self.line.number, field=name, fault=fault, words=shown(words))
        )

    def report(self, name: str, fault: Fault, words: str) -> None:
        """Note something odd that does not stop the row."""
        self.findings.append(
            Finding(row=self.line.number, field=name, fault=fault, words=shown(words))
        )


class RowMapper:
    """Maps the rows of one table; made once for a file."""

    def __init__(self, profile: SourceProfile, table: Table) -> None:
        self._profile = profile
        self._table = table
        self._names = table.names
        specs = FIELDS[profile.record]
        self.readers: Mapping[str, CellReader] = {
            name: CellReader(specs[name], mapping, profile.party_names)
            for name, mapping in profile.fields.items()
        }

    def map(self) -> Iterator[Mapped]:
        """Map each row that is not blank, in order."""
        for line in self._table.rows():
            if not line.is_blank:
                yield self._row(line)

    def raw(self, line: Line, name: str) -> str:
        """Return the cell of a field as written; the constant where it has no column."""
        column = self._table.columns.get(name)
        if column is None:
            return self._profile.fields[name].constant
        return line.cells[column] if column < len(line.cells) else ""

    def _row(self, line: Line) -> Mapped:
        mapped = Mapped(line)
        if len(line.cells) != len(self._table.header.cells):
            words = f"{len(line.cells)} cells under {len(self._table.header.cells)} headers"
            mapped.refuse("", Fault.ROW_SHAPE, words)
            return mapped
        values = {name: self._value(line, name, mapped) for name in self._profile.fields}
        if not mapped.refused:
            cells = dict(zip(self._names, line.cells, strict=True))
            mapped.record = Record(
                kind=self._profile.record, row=line.number, values=values, cells=cells
            )
        return mapped

    def _value(self, line: Line, name: str, mapped: Mapped) -> Value:
        raw = self.raw(line, name)
        mapping = self._profile.fields[name]
        try:
            value = self.readers[name].read(raw)
        except CellError as cause:
            mapped.refuse(name, cause.fault, cause.words)
            return None
        if mapping.required and value in (None, ()):
            mapped.refuse(name, Fault.MISSING, raw or "blank")
        if not mapping.html and has_html(raw):
            mapped.report(name, Fault.HTML_LEFT, raw)
        if not self.readers[name].knows(value):
            mapped.report(name, Fault.CODE_UNKNOWN, str(value))
        if isinstance(value, ParsedIdentifier) and value.findings:
            mapped.report(name, Fault.ODD_IDENTIFIER, f"{', '.join(value.findings)}: {raw!r}")
        self._compare(line, name, value, mapped)
        return value

    def _compare(self, line: Line, name: str, value: Value, mapped: Mapped) -> None:
        for column in self._table.also[name]:
            other = line.cells[column]
            try:
                agrees = self.readers[name].read(other) == value
            except CellError:
                agrees = False
            if not agrees:
                words = f"{self.raw(line, name)!r} and {other!r} ({self._names[column]})"
                mapped.report(name, Fault.COLUMNS_DISAGREE, words)
