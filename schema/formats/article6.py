"""Identifiers of Article 6 itself: the ITMO unique identifier and the mechanism registry."""

from schema.formats.parsed import IdentifierFormat
from schema.formats.rules import FormatRule, guessed, known
from schema.identifiers import ItmoBlock, SerialRange, parse_itmo_id


def _read_block(text: str) -> ItmoBlock:
    unit = parse_itmo_id(text)
    return ItmoBlock(unit.series, SerialRange(unit.serial, unit.serial))


# 6/CMA.4 annex I, paras. 5-6. The shape is kept loose; `parse_itmo_id` is the only judge, so that
# a near miss is told what is wrong with it instead of being taken for another format.
ITMO = FormatRule(
    format=IdentifierFormat.ITMO,
    template="{approach}-{registry}-{first_party}-{first}-{vintage}",
    parts=(
        known("approach", "CA[0-9]{4}"),
        known("registry", "[A-Z]{3}[0-9]{2}|UN01"),
        known("first_party", "[A-Z]{3}"),
        known("first", "[0-9,]+(?:-[0-9,]+)?"),
        known("vintage", "[0-9]{4}"),
    ),
    read_block=_read_block,
)

# Known from a secondary source only; nothing is said about the layout of its serials.
MECHANISM_REGISTRY = FormatRule(
    format=IdentifierFormat.MECHANISM_REGISTRY,
    template="{registry}",
    parts=(guessed("registry", "UN01"),),
)

RULES = (ITMO, MECHANISM_REGISTRY)
