"""ITMOs, one by one and in blocks; the other identifiers are found here under one roof.

The ITMO unique identifier has five parts in this order (Decision 6/CMA.4, annex I, paras. 5-6):
cooperative approach, originating registry, first transferring Party, serial number, vintage. A
series is all of them but the serial; serials of different series never meet.
"""

import re
from enum import StrEnum
from typing import Final

import msgspec

from schema.faults import IdentifierError, IdentifierFault
from schema.names import (
    MECHANISM_REGISTRY,
    AccountId,
    ApproachId,
    AuthorizationId,
    RegistryId,
    fits_narrow_authorization_form,
    is_verified_registry,
    parse_account_id,
    parse_approach_id,
    parse_authorization_id,
    parse_registry_id,
    registry_party,
)
from schema.parties import (
    CountryCode,
    PartyId,
    alpha_2_of,
    parse_country_code,
    parse_party_id,
)

__all__ = [
    "FIRST_ITMO_VINTAGE",
    "MECHANISM_REGISTRY",
    "SERIAL_LIMIT",
    "AccountId",
    "ApproachId",
    "AuthorizationId",
    "CountryCode",
    "FirstLastReading",
    "IdentifierError",
    "IdentifierFault",
    "ItmoBlock",
    "ItmoSeries",
    "ItmoUnit",
    "PartyId",
    "RegistryId",
    "SerialRange",
    "alpha_2_of",
    "fits_narrow_authorization_form",
    "is_verified_registry",
    "parse_account_id",
    "parse_approach_id",
    "parse_authorization_id",
    "parse_country_code",
    "parse_first_last",
    "parse_itmo_id",
    "parse_party_id",
    "parse_registry_id",
    "parse_serial",
    "print_first_last",
    "print_itmo_id",
    "registry_party",
]

FIRST_ITMO_VINTAGE: Final = 2021
"""Mitigation from 2021 onwards can become an ITMO (Decision 2/CMA.3, annex, para. 1)."""

SERIAL_LIMIT: Final = 2**40
"""Serials lie below this, so that series and serial fit one 64-bit key in the database."""

# A vintage has four digits; whether the year can be true is asked where an identifier is read.
VINTAGE_MIN, VINTAGE_MAX = 1000, 9999
IDENTIFIER_CHARS_MAX: Final = 64

_SERIAL = r"[1-9][0-9]{0,2}(?:[0-9]*|(?:,[0-9]{3})*)"
_SERIAL_ALONE = re.compile(_SERIAL)
_ITMO = re.compile(
    rf"(CA[0-9]{{4}})-([A-Z]{{3}}[0-9]{{2}}|UN01)-([A-Z]{{3}})-({_SERIAL})-([0-9]{{4}})"
)
_ITMO_RANGE = re.compile(
    rf"CA[0-9]{{4}}-(?:[A-Z]{{3}}[0-9]{{2}}|UN01)-[A-Z]{{3}}-{_SERIAL}-{_SERIAL}-[0-9]{{4}}"
)


class ItmoSeries(
    msgspec.Struct, frozen=True, order=True, cache_hash=True, gc=False, forbid_unknown_fields=True
):
    """All parts of the identifier but the serial; only serials of one series can overlap.

    Raises:
        IdentifierError: the fault of the part that is wrong, or `vintage_out_of_range`.
    """

    approach: ApproachId
    registry: RegistryId
    first_party: PartyId
    vintage: int

    def __post_init__(self) -> None:
        """Refuse parts that are not what their types say, also when msgspec decodes them."""
        parse_approach_id(self.approach)
        parse_registry_id(self.registry)
        parse_party_id(self.first_party)
        if not VINTAGE_MIN <= self.vintage <= VINTAGE_MAX:
            raise IdentifierError(IdentifierFault.VINTAGE_OUT_OF_RANGE, str(self.vintage))


class SerialRange(msgspec.Struct, frozen=True, order=True, gc=False, forbid_unknown_fields=True):
    """A closed range of serials, one tonne each: 1 <= first <= last < 2**40.

    Raises:
        IdentifierError: `serial_out_of_range` or `first_after_last`.
    """

    first: int
    last: int

    def __post_init__(self) -> None:
        """Refuse an empty range and serials outside the limits."""
        if 0 < self.first <= self.last < SERIAL_LIMIT:
            return
        inside = 0 < self.first < SERIAL_LIMIT and 0 < self.last < SERIAL_LIMIT
        fault = IdentifierFault.FIRST_AFTER_LAST if inside else IdentifierFault.SERIAL_OUT_OF_RANGE
        raise IdentifierError(fault, self.display())

    @property
    def count(self) -> int:
        """Number of serials, both ends included."""
        return self.last - self.first + 1

    def display(self) -> str:
        """Show the range for people, as `first-last`."""
        return f"{self.first}-{self.last}"


class ItmoUnit(msgspec.Struct, frozen=True, order=True, gc=False, forbid_unknown_fields=True):
    """One ITMO: a series and one serial, as its unique identifier names it.

    Raises:
        IdentifierError: `serial_out_of_range`.
    """

    series: ItmoSeries
    serial: int

    def __post_init__(self) -> None:
        """Refuse a serial outside the limits."""
        if not 0 < self.serial < SERIAL_LIMIT:
            raise IdentifierError(IdentifierFault.SERIAL_OUT_OF_RANGE, str(self.serial))


