"""What may be wrong with one value of one field: its type, its form, or the code list.

The order is that of the field check (4/CMA.6, annex II, and the common nomenclature); only the
first fault is told. Nothing here looks at other fields of the row.
"""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from hub.domain.aef.codes import FindingCode
from schema.aef.fields import Field, Separator, Table
from schema.aef.nomenclature import Nomenclature
from schema.aef.profile import BlockIds, CountryForm, Profile
from schema.aef.values import (
    Kind,
    Value,
    collapse,
    print_value,
    read_date,
    read_timestamp,
)
from schema.identifiers import IdentifierError, parse_itmo_id


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRules:
    """By what a report is checked. A draft may leave fields empty, and nothing else."""

    nomenclature: Nomenclature
    profile: Profile
    draft: bool = False


@dataclass(frozen=True, slots=True)
class Fault:
    """Why one value is wrong."""

    code: FindingCode
    message: str


def value_fault(field: Field, value: Value, rules: FieldRules) -> Fault | None:
    """Return what is wrong with a filled value by itself, or None."""
    return (
        _type(field, value, rules.profile)
        or _form(field, value, rules.profile)
        or _code(field, value, rules)
    )


def _type(field: Field, value: Value, profile: Profile) -> Fault | None:
    if _has_type(field.kind, value, profile):
        return None
    return Fault(
        FindingCode.WRONG_TYPE,
        f"{field.header} is {_type_name(value)}, expected {_expected(field.kind, profile)}",
    )


def _has_type(kind: Kind, value: Value, profile: Profile) -> bool:
    match kind:
        case Kind.TEXT | Kind.PARTY:
            return isinstance(value, str)
        case Kind.INTEGER:
            return _is_integer(value)
        case Kind.NUMBER:
            return _is_integer(value) or isinstance(value, Decimal)
        case Kind.DATE | Kind.ACTION_DATE:
            return isinstance(value, str | dt.date)
        case Kind.BLOCK_ID if profile.block_ids is BlockIds.INTEGER:
            return _is_integer(value)
        case Kind.BLOCK_ID:
            return isinstance(value, str)
        case Kind.UNIT_ID:
            return isinstance(value, str) or _is_integer(value)


def _is_integer(value: Value) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _type_name(value: Value) -> str:
    match value:
        case str():
            return "text"
        case dt.date():
            return "a date"
        case Decimal():
            return "a decimal number"
        case _:
            return "a whole number"


def _expected(kind: Kind, profile: Profile) -> str:
    if kind is not Kind.BLOCK_ID:
        return kind.value
    return "the full identifier" if profile.block_ids is BlockIds.FULL else profile.block_ids.value


def _form(field: Field, value: Value, profile: Profile) -> Fault | None:
    text = print_value(value)
    match field.kind:
        case Kind.DATE if not _is_printed_date(value):
            return Fault(FindingCode.FORMAT, f"{text} is not a date dd/mm/yyyy")
        case Kind.ACTION_DATE if not _is_printed_date(value) and read_timestamp(value) is None:
            message = f"{text} is neither a date nor a UTC timestamp"
            return Fault(FindingCode.FORMAT, message)
        case Kind.BLOCK_ID:
            return _block_id(text, profile)
        case _:
            pass
    if field.pattern is None or _may_be_a_name(field, profile):
        return None
    if all(field.pattern.fullmatch(part) for part in parts_of(field, text, profile)):
        return None
    return Fault(FindingCode.FORMAT, f"{text} does not match {field.pattern.pattern}")


def _is_printed_date(value: Value) -> bool:
    day = read_date(value)
    return day is not None and (not isinstance(value, str) or print_value(day) == value.strip())


def _may_be_a_name(field: Field, profile: Profile) -> bool:
    form = {
        (Table.SUBMISSION, "party"): profile.submission_party,
        (Table.ENTITIES, "country"): profile.incorporation_country,
    }.get((field.table, field.name))
    return form is CountryForm.NAME


def _block_id(text: str, profile: Profile) -> Fault | None:
    if profile.block_ids is not BlockIds.FULL:
        if text.isascii() and text.isdigit() and not text.startswith("0"):
            return None
        return Fault(FindingCode.FORMAT, f"{text} is not a positive serial number")
    try:
        parse_itmo_id(text)
    except IdentifierError as refused:
        return Fault(FindingCode.FORMAT, f"{text} is not an ITMO identifier: {refused.code}")
    return None


def _code(field: Field, value: Value, rules: FieldRules) -> Fault | None:
    nomenclature, profile = rules.nomenclature, rules.profile
    if field.code_list is None or not nomenclature.knows(field.code_list):
        return None
    own = {*profile.values.get(field.code_list, {}).values()}
    own.update(profile.additional.get(field.code_list, ()))
    for part in parts_of(field, print_value(value), profile):
        if part not in own and not nomenclature.holds(field.code_list, part):
            official = nomenclature.official(field.code_list, part)
            hint = "" if official is None else f"; the list has {official}"
            message = f"{part} is not in the list of {nomenclature.date}{hint}"
            return Fault(FindingCode.UNKNOWN_CONTROLLED_VALUE, message)
    return None


def parts_of(field: Field, text: str, profile: Profile) -> tuple[str, ...]:
    """Return the single values of a cell that may hold several."""
    if field.separator is Separator.NONE:
        return (text,)
    own = profile.separators.get(f"{field.table}.{field.name}", "").strip()
    for separator in filter(None, (own, field.separator.value)):
        text = text.replace(separator, "\n")
    return tuple(collapse(part) for part in text.split("\n") if part.strip())
