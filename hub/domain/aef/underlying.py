"""Underlying unit numbers, read by the formats of their registries and compared as whole numbers.

Check II05 compares by how ITMO serials and unit numbers run side by side: the difference of the two
is the same wherever the same ITMOs are reported. Texts of no known format are compared by the one
run of digits in which first and last differ; what stays unclear is not called inconsistent.
"""

import re
from collections.abc import Hashable, Iterator
from typing import NamedTuple

from schema.aef.records import BlockRecord
from schema.formats.detection import RULES
from schema.formats.parsed import ParsedIdentifier
from schema.identifiers import IdentifierError

_DIGITS = re.compile(r"([0-9]+)")
_PLAIN = re.compile(r"[0-9]{1,18}")
DIGITS_MAX = 18


class UnitSpace(NamedTuple):
    """A number space of underlying units. `notation` says how its text was read."""

    registry: str
    notation: str
    constants: Hashable


class Units(NamedTuple):
    """The underlying units of one block."""

    space: UnitSpace
    first: int
    last: int

    @property
    def unit_count(self) -> int:
        """Number of units, both ends included."""
        return self.last - self.first + 1


def units_of(record: BlockRecord) -> Units | None:
    """Read first and last unit ID of a row; None when they are missing or cannot be compared."""
    if record.first_unit_id is None or record.last_unit_id is None:
        return None
    registry = record.unit_registry_id or ""
    return (
        _plain(registry, record.first_unit_id, record.last_unit_id)
        or _known(registry, record.first_unit_id, record.last_unit_id)
        or _differing_digits(registry, record.first_unit_id, record.last_unit_id)
    )


def is_half_given(record: BlockRecord) -> bool:
    """Say whether only one of first and last unit ID is there."""
    return (record.first_unit_id is None) != (record.last_unit_id is None)


def _plain(registry: str, first: str, last: str) -> Units | None:
    first, last = first.replace(",", ""), last.replace(",", "")
    if not _PLAIN.fullmatch(first) or not _PLAIN.fullmatch(last):
        return None
    return _units(UnitSpace(registry, "number", ""), int(first), int(last))


def _known(registry: str, first: str, last: str) -> Units | None:
    """Read identifiers of a known format; each may name one unit or a whole block."""
    lasts = {reading.key: reading for reading in _readings(last.strip())}
    for reading in _readings(first.strip()):
        other = lasts.get(reading.key)
        if other is None:
            continue
        start, end = reading.serials, other.serials
        if start is not None and end is not None:
            space = UnitSpace(registry, reading.format.value, reading.key.constants)
            return _units(space, start.first, end.last)
    return None


def _readings(text: str) -> Iterator[ParsedIdentifier]:
    for rule in RULES:
        if rule.detectable and rule.fits(text):
            try:
                yield rule.read(text)
            except IdentifierError:
                continue


def _differing_digits(registry: str, first: str, last: str) -> Units | None:
    """Read the one run of digits in which the texts differ, or the only one they have."""
    ours, theirs = _DIGITS.split(first), _DIGITS.split(last)
    if len(ours) != len(theirs):
        return None
    pairs = enumerate(zip(ours, theirs, strict=True))
    differing = [place for place, (one, other) in pairs if one != other]
    digits = range(1, len(ours), 2)
    places = differing or list(digits)
    if len(places) != 1 or places[0] not in digits:
        return None
    place = places[0]
    if len(ours[place]) > DIGITS_MAX or len(theirs[place]) > DIGITS_MAX:
        return None
    around = (*ours[:place], *ours[place + 1 :])
    return _units(UnitSpace(registry, "text", around), int(ours[place]), int(theirs[place]))


def _units(space: UnitSpace, first: int, last: int) -> Units | None:
    return Units(space, first, last) if first <= last else None
