"""The cells that CARP fills: never written by us, and the only ones that it may fill."""

from collections.abc import Iterator
from typing import NamedTuple

from schema.aef.fields import CARP_PLACEHOLDERS, Field, Obligation, Table, TableSpec
from schema.aef.rows import Report, Row
from schema.aef.tables import SPEC
from schema.aef.values import collapse, is_provided, print_value


class Cell(NamedTuple):
    """One cell of a report."""

    table: Table
    field: Field
    record: int
    """From 0, in the order of the table."""
    text: str


def filled_by_carp(report: Report) -> Iterator[Cell]:
    """Return the cells of CARP that hold anything but the template's own instruction."""
    for table in Table:
        for record, row in enumerate(report.rows(table)):
            for field, text in _texts(SPEC[table], row):
                if field.obligation is Obligation.CARP and text and text not in CARP_PLACEHOLDERS:
                    yield Cell(table, field, record, text)


def own_cells(report: Report, table: Table) -> list[tuple[str, ...]]:
    """Return the texts of all other cells of a table, row by row."""
    return [
        tuple(
            text
            for field, text in _texts(SPEC[table], row)
            if field.obligation is not Obligation.CARP
        )
        for row in report.rows(table)
    ]


def own_fields(table: Table) -> list[Field]:
    """Return the fields of a table that the reporting Party fills."""
    return [field for field in SPEC[table].fields if field.obligation is not Obligation.CARP]


def _texts(spec: TableSpec, row: Row) -> Iterator[tuple[Field, str]]:
    for field, value in zip(spec.fields, row.values, strict=True):
        yield field, collapse(print_value(value)) if is_provided(value) else ""
