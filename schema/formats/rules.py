"""How one format is described: a template and its parts, from which reading and printing follow."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from string import Formatter
from typing import Final, NamedTuple

from schema.faults import IdentifierError, IdentifierFault
from schema.formats.parsed import (
    Certainty,
    Finding,
    IdentifierFormat,
    IntervalKey,
    ParsedIdentifier,
    Part,
)
from schema.identifiers import ItmoBlock, SerialRange
from schema.parties import parse_country_code

TEXT_CHARS_MAX: Final = 256

ALPHA_2: Final = "[A-Z]{2}"
YEAR: Final = "[0-9]{4}"
NUMBER: Final = "[0-9]{1,15}"
SERIAL: Final = "[0-9]{1,13}"

RANGE_PARTS: Final = ("first", "last")

Texts = Mapping[str, str]
Examine = Callable[[Texts], Iterable[Finding]]
ReadBlock = Callable[[str], ItmoBlock]


class PartRule(NamedTuple):
    """One part: its name, its pattern (without groups), and how sure its meaning is."""

    name: str
    pattern: str
    certainty: Certainty


def known(name: str, pattern: str) -> PartRule:
    """Describe a part whose meaning is verified."""
    return PartRule(name, pattern, Certainty.VERIFIED)


def guessed(name: str, pattern: str) -> PartRule:
    """Describe a part whose meaning is our reading only."""
    return PartRule(name, pattern, Certainty.GUESSED)


def nothing_odd(_: Texts) -> Iterable[Finding]:
    """Find nothing: the examination of a format that needs none."""
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatRule:
    """A format as a template such as `{country}-{first}-{last}`; a repeated name must repeat.

    Parts named `first` and `last` are the serials, `country` is an alpha-2 code. `examine` looks
    at the parts together and may raise `IdentifierError`; `read_block` maps the text to ITMOs.
    A rule that is not `detectable` is read only by whoever already knows the format.
    """

    format: IdentifierFormat
    template: str
    parts: tuple[PartRule, ...]
    examine: Examine = nothing_odd
    read_block: ReadBlock | None = None
    detectable: bool = True
    shape: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        """Compile the template once."""
        object.__setattr__(self, "shape", re.compile("".join(self._pieces())))

    def fits(self, raw: str) -> bool:
        """Tell whether the text has the shape of this format, surrounding spaces apart."""
        return len(raw) <= TEXT_CHARS_MAX and self.shape.fullmatch(raw.strip(" ")) is not None

    def read(self, raw: str) -> ParsedIdentifier:
        """Read a text of this format.

        Raises:
            IdentifierError: `format_unknown` when the shape does not fit; `serial_out_of_range` or
                `first_after_last`; or what `examine` and `read_block` find.
        """
        text = raw.strip(" ")
        match = self.shape.fullmatch(text) if len(raw) <= TEXT_CHARS_MAX else None
        if match is None:
            raise IdentifierError(IdentifierFault.FORMAT_UNKNOWN, raw)
        texts = match.groupdict()
        block = None if self.read_block is None else self.read_block(text)
        return ParsedIdentifier(
            format=self.format,
            raw=raw,
            parts=tuple(Part(part.name, texts[part.name], part.certainty) for part in self.parts),
            key=self._key(texts),
            serials=_serials(texts) if block is None else block.serials,
            block=block,
            findings=(
                *([Finding.SURROUNDING_SPACE] if raw != text else ()),
                *_odd_country(texts),
                *self.examine(texts),
            ),
        )

    def print(self, texts: Texts) -> str:
        """Print an identifier from the texts of its parts, and read it back before it leaves.

        Raises:
            IdentifierError: as `read` does, when the parts do not make an identifier.
        """
        return self.read(self.template.format_map(texts)).raw

    def _key(self, texts: Texts) -> IntervalKey:
        constants = (texts[part.name] for part in self.parts if part.name not in RANGE_PARTS)
        return IntervalKey(self.format, tuple(constants))

    def _pieces(self) -> Iterator[str]:
        patterns = {part.name: part.pattern for part in self.parts}
        seen: set[str] = set()
        for literal, name, _, _ in Formatter().parse(self.template):
            yield re.escape(literal)
            if name is None:
                continue
            yield f"(?P={name})" if name in seen else f"(?P<{name}>{patterns[name]})"
            seen.add(name)


def _serials(texts: Texts) -> SerialRange | None:
    if "last" not in texts:
        return None
    return SerialRange(int(texts["first"]), int(texts["last"]))


def _odd_country(texts: Texts) -> Iterator[Finding]:
    if "country" not in texts:
        return
    try:
        parse_country_code(texts["country"])
    except IdentifierError:
        yield Finding.COUNTRY_UNKNOWN
