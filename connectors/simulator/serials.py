"""Which serials an officer means: those named, the next free ones, or the lowest that are held."""

from collections.abc import Sequence

import msgspec

from connectors.driving.orders import BlockAsked
from connectors.simulator.holding import Holding
from connectors.simulator.registry import Registry
from schema.codes import Metric, UnitStatus
from schema.messages import UnitBlock


class CannotDoError(Exception):
    """The officer's order cannot be carried out; the text says why."""


class Serials:
    """Names exact blocks for what is asked."""

    def __init__(self, registry: Registry) -> None:
        """Look into the books of `registry`."""
        self._registry = registry

    def new(self, asked: Sequence[BlockAsked]) -> list[UnitBlock]:
        """Give serials to what is asked for by number: the next free ones of the series."""
        highest: dict[tuple[str, str, str, int], int] = {}
        new: list[UnitBlock] = []
        for block in asked:
            series = self._series(block)
            free = max(highest.get(series, 0) + 1, self._registry.book.next_serial(*series))
            first = block.first or free
            last = block.last or first + (block.tonnes or 1) - 1
            highest[series] = max(highest.get(series, 0), last)
            new.append(self._exact(block, first, last))
        return new

    def held(self, asked: Sequence[BlockAsked], account: str) -> list[UnitBlock]:
        """Name exact serials for what is asked for: as given, or the lowest that are free."""
        blocks: list[UnitBlock] = []
        for block in asked:
            if block.first is not None and block.last is not None:
                blocks.append(self._exact(block, block.first, block.last))
            else:
                blocks += self._lowest(block, account, blocks)
        return blocks

    def _exact(self, block: BlockAsked, first: int, last: int) -> UnitBlock:
        approach, registry, party, vintage = self._series(block)
        return UnitBlock(
            approach=approach,
            registry=registry,
            first_party=party,
            vintage=vintage,
            first=first,
            last=last,
            metric=block.metric,
            quantity=block.quantity or str(max(last - first + 1, 0)),
            unit=block.unit,
        )

    def _lowest(
        self, block: BlockAsked, account: str, chosen: Sequence[UnitBlock]
    ) -> list[UnitBlock]:
        series, missing = self._series(block), block.tonnes or 1
        found: list[UnitBlock] = []
        for row in self._registry.book.live():
            if missing == 0:
                break
            here = (row.approach, row.registry, row.first_party, row.vintage) == series
            free = row.status is UnitStatus.HELD and row.account == account
            if not (here and free and row.metric is Metric.GHG):
                continue
            for first, last in _left_of(row, chosen):
                count = min(missing, last - first + 1)
                if count:
                    found.append(self._exact(block, first, first + count - 1))
                    missing -= count
        if missing:
            raise CannotDoError(f"{account} lacks {missing} free units of {series}")
        return _joined(found)

    def _series(self, block: BlockAsked) -> tuple[str, str, str, int]:
        profile = self._registry.profile
        return (
            block.approach or profile.approach,
            block.registry or profile.registry,
            block.first_party or profile.party,
            block.vintage,
        )


def _left_of(row: Holding, chosen: Sequence[UnitBlock]) -> list[tuple[int, int]]:
    """Return the ranges of a row that the same order has not chosen before."""
    ranges = [(row.first, row.last)]
    for block in chosen:
        if (block.approach, block.registry, block.first_party, block.vintage) != (
            row.approach, row.registry, row.first_party, row.vintage,
        ):  # fmt: skip
            continue
        ranges = [
            piece
            for first, last in ranges
            for piece in ((first, min(last, block.first - 1)), (max(first, block.last + 1), last))
            if piece[0] <= piece[1]
        ]
    return ranges


def _joined(blocks: Sequence[UnitBlock]) -> list[UnitBlock]:
    """Join neighbours, so that the message does not show how the books are cut."""
    joined: list[UnitBlock] = []
    for block in blocks:
        if joined and joined[-1].last + 1 == block.first:
            whole = joined[-1].last - joined[-1].first + 1 + block.last - block.first + 1
            joined[-1] = msgspec.structs.replace(joined[-1], last=block.last, quantity=str(whole))
        else:
            joined.append(block)
    return joined
