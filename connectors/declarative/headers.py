"""Finds the row of headers and the column of each field, whatever stands above it or beside."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice

from connectors.declarative.cells import fold
from connectors.declarative.faults import SourceFault, SourceRefusedError
from connectors.declarative.grids import Grid, Line
from connectors.declarative.limits import HEADER_SEARCH_ROWS_MAX
from connectors.declarative.profile import SourceProfile


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A grid with its header found. Columns count from 0."""

    grid: Grid
    header: Line
    header_index: int
    """Where the header stands among the lines of the grid."""
    columns: Mapping[str, int]
    """Field to column."""
    also: Mapping[str, tuple[int, ...]]
    """Field to the columns that repeat it."""

    @property
    def names(self) -> tuple[str, ...]:
        """The headers, each once: a repeated or empty one gets its position."""
        names: list[str] = []
        for index, cell in enumerate(self.header.cells, start=1):
            name = " ".join(cell.split())
            names.append(name if name and name not in names else f"{name}#{index}")
        return tuple(names)

    def rows(self) -> Iterable[Line]:
        """Return the lines below the header, blank ones included."""
        return islice(self.grid.lines, self.header_index + 1, None)


def find_table(grids: Iterable[Grid], profile: SourceProfile) -> Table:
    """Return the table with the most columns of the profile, and all that it requires.

    Raises:
        SourceRefusedError: no row of any grid holds the required headers, or a field has two.
    """
    best: Table | None = None
    for grid in grids:
        for index, line in enumerate(islice(grid.lines, HEADER_SEARCH_ROWS_MAX)):
            found = _table(grid, index, line, profile)
            if found is not None and (best is None or len(found.columns) > len(best.columns)):
                best = found
    if best is None:
        raise SourceRefusedError(SourceFault.NO_HEADER, ", ".join(_required(profile)))
    _refuse_repeated(best)
    return best


def _required(profile: SourceProfile) -> list[str]:
    return [
        name for name, mapping in profile.fields.items() if mapping.required and mapping.columns
    ]


def _table(grid: Grid, index: int, line: Line, profile: SourceProfile) -> Table | None:
    places: dict[str, int] = {}
    for column, cell in enumerate(line.cells):
        places.setdefault(fold(cell), column)
    columns: dict[str, int] = {}
    also: dict[str, tuple[int, ...]] = {}
    for name, mapping in profile.fields.items():
        found = [places[folded] for header in mapping.columns if (folded := fold(header)) in places]
        if found:
            columns[name] = found[0]
        also[name] = tuple(
            places[folded] for header in mapping.also if (folded := fold(header)) in places
        )
    if not columns or any(name not in columns for name in _required(profile)):
        return None
    return Table(grid=grid, header=line, header_index=index, columns=columns, also=also)


def _refuse_repeated(table: Table) -> None:
    folded = [fold(cell) for cell in table.header.cells]
    for name, column in table.columns.items():
        if folded.count(folded[column]) > 1:
            raise SourceRefusedError(SourceFault.COLUMN_TWICE, f"{name}: {folded[column]}")
