"""Which ITMOs a unit of a node is: read from it where it says so, never guessed.

Of our own units v1 holds the first and the last identifier as block start and end; v2 holds both
in `unitItmosReferenceId`, joined by a slash, and the first one as its serial id, which stays when
the block is split.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Final

from connectors.cadtrust.answers import JsonValue
from connectors.cadtrust.resources import DataModel
from connectors.vouched import VouchedSerials
from schema.formats.parsed import IdentifierFormat
from schema.formats.undp import SERIAL_RULE
from schema.identifiers import (
    FirstLastReading,
    IdentifierError,
    ItmoBlock,
    SerialRange,
    parse_first_last,
    parse_itmo_id,
    parse_serial,
    print_first_last,
)

JOINER: Final = "/"


@unique
class Unplaced(StrEnum):
    """Why a unit is not known to be ITMOs."""

    NO_REFERENCE = "no reference"
    """It names no ITMO at all: most units of the voluntary market."""
    NOT_VOUCHED = "nobody vouches"
    """A serial of a registry of its own numbering, for which no mapping is stated."""
    UNREADABLE = "unreadable"
    """It names something that is not in a known form, or is a placeholder."""
    COUNT_DIFFERS = "count differs"
    """Its serials and its stated number of units disagree."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotPlaced:
    """A unit whose ITMOs are not known, and why."""

    reason: Unplaced
    words: str


def reference_of(block: ItmoBlock) -> str:
    """Write the ITMO identifiers of a block as v2 holds them."""
    return JOINER.join(print_first_last(block, FirstLastReading.FULL))


def place(
    model: DataModel, unit: Mapping[str, JsonValue], vouched: VouchedSerials
) -> ItmoBlock | NotPlaced:
    """Tell which ITMOs a unit is."""
    try:
        block = _v1(unit) if model is DataModel.V1 else _v2(unit, vouched)
    except IdentifierError as cause:
        return NotPlaced(reason=Unplaced.UNREADABLE, words=str(cause))
    if isinstance(block, NotPlaced):
        return block
    stated = unit.get("unitCount")
    if stated is not None and str(stated) != str(block.count):
        words = f"{stated} units stated, {block.count} serials"
        return NotPlaced(reason=Unplaced.COUNT_DIFFERS, words=words)
    return block


def _v1(unit: Mapping[str, JsonValue]) -> ItmoBlock | NotPlaced:
    start, end = (str(unit.get(name) or "") for name in ("unitBlockStart", "unitBlockEnd"))
    if not start.startswith("CA") or not end.startswith("CA"):
        return NotPlaced(reason=Unplaced.NO_REFERENCE, words=f"{start} to {end}")
    return parse_first_last(start, end)


def _v2(unit: Mapping[str, JsonValue], vouched: VouchedSerials) -> ItmoBlock | NotPlaced:
    text = str(unit.get("unitItmosReferenceId") or "").strip()
    if not text:
        words = str(unit.get("unitSerialId") or "")
        return NotPlaced(reason=Unplaced.NO_REFERENCE, words=words)
    if JOINER in text:
        first, _, last = text.partition(JOINER)
        return parse_first_last(first.strip(), last.strip())
    if SERIAL_RULE.fits(text):
        return _vouched(text, vouched)
    first_unit = parse_itmo_id(text)
    # One identifier names one ITMO; a longer block says where it ends in its own fields.
    start, end = (str(unit.get(name) or "") for name in ("unitStartBlock", "unitEndBlock"))
    serial = first_unit.serial
    last_serial = parse_serial(end) if start == str(serial) else serial
    return ItmoBlock(first_unit.series, SerialRange(serial, last_serial))


def _vouched(text: str, vouched: VouchedSerials) -> ItmoBlock | NotPlaced:
    parsed = SERIAL_RULE.read(text)
    assert parsed.format is IdentifierFormat.UNDP_SERIAL, "the rule reads one format"
    block = vouched.block_of(parsed)
    return NotPlaced(reason=Unplaced.NOT_VOUCHED, words=text) if block is None else block
