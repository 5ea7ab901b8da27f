"""Finds the tables in a grid of cells by their header texts, wherever the columns have moved to.

Headers are compared without case, white space, punctuation and footnote letters, because files
have them as rich text, merged over several rows, or retyped by hand.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from schema.aef.draft import DRAFT_ACTIONS, DRAFT_HOLDINGS, DraftTable
from schema.aef.fields import Layout, Table, TableSpec
from schema.aef.tables import SUBMISSION, TABLES

HEADER_BAND_ROWS: Final = 3
"""Headers may be merged over up to three rows."""
_ENOUGH: Final = 0.5
"""A row is the header of a table when it has at least this share of the table's fields."""
# A letter in brackets at the end is a footnote mark; `Sector(s)` without a space is a plural.
_FOOTNOTE = re.compile(r"(?:\s+\([a-z]{1,2}\)|\((?!s\))[a-z]\)|[*\u2020\u2021]+)\s*$")
_NOT_A_LETTER = re.compile(r"[^a-z0-9]+")

Grid = Sequence[Sequence[object]]
AnyTable = TableSpec | DraftTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A table in a grid. Positions count from 0; `columns` maps field index to column.

    `last_header_row` is the last row of the header band; in a vertical table `rows` maps field
    index to row, and `columns` holds the column of the values.
    """

    table: AnyTable
    header_row: int
    last_header_row: int
    columns: Mapping[int, int]
    rows: Mapping[int, int]

    @property
    def share(self) -> float:
        """How much of the table's fields was found."""
        return len(self.columns) / len(self.table.fields)


def fold_header(text: str) -> str:
    """Reduce a header to its letters and digits."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return _NOT_A_LETTER.sub("", _FOOTNOTE.sub("", plain))


def find_table(grid: Grid, tables: Sequence[AnyTable] | None = None) -> Found | None:
    """Return the table whose header stands in the grid, the most complete one when several fit."""
    candidates: list[Found] = []
    folded = [[fold_header(cell) if isinstance(cell, str) else "" for cell in row] for row in grid]
    for table in horizontal_tables() if tables is None else tables:
        candidates.extend(_find_horizontal(folded, table))
    if tables is None:
        candidates.extend(_find_vertical(folded, SUBMISSION))
    fitting = [found for found in candidates if found.share >= _ENOUGH]
    return max(fitting, key=lambda found: (len(found.columns), found.share), default=None)


def horizontal_tables() -> tuple[AnyTable, ...]:
    """Return all tables of both generations that may stand with one record a row."""
    return (*TABLES, DRAFT_ACTIONS, DRAFT_HOLDINGS)


def title_table(text: str) -> Table | None:
    """Return the table of which a text is the title, such as `Table 3: Actions`."""
    folded = fold_header(text)
    for spec in TABLES:
        if folded in {fold_header(spec.title), fold_header(spec.sheet)}:
            return spec.table
    return None


@cache
def _labels(table: AnyTable) -> Mapping[str, int]:
    labels: dict[str, int] = {}
    for field in table.fields:
        for text in (field.header, field.technical_name, field.key):
            labels.setdefault(fold_header(text), field.index)
    return labels


def _find_horizontal(folded: list[list[str]], table: AnyTable) -> list[Found]:
    labels = _labels(table)
    found: list[Found] = []
    for start in range(len(folded)):
        columns: dict[int, int] = {}
        last = start
        for row in range(start, min(start + HEADER_BAND_ROWS, len(folded))):
            fresh = _matches(folded[row], labels, columns)
            if row == start and not fresh:
                break
            if fresh:
                columns |= fresh
                last = row
        if columns:
            found.append(
                Found(
                    table=table,
                    header_row=start,
                    last_header_row=last,
                    columns=columns,
                    rows={},
                )
            )
    return found


def _matches(
    cells: list[str], labels: Mapping[str, int], known: Mapping[int, int]
) -> dict[int, int]:
    fresh: dict[int, int] = {}
    taken = set(known.values())
    for column, text in enumerate(cells):
        index = labels.get(text) if text else None
        if index is not None and index not in known and column not in taken:
            fresh.setdefault(index, column)
    return fresh


def _find_vertical(folded: list[list[str]], spec: TableSpec) -> list[Found]:
    labels = _labels(spec)
    width = max((len(row) for row in folded), default=0)
    found: list[Found] = []
    for column in range(width):
        rows: dict[int, int] = {}
        for line, cells in enumerate(folded):
            index = labels.get(cells[column]) if column < len(cells) and cells[column] else None
            if index is not None:
                rows.setdefault(index, line)
        if len(rows) > 1:
            found.append(
                Found(
                    table=spec,
                    header_row=min(rows.values()),
                    last_header_row=max(rows.values()),
                    columns=dict.fromkeys(rows, column + 1),
                    rows=rows,
                )
            )
    return found


def is_vertical(found: Found) -> bool:
    """Say whether the records of a found table run downwards."""
    layout = found.table.layout if isinstance(found.table, TableSpec) else Layout.HORIZONTAL
    return layout is Layout.VERTICAL and bool(found.rows)
