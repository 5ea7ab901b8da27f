"""Which format a text has, by its shape; and any format by name, both ways."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from schema.faults import IdentifierError, IdentifierFault
from schema.formats import article6, cadtrust, jcm, kyoto, standards, undp, verra
from schema.formats.parsed import IdentifierFormat, ParsedIdentifier
from schema.formats.rules import FormatRule
from schema.identifiers import SerialRange

# Most specific first: literal words before bare letters and digits. A running number of a Kyoto
# registry (`GB123`) comes before a JCM project, whose country can be any.
RULES: Final = (
    *article6.RULES,
    *verra.RULES,
    *standards.RULES,
    *undp.RULES,
    *kyoto.RULES,
    *jcm.RULES,
    *cadtrust.RULES,
)

_DETECTABLE: Final = tuple(rule for rule in RULES if rule.detectable)
RULE_BY_FORMAT: Final = MappingProxyType({rule.format: rule for rule in RULES})


def detect(text: str, *, more_rules: Iterable[FormatRule] = ()) -> ParsedIdentifier:
    """Read a text in the most specific format whose shape it has; `more_rules` are tried first.

    The first shape decides: a text with wrong check digits is refused, not taken for another.

    Raises:
        IdentifierError: `format_unknown`, or what is wrong with the text in its format.
    """
    for rule in (*more_rules, *_DETECTABLE):
        if rule.fits(text):
            return rule.read(text)
    raise IdentifierError(IdentifierFault.FORMAT_UNKNOWN, text)


def readings(text: str, *, more_rules: Iterable[FormatRule] = ()) -> tuple[ParsedIdentifier, ...]:
    """Return every reading of a text, most specific first: some short numbers fit two schemes."""
    found = []
    for rule in (*more_rules, *_DETECTABLE):
        try:
            found.append(rule.read(text))
        except IdentifierError:
            continue
    return tuple(found)


def read_as(of_format: IdentifierFormat, text: str) -> ParsedIdentifier:
    """Read a text in a format that is already known.

    Raises:
        IdentifierError: `format_unknown`, or what is wrong with the text in this format.
    """
    return _rule(of_format, text).read(text)


def print_as(of_format: IdentifierFormat, texts: Mapping[str, str]) -> str:
    """Print an identifier from the texts of its parts.

    Raises:
        IdentifierError: when the parts do not make an identifier of this format.
    """
    return _rule(of_format, "").print(texts)


def print_with_serials(parsed: ParsedIdentifier, serials: SerialRange) -> str:
    """Print the identifier of other serials in the same number space, as a split needs.

    Zero padding is kept.

    Raises:
        IdentifierError: `not_mappable` when the format cannot name this range.
    """
    texts = {part.name: part.text for part in parsed.parts}
    names_range = "last" in texts or ("first" in texts and serials.count == 1)
    if not names_range:
        raise IdentifierError(IdentifierFault.NOT_MAPPABLE, parsed.raw)
    padded = texts["first"].startswith("0")
    width = len(texts["first"]) if padded else 0
    for name, serial in (("first", serials.first), ("last", serials.last)):
        if name in texts:
            texts[name] = str(serial).zfill(width)
    return _rule(parsed.format, parsed.raw).print(texts)


def _rule(of_format: IdentifierFormat, text: str) -> FormatRule:
    rule = RULE_BY_FORMAT.get(of_format)
    if rule is None:
        # CAD Trust v2 units come as three fields: `cadtrust.read_v2_unit` reads them.
        raise IdentifierError(IdentifierFault.FORMAT_UNKNOWN, text)
    return rule
