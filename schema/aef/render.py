"""From typed rows to raw rows in the spelling of one profile, with a list of what does not fit.

Nothing is dropped or rounded silently: a value the target cannot hold is counted as a loss.
"""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from schema.aef.countries import print_country
from schema.aef.fields import (
    CARP_LINK_PLACEHOLDER,
    CARP_PLACEHOLDER,
    Field,
    Obligation,
    Table,
)
from schema.aef.profile import (
    ActionDates,
    BlockIds,
    CountryForm,
    DateCells,
    Profile,
    TimeframeForm,
    UsingParty,
)
from schema.aef.records import (
    ActionRecord,
    AuthorizationRecord,
    BlockRecord,
    EntityRecord,
    HoldingRecord,
    SubmissionRecord,
)
from schema.aef.rows import Row
from schema.aef.tables import SPEC
from schema.aef.timeframe import Timeframe, print_timeframe
from schema.aef.values import Kind, Value, print_value
from schema.identifiers import print_itmo_id

Record = SubmissionRecord | AuthorizationRecord | ActionRecord | HoldingRecord | EntityRecord
Printer = Callable[[Any, Any], Value]
"""Prints one value; the second argument is the whole record."""

TABLE_OF: Mapping[type, Table] = {
    SubmissionRecord: Table.SUBMISSION,
    AuthorizationRecord: Table.AUTHORIZATIONS,
    ActionRecord: Table.ACTIONS,
    HoldingRecord: Table.HOLDINGS,
    EntityRecord: Table.ENTITIES,
}


class Loss(NamedTuple):
    """What a target cannot hold, by field."""

    table: Table
    field_name: str
    reason: str


class Renderer:
    """Prints typed rows for one profile; `losses` counts what did not fit, over all rows."""

    def __init__(self, profile: Profile) -> None:
        """Prepare one printer a field."""
        self.losses: Counter[Loss] = Counter()
        self._profile = profile
        self._empty: Value = profile.empty or None
        self._printers = {
            table: tuple((field, self._printer(field)) for field in spec.fields)
            for table, spec in SPEC.items()
        }

    def row(self, record: Record) -> Row:
        """Print one record."""
        printers = self._printers[TABLE_OF[type(record)]]
        return Row(values=tuple(self._value(field, printer, record) for field, printer in printers))

    def _value(self, field: Field, printer: Printer, record: Record) -> Value:
        if field.obligation is Obligation.CARP:
            return self._carp(field)
        value = getattr(record, field.name)
        if value is None or value == ():
            if f"{field.table}.{field.name}" in self._profile.required:
                self._lose(field, "the target requires a value where the AEF has none")
            return self._empty
        return printer(value, record)

    def _carp(self, field: Field) -> Value:
        if not self._profile.carp_placeholders or field.table is not Table.SUBMISSION:
            return None
        return CARP_LINK_PLACEHOLDER if field.name == "review_report" else CARP_PLACEHOLDER

    def _printer(self, field: Field) -> Printer:
        special = {
            (Table.SUBMISSION, "party"): self._country(self._profile.submission_party),
            (Table.ENTITIES, "country"): self._country(self._profile.incorporation_country),
            (Table.AUTHORIZATIONS, "timeframe"): self._timeframe(field),
            (Table.ACTIONS, "using_party"): self._using_party(field),
        }.get((field.table, field.name))
        if special is not None:
            return special
        if field.separator:
            return self._joined(field)
        match field.kind:
            case Kind.DATE:
                return self._date
            case Kind.ACTION_DATE:
                return self._action_date(field)
            case Kind.BLOCK_ID:
                return self._block_id(field)
            case Kind.NUMBER:
                return self._number(field)
            case _:
                return self._coded(field)

    def _coded(self, field: Field) -> Printer:
        if field.code_list is None:
            return lambda value, _: value
        translate = self._translation(field)
        return lambda value, _: translate(value)

    def _joined(self, field: Field) -> Printer:
        own = self._profile.separators.get(f"{field.table}.{field.name}")
        separator = own or f"{field.separator.value} "
        translate = self._translation(field)
        return lambda parts, _: separator.join(map(translate, parts))

    def _translation(self, field: Field) -> Callable[[str], str]:
        own = self._profile.values.get(field.code_list or "", {})
        unsupported = frozenset(self._profile.unsupported.get(field.code_list or "", ()))
        merged = frozenset(self._profile.merged.get(field.code_list or "", ()))

        def translate(value: str) -> str:
            if value in unsupported:
                self._lose(field, f"the target has no value {value}")
            written = own.get(value, value)
            if value in merged:
                self._lose(field, f"{value} is written as {written}")
            return written

        return translate

    def _date(self, day: dt.date, _: object) -> Value:
        return day if self._profile.date_cells is DateCells.CELL else print_value(day)

    def _action_date(self, field: Field) -> Printer:
        as_cell = self._profile.date_cells is DateCells.CELL
        keeps_time = self._profile.action_dates is ActionDates.TIMESTAMP

        def show(moment: dt.date, _: object) -> Value:
            if isinstance(moment, dt.datetime) and not keeps_time:
                self._lose(field, "the target has no time of day")
                moment = moment.astimezone(dt.UTC).date()
            if isinstance(moment, dt.datetime) and as_cell:
                return moment.astimezone(dt.UTC).replace(tzinfo=None)
            return moment if as_cell else print_value(moment)

        return show

    def _block_id(self, field: Field) -> Printer:
        form = self._profile.block_ids

        def show(serial: int, record: BlockRecord) -> Value:
            if form is not BlockIds.FULL:
                if record.series is not None and record.series.registry != record.registry_id:
                    self._lose(field, "a bare serial does not tell the originating registry")
                return serial if form is BlockIds.INTEGER else str(serial)
            if record.series is None:
                self._lose(field, "the originating registry is not known")
                return str(serial)
            return print_itmo_id(record.series, serial)

        return show

    def _number(self, field: Field) -> Printer:
        places = self._profile.quantity_decimals

        def show(quantity: Decimal, _: object) -> Value:
            if quantity == quantity.to_integral_value():
                return int(quantity)
            exponent = quantity.normalize().as_tuple().exponent
            if places is not None and isinstance(exponent, int) and -exponent > places:
                self._lose(field, f"the target has {places} decimal places")
            return quantity

        return show

    def _country(self, form: CountryForm) -> Printer:
        if form is CountryForm.ALPHA_3:
            return lambda party, _: str(party)
        return lambda party, _: print_country(party)

    def _timeframe(self, field: Field) -> Printer:
        form = self._profile.timeframe

        def show(timeframe: Timeframe | str, _: object) -> Value:
            if isinstance(timeframe, str):
                return timeframe
            if form is TimeframeForm.YEARS and not _is_whole_years(timeframe):
                self._lose(field, "the target holds one range of whole years")
            return print_timeframe(timeframe, form)

        return show

    def _using_party(self, field: Field) -> Printer:
        form = self._profile.using_party

        def show(party: str, record: ActionRecord) -> Value:
            if form is UsingParty.OIMP_ONLY and record.type == "Use" and not record.oimp_purpose:
                self._lose(field, "the target names the using Party only for OIMP")
                return self._empty
            return party

        return show

    def _lose(self, field: Field, reason: str) -> None:
        self.losses[Loss(field.table, field.name, reason)] += 1


def _is_whole_years(timeframe: Timeframe) -> bool:
    span = timeframe.occurred
    if span is None or timeframe.use is not None:
        return False
    starts = (span.start.month, span.start.day) == (1, 1)
    return starts and (span.end.month, span.end.day) == (12, 31)
