"""What the registry holds, as a statement: its balances, and what was cancelled for good.

What was retired across the border has left: it is nobody's holding there any more.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from connectors.undp.planning import PlacedRow
from connectors.undp.rows import BalanceRow, RequestStatus, RetirementRow, RetirementType
from connectors.vouched import VouchedSerials
from schema.codes import AccountKind, UnitStatus
from schema.faults import IdentifierError
from schema.formats.undp import SERIAL_RULE
from schema.identifiers import ItmoBlock, ItmoSeries, SerialRange
from schema.serials import repeated, split_high
from schema.statements import StatedBlock

CANCELLED: Final = "voluntary cancellation"
"""The account of voluntary cancellations: the registry has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedUnits:
    """Everything that the registry says about units, as far as it is known to be ITMOs."""

    blocks: tuple[StatedBlock, ...]
    departed: tuple[ItmoBlock, ...]
    """Retired across the border."""
    unplaced: tuple[tuple[str, str], ...]
    """Serials that are not known to be ITMOs, and why."""
    stated_at: datetime
    """The earliest instant for which it speaks; it may be up to the cache's age newer."""

    @property
    def overlaps(self) -> bool:
        """Whether the registry's answers are of different instants: a serial stands twice."""
        by_series: dict[ItmoSeries, list[SerialRange]] = {}
        for block in (*map(_block_of, self.blocks), *self.departed):
            by_series.setdefault(block.series, []).append(block.serials)
        return any(repeated(ranges) for ranges in by_series.values())


class Teller:
    """Builds a statement row by row; nothing that is read is dropped."""

    def __init__(self, vouched: VouchedSerials) -> None:
        """Start with nothing."""
        self._vouched = vouched
        self._blocks: list[StatedBlock] = []
        self._departed: list[ItmoBlock] = []
        self._unplaced: list[tuple[str, str]] = []

    def told(self, stated_at: datetime) -> StatedUnits:
        """Return all that was told so far."""
        return StatedUnits(
            blocks=tuple(self._blocks),
            departed=tuple(self._departed),
            unplaced=tuple(self._unplaced),
            stated_at=stated_at,
        )

    def balances(self, rows: Iterable[BalanceRow]) -> None:
        """Take the blocks that companies own; a reserved part is the high end of its block."""
        for row in rows:
            placed = self._placed(row)
            if placed is None:
                continue
            reserved = placed.block.count - row.credit_amount
            if not 0 <= reserved <= placed.block.count:
                words = f"{row.credit_amount} credits in a block of {placed.block.count}"
                self._unplaced.append((row.serial_number, words))
                continue
            account = str(row.receiver_id)
            for serials, status in _parts(placed.block.serials, reserved):
                block = ItmoBlock(placed.block.series, serials)
                self._blocks.append(_stated(block, account, AccountKind.HOLDING, status))

    def retirements(self, rows: Iterable[RetirementRow]) -> None:
        """Take what is retired: by the status of the request, never by the state of the block."""
        for row in rows:
            if row.status is not RequestStatus.COMPLETED:
                continue
            block = self._block(row.serial_number)
            if block is None:
                continue
            if row.retirement_type == RetirementType.CROSS_BORDER:
                self._departed.append(block)
            else:
                kind, status = AccountKind.CANCELLATION_VOLUNTARY, UnitStatus.CANCELLED
                self._blocks.append(_stated(block, CANCELLED, kind, status))

    def _placed(self, row: BalanceRow) -> PlacedRow | None:
        block = self._block(row.serial_number)
        if block is None:
            return None
        return PlacedRow(row=row, parsed=SERIAL_RULE.read(row.serial_number), block=block)

    def _block(self, serial: str) -> ItmoBlock | None:
        try:
            block = self._vouched.block_of(SERIAL_RULE.read(serial))
        except IdentifierError as cause:
            self._unplaced.append((serial, str(cause)))
            return None
        if block is None:
            self._unplaced.append((serial, "nobody vouches for its project"))
        return block


def _parts(serials: SerialRange, reserved: int) -> Iterator[tuple[SerialRange, UnitStatus]]:
    if reserved == 0:
        yield serials, UnitStatus.HELD
    elif reserved == serials.count:
        yield serials, UnitStatus.RESERVED
    else:
        low, high = split_high(serials, reserved)
        yield low, UnitStatus.HELD
        yield high, UnitStatus.RESERVED


def _stated(block: ItmoBlock, account: str, kind: AccountKind, status: UnitStatus) -> StatedBlock:
    series, serials = block.series, block.serials
    return StatedBlock(
        account=account,
        account_kind=kind,
        approach=series.approach,
        registry=series.registry,
        first_party=series.first_party,
        vintage=series.vintage,
        first=serials.first,
        last=serials.last,
        status=status,
        # What has not left has not been transferred; the registry's own flag is wrong after splits.
        first_transferred=False,
        authorization=None,
        quantity=str(block.count),
    )


def _block_of(row: StatedBlock) -> ItmoBlock:
    series = ItmoSeries(row.approach, row.registry, row.first_party, row.vintage)  # type: ignore[arg-type]
    return ItmoBlock(series, SerialRange(row.first, row.last))
