"""What became of a file: taken plus refused equals the file, to the row and to the tonne.

The file's own figures are added up from the cells as written, apart from the mapping, so that the
balance is a check of the mapping and not of itself.
"""

from decimal import Decimal

import msgspec


class Rows(msgspec.Struct, frozen=True, kw_only=True):
    """How many rows below the header, blank ones apart."""

    in_file: int
    taken: int
    refused: int

    @property
    def balanced(self) -> bool:
        """Whether every row went one way."""
        return self.in_file == self.taken + self.refused


class Amounts(msgspec.Struct, frozen=True, kw_only=True):
    """One amount of the file, in tonnes of CO2 equivalent."""

    field: str
    words: str
    per: str
    """Counted once for each value of this field; empty: once for each row."""
    in_file: Decimal
    taken: Decimal
    refused: Decimal
    blank: int
    """Cells that say nothing: not zero, but not said."""
    unreadable: int
    """Cells that are no number; their rows are refused and no tonnes can be told."""

    @property
    def balanced(self) -> bool:
        """Whether every tonne went one way."""
        return self.in_file == self.taken + self.refused


class Remark(msgspec.Struct, frozen=True, kw_only=True):
    """A refusal of a row, or something odd in one that was taken."""

    row: int
    field: str
    fault: str
    words: str
    more: int = 0
    """Further reasons to refuse the same row."""


class LoadReport(msgspec.Struct, frozen=True, kw_only=True):
    """The whole report; figures count everything, lists are bounded."""

    source: str
    profile: str
    record: str
    digest: str
    """SHA-256 of the file, in hexadecimal."""
    size_bytes: int
    encoding: str
    found_in: str
    """Sheet or delimiter."""
    header_row: int
    rows: Rows
    blank_rows: int
    amounts: tuple[Amounts, ...]
    refused: tuple[Remark, ...]
    findings: tuple[Remark, ...]
    faults: dict[str, int]
    """Refused rows by their first reason."""
    oddities: dict[str, int]
    """Findings by what was found."""
    unknown_codes: dict[str, dict[str, int]]
    """Field, word, rows: kept as written, and to be looked at."""
    counts: dict[str, dict[str, int]]
    """Rows taken, by the values of the fields that the profile counts."""
    columns_missing: tuple[str, ...]
    """Fields of the profile for which the file has no column."""
    columns_unknown: tuple[str, ...]
    """Columns that no field reads; their cells are kept with the record."""
    notes: tuple[str, ...]

    @property
    def balanced(self) -> bool:
        """Whether taken plus refused is the file, in rows and in every amount."""
        return self.rows.balanced and all(amounts.balanced for amounts in self.amounts)
