"""Leaving: what a completed transfer takes out of a registry that cannot read its outcome."""

from connectors.undp.planning import CrossBorderOrder
from hub.storage.database import Database
from hub.storage.queries.transfers import leaving
from schema.identifiers import ItmoBlock, ItmoSeries, PartyId, SerialRange
from schema.messages import TransferOutcome
from schema.serials import SerialSet


async def orders_of(
    database: Database, registry: str, outcome: TransferOutcome
) -> tuple[CrossBorderOrder, ...]:
    """Return one order a range of serials; neighbouring blocks are one.

    The keys follow from the message alone, so that each delivery of it means the same orders.
    """
    async with database.reading() as connection:
        blocks = await leaving(connection, outcome.transfer_id, registry)
    ranges: dict[ItmoSeries, list[SerialRange]] = {}
    for each in blocks:
        ranges.setdefault(each.block.series, []).append(each.block.serials)
    joined = [
        ItmoBlock(series, serials)
        for series in sorted(ranges)
        for serials in SerialSet.of(ranges[series]).ranges
    ]
    return tuple(
        CrossBorderOrder(
            key=f"{outcome.message_id}/{number}",
            block=block,
            acquiring_party=PartyId(blocks[0].party),
            organization=blocks[0].registry_name,
        )
        for number, block in enumerate(joined, start=1)
    )
