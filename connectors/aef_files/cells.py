"""From what a cell or a text field holds to a value of the field table, without guessing."""

import datetime as dt
import re
from decimal import Decimal
from typing import Final

from schema.aef.values import Kind, Value, print_value

_PLAIN_INTEGER = re.compile(r"0|[1-9][0-9]{0,17}")
_PLAIN_DECIMAL = re.compile(r"(?:0|[1-9][0-9]{0,17})\.[0-9]{1,12}")
_TEXT_KINDS: Final = frozenset({Kind.TEXT, Kind.PARTY})
_NUMBER_KINDS: Final = frozenset({Kind.INTEGER, Kind.NUMBER, Kind.BLOCK_ID})


def value_of_cell(cell: object, kind: Kind) -> Value:
    """Turn what a workbook cell holds into a value.

    Numbers become whole numbers or exact decimals; a number in a text field becomes its text (a
    version written as the number 1 becomes `1.0` only when it is interpreted); a date cell at
    midnight becomes a date. Empty text is an empty cell.
    """
    value = _value(cell)
    if value is None or isinstance(value, str):
        return value
    if kind in _TEXT_KINDS:
        return print_value(value)
    return value


def value_of_text(text: str, kind: Kind) -> Value:
    """Turn a field of a CSV file into a value: plain numbers in number fields become numbers."""
    if text == "":
        return None
    if kind in _NUMBER_KINDS:
        if _PLAIN_INTEGER.fullmatch(text):
            return int(text)
        if kind is Kind.NUMBER and _PLAIN_DECIMAL.fullmatch(text):
            return Decimal(text)
    return text


def _value(cell: object) -> Value:
    match cell:
        case None | "":
            return None
        case str():
            return cell
        case bool():
            return str(cell).upper()
        case int():
            return cell
        case float():
            return _number(cell)
        case dt.datetime():
            return cell.date() if cell.time() == dt.time() else cell
        case dt.date():
            return cell
        case _:
            return str(cell)


def _number(number: float) -> Value:
    if number.is_integer():
        return int(number)
    return Decimal(repr(number)) if number == number else str(number)  # noqa: PLR0124 - NaN
