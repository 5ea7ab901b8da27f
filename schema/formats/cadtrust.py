"""Units of the CAD Trust data layer: free text with a start and an end, and UUIDs as keys.

Where CAD Trust v2 carries an ITMO serial (`unitItmosReferenceId`) it has the UNDP form.
"""

import re
from typing import Final

from schema.formats.parsed import Certainty, IdentifierFormat, IntervalKey, ParsedIdentifier, Part
from schema.formats.rules import SERIAL, FormatRule, guessed, known
from schema.identifiers import SERIAL_LIMIT, SerialRange

_UUID = "(?i:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
_ENDS_IN_DIGITS: Final = re.compile(r"(.*?)([0-9]{1,13})", re.DOTALL)

RECORD = FormatRule(
    format=IdentifierFormat.CADTRUST_RECORD,
    template="{uuid}",
    parts=(known("uuid", _UUID),),
)

V1_UNIT = FormatRule(
    format=IdentifierFormat.CADTRUST_V1_UNIT,
    template="{prefix}{first}-{prefix}{last}",
    parts=(
        guessed("prefix", "[A-Za-z0-9_.]*[A-Za-z_.]"),
        guessed("first", SERIAL),
        guessed("last", SERIAL),
    ),
)

RULES = (RECORD, V1_UNIT)


def read_v1_unit(block_start: str, block_end: str) -> ParsedIdentifier:
    """Read a v1 unit from `unitBlockStart` and `unitBlockEnd`, which are free text.

    Nothing is refused: where the two texts are not one prefix with two numbers, the identifier is
    kept without serials.
    """
    raw = f"{block_start}-{block_end}"
    return _read_ends(IdentifierFormat.CADTRUST_V1_UNIT, raw, (), (block_start, block_end))


def read_v2_unit(serial_id: str, start_block: str, end_block: str) -> ParsedIdentifier:
    """Read a v2 unit from `unitSerialId`, `unitStartBlock` and `unitEndBlock`.

    Nothing is refused, as for v1; the serial id belongs to the number space.
    """
    raw = f"{serial_id} {start_block}-{end_block}"
    return _read_ends(
        IdentifierFormat.CADTRUST_V2_UNIT,
        raw,
        (Part("serial_id", serial_id, Certainty.VERIFIED),),
        (start_block, end_block),
    )


def _read_ends(
    of_format: IdentifierFormat, raw: str, constants: tuple[Part, ...], ends: tuple[str, str]
) -> ParsedIdentifier:
    certainty = Certainty.GUESSED
    texts = tuple(part.text for part in constants)
    start, end = (_ENDS_IN_DIGITS.fullmatch(text) for text in ends)
    if start is None or end is None or start[1] != end[1] or not _is_range(start[2], end[2]):
        opaque = (Part("start", ends[0], certainty), Part("end", ends[1], certainty))
        return ParsedIdentifier(
            format=of_format,
            raw=raw,
            parts=(*constants, *opaque),
            key=IntervalKey(of_format, (*texts, *ends)),
        )
    return ParsedIdentifier(
        format=of_format,
        raw=raw,
        parts=(
            *constants,
            Part("prefix", start[1], certainty),
            Part("first", start[2], certainty),
            Part("last", end[2], certainty),
        ),
        key=IntervalKey(of_format, (*texts, start[1])),
        serials=SerialRange(int(start[2]), int(end[2])),
    )


def _is_range(first: str, last: str) -> bool:
    return 0 < int(first) <= int(last) < SERIAL_LIMIT
