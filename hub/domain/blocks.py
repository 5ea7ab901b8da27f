"""From blocks on the wire to intervals of serials, with a refusal per offending block.

Rules: decision 6/CMA.4 annex I paras. 5-6 (the five parts, blocks of first and last identifier);
the limits on serials and on the number of blocks are the hub's own.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Final

from hub.domain.ledger import DECIMALS, share_of
from hub.domain.state import Interval, MovedBlock
from schema.codes import Metric
from schema.identifiers import SERIAL_LIMIT, IdentifierError, IdentifierFault, ItmoSeries
from schema.messages import UnitBlock
from schema.refusals import BlockReference, Refusal, RefusalCode, refuse
from schema.wire import MAX_BLOCKS

GHG_UNIT: Final = "tCO2e"
_EARLIEST_PLAUSIBLE_VINTAGE: Final = 1990


@lru_cache(maxsize=65_536)
def series_of(approach: str, registry: str, first_party: str, vintage: int) -> ItmoSeries:
    """Return the series of these parts, checked once.

    Raises:
        IdentifierError: a part has the wrong form.
    """
    return ItmoSeries(approach, registry, first_party, vintage)  # type: ignore[arg-type]


def reference_to(block: UnitBlock) -> BlockReference:
    """Return the block as refusals name it: as the sender wrote it."""
    return BlockReference(
        approach=block.approach,
        registry=block.registry,
        first_party=block.first_party,
        vintage=block.vintage,
        first=block.first,
        last=block.last,
    )


def reference_to_interval(interval: Interval) -> BlockReference:
    """Return an interval as refusals name it."""
    series = interval.series
    return BlockReference(
        approach=series.approach,
        registry=series.registry,
        first_party=series.first_party,
        vintage=series.vintage,
        first=interval.first,
        last=interval.last,
    )


def intervals_of(blocks: Iterable[UnitBlock]) -> Iterator[Interval]:
    """Yield the intervals of the well-formed blocks; `read_blocks` refuses the others."""
    for block in blocks:
        if not 0 < block.first <= block.last < SERIAL_LIMIT:
            continue
        try:
            series = series_of(block.approach, block.registry, block.first_party, block.vintage)
        except IdentifierError:
            continue
        yield Interval(series, block.first, block.last)


def read_blocks(
    wire: Sequence[UnitBlock], now: datetime
) -> tuple[list[Refusal], tuple[MovedBlock, ...]]:
    """Return every refusal of the identifier family, and the well-formed blocks, sorted.

    A message with a refusal is refused; the well-formed blocks let its other reasons be told too.
    """
    if not wire:
        return [refuse(RefusalCode.NO_BLOCKS, "the message names no block")], ()
    if len(wire) > MAX_BLOCKS:
        words = f"{len(wire)} blocks, limit {MAX_BLOCKS}"
        return [refuse(RefusalCode.TOO_MANY_BLOCKS, words)], ()
    refusals: list[Refusal] = []
    blocks: list[MovedBlock] = []
    for block in wire:
        found = list(_check_block(block, now))
        if found:
            refusals.extend(found)
        else:
            blocks.append(moved_block(block))
    if len(blocks) > 1:
        blocks.sort(key=_position)
        refusals.extend(_check_overlaps(blocks))
    return refusals, tuple(blocks)


def _position(block: MovedBlock) -> tuple[ItmoSeries, int, int]:
    interval = block.interval
    return interval.series, interval.first, interval.last


def moved_block(block: UnitBlock) -> MovedBlock:
    """Return a well-formed block as an interval with its non-GHG quantity."""
    series = series_of(block.approach, block.registry, block.first_party, block.vintage)
    interval = Interval(series, block.first, block.last)
    if block.metric is Metric.GHG:
        return MovedBlock(interval=interval)
    return MovedBlock(interval=interval, quantity=Decimal(block.quantity), unit=block.unit)


def wire_block(block: MovedBlock) -> UnitBlock:
    """Return a block as it stands on the wire."""
    interval, series = block.interval, block.interval.series
    ghg = block.quantity is None
    return UnitBlock(
        approach=series.approach,
        registry=series.registry,
        first_party=series.first_party,
        vintage=series.vintage,
        first=interval.first,
        last=interval.last,
        metric=Metric.GHG if ghg else Metric.NON_GHG,
        quantity=str(interval.count) if block.quantity is None else _text_of(block.quantity),
        unit=GHG_UNIT if block.unit is None else block.unit,
    )


def _text_of(quantity: Decimal) -> str:
    return format(quantity.normalize(), "f")


def part_of(block: MovedBlock, interval: Interval) -> MovedBlock:
    """Return the part of a block that lies in `interval`, with its share of the quantity."""
    quantity = share_of(block.quantity, block.interval.count, interval.count)
    return MovedBlock(interval=interval, quantity=quantity, unit=block.unit)


def tonnes_of(intervals: Iterable[Interval]) -> int:
    """Return the number of serials; for tCO2e whole tonnes."""
    return sum(interval.count for interval in intervals)


def _check_block(block: UnitBlock, now: datetime) -> Iterator[Refusal]:
    reference = reference_to(block)
    plausible = _EARLIEST_PLAUSIBLE_VINTAGE <= block.vintage <= now.year
    try:
        series_of(block.approach, block.registry, block.first_party, block.vintage)
    except IdentifierError as error:
        yield refuse(_code_of(error.code), str(error), reference)
        plausible = plausible or error.code is IdentifierFault.VINTAGE_OUT_OF_RANGE
    if not (0 < block.first < SERIAL_LIMIT and 0 < block.last < SERIAL_LIMIT):
        yield refuse(RefusalCode.SERIAL_OUT_OF_RANGE, f"{block.first}-{block.last}", reference)
    elif block.first > block.last:
        yield refuse(RefusalCode.BLOCK_RANGE_INVERTED, f"{block.first}-{block.last}", reference)
    else:
        yield from _check_quantity(block, reference)
    if not plausible:
        yield refuse(RefusalCode.VINTAGE_IMPLAUSIBLE, f"vintage {block.vintage}", reference)


def _check_quantity(block: UnitBlock, reference: BlockReference) -> Iterator[Refusal]:
    count = block.last - block.first + 1
    is_ghg = block.metric is Metric.GHG
    if (block.unit == GHG_UNIT) is not is_ghg or not block.unit:
        detail = f"metric {block.metric} with unit {block.unit!r}"
        yield refuse(RefusalCode.METRIC_UNIT_MISSING, detail, reference)
    elif is_ghg and block.quantity != str(count):
        detail = f"quantity {block.quantity}, serials {count}"
        yield refuse(RefusalCode.QUANTITY_MISMATCH, detail, reference)
    elif not is_ghg and not _shared_out(Decimal(block.quantity), count):
        detail = f"{block.quantity} {block.unit} over {count} serials is no whole millionth each"
        yield refuse(RefusalCode.QUANTITY_MISMATCH, detail, reference)


def _shared_out(quantity: Decimal, count: int) -> bool:
    """Tell whether every serial carries the same exact amount: a cut leaves no remainder."""
    millionths = int(quantity.scaleb(DECIMALS))
    return millionths > 0 and millionths % count == 0


def _check_overlaps(ordered: Sequence[MovedBlock]) -> Iterator[Refusal]:
    series, reached = None, 0
    for block in ordered:
        interval = block.interval
        if interval.series != series:
            series, reached = interval.series, 0
        if interval.first <= reached:
            words = f"serials up to {reached} are named before"
            reference = reference_to_interval(interval)
            yield refuse(RefusalCode.BLOCKS_OVERLAP_IN_MESSAGE, words, reference)
        reached = max(reached, interval.last)


def _code_of(fault: IdentifierFault) -> RefusalCode:
    match fault:
        case IdentifierFault.PARTY_UNKNOWN:
            return RefusalCode.PARTY_UNKNOWN
        case IdentifierFault.VINTAGE_OUT_OF_RANGE:
            return RefusalCode.VINTAGE_IMPLAUSIBLE
        case _:
            return RefusalCode.IDENTIFIER_MALFORMED
