"""What a registry states about itself at an instant: the input of reconciliation."""

from typing import Annotated
from uuid import UUID

from msgspec import Meta

from schema.codes import AccountKind, StatementLevel, UnitStatus
from schema.wire import Code, DecimalText, Instant, Many, Reference, Tonnes, WireStruct

PageNumber = Annotated[int, Meta(ge=1, le=1_000_000)]


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


class StatedEvent(WireStruct, frozen=True):
    """Level 3: one message that touched one range of serials, as this registry booked it."""

    message_id: UUID
    kind: Code
    """The kind of the message, as in envelopes."""
    transfer_id: UUID | None
    counterparty: Code | None
    """The other registry of a transfer."""
    booked_at: Instant
    from_account: Reference | None
    """None where the units come into being, or come from another registry."""
    to_account: Reference | None
    """None where the units leave for another registry."""
    approach: Code
    registry: Code
    first_party: Code
    vintage: int
    first: int
    last: int
    status: UnitStatus
    """After the event."""


class Statement(WireStruct, frozen=True):
    """One page of a registry's state at `stated_at`.

    Rows of other levels than the one stated are absent. The pages of one statement speak of the
    same instant; each says how many there are, so that none can be held back unnoticed.
    """

    registry: Code
    stated_at: Instant
    level: StatementLevel
    page: PageNumber
    pages: PageNumber
    totals: Many[StatedTotal]
    blocks: Many[StatedBlock]
    trail: Many[StatedEvent]
    authorizations: Many[StatedAuthorization]
    """Stated with the totals, on the first page."""
