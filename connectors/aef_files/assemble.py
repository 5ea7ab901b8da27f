"""Puts the tables found in a file together to one report, whichever generation they are of."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from connectors.aef_files.headers import Found
from connectors.aef_files.reading import Generation, ReadFile, ReadNote
from connectors.aef_files.refusals import FileFault, FileRefusedError
from schema.aef.draft import DraftTable, rows_of_draft
from schema.aef.fields import Table
from schema.aef.rows import Row, SheetPlace, report_from_rows, row_from_names
from schema.aef.tables import SPEC, SUBMISSION
from schema.aef.values import Value


@dataclass(slots=True, kw_only=True)
class Sheets:
    """The tables of a file as they are found, one after the other."""

    source: str = ""
    rows: dict[Table, list[Row]] = field(default_factory=dict)
    places: dict[Table, SheetPlace] = field(default_factory=dict)
    notes: list[ReadNote] = field(default_factory=list)
    generations: set[Generation] = field(default_factory=set)
    heading: dict[str, Value] = field(default_factory=dict)

    def add(self, found: Found, records: Sequence[Row], place: SheetPlace) -> None:
        """Take over one table.

        Raises:
            FileRefusedError: `TABLE_TWICE`.
        """
        table = found.table.table
        if table in self.places:
            raise FileRefusedError(FileFault.TABLE_TWICE, place.sheet)
        self._note_missing_columns(found, place.sheet)
        if isinstance(found.table, DraftTable):
            self._add_draft(found.table, records, place)
            return
        self.generations.add(Generation.CURRENT)
        self.rows[table] = list(records)
        self.places[table] = place

    def _add_draft(self, table: DraftTable, records: Iterable[Row], place: SheetPlace) -> None:
        self.generations.add(Generation.DRAFT)
        split = rows_of_draft(table, records)
        self.rows[table.table] = list(split.rows)
        known = self.rows.setdefault(Table.AUTHORIZATIONS, [])
        known.extend(row for row in split.authorizations if row not in known)
        spec_fields = {
            spec_field.index: spec_field
            for spec_field in table.fields
            if spec_field.target is not None and spec_field.target[0] is table.table
        }
        columns = {
            SPEC[table.table][spec_fields[index].name].index: letters
            for index, letters in place.columns.items()
            if index in spec_fields
        }
        self.places[table.table] = SheetPlace(sheet=place.sheet, columns=columns)

    def _note_missing_columns(self, found: Found, where: str) -> None:
        missing = [
            spec_field.header
            for spec_field in found.table.fields
            if spec_field.index not in found.columns
        ]
        if missing:
            message = f"columns not found: {', '.join(missing)}"
            self.notes.append(ReadNote(where=where, message=message))


def assemble(sheets: Sheets, names: tuple[str, ...] = ()) -> ReadFile:
    """Return what was read.

    Raises:
        FileRefusedError: `NO_TABLE` when nothing of an AEF was found, `TABLE_TWICE` when tables of
            both generations were.
    """
    if not sheets.generations:
        raise FileRefusedError(FileFault.NO_TABLE)
    if len(sheets.generations) > 1:
        raise FileRefusedError(FileFault.TABLE_TWICE, "tables of both generations")
    rows: dict[Table, list[Row]] = dict(sheets.rows)
    if sheets.heading and Table.SUBMISSION not in rows:
        rows[Table.SUBMISSION] = [row_from_names(SUBMISSION, sheets.heading)]
    return ReadFile(
        report=report_from_rows(rows, places=sheets.places, source=sheets.source),
        generation=next(iter(sheets.generations)),
        notes=tuple(sheets.notes),
        sheets=names,
    )
