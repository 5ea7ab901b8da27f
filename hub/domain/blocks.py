"""From blocks on the wire to intervals of serials, with a refusal per offending block.

Rules: decision 6/CMA.4 annex I paras. 5-6 (the five parts, blocks of first and last identifier);
the limits on serials and on the number of blocks are the hub's own.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Final

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
    """Yield the intervals of the well-formed blocks; `check_blocks` refuses the others."""
    for block in blocks:
        if not 0 < block.first <= block.last < SERIAL_LIMIT:
            continue
        try:
            series = series_of(block.approach, block.registry, block.first_party, block.vintage)
        except IdentifierError:
            continue
        yield Interval(series, block.first, block.last)


def moved_blocks(blocks: Sequence[UnitBlock]) -> tuple[MovedBlock, ...]:
    """Return checked blocks as intervals with their non-GHG quantity, sorted."""
    moved = [
        MovedBlock(
            interval=Interval(
                series_of(block.approach, block.registry, block.first_party, block.vintage),
                block.first,
                block.last,
            ),
            quantity=None if block.metric is Metric.GHG else Decimal(block.quantity),
        )
        for block in blocks
    ]
    return tuple(sorted(moved, key=lambda block: block.interval))


def wire_block(interval: Interval, metric: Metric, quantity: Decimal | None) -> UnitBlock:
    """Return an interval as it stands on the wire; `quantity` in the unit of the metric."""
    series = interval.series
    return UnitBlock(
        approach=series.approach,
        registry=series.registry,
        first_party=series.first_party,
        vintage=series.vintage,
        first=interval.first,
        last=interval.last,
        metric=metric,
        quantity=str(interval.count) if quantity is None else format(quantity.normalize(), "f"),
        unit=GHG_UNIT,
    )


def check_blocks(blocks: Sequence[UnitBlock], now: datetime) -> list[Refusal]:
    """Return every refusal of the identifier family, block by block."""
    if not blocks:
        return [refuse(RefusalCode.NO_BLOCKS, "the message names no block")]
    if len(blocks) > MAX_BLOCKS:
        return [refuse(RefusalCode.TOO_MANY_BLOCKS, f"{len(blocks)} blocks, limit {MAX_BLOCKS}")]
    refusals = [refusal for block in blocks for refusal in _check_block(block, now)]
    return refusals or _check_overlaps(blocks)


def _check_block(block: UnitBlock, now: datetime) -> Iterator[Refusal]:
    reference = reference_to(block)
    try:
        series_of(block.approach, block.registry, block.first_party, block.vintage)
    except IdentifierError as error:
        yield refuse(_code_of(error.code), str(error), reference)
    if not (0 < block.first < SERIAL_LIMIT and 0 < block.last < SERIAL_LIMIT):
        yield refuse(RefusalCode.SERIAL_OUT_OF_RANGE, f"{block.first}-{block.last}", reference)
    elif block.first > block.last:
        yield refuse(RefusalCode.BLOCK_RANGE_INVERTED, f"{block.first}-{block.last}", reference)
    else:
        yield from _check_quantity(block, reference)
    if not _EARLIEST_PLAUSIBLE_VINTAGE <= block.vintage <= now.year:
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
    elif not is_ghg and Decimal(block.quantity) == 0:
        yield refuse(RefusalCode.QUANTITY_MISMATCH, "a non-GHG quantity of zero", reference)


def _check_overlaps(blocks: Sequence[UnitBlock]) -> list[Refusal]:
    refusals = []
    ordered = sorted(
        blocks,
        key=lambda block: (
            block.approach,
            block.registry,
            block.first_party,
            block.vintage,
            block.first,
        ),
    )
    last_of: dict[tuple[str, str, str, int], int] = {}
    for block in ordered:
        key = (block.approach, block.registry, block.first_party, block.vintage)
        if block.first <= last_of.get(key, 0):
            refusals.append(
                refuse(
                    RefusalCode.BLOCKS_OVERLAP_IN_MESSAGE,
                    f"serials up to {last_of[key]} are named before",
                    reference_to(block),
                )
            )
        last_of[key] = max(block.last, last_of.get(key, 0))
    return refusals


def _code_of(fault: IdentifierFault) -> RefusalCode:
    match fault:
        case IdentifierFault.PARTY_UNKNOWN:
            return RefusalCode.PARTY_UNKNOWN
        case IdentifierFault.VINTAGE_OUT_OF_RANGE:
            return RefusalCode.VINTAGE_IMPLAUSIBLE
        case _:
            return RefusalCode.IDENTIFIER_MALFORMED
