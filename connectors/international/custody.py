"""Custody moves: units of Parties that use the international registry, at their first transfer.

A Party without a registry of its own may use the international registry. Units authorized for it
stay in the underlying registry until their first transfer and are then kept by the international
registry (for authorized units of the Article 6.4 mechanism: they move over from the mechanism
registry). The move changes the keeper, not the holder, and no serial. It is told here as data,
for the staff of both registries; no interface to tell it by is published.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid5

from schema.codes import ActionKind, TransferState
from schema.messages import ActionNotice, TransferOutcome, UnitBlock
from schema.wire import Instant, WireStruct


class CustodyMove(WireStruct, frozen=True):
    """One block whose keeper changes."""

    move_id: UUID
    """The same for the same cause and block, however often it is worked out."""
    block: UnitBlock
    holder: str
    """The Party that uses the international registry."""
    from_registry: str
    """Who kept the units: the underlying registry, or the mechanism registry."""
    to_registry: str
    at: Instant
    cause: UUID
    """The message that made it the first transfer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CustodyRules:
    """Who uses the international registry, and where their units lie before."""

    international: str
    """The id of the international registry in the federation."""
    users: frozenset[str]
    """Parties whose ITMO registry is the international registry."""
    underlying: Mapping[str, str] = field(default_factory=dict)
    """Registry of origin to underlying registry; others are kept where they originate."""

    def moves(
        self, message: ActionNotice | TransferOutcome, *, holder: str, at: datetime
    ) -> tuple[CustodyMove, ...]:
        """Return the moves that a message causes for the Party that holds the units after it.

        Only a first transfer moves custody: one that is declared, or the part of a completed
        transfer for which it is the first. `at` is when the hub recorded it, aware UTC.
        """
        if holder not in self.users:
            return ()
        return tuple(
            self._move(block, holder, at, message.message_id)
            for block in _first_transferred(message)
            if self.underlying.get(block.registry, block.registry) != self.international
        )

    def _move(self, block: UnitBlock, holder: str, at: datetime, cause: UUID) -> CustodyMove:
        series = f"{block.approach}-{block.registry}-{block.first_party}-{block.vintage}"
        return CustodyMove(
            move_id=uuid5(cause, f"{series}/{block.first}-{block.last}/{holder}"),
            block=block,
            holder=holder,
            from_registry=self.underlying.get(block.registry, block.registry),
            to_registry=self.international,
            at=at,
            cause=cause,
        )


def _first_transferred(message: ActionNotice | TransferOutcome) -> Iterable[UnitBlock]:
    match message:
        case ActionNotice(action=ActionKind.FIRST_TRANSFER):
            return message.blocks
        case TransferOutcome(state=TransferState.COMPLETED):
            return message.first_transfer_blocks
        case _:
            return ()
