"""The amounts of a file, counted twice: from the cells as written, and from what was taken."""

from collections.abc import Iterable
from decimal import Decimal

from connectors.declarative.cells import collapse
from connectors.declarative.faults import CellError
from connectors.declarative.mapping import Mapped, RowMapper
from connectors.declarative.profile import Measure
from connectors.declarative.records import Record
from connectors.declarative.report import Amounts
from connectors.declarative.values import parse_amount


def measure(rows: Iterable[Mapped], mapper: RowMapper, wanted: Measure) -> Amounts:
    """Add up one amount over the file, over the rows taken and over the rows refused."""
    file = _Sum()
    taken = _Sum()
    refused = _Sum()
    for mapped in rows:
        key = collapse(mapper.raw(mapped.line, wanted.per)) if wanted.per else mapped.line.number
        told = _told(mapper, mapped, wanted.field)
        file.add(key, told)
        if mapped.record is None:
            refused.add(key, told)
        else:
            taken.add(key, _typed(mapped.record, wanted.field))
    # An amount that stands on many rows is taken as soon as one of them is.
    refused.told -= taken.told
    return Amounts(
        field=wanted.field,
        words=wanted.words,
        per=wanted.per,
        in_file=file.total,
        taken=taken.total,
        refused=refused.total,
        blank=file.blank,
        unreadable=file.unreadable,
    )


class _Sum:
    def __init__(self) -> None:
        self.told: set[tuple[str | int, Decimal]] = set()
        self.blank = 0
        self.unreadable = 0

    @property
    def total(self) -> Decimal:
        total = sum((amount for _, amount in self.told), Decimal(0))
        return total.to_integral_value() if total == total.to_integral_value() else total

    def add(self, key: str | int, told: Decimal | CellError | None) -> None:
        if told is None:
            self.blank += 1
        elif isinstance(told, CellError):
            self.unreadable += 1
        else:
            # The same amount for the same key is the same amount, on however many rows it stands.
            self.told.add((key, told))


def _told(mapper: RowMapper, mapped: Mapped, name: str) -> Decimal | CellError | None:
    texts = mapper.readers[name].texts(mapper.raw(mapped.line, name))
    try:
        return parse_amount(texts[0]) if texts else None
    except CellError as cause:
        return cause


def _typed(record: Record, name: str) -> Decimal | None:
    value = record.values.get(name)
    assert value is None or isinstance(value, int), "a measure is an amount in whole tonnes"
    return None if value is None else Decimal(value)
