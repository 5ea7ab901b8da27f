"""A profile: how one reader of the AEF wants the cells spelt where the sources disagree.

Profiles are data; the loader fills this value from TOML, and export, import and checks take it as
an argument.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class BlockIds(StrEnum):
    """What First ID and Last ID hold (6/CMA.4, annex I, paras 5-6; the sources disagree)."""

    INTEGER = "integer"
    """Only the serial number. The originating registry is then not in the row at all."""
    FULL = "full"
    """The whole five-part identifier."""
    TEXT = "text"
    """Only the serial number, written as text."""


class ActionDates(StrEnum):
    """How an action date is written."""

    DATE = "date"
    TIMESTAMP = "timestamp"


class DateCells(StrEnum):
    """Whether dates are real date cells of a workbook or printed text."""

    CELL = "cell"
    TEXT = "text"


class CountryForm(StrEnum):
    """How a country is written outside the identifier columns."""

    ALPHA_3 = "alpha-3"
    NAME = "name"


class TimeframeForm(StrEnum):
    """How an authorized timeframe is written."""

    YEARS = "years"
    """`yyyy - yyyy`, as the nomenclature has it."""
    OCCURRED_AND_USE = "occurred and use"
    """`Occurred: from yyyy to yyyy. Use: from yyyy to yyyy`, as the known checker wants it."""


class UsingParty(StrEnum):
    """On which actions the using Party is written."""

    EVERY_USE = "every use"
    OIMP_ONLY = "other international mitigation purposes only"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The spelling that one target reads. The defaults are those of the common nomenclature.

    `values` maps official code values to the target's own, by code list; `unsupported` lists
    official values that the target cannot hold, `merged` those it writes like another official
    value, `additional` values of its own. `separators` joins several values in one cell, by
    field name. `required` and `optional` name fields (`t3Actions.using_party`) whose obligation
    differs; `key_spellings` maps official JSON keys to the target's.
    """

    name: str
    title: str
    block_ids: BlockIds = BlockIds.INTEGER
    action_dates: ActionDates = ActionDates.TIMESTAMP
    date_cells: DateCells = DateCells.TEXT
    submission_party: CountryForm = CountryForm.ALPHA_3
    incorporation_country: CountryForm = CountryForm.ALPHA_3
    timeframe: TimeframeForm = TimeframeForm.YEARS
    using_party: UsingParty = UsingParty.EVERY_USE
    empty: str = ""
    carp_placeholders: bool = False
    quantity_decimals: int | None = None
    separators: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    unsupported: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    merged: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    additional: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()
    key_spellings: Mapping[str, str] = field(default_factory=dict)
