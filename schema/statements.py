"""What a registry states about itself at an instant: the input of reconciliation."""

from schema.codes import AccountKind, UnitStatus
from schema.wire import Code, DecimalText, Instant, Many, Reference, Tonnes, WireStruct


class StatedTotal(WireStruct, frozen=True):
    """Level 1: the total of one series in one account, in whole units (serials)."""

    account: Reference
    account_kind: AccountKind
    approach: Code
    registry: Code
    first_party: Code
    vintage: int
    units: Tonnes


class StatedBlock(WireStruct, frozen=True):
    """Level 2: one block as the registry holds it; its split is the registry's own affair."""

    account: Reference
    account_kind: AccountKind
    approach: Code
    registry: Code
    first_party: Code
    vintage: int
    first: int
    last: int
    status: UnitStatus
    first_transferred: bool
    authorization: Reference | None
    quantity: DecimalText
    """In the unit of the metric; for tCO2e equal to the number of serials."""


class StatedAuthorization(WireStruct, frozen=True):
    """The status of one authorization as this registry knows it."""

    party: Code
    authorization_id: Reference
    version: int
    status: Code
    quantity: Tonnes | None


class Statement(WireStruct, frozen=True):
    """The state of a registry at `stated_at`: totals, blocks and known authorizations."""

    registry: Code
    stated_at: Instant
    totals: Many[StatedTotal]
    blocks: Many[StatedBlock]
    authorizations: Many[StatedAuthorization]
