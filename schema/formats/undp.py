"""Serials of registries built on the UNDP national carbon registry; CAD Trust carries them too.

They are registry-internal: their numbering runs per project and they lack the registry of origin,
so they are not ITMO unique identifiers. Their country codes are alpha-2.
"""

from collections.abc import Iterator

from schema.faults import IdentifierError, IdentifierFault
from schema.formats.dates import parse_day
from schema.formats.parsed import Finding, IdentifierFormat, ParsedIdentifier
from schema.formats.rules import (
    ALPHA_2,
    NUMBER,
    SERIAL,
    YEAR,
    FormatRule,
    Texts,
    guessed,
    known,
)
from schema.identifiers import ItmoBlock, ItmoSeries, SerialRange
from schema.names import RegistryId, parse_approach_id, registry_party
from schema.parties import parse_country_code

_PROJECT = "[1-9][0-9]{0,5}"
_PREFIX = (
    known("approach", "CA[0-9N]{4}"),
    known("country", ALPHA_2),
    known("first_party", ALPHA_2),
    known("project", _PROJECT),
)


def _placeholders(texts: Texts) -> Iterator[Finding]:
    # Some deployments never set their approach and partner: `CA0NNN` and `XX` stand for nothing.
    if "N" in texts["approach"] or "XX" in (texts["country"], texts["first_party"]):
        yield Finding.PLACEHOLDER


def _checked_day(texts: Texts) -> tuple[Finding, ...]:
    parse_day(texts["day"], texts["month"], f"20{texts['year']}")
    return ()


SERIAL_RULE = FormatRule(
    format=IdentifierFormat.UNDP_SERIAL,
    template="{approach}-{country}-{first_party}-{project}-{first}-{last}-{vintage}",
    parts=(*_PREFIX, known("first", SERIAL), known("last", SERIAL), known("vintage", YEAR)),
    examine=_placeholders,
)

# A block is named by where it starts; it keeps the name when a split takes its high end away, so
# the name says nothing about how many units there are.
BLOCK_ID = FormatRule(
    format=IdentifierFormat.UNDP_BLOCK_ID,
    template="{approach}-{country}-{first_party}-{project}-{start}",
    parts=(*_PREFIX, known("start", SERIAL)),
    examine=_placeholders,
)

NEW_SERIAL = FormatRule(
    format=IdentifierFormat.UNDP_NEW_SERIAL,
    template="{party}-{type}-{vintage}-{activity}-{first}:{last}",
    parts=(
        guessed("party", "[A-Z]{2,3}"),
        guessed("type", "[A-Za-z0-9]{1,16}"),
        guessed("vintage", YEAR),
        guessed("activity", "[A-Za-z0-9]{1,16}"),
        guessed("first", SERIAL),
        guessed("last", SERIAL),
    ),
)

OLD_SERIAL = FormatRule(
    format=IdentifierFormat.UNDP_OLD_SERIAL,
    template="{country}-{type}-{sector}-{programme}-{vintage}-0-{first}-{last}",
    parts=(
        known("country", ALPHA_2),
        known("type", "ITMO"),
        known("sector", "[1-9]|1[0-5]"),
        known("programme", NUMBER),
        known("vintage", YEAR),
        known("first", SERIAL),
        known("last", SERIAL),
    ),
)

AUTHORIZATION = FormatRule(
    format=IdentifierFormat.UNDP_AUTHORIZATION,
    template="{day}{month}{year}{country}{project}",
    parts=(
        known("day", "[0-9]{2}"),
        known("month", "[0-9]{2}"),
        known("year", "[0-9]{2}"),
        guessed("country", ALPHA_2),
        known("project", _PROJECT),
    ),
    examine=_checked_day,
)

RULES = (SERIAL_RULE, BLOCK_ID, OLD_SERIAL, NEW_SERIAL, AUTHORIZATION)


def map_to_itmos(
    parsed: ParsedIdentifier, *, registry: RegistryId, serial_offset: int
) -> ItmoBlock:
    """Map a UNDP serial to ITMOs, given what the text lacks.

    `serial_offset` is added to each serial: the numbering restarts with every project, so without
    an offset per project two projects would claim the same ITMOs. Registry and offsets are the
    registry operator's statement; the Party of first transfer is the one the serial names.

    Raises:
        IdentifierError: `not_mappable` for another format, `placeholder` for a deployment that
            never set its approach or partner, `context_differs` when the registry belongs to
            another Party, or the fault of a part.
    """
    if parsed.format is not IdentifierFormat.UNDP_SERIAL or parsed.serials is None:
        raise IdentifierError(IdentifierFault.NOT_MAPPABLE, parsed.raw)
    if Finding.PLACEHOLDER in parsed.findings:
        raise IdentifierError(IdentifierFault.PLACEHOLDER, parsed.raw)
    texts = {part.name: part.text for part in parsed.parts}
    if registry_party(registry) != parse_country_code(texts["country"]).party:
        raise IdentifierError(IdentifierFault.CONTEXT_DIFFERS, parsed.raw)
    series = ItmoSeries(
        parse_approach_id(texts["approach"]),
        registry,
        parse_country_code(texts["first_party"]).party,
        int(texts["vintage"]),
    )
    first, last = parsed.serials.first, parsed.serials.last
    return ItmoBlock(series, SerialRange(first + serial_offset, last + serial_offset))
