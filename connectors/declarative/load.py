"""Loads one file through one profile: records, and a report in which nothing is unaccounted for."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from connectors.declarative.amounts import measure
from connectors.declarative.cells import shown
from connectors.declarative.checks import apply_checks
from connectors.declarative.dates import Period
from connectors.declarative.faults import Fault
from connectors.declarative.grids import Grid, grids
from connectors.declarative.headers import Table, find_table
from connectors.declarative.limits import LISTED_MAX, VALUES_COUNTED_MAX
from connectors.declarative.mapping import Mapped, RowMapper
from connectors.declarative.profile import SourceProfile
from connectors.declarative.records import Record, Value
from connectors.declarative.report import LoadReport, Remark, Rows
from schema.formats.parsed import ParsedIdentifier


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """The records of a file in its order, and what became of all its rows."""

    records: tuple[Record, ...]
    report: LoadReport


def load(data: bytes, profile: SourceProfile, *, source: str, name: str = "") -> Loaded:
    """Load the bytes of a file; `source` and `name` (of the profile) are for the report.

    Raises:
        SourceRefusedError: the file as a whole cannot be read; nothing of it was taken.
    """
    return load_grids(grids(data, profile.reading), profile, data=data, source=source, name=name)


def load_grids(
    found: Iterable[Grid], profile: SourceProfile, *, data: bytes, source: str, name: str
) -> Loaded:
    """Load grids that were made elsewhere, such as from the pages of an interface.

    Raises:
        SourceRefusedError: as `load`.
    """
    table = find_table(found, profile)
    mapper = RowMapper(profile, table)
    rows = list(mapper.map())
    apply_checks(rows, profile.checks)
    records = tuple(mapped.record for mapped in rows if mapped.record is not None)
    refused = [_refusal(mapped) for mapped in rows if mapped.record is None]
    findings = [
        Remark(row=each.row, field=each.field, fault=each.fault, words=each.words)
        for mapped in rows
        for each in mapped.findings
    ]
    lines = list(table.rows())
    written = sum(not line.is_blank for line in lines)
    report = LoadReport(
        source=source,
        profile=name or profile.title,
        record=profile.record,
        digest=sha256(data).hexdigest(),
        size_bytes=len(data),
        encoding=table.grid.encoding,
        found_in=table.grid.words,
        header_row=table.header.number,
        rows=Rows(in_file=written, taken=len(records), refused=len(refused)),
        blank_rows=len(lines) - written,
        amounts=tuple(measure(rows, mapper, wanted) for wanted in profile.measures),
        refused=tuple(refused[:LISTED_MAX]),
        findings=tuple(findings[:LISTED_MAX]),
        faults=dict(Counter(each.fault for each in refused)),
        oddities=dict(Counter(each.fault for each in findings)),
        unknown_codes=_unknown_codes(rows),
        counts={field: _count(records, field) for field in profile.counts},
        columns_missing=_missing(table, profile),
        columns_unknown=_unknown(table),
        notes=profile.notes,
    )
    return Loaded(records=records, report=report)


def _refusal(mapped: Mapped) -> Remark:
    first = mapped.refused[0]
    return Remark(
        row=first.row,
        field=first.field,
        fault=first.fault,
        words=first.words,
        more=len(mapped.refused) - 1,
    )


def _unknown_codes(rows: Iterable[Mapped]) -> dict[str, dict[str, int]]:
    found: dict[str, Counter[str]] = {}
    for mapped in rows:
        for finding in mapped.findings:
            if finding.fault is Fault.CODE_UNKNOWN:
                found.setdefault(finding.field, Counter())[finding.words] += 1
    return {field: dict(words.most_common(VALUES_COUNTED_MAX)) for field, words in found.items()}


def _count(records: Iterable[Record], field: str) -> dict[str, int]:
    values = Counter(_word(record.values.get(field)) for record in records)
    return dict(values.most_common(VALUES_COUNTED_MAX))


def _word(value: Value) -> str:
    match value:
        case None | ():
            return "(blank)"
        case Period():
            return f"{value.first} to {value.last}"
        case tuple():
            return "; ".join(_word(each) for each in value)
        case ParsedIdentifier():
            return value.raw
        case _:
            return shown(str(value))


def _missing(table: Table, profile: SourceProfile) -> tuple[str, ...]:
    return tuple(
        name
        for name, mapping in profile.fields.items()
        if mapping.columns and name not in table.columns
    )


def _unknown(table: Table) -> tuple[str, ...]:
    read = set(table.columns.values()) | {column for also in table.also.values() for column in also}
    return tuple(name for index, name in enumerate(table.names) if index not in read)
