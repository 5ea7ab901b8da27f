"""What a CAD Trust node can and cannot hold of the unified schema."""

from typing import Final

from connectors.cadtrust.resources import DataModel
from connectors.contract import CapabilitySheet, DataLoss, Holds, Maintenance, Reach
from schema.codes import RegistryKind, StatementLevel

_BOTH: Final = (
    DataLoss(
        subject="messages of the hub",
        consequence="none can be delivered: the node takes records only; they are kept here",
    ),
    DataLoss(
        subject="signatures",
        consequence="answers are kept byte for byte, and nothing in them is signed",
    ),
    DataLoss(
        subject="accounts",
        consequence="the organisation stands for the account; the account is kept here",
    ),
    DataLoss(
        subject="transfers between registries",
        consequence="nothing moves there: the sender's units become gone, the receiver's are new",
    ),
    DataLoss(
        subject="first transfer of a serial",
        consequence="not held; statements say False, and the hub's own record decides",
    ),
    DataLoss(
        subject="units in another metric than tCO2e",
        consequence="not published; they are kept here",
    ),
    DataLoss(
        subject="state of a unit",
        consequence="few states there; the exact one is written as the reason and read back",
    ),
    DataLoss(
        subject="mitigation of both kinds",
        consequence="published as a reduction; kept exactly here",
    ),
    DataLoss(
        subject="units that name no ITMO",
        consequence="read and kept with the reason why they are not known to be ITMOs",
    ),
    DataLoss(
        subject="state at a past instant",
        consequence="only the present is stated; the audit is kept as evidence",
    ),
    DataLoss(
        subject="staged work of others",
        consequence="a confirmation empties all of staging: nothing is published while others wait",
    ),
)
_V1: Final = (
    DataLoss(
        subject="ITMO identifier",
        consequence="no field of its own: block start and end hold the first and last identifier",
    ),
    DataLoss(
        subject="authorizations",
        consequence="not held; kept here",
    ),
)
_V2: Final = (
    DataLoss(
        subject="AEF values that the node requires and the AEF leaves empty",
        consequence="written as NA and read back as empty",
    ),
    DataLoss(
        subject="AEF action type Voluntary Cancellation",
        consequence="written as Cancellation; the AEF form is kept here",
    ),
    DataLoss(
        subject="AEF quantities with more than 2 decimals",
        consequence="reported with the publication; the exact quantity is kept here",
    ),
    DataLoss(
        subject="corresponding adjustment of a unit",
        consequence="no field; it follows from the AEF tables",
    ),
    DataLoss(
        subject="units that left for another registry",
        consequence="shown as Inactive with the reason gone: there is no state Exported",
    ),
)


def capability_sheet(
    registry: str, model: DataModel, maintenance: tuple[Maintenance, ...] = ()
) -> CapabilitySheet:
    """Return the sheet of a node by one data model."""
    holds = {Holds.SERIALS, Holds.ACTIONS}
    if model is DataModel.V2:
        holds |= {Holds.AUTHORIZATIONS, Holds.AUTHORIZATION_VERSIONS}
    return CapabilitySheet(
        registry=registry,
        kind=RegistryKind.META,
        connector="cadtrust",
        reach=Reach.PUSH,
        holds=frozenset(holds),
        accepts=frozenset(),
        statement_levels=frozenset({StatementLevel.TOTALS, StatementLevel.BLOCKS}),
        data_loss=(*_BOTH, *(_V1 if model is DataModel.V1 else _V2)),
        maintenance=maintenance,
    )
