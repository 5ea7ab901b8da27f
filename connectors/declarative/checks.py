"""What must hold inside a row and between rows; a broken check refuses or is reported."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import Final

from connectors.declarative.dates import Period
from connectors.declarative.faults import Fault
from connectors.declarative.mapping import Mapped
from connectors.declarative.profile import Check, Consequence, Rule
from connectors.declarative.records import Record, Value
from schema.formats.parsed import IntervalKey, ParsedIdentifier
from schema.identifiers import IdentifierError, SerialRange

Broken = tuple[Fault, str] | None


def apply_checks(rows: list[Mapped], checks: Iterable[Check]) -> None:
    """Apply every check to the rows that are still taken, in the order of the profile."""
    for check in checks:
        for mapped, fault, words in _broken(rows, check):
            if mapped.record is None:
                continue
            if check.consequence is Consequence.REFUSE:
                mapped.refuse(check.field or ", ".join(check.fields), fault, words)
                mapped.record = None
            else:
                mapped.report(check.field or ", ".join(check.fields), fault, words)


def _broken(rows: list[Mapped], check: Check) -> Iterator[tuple[Mapped, Fault, str]]:
    taken = [(mapped, mapped.record) for mapped in rows if mapped.record is not None]
    if check.rule in _OVER_ALL:
        yield from _OVER_ALL[check.rule](taken, check)
        return
    for mapped, record in taken:
        broken = _IN_ROW[check.rule](record.values.get(check.field), record, check)
        if broken is not None:
            yield mapped, *broken


def _serials_count(value: Value, record: Record, check: Check) -> Broken:
    stated = record.values.get(check.other)
    if not isinstance(value, ParsedIdentifier) or not isinstance(stated, int):
        return None
    difference = value.compare_quantity(stated)
    if difference is None:
        return None
    return (
        Fault.QUANTITY_DIFFERS,
        f"the serials cover {difference.computed} units, {difference.stated} are stated",
    )


def _same_vintage(value: Value, record: Record, check: Check) -> Broken:
    stated = record.values.get(check.other)
    if not isinstance(value, ParsedIdentifier) or not isinstance(stated, int):
        return None
    try:
        vintage = value.vintage()
    except IdentifierError as cause:
        return Fault.VINTAGE_DIFFERS, str(cause)
    if vintage in {None, stated}:
        return None
    return Fault.VINTAGE_DIFFERS, f"the serials say {vintage}, {stated} is stated"


def _same_part(value: Value, record: Record, check: Check) -> Broken:
    stated = record.values.get(check.other)
    if not isinstance(value, ParsedIdentifier) or stated is None:
        return None
    part = value.text_of(check.part)
    if part in {None, stated}:
        return None
    return Fault.PART_DIFFERS, f"the {check.part} of the serials is {part}, {stated} is stated"


def _same_party(value: Value, record: Record, check: Check) -> Broken:
    stated = record.values.get(check.other)
    if not isinstance(value, ParsedIdentifier) or stated is None:
        return None
    country = value.country()
    if country is None or country.party == stated:
        return None
    return Fault.PART_DIFFERS, f"the number says {country.party}, {stated} is stated"


def _not_before(value: Value, record: Record, check: Check) -> Broken:
    other = record.values.get(check.other)
    after = other.last if isinstance(other, Period) else other
    if not isinstance(value, date) or not isinstance(after, date) or value >= after:
        return None
    return Fault.BEFORE, f"{value} comes before {after} ({check.other})"


Rows = list[tuple[Mapped, Record]]


def _unique(rows: Rows, check: Check) -> Iterator[tuple[Mapped, Fault, str]]:
    first_row: dict[tuple[object, ...], int] = {}
    for mapped, record in rows:
        key = tuple(_key(record.values.get(name)) for name in check.fields)
        seen = first_row.setdefault(key, record.row)
        if seen != record.row:
            yield mapped, Fault.REPEATED, f"as row {seen}"


def _key(value: Value) -> object:
    return (value.key, value.serials) if isinstance(value, ParsedIdentifier) else value


def _no_overlap(rows: Rows, check: Check) -> Iterator[tuple[Mapped, Fault, str]]:
    spaces: dict[IntervalKey, list[tuple[SerialRange, Mapped]]] = defaultdict(list)
    for mapped, record in rows:
        value = record.values.get(check.field)
        if isinstance(value, ParsedIdentifier) and value.serials is not None:
            spaces[value.key].append((value.serials, mapped))
    for blocks in spaces.values():
        blocks.sort(key=lambda block: (block[0], block[1].line.number))
        covered, holder = blocks[0]
        for serials, mapped in blocks[1:]:
            if serials.first <= covered.last:
                words = f"{serials.display()} meets {covered.display()} of row {holder.line.number}"
                yield mapped, Fault.OVERLAP, words
            if serials.last > covered.last:
                covered, holder = serials, mapped


def _sum_is_total(rows: Rows, check: Check) -> Iterator[tuple[Mapped, Fault, str]]:
    groups: dict[object, Rows] = defaultdict(list)
    for mapped, record in rows:
        groups[_key(record.values.get(check.per))].append((mapped, record))
    for group in groups.values():
        totals = {record.values.get(check.other) for _, record in group} - {None}
        amounts = [record.values.get(check.field) for _, record in group]
        total = sum(amount for amount in amounts if isinstance(amount, int))
        first, record = group[0]
        if len(totals) > 1:
            yield first, Fault.TOTAL_DIFFERS, f"the rows state {len(totals)} different totals"
            continue
        stated = next(iter(totals), total)
        if stated != total:
            words = f"the rows add up to {total}, the total stated is {stated}"
            yield first, Fault.TOTAL_DIFFERS, words


_IN_ROW: Final[dict[Rule, Callable[[Value, Record, Check], Broken]]] = {
    Rule.SERIALS_COUNT: _serials_count,
    Rule.SAME_VINTAGE: _same_vintage,
    Rule.SAME_PART: _same_part,
    Rule.SAME_PARTY: _same_party,
    Rule.NOT_BEFORE: _not_before,
}
_OVER_ALL: Final[dict[Rule, Callable[[Rows, Check], Iterator[tuple[Mapped, Fault, str]]]]] = {
    Rule.UNIQUE: _unique,
    Rule.NO_OVERLAP: _no_overlap,
    Rule.SUM_IS_TOTAL: _sum_is_total,
}
