"""From raw rows to typed rows: lenient in spelling, never inventing a value.

Thousands commas, alpha-2 codes, country names, known spelling variants and both notations of
identifiers, dates and timeframes are understood. What is not understood becomes None; the field
check speaks about it.
"""

import datetime as dt
from collections.abc import Callable
from typing import Any

from schema.aef.countries import read_party
from schema.aef.fields import CARP_PLACEHOLDERS, Field, Separator, Table, TableSpec
from schema.aef.nomenclature import Nomenclature
from schema.aef.records import (
    ActionRecord,
    AuthorizationRecord,
    EntityRecord,
    HoldingRecord,
    Submission,
    SubmissionRecord,
)
from schema.aef.rows import Report, Row
from schema.aef.tables import ACTIONS, AUTHORIZATIONS, ENTITIES, HOLDINGS, SUBMISSION
from schema.aef.timeframe import read_timeframe
from schema.aef.values import (
    Kind,
    Value,
    is_provided,
    print_value,
    provided_text,
    read_date,
    read_integer,
    read_number,
    read_timestamp,
)
from schema.identifiers import IdentifierError, ItmoUnit, parse_itmo_id

PARTS_MAX = 1_000
"""More values than this in one cell are not a list of Parties, sectors or entities."""


class Interpreter:
    """Reads the rows of one submission by one nomenclature, remembering spellings it has met."""

    def __init__(self, nomenclature: Nomenclature) -> None:
        """Take the code lists whose spellings are official."""
        self._nomenclature = nomenclature
        self._spellings: dict[tuple[str, str], str] = {}
        self._parties: dict[str, str] = {}

    def submission(self, report: Report) -> Submission:
        """Read all five tables of a report."""
        return Submission(
            submission=self.heading(report.submission),
            authorizations=tuple(map(self.authorization, report.authorizations)),
            actions=tuple(map(self.action, report.actions)),
            holdings=tuple(map(self.holding, report.holdings)),
            entities=tuple(map(self.entity, report.entities)),
        )

    def heading(self, row: Row) -> SubmissionRecord:
        """Read Table 1; a version given as a number becomes `X.Y`."""
        return SubmissionRecord(**self._values(SUBMISSION, row))

    def authorization(self, row: Row) -> AuthorizationRecord:
        """Read one row of Table 2."""
        values = self._values(AUTHORIZATIONS, row)
        text = values["timeframe"]
        if text is not None:
            values["timeframe"] = read_timeframe(text) or text
        return AuthorizationRecord(**values)

    def action(self, row: Row) -> ActionRecord:
        """Read one row of Table 3."""
        return ActionRecord(**_with_block(self._values(ACTIONS, row)))

    def holding(self, row: Row) -> HoldingRecord:
        """Read one row of Table 4."""
        return HoldingRecord(**_with_block(self._values(HOLDINGS, row)))

    def entity(self, row: Row) -> EntityRecord:
        """Read one row of Table 5."""
        return EntityRecord(**self._values(ENTITIES, row))

    def _values(self, spec: TableSpec, row: Row) -> dict[str, Any]:
        pairs = zip(spec.fields, row.values, strict=True)
        return {field.name: self._value(field, value) for field, value in pairs}

    def _value(self, field: Field, value: Value) -> object:
        if field.separator is not Separator.NONE:
            return self._parts(field, value)
        if not is_provided(value) or value in CARP_PLACEHOLDERS:
            return None
        if field.kind is Kind.TEXT:
            return self._text(field, value)
        if field.kind is Kind.PARTY:
            return self._party(provided_text(value))
        return _READERS[field.kind](value)

    def _parts(self, field: Field, value: Value) -> tuple[str, ...]:
        # Several activity types are also met joined with a plus sign.
        text = provided_text(value).replace(";", ",")
        text = text.replace("+", ",") if field.name == "activity_types" else text
        parts = [part.strip() for part in text.split(",", PARTS_MAX) if part.strip()]
        if field.kind is Kind.PARTY:
            return tuple(self._party(part) for part in parts)
        return tuple(self._spelling(field, part) for part in parts)

    def _text(self, field: Field, value: Value) -> str:
        if field.code_list is None:
            text = print_value(value).strip()
            is_version = (field.table, field.name) == (Table.SUBMISSION, "version")
            return f"{text}.0" if is_version and text.isdigit() else text
        return self._spelling(field, provided_text(value))

    def _spelling(self, field: Field, text: str) -> str:
        if field.code_list is None:
            return text
        known = self._spellings.get((field.code_list, text))
        if known is None:
            known = self._nomenclature.official(field.code_list, text) or text
            self._spellings[field.code_list, text] = known
        return known

    def _party(self, text: str) -> str:
        known = self._parties.get(text)
        if known is None:
            known = self._parties[text] = read_party(text)
        return known


def read_action_date(value: Value) -> dt.date | None:
    """Read when an action happened: a UTC timestamp when a time is given, else a date."""
    if isinstance(value, dt.datetime) and value.tzinfo is None and value.time() == dt.time():
        return value.date()
    return read_timestamp(value) or read_date(value)


def _unit_id(value: Value) -> str:
    return print_value(value).strip()


def _block_id(value: Value) -> int | ItmoUnit | None:
    if not isinstance(value, str) or "-" not in value:
        return read_integer(value)
    try:
        return parse_itmo_id(value.strip(), earliest_vintage=1000)
    except IdentifierError:
        return None


_READERS: dict[Kind, Callable[[Value], object]] = {
    Kind.INTEGER: read_integer,
    Kind.NUMBER: read_number,
    Kind.DATE: read_date,
    Kind.ACTION_DATE: read_action_date,
    Kind.BLOCK_ID: _block_id,
    Kind.UNIT_ID: _unit_id,
}


def _with_block(values: dict[str, Any]) -> dict[str, Any]:
    first, last = values["first_id"], values["last_id"]
    series = first.series if isinstance(first, ItmoUnit) else None
    if series != (last.series if isinstance(last, ItmoUnit) else None):
        # Identifiers of different series, or an identifier and a bare serial, bound no block.
        return values | {"series": series, "first_id": _serial(first), "last_id": None}
    return values | {"series": series, "first_id": _serial(first), "last_id": _serial(last)}


def _serial(end: int | ItmoUnit | None) -> int | None:
    return end.serial if isinstance(end, ItmoUnit) else end
