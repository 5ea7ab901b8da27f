"""A source described as data: how its file is read, which column is which field, what must hold.

A profile is written in TOML and handed over as an argument; unknown names are refused.
"""

import re
from enum import StrEnum, unique
from typing import Annotated

import msgspec
from msgspec import Meta

from connectors.declarative.dates import check_pattern
from connectors.declarative.records import FIELDS, FieldType, RecordKind
from schema.formats.parsed import IdentifierFormat
from schema.identifiers import parse_party_id


class ProfileError(Exception):
    """A profile cannot be used; the text says what to change."""


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of all parts of a profile: strict and immutable."""


@unique
class FileFormat(StrEnum):
    """What the bytes are."""

    CSV = "csv"
    JSON = "json"
    XLSX = "xlsx"


@unique
class Encoding(StrEnum):
    """An encoding that text may have; UTF-8 with or without byte order mark is one."""

    UTF_8 = "utf-8"
    SHIFT_JIS = "shift_jis"
    """With the extensions of Windows code page 932, as spreadsheets in Japan save."""


class Reading(Part, frozen=True):
    """How the file is taken apart."""

    format: FileFormat = FileFormat.CSV
    encodings: tuple[Encoding, ...] = (Encoding.UTF_8,)
    """Tried in this order; the first that reads the whole file is taken, and reported."""
    delimiters: str = ",;\t"
    """One of these, the one with which the most headers are found."""
    sheet: str = ""
    """Empty: the first sheet with the header."""
    items: str = ""
    """JSON: where the list of records stands, as names with `/` between them."""


class FieldMapping(Part, frozen=True):
    """Where a field is found, and how its cell is read."""

    columns: tuple[str, ...] = ()
    """Headers, in any language; the first that the file has is taken."""
    also: tuple[str, ...] = ()
    """Columns that say the same again; they are read in the same way and compared."""
    constant: str = ""
    """The value of every row, where the source has no column for it."""
    required: bool = False
    """Whether a row without it is refused."""
    html: bool = False
    """Whether the cell holds HTML, which is taken off."""
    blank: tuple[str, ...] = ()
    """Words that mean nothing was said, such as `N/A`."""
    separators: str = ""
    """Characters between the values of one cell, beside line breaks; for fields of many values."""
    dates: tuple[str, ...] = ()
    """Patterns such as `DD MMM YY`; ISO dates are always read."""
    codes: dict[str, str] = {}
    """From the source's words to the hub's; a word that is missing is kept and reported."""
    true: tuple[str, ...] = ("1", "true", "yes")
    false: tuple[str, ...] = ("0", "false", "no")
    formats: tuple[IdentifierFormat, ...] = ()
    """Identifier formats that are accepted; empty: any that the hub knows."""
    find: str = ""
    """A regular expression: only what it matches in the cell is read (its first group, if any)."""


@unique
class Rule(StrEnum):
    """What can be checked of a row, or over all rows."""

    SERIALS_COUNT = "serials_count"
    """The serials of `field` cover as many units as `other` states."""
    SAME_VINTAGE = "same_vintage"
    """The vintage in the identifier of `field` is the year of `other`."""
    SAME_PART = "same_part"
    """The `part` of the identifier of `field` is the text of `other`."""
    SAME_PARTY = "same_party"
    """The country in the identifier of `field` is the Party of `other`."""
    UNIQUE = "unique"
    """No two rows have the same values of `fields`."""
    NO_OVERLAP = "no_overlap"
    """No unit of the identifier of `field` stands in two rows."""
    NOT_BEFORE = "not_before"
    """The day of `field` does not come before the day of `other` (the end of a period)."""
    SUM_IS_TOTAL = "sum_is_total"
    """For each value of `per`, the amounts of `field` add up to the one amount of `other`."""


@unique
class Consequence(StrEnum):
    """What becomes of a row that breaks a check."""

    REFUSE = "refuse"
    REPORT = "report"


class Check(Part, frozen=True):
    """One thing that must hold."""

    rule: Rule
    field: str = ""
    other: str = ""
    fields: tuple[str, ...] = ()
    part: str = ""
    per: str = ""
    consequence: Consequence = Consequence.REPORT


class Measure(Part, frozen=True):
    """An amount of which taken plus refused must equal the file."""

    field: str
    words: str = ""
    per: str = ""
    """Count the amount once for each value of this field: for totals repeated on every row."""


class SourceProfile(Part, frozen=True):
    """Everything that differs between sources."""

    title: str
    record: RecordKind
    fields: Annotated[dict[str, FieldMapping], Meta(min_length=1)]
    reading: Reading = Reading()
    rest: dict[str, object] = {}
    """How an interface is asked; see `connectors.declarative.rest`. Empty: the source is a file."""
    party_names: dict[str, str] = {}
    """More names of Parties, to alpha-3."""
    checks: tuple[Check, ...] = ()
    measures: tuple[Measure, ...] = ()
    counts: tuple[str, ...] = ()
    """Fields whose values the report counts."""
    notes: tuple[str, ...] = ()
    """What a reader of the report should know about the source."""

    def as_format(self, wanted: FileFormat) -> "SourceProfile":
        """Return the same description for another format of the same columns."""
        reading = msgspec.structs.replace(self.reading, format=wanted)
        return msgspec.structs.replace(self, reading=reading)


def parse_profile(data: object, *, name: str = "") -> SourceProfile:
    """Check a profile that was read from TOML, and return it.

    Raises:
        ProfileError: an unknown name, a field the kind of record does not have, a pattern or an
            expression that is none.
    """
    try:
        profile = msgspec.convert(data, SourceProfile)
        _check(profile)
    except (msgspec.ValidationError, ValueError, re.error) as cause:
        raise ProfileError(f"{name or 'profile'}: {cause}") from cause
    return profile


def _check(profile: SourceProfile) -> None:
    known = FIELDS[profile.record]
    for name, mapping in profile.fields.items():
        if name not in known:
            raise ValueError(f"{profile.record} has no field {name!r}; it has {', '.join(known)}")
        _check_mapping(name, mapping, many=known[name].many)
    for code in profile.party_names.values():
        parse_party_id(code)
    for used in _fields_used(profile):
        if used not in profile.fields:
            raise ValueError(f"a check, measure or count names {used!r}, which is not mapped")
    for measure in profile.measures:
        if known[measure.field].type is not FieldType.TONNES:
            raise ValueError(f"the measure {measure.field} is not an amount in tonnes")


def _check_mapping(name: str, mapping: FieldMapping, *, many: bool) -> None:
    if not mapping.columns and not mapping.constant:
        raise ValueError(f"{name}: name its columns, or a constant")
    if mapping.separators and not many:
        raise ValueError(f"{name} has one value, so nothing separates its values")
    for pattern in mapping.dates:
        check_pattern(pattern)
    re.compile(mapping.find)


def _fields_used(profile: SourceProfile) -> set[str]:
    used = set(profile.counts)
    for measure in profile.measures:
        used |= {measure.field, measure.per}
    for check in profile.checks:
        used |= {check.field, check.other, check.per, *check.fields}
    return used - {""}
