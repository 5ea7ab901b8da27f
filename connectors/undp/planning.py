"""Which blocks of the registry hold the wanted ITMOs, and whether they can be retired there.

A retirement takes the high end of one block, so only serials that lie there can leave.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum, unique

from connectors.undp.intents import Intent
from connectors.undp.rows import BalanceRow
from connectors.vouched import VouchedSerials
from schema.faults import IdentifierError
from schema.formats.parsed import ParsedIdentifier
from schema.formats.undp import SERIAL_RULE
from schema.identifiers import ItmoBlock, SerialRange
from schema.parties import PartyId, alpha_2_of
from schema.serials import SerialSet, overlapping


@unique
class PlanFault(StrEnum):
    """Why an order cannot be carried out."""

    NOT_HELD = "not_held"
    """The registry does not show all the serials as held by its companies."""
    NOT_HIGH_END = "not_high_end"
    """The serials are not the last of their block: others would be retired instead."""
    RESERVED = "reserved"
    """Requests on the block wait for a decision; which serials they take is not settled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossBorderOrder:
    """ITMOs that have to leave the registry, because their transfer is completed."""

    key: str
    """The same whenever the same message is delivered again."""
    block: ItmoBlock
    acquiring_party: PartyId
    organization: str
    """Who receives them, for the registry's own books."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CannotPlan:
    """Why, with what the registry shows."""

    fault: PlanFault
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedRow:
    """A block of the registry with the ITMOs that it is."""

    row: BalanceRow
    parsed: ParsedIdentifier
    block: ItmoBlock

    def serial_of(self, serials: SerialRange) -> str:
        """Write some of its ITMOs as a serial of the registry."""
        assert self.parsed.serials is not None, "a serial of this format is a range"
        offset = self.block.serials.first - self.parsed.serials.first
        texts = {part.name: part.text for part in self.parsed.parts}
        texts |= {"first": str(serials.first - offset), "last": str(serials.last - offset)}
        return SERIAL_RULE.print(texts)


def placed_rows(rows: Iterable[BalanceRow], vouched: VouchedSerials) -> Iterator[PlacedRow]:
    """Return the blocks whose ITMOs are known."""
    for row in rows:
        try:
            parsed = SERIAL_RULE.read(row.serial_number)
            block = vouched.block_of(parsed)
        except IdentifierError:
            continue
        if block is not None:
            yield PlacedRow(row=row, parsed=parsed, block=block)


def plan(order: CrossBorderOrder, rows: Iterable[PlacedRow]) -> tuple[Intent, ...] | CannotPlan:
    """Return one intent a block that holds some of the wanted serials."""
    wanted = order.block
    parts: list[tuple[PlacedRow, SerialRange]] = []
    for each in rows:
        held = each.block.serials
        if each.block.series != wanted.series or not overlapping(held, wanted.serials):
            continue
        part = SerialRange(
            max(held.first, wanted.serials.first), min(held.last, wanted.serials.last)
        )
        if part.last != held.last:
            words = f"{part.display()} is not the end of {each.row.serial_number}"
            return CannotPlan(fault=PlanFault.NOT_HIGH_END, words=words)
        if each.row.credit_amount != held.count:
            words = f"{held.count - each.row.credit_amount} of {each.row.serial_number}"
            return CannotPlan(fault=PlanFault.RESERVED, words=words)
        parts.append((each, part))
    covered = SerialSet.of(part for _, part in parts)
    if covered != SerialSet((wanted.serials,)):
        words = f"{covered.count} of {wanted.count} serials are held there"
        return CannotPlan(fault=PlanFault.NOT_HELD, words=words)
    return tuple(_intent(order, number, len(parts), *each) for number, each in enumerate(parts, 1))


def _intent(
    order: CrossBorderOrder, number: int, parts: int, placed: PlacedRow, serials: SerialRange
) -> Intent:
    return Intent(
        key=f"{order.key}/{number:04}",
        parts=parts,
        block_id=placed.row.id,
        owner=placed.row.receiver_id,
        serial=placed.serial_of(serials),
        amount=serials.count,
        country=alpha_2_of(order.acquiring_party),
        organization=order.organization,
    )


def owners_missing(intents: Iterable[Intent], known: Mapping[int, object]) -> set[int]:
    """Return the companies for which nobody can ask."""
    return {intent.owner for intent in intents} - known.keys()
