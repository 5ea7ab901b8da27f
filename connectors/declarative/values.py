"""Reads one cell as the type of its field: the value, or why there is none."""

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Final

from connectors.declarative.cells import collapse, fold, lines, links_in, without_html
from connectors.declarative.dates import parse_day, parse_period
from connectors.declarative.faults import CellError, Fault
from connectors.declarative.limits import VALUES_PER_CELL_MAX
from connectors.declarative.parties import parse_party
from connectors.declarative.profile import FieldMapping
from connectors.declarative.records import FieldSpec, FieldType, Plain, Value
from schema.formats.detection import detect, read_as
from schema.identifiers import IdentifierError, parse_approach_id

TONNES_LIMIT: Final = 2**53
TEXT_CHARS_MAX: Final = 4_000

_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,18})(?:\.[0-9]{1,12})?")
_YEAR: Final = re.compile(r"[0-9]{4}")
_LINK: Final = re.compile(r"https?://[^\s<>\"]{1,2000}")


def parse_amount(text: str) -> Decimal:
    """Read a number as it is written, thousands commas included (all or none).

    Raises:
        CellError: `not_a_number`.
    """
    plain = text.translate(_WIDE_DIGITS)
    if not _NUMBER.fullmatch(plain):
        raise CellError(Fault.NOT_A_NUMBER, text)
    try:
        return Decimal(plain.replace(",", ""))
    except InvalidOperation as cause:
        raise CellError(Fault.NOT_A_NUMBER, text) from cause


_WIDE_DIGITS: Final = {ord("\uff10") + digit: str(digit) for digit in range(10)} | {
    ord("\uff0c"): ",",
    ord("\uff0e"): ".",
}


class CellReader:
    """Reads the cells of one field; made once for a file."""

    def __init__(self, spec: FieldSpec, mapping: FieldMapping, names: dict[str, str]) -> None:
        self._spec = spec
        self._mapping = mapping
        self._names = names
        self._find = re.compile(mapping.find) if mapping.find else None
        self._blank = frozenset(fold(word) for word in mapping.blank)
        self._codes = {fold(word): code for word, code in mapping.codes.items()}
        self._flags = {fold(word): True for word in mapping.true} | {
            fold(word): False for word in mapping.false
        }
        self._parse: Callable[[str], Plain] = getattr(self, f"_{spec.type.name.lower()}")

    def read(self, raw: str) -> Value:
        """Return the value of a cell; None when the source says nothing.

        Raises:
            CellError: the cell says something else than the field can hold.
        """
        texts = self.texts(raw)
        if self._spec.many:
            return tuple(self._parse(text) for text in texts)
        return self._parse(texts[0]) if texts else None

    def texts(self, raw: str) -> list[str]:
        """Return the plain texts of the values in a cell: none, one, or many."""
        mapping = self._mapping
        if self._spec.type is FieldType.LINK and mapping.html and (found := links_in(raw)):
            return list(found if self._spec.many else found[:1])
        text = without_html(raw) if mapping.html else raw
        if self._find is not None:
            match = self._find.search(text)
            text = "" if match is None else match[1] if self._find.groups else match[0]
        if self._spec.type is FieldType.IDENTIFIER and not self._spec.many:
            parts = [text]  # the identifier rules speak about blanks around it
        elif not self._spec.many:
            parts = [collapse(text)]
        elif mapping.separators:
            parts = lines(re.sub(f"[{re.escape(mapping.separators)}]", "\n", text))
        else:
            parts = lines(text)
        told = [part for part in parts if part.strip() and fold(part) not in self._blank]
        if len(told) > VALUES_PER_CELL_MAX:
            raise CellError(Fault.TOO_MANY_VALUES, str(len(told)))
        return told

    def knows(self, value: Value) -> bool:
        """Tell whether a code is in the profile's list; other types are always known."""
        if self._spec.type is not FieldType.CODE or not self._codes or value is None:
            return True
        return value in self._codes.values()

    def _text(self, text: str) -> str:
        if len(text) > TEXT_CHARS_MAX:
            raise CellError(Fault.TOO_LONG, f"{len(text)} characters")
        return text

    def _code(self, text: str) -> str:
        return self._codes.get(fold(text), self._text(text))

    def _decimal(self, text: str) -> Decimal:
        return parse_amount(text)

    def _whole(self, text: str) -> int:
        amount = parse_amount(text)
        if amount < 0:
            raise CellError(Fault.NEGATIVE, text)
        if amount != amount.to_integral_value():
            raise CellError(Fault.NOT_WHOLE, text)
        if amount >= TONNES_LIMIT:
            raise CellError(Fault.TOO_GREAT, text)
        return int(amount)

    _tonnes = _whole

    def _day(self, text: str) -> Plain:
        return parse_day(text, self._mapping.dates)

    def _period(self, text: str) -> Plain:
        return parse_period(text, self._mapping.dates)

    def _year(self, text: str) -> int:
        if not _YEAR.fullmatch(text):
            raise CellError(Fault.NOT_A_YEAR, text)
        return int(text)

    def _party(self, text: str) -> str:
        return parse_party(text, self._names)

    def _approach(self, text: str) -> str:
        try:
            return parse_approach_id(text)
        except IdentifierError as cause:
            raise CellError(Fault.NOT_AN_APPROACH, text) from cause

    def _flag(self, text: str) -> bool:
        flag = self._flags.get(fold(text))
        if flag is None:
            raise CellError(Fault.NOT_A_FLAG, text)
        return flag

    def _identifier(self, text: str) -> Plain:
        formats = self._mapping.formats
        faults: list[str] = []
        for accepted in formats:
            try:
                return read_as(accepted, text)
            except IdentifierError as cause:
                faults.append(str(cause))
        try:
            found = detect(text)
        except IdentifierError as cause:
            raise CellError(Fault.NOT_AN_IDENTIFIER, str(cause)) from cause
        if formats:
            raise CellError(Fault.NOT_AN_IDENTIFIER, "; ".join(faults))
        return found

    def _link(self, text: str) -> str:
        if not _LINK.fullmatch(text):
            raise CellError(Fault.NOT_A_LINK, text)
        return text
