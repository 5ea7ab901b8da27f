"""The earlier draft of the format (6/CMA.4, annex VII): a heading, 26 action and 19 holding fields.

The draft repeats authorization data in every row. Each of its fields names where the value lives
in the current format; `rows_of_draft` splits such rows into actions or holdings and authorizations.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from schema.aef.fields import Table
from schema.aef.rows import Row, row_from_names
from schema.aef.tables import ACTIONS, AUTHORIZATIONS, HOLDINGS, SPEC
from schema.aef.values import Kind, Value, is_provided, provided_text


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftField:
    """One column of the draft: its header, footnote letter and place in the current format.

    `target` is None for what the current format dropped, which stays readable as `name`.
    """

    index: int
    name: str
    header: str
    footnote: str
    kind: Kind
    target: tuple[Table, str] | None
    technical_name: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftTable:
    """One table of the draft, with its place in the templates met so far (rows count from 1)."""

    sheet: str
    title: str
    header_row: int
    first_data_row: int
    fields: tuple[DraftField, ...]
    table: Table


_BLOCK_COLUMNS = """
record_id                 | Article 6 database record ID                |   | -
approach_id               | Cooperative approach                        | a | row
first_id                  | First unique identifier                     | b | row
last_id                   | Last unique identifier                      | c | row
first_unit_id             | Underlying unit block start ID              | d | row
last_unit_id              | Underlying unit block last ID               | e | row
metric                    | Metric                                      | f | row
quantity_non_ghg          | Quantity (expressed in metric)              | g | row
quantity_tco2e            | Quantity (t CO2 eq)                         |   | row
conversion_factor         | Conversion factor (reporting Party)         | h | -
first_transferring_party  | First transferring participating Party      | i | row
vintage                   | Vintage                                     | j | row
sectors                   | Sector(s)                                   | k | authorization
activity_types            | Activity type(s)                            | l | authorization
authorized_on             | Date of authorization                       | m | authorization
authorization_id          | Authorization ID                            | n | row
purposes                  | Purposes for authorization                  |   | authorization
oimp_authorized           | OIMP authorized by the Party                | o | authorization
first_transfer_definition | First transfer definition                   | p | authorization
"""
_ACTION_COLUMNS = """
date                      | Action date                                 | q | row
type                      | Action type                                 | r | row
transferring_party        | Transferring participating Party            | s | row
acquiring_party           | Acquiring participating Party               | t | row
oimp_purpose              | Purposes for cancellation                   | u | row
using_party               | Using participating Party or authorized entity or entities | | row
first_transfer            | First transfer                              | v | -
"""


def _fields(table: Table, lines: str) -> tuple[DraftField, ...]:
    return tuple(
        _field(table, index, line) for index, line in enumerate(lines.strip().splitlines()) if line
    )


def _field(table: Table, index: int, line: str) -> DraftField:
    name, header, footnote, where = (part.strip() for part in line.split("|"))
    targets = {"row": table, "authorization": Table.AUTHORIZATIONS}
    target = (targets[where], name) if where in targets else None
    kind = SPEC[target[0]][name].kind if target is not None else Kind.TEXT
    return DraftField(
        index=index, name=name, header=header, footnote=footnote, kind=kind, target=target
    )


DRAFT_ACTIONS = DraftTable(
    sheet="Actions",
    title="Actions",
    header_row=8,
    first_data_row=11,
    fields=_fields(Table.ACTIONS, _BLOCK_COLUMNS.strip() + _ACTION_COLUMNS),
    table=Table.ACTIONS,
)
DRAFT_HOLDINGS = DraftTable(
    sheet="Holdings",
    title="Holdings",
    header_row=4,
    first_data_row=7,
    fields=_fields(Table.HOLDINGS, _BLOCK_COLUMNS),
    table=Table.HOLDINGS,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftRows:
    """What a table of the draft says in the current format; equal authorizations are merged."""

    rows: tuple[Row, ...]
    authorizations: tuple[Row, ...]


def rows_of_draft(table: DraftTable, rows: Iterable[Row]) -> DraftRows:
    """Split rows of the draft into rows of the current format.

    The version of an authorization and its metric are not in the draft: the version stays empty,
    the metric is taken from the row. A draft row names no registry.
    """
    current: list[Row] = []
    authorizations: dict[tuple[Value, ...], Row] = {}
    for row in rows:
        own, authorization = _split(table, row)
        current.append(row_from_names(SPEC[table.table], own, number=row.number))
        if is_provided(own.get("authorization_id")):
            made = row_from_names(AUTHORIZATIONS, authorization)
            authorizations.setdefault(made.values, made)
    return DraftRows(rows=tuple(current), authorizations=tuple(authorizations.values()))


def _split(table: DraftTable, row: Row) -> tuple[dict[str, Value], dict[str, Value]]:
    own: dict[str, Value] = {}
    authorization: dict[str, Value] = {}
    for field, value in zip(table.fields, row.values, strict=True):
        if field.target is not None:
            target = authorization if field.target[0] is Table.AUTHORIZATIONS else own
            target[field.name] = value
    for shared in ("authorization_id", "approach_id", "metric"):
        authorization[shared] = own.get(shared)
    if not _is_non_ghg(own.get("metric")):
        # In the draft this column also repeats the tonnes of a GHG row.
        own["quantity_non_ghg"] = None
    return own, authorization


def draft_row(
    table: DraftTable, row: Row, authorizations: Mapping[str, Row], *, number: int = 0
) -> Row:
    """Write one current row in the draft, with the data of its authorization repeated.

    The record ID, the conversion factor and the first transfer mark stay empty: the first is given
    by the platform, the others are not in the current format.
    """
    spec = ACTIONS if table.table is Table.ACTIONS else HOLDINGS
    cited = provided_text(row.values[spec["authorization_id"].index])
    authorization = authorizations.get(cited)
    cells: list[Value] = []
    metric = spec["metric"].index
    for field in table.fields:
        if field.target is None:
            cells.append(None)
        elif field.name == "quantity_non_ghg" and not _is_non_ghg(row.values[metric]):
            # The draft repeats the tonnes of a GHG row as its quantity in the metric.
            cells.append(row.values[spec["quantity_tco2e"].index])
        elif field.target[0] is table.table:
            cells.append(row.values[spec[field.name].index])
        elif authorization is None:
            cells.append(None)
        else:
            cells.append(authorization.values[AUTHORIZATIONS[field.name].index])
    return Row(values=tuple(cells), number=number)


def _is_non_ghg(metric: Value) -> bool:
    return provided_text(metric).casefold() == "non-ghg"
