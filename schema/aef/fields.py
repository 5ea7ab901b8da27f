"""The vocabulary of the field table: what one column of the AEF is and when it applies.

The AEF is decision 4/CMA.6, annex II; each column has a printed header, a technical name (list of
common nomenclatures under Article 6.2) and a key that published JSON interfaces use.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from schema.aef.values import Kind

CARP_PLACEHOLDER = "{Information in this field is populated by the CARP}"
CARP_LINK_PLACEHOLDER = "{Link to be produced by the CARP}"
CARP_PLACEHOLDERS = frozenset({CARP_PLACEHOLDER, CARP_LINK_PLACEHOLDER})
"""What the official template itself has in the fields of CARP; it counts as untouched."""


class Table(StrEnum):
    """The five tables of one submission; the values are the names used in issue reports."""

    SUBMISSION = "t1Submission"
    AUTHORIZATIONS = "t2Authorizations"
    ACTIONS = "t3Actions"
    HOLDINGS = "t4Holdings"
    ENTITIES = "t5AuthorizedEntities"


class Obligation(StrEnum):
    """Who has to fill a field, and whether it may stay empty."""

    REQUIRED = "required"
    OPTIONAL = "optional"
    CONDITIONAL = "conditional"
    CARP = "carp"
    """Filled by the Centralized Accounting and Reporting Platform; a registry writes nothing."""


class Condition(StrEnum):
    """When a conditional field applies, or when leaving it empty is worth a warning."""

    NON_GHG = "the metric is non-GHG"
    PURPOSE_COVERS_OIMP = "the purpose covers other international mitigation purposes"
    ACQUISITION = "the action is an acquisition"
    TRANSFER_OUT = "the action is a first transfer or a transfer"
    TRANSFER_TO_A_PARTY = "the action moves the block to another Party"
    USED_OR_CANCELLED = "the action is a use, a first transfer or a cancellation"
    USE = "the action is a use"
    USE_TOWARDS_NDC = "the action is a use towards the NDC"


class Separator(StrEnum):
    """How several values stand in one cell."""

    NONE = ""
    COMMA = ","


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One column (Table 1: one line) of the AEF.

    `name` is the attribute of the typed row, `index` the position in the raw row. `pattern` is
    matched in full against the printed value, or against each part when `separator` is set.
    """

    table: Table
    index: int
    name: str
    header: str
    technical_name: str
    key: str
    kind: Kind
    obligation: Obligation
    rule: str
    pattern: re.Pattern[str] | None = None
    code_list: str | None = None
    separator: Separator = Separator.NONE
    applies_when: Condition | None = None
    expected_when: Condition | None = None
    spacer_after: bool = False
    key_aliases: tuple[str, ...] = ()


class Layout(StrEnum):
    """Which way the records of a sheet run."""

    VERTICAL = "one value per line"
    HORIZONTAL = "one record per row"


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSpec:
    """One table: where it stands in the official workbook and which fields it has.

    Rows and columns are counted from 1. `first_column` is the column of the first label;
    `header_row` the row of the labels (vertical layout: the row of the first label).
    """

    table: Table
    number: int
    sheet: str
    title: str
    layout: Layout
    header_row: int
    first_data_row: int
    key_prefix: str
    fields: tuple[Field, ...]
    first_column: int = 2

    def __getitem__(self, name: str) -> Field:
        """Return the field of that name. Raises KeyError for a name the table does not have."""
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(name)

    def by_key(self) -> dict[str, Field]:
        """Return the fields under their JSON keys, known misspellings included."""
        keys = {field.key: field for field in self.fields}
        keys |= {alias: field for field in self.fields for alias in field.key_aliases}
        return keys