class ItmoBlock(msgspec.Struct, frozen=True, order=True, gc=False, forbid_unknown_fields=True):
    """Consecutive ITMOs of one series; for tCO2e its quantity in tonnes is `count`."""

    series: ItmoSeries
    serials: SerialRange

    @property
    def count(self) -> int:
        """Number of ITMOs in the block."""
        return self.serials.count

    def display(self) -> str:
        """Show the block as one string. For people only: no source defines it, nothing reads it."""
        prefix = f"{self.series.approach}-{self.series.registry}-{self.series.first_party}"
        return f"{prefix}-{self.serials.display()}-{self.series.vintage}"


class FirstLastReading(StrEnum):
    """What a target means by First ID and Last ID of a block; the sources disagree."""

    INTEGER = "integer"
    FULL = "full"


def parse_serial(text: str) -> int:
    """Read a serial: no leading zero, thousands commas all or none.

    Raises:
        IdentifierError: `serial_form` or `serial_out_of_range`.
    """
    if len(text) > IDENTIFIER_CHARS_MAX or not _SERIAL_ALONE.fullmatch(text):
        raise IdentifierError(IdentifierFault.SERIAL_FORM, text)
    serial = int(text.replace(",", ""))
    if serial >= SERIAL_LIMIT:
        raise IdentifierError(IdentifierFault.SERIAL_OUT_OF_RANGE, text)
    return serial


def parse_itmo_id(text: str, *, earliest_vintage: int = FIRST_ITMO_VINTAGE) -> ItmoUnit:
    """Read one ITMO unique identifier, always as a whole (6/CMA.4 annex I, paras. 5-6).

    A prefix match would read the display form of a range as serial 1 of vintage 1000.

    Raises:
        IdentifierError: `itmo_form`, `range_as_identifier`, `vintage_out_of_range`, or the fault
            of one part.
    """
    if len(text) > IDENTIFIER_CHARS_MAX:
        raise IdentifierError(IdentifierFault.ITMO_FORM, text)
    match = _ITMO.fullmatch(text)
    if match is None:
        is_range = _ITMO_RANGE.fullmatch(text) is not None
        fault = IdentifierFault.RANGE_AS_IDENTIFIER if is_range else IdentifierFault.ITMO_FORM
        raise IdentifierError(fault, text)
    approach, registry, party, serial, year = match.groups()
    vintage = int(year)
    if vintage < earliest_vintage:
        raise IdentifierError(IdentifierFault.VINTAGE_OUT_OF_RANGE, text)
    series = ItmoSeries(
        ApproachId(approach), parse_registry_id(registry), parse_party_id(party), vintage
    )
    return ItmoUnit(series, parse_serial(serial))


def print_itmo_id(series: ItmoSeries, serial: int) -> str:
    """Print the unique identifier of one ITMO, without thousands commas."""
    return f"{series.approach}-{series.registry}-{series.first_party}-{serial}-{series.vintage}"


def parse_first_last(
    first: str | int,
    last: str | int,
    *,
    context: ItmoSeries | None = None,
    earliest_vintage: int = FIRST_ITMO_VINTAGE,
) -> ItmoBlock:
    """Read First ID and Last ID of a block in either reading.

    Integers need the series from the rest of the row as context; full identifiers must name one
    series, and the context's when there is one.

    Raises:
        IdentifierError: `readings_mixed`, `context_missing`, `context_differs`, `series_differ`,
            `first_after_last`, or the fault of one of the two texts.
    """
    first_text, last_text = str(first), str(last)
    both = f"{first_text} / {last_text}"
    if ("-" in first_text) != ("-" in last_text):
        raise IdentifierError(IdentifierFault.READINGS_MIXED, both)
    if "-" not in first_text:
        serials = SerialRange(parse_serial(first_text), parse_serial(last_text))
        if context is None:
            raise IdentifierError(IdentifierFault.CONTEXT_MISSING, both)
        return ItmoBlock(context, serials)
    first_unit = parse_itmo_id(first_text, earliest_vintage=earliest_vintage)
    last_unit = parse_itmo_id(last_text, earliest_vintage=earliest_vintage)
    if first_unit.series != last_unit.series:
        raise IdentifierError(IdentifierFault.SERIES_DIFFER, both)
    if context is not None and context != first_unit.series:
        raise IdentifierError(IdentifierFault.CONTEXT_DIFFERS, both)
    return ItmoBlock(first_unit.series, SerialRange(first_unit.serial, last_unit.serial))


def print_first_last(block: ItmoBlock, reading: FirstLastReading) -> tuple[str, str]:
    """Print First ID and Last ID of a block as the target reads them."""
    first, last = block.serials.first, block.serials.last
    if reading is FirstLastReading.INTEGER:
        return str(first), str(last)
    return print_itmo_id(block.series, first), print_itmo_id(block.series, last)
