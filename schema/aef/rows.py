"""Raw rows: one record of one table exactly as a file or a ledger gave it.

Raw rows keep wrong values on purpose; validation speaks about them. What a row *means* is read by
`schema.aef.records`.
"""

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec

from schema.aef.fields import Field, Table, TableSpec
from schema.aef.tables import SPEC
from schema.aef.values import Value


class Row(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One record: its values in the order of the table's fields.

    `number` is the row of the sheet or the line of the file, counted from 1; 0 when the record
    comes from no file.
    """

    values: tuple[Value, ...]
    number: int = 0


class UnknownKeyError(ValueError):
    """A JSON key that no field of the table has."""


def row_from_keys(
    spec: TableSpec,
    values: Mapping[str, Value],
    fields: Mapping[str, Field] | None = None,
    *,
    number: int = 0,
) -> Row:
    """Build a row from published JSON keys, misspelt ones included.

    `fields` is `spec.by_key()`, for callers that build many rows. Raises UnknownKeyError for a key
    that is not of this table, or for two spellings of one key.
    """
    known = spec.by_key() if fields is None else fields
    cells: list[Value] = [None] * len(spec.fields)
    filled: set[int] = set()
    for key, value in values.items():
        field = known.get(key)
        if field is None or field.index in filled:
            message = f"{key} is not a key of {spec.title}, or is there in two spellings"
            raise UnknownKeyError(message)
        cells[field.index] = value
        filled.add(field.index)
    return Row(values=tuple(cells), number=number)


def row_from_names(spec: TableSpec, values: Mapping[str, Value], *, number: int = 0) -> Row:
    """Build a row from field names; a name the table does not have is a KeyError."""
    cells: list[Value] = [None] * len(spec.fields)
    for name, value in values.items():
        cells[spec[name].index] = value
    return Row(values=tuple(cells), number=number)


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetPlace:
    """Where the cells of one table stand in a file: field index to column letters.

    `fixed_rows` is for the vertical Table 1 only: field index to row.
    """

    sheet: str
    columns: Mapping[int, str]
    fixed_rows: Mapping[int, int] = dataclasses.field(default_factory=dict)

    def cell(self, field_index: int, row_number: int) -> str | None:
        """Return the A1 address of a field, or None when the file has no such column."""
        letters = self.columns.get(field_index)
        row = self.fixed_rows.get(field_index, row_number)
        return None if letters is None or row < 1 else f"{letters}{row}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One submission as written: the rows of the five tables and where they stand.

    `source` names the file or system for the reader of a finding; it has no meaning for rules.
    """

    submission: Row
    authorizations: tuple[Row, ...] = ()
    actions: tuple[Row, ...] = ()
    holdings: tuple[Row, ...] = ()
    entities: tuple[Row, ...] = ()
    places: Mapping[Table, SheetPlace] = dataclasses.field(default_factory=dict)
    source: str = ""

    def rows(self, table: Table) -> tuple[Row, ...]:
        """Return the rows of one table; Table 1 has exactly one."""
        match table:
            case Table.SUBMISSION:
                return (self.submission,)
            case Table.AUTHORIZATIONS:
                return self.authorizations
            case Table.ACTIONS:
                return self.actions
            case Table.HOLDINGS:
                return self.holdings
            case Table.ENTITIES:
                return self.entities


def report_from_rows(
    rows: Mapping[Table, Iterable[Row]],
    *,
    places: Mapping[Table, SheetPlace] | None = None,
    source: str = "",
) -> Report:
    """Put the rows of the tables together; a missing Table 1 becomes an empty row."""
    submission = tuple(rows.get(Table.SUBMISSION, ()))
    empty = Row(values=(None,) * len(SPEC[Table.SUBMISSION].fields))
    return Report(
        submission=submission[0] if submission else empty,
        authorizations=tuple(rows.get(Table.AUTHORIZATIONS, ())),
        actions=tuple(rows.get(Table.ACTIONS, ())),
        holdings=tuple(rows.get(Table.HOLDINGS, ())),
        entities=tuple(rows.get(Table.ENTITIES, ())),
        places={} if places is None else places,
        source=source,
    )
