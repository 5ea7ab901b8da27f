"""What a registry of the UNDP make can and cannot hold of the unified schema."""

from typing import Final

from connectors.contract import CapabilitySheet, DataLoss, Holds, Maintenance, Reach
from schema.codes import RegistryKind, StatementLevel
from schema.messages import MessageKind

_LOSSES: Final = (
    DataLoss(
        subject="transfers between registries",
        consequence="none there: a completed transfer becomes an accepted retirement",
    ),
    DataLoss(
        subject="units coming in from another registry",
        consequence="cannot be held there: transfer requests to it are not delivered",
    ),
    DataLoss(
        subject="outcomes of transfers that were not completed",
        consequence="not told: nothing has happened there",
    ),
    DataLoss(
        subject="receipts and discrepancies",
        consequence="not told; they are kept here for its people to read",
    ),
    DataLoss(
        subject="which serials leave",
        consequence="always the last of a block: others are refused, never retired in their stead",
    ),
    DataLoss(
        subject="idempotency",
        consequence="none there: every request is written down here first and looked for after",
    ),
    DataLoss(
        subject="first transfer of a serial",
        consequence="its flag is wrong after splits and is not read; the hub's own record decides",
    ),
    DataLoss(
        subject="registry of origin in the serial",
        consequence="not there: a mapping that its operator vouches for adds it",
    ),
    DataLoss(
        subject="which serials a waiting request takes",
        consequence="stated as the high end of the block, as its software takes them",
    ),
    DataLoss(
        subject="the instant of its answers",
        consequence="they may be 60 s old; statements name the earliest instant",
    ),
    DataLoss(
        subject="signatures",
        consequence="answers are kept byte for byte, and nothing in them is signed",
    ),
    DataLoss(subject="non-GHG quantities", consequence="not held; kept here"),
    DataLoss(subject="authorizations", consequence="read as AEF rows only, without versions"),
    DataLoss(subject="accounts", consequence="the company stands for the account"),
)


def capability_sheet(registry: str, maintenance: tuple[Maintenance, ...] = ()) -> CapabilitySheet:
    """Return the sheet of one registry."""
    return CapabilitySheet(
        registry=registry,
        kind=RegistryKind.PARTY,
        connector="undp",
        reach=Reach.PUSH,
        holds=frozenset({Holds.SERIALS, Holds.ACCOUNTS, Holds.ACTIONS}),
        accepts=frozenset({MessageKind.TRANSFER_OUTCOME}),
        statement_levels=frozenset({StatementLevel.TOTALS, StatementLevel.BLOCKS}),
        data_loss=_LOSSES,
        maintenance=maintenance,
    )
