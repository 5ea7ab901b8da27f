"""Filters and orders. All conditions of a filter must hold; a list means any of its values."""

from enum import StrEnum, unique

from strawberry import ID, UNSET

from schema.codes import (
    AccountKind,
    AccountStatus,
    AuthorizationStatus,
    AuthorizationStep,
    Metric,
    Purpose,
    ReceiptResult,
    RegistryKind,
    TransferState,
    UnitStatus,
)
from schema.graphql.codes import ActionType, DiscrepancyState, Severity
from schema.graphql.connections import OrderDirection
from schema.graphql.declaring import published_enum, published_input
from schema.graphql.scalars import Instant
from schema.messages import MessageKind


@published_input
class Years:
    """Calendar years, both ends included; a missing end is open."""

    from_: int | None = UNSET
    """The earliest year."""
    to: int | None = UNSET
    """The latest year."""


@published_input
class Period:
    """A span of time from `from` up to but without `until`; a missing end is open."""

    from_: Instant | None = UNSET
    """The earliest moment."""
    until: Instant | None = UNSET
    """The first moment that is out."""


@published_input
class RegistryFilter:
    """Conditions on registries."""

    party: list[str] | None = UNSET
    """The registry of one of these Parties (alpha-3)."""
    kind: list[RegistryKind] | None = UNSET
    """One of these kinds."""
    suspended: bool | None = UNSET
    """Whether its messages are refused at present."""


@published_input
class AccountFilter:
    """Conditions on accounts."""

    registry: list[str] | None = UNSET
    """In one of these registries, such as `JPN01`."""
    holder_party: list[str] | None = UNSET
    """Held by one of these Parties or by an entity under them (alpha-3)."""
    kind: list[AccountKind] | None = UNSET
    """One of these kinds."""
    status: list[AccountStatus] | None = UNSET
    """In one of these states."""


@published_input
class ActivityFilter:
    """Conditions on activities."""

    approach: list[str] | None = UNSET
    """Of one of these cooperative approaches, such as `CA0007`."""
    first_transferring_party: list[str] | None = UNSET
    """In one of these Parties (alpha-3)."""


@published_input
class AuthorizationFilter:
    """Conditions on authorizations, by their latest version."""

    party: list[str] | None = UNSET
    """Given by one of these Parties (alpha-3)."""
    approach: list[str] | None = UNSET
    """Under one of these cooperative approaches."""
    activity: list[str] | None = UNSET
    """For one of these activities, such as `MN004`."""
    step: list[AuthorizationStep] | None = UNSET
    """In one of these steps."""
    status: list[AuthorizationStatus] | None = UNSET
    """In one of these states."""


@published_input
class EntityFilter:
    """Conditions on authorized entities."""

    country: list[str] | None = UNSET
    """Incorporated in one of these countries (alpha-3)."""


@published_input
class ItmoBlockFilter:
    """Conditions on blocks of units."""

    approach: list[str] | None = UNSET
    """Of one of these cooperative approaches."""
    originating_registry: list[str] | None = UNSET
    """Issued in one of these registries: part two of the identifier."""
    first_transferring_party: list[str] | None = UNSET
    """Mitigated in one of these Parties: part three of the identifier."""
    vintage: list[int] | None = UNSET
    """Mitigated in one of these calendar years."""
    vintages: Years | None = UNSET
    """Mitigated in this span of years."""
    status: list[UnitStatus] | None = UNSET
    """In one of these states."""
    first_transferred: bool | None = UNSET
    """Whether the first transfer has happened (decision 2/CMA.3 annex para. 2)."""
    reserved: bool | None = UNSET
    """Whether a transfer under way has reserved the block."""
    metric: Metric | None = UNSET
    """Measured in this metric."""
    registry: list[str] | None = UNSET
    """Held in one of these registries."""
    account: ID | None = UNSET
    """Held in this account."""
    account_kind: list[AccountKind] | None = UNSET
    """Held in an account of one of these kinds."""
    holder_party: list[str] | None = UNSET
    """Held for one of these Parties (alpha-3)."""
    authorization: ID | None = UNSET
    """Under this authorization."""
    activity: list[str] | None = UNSET
    """From one of these activities."""


@published_input
class IssuanceFilter:
    """Conditions on issuances."""

    approach: list[str] | None = UNSET
    """Of one of these cooperative approaches."""
    registry: list[str] | None = UNSET
    """Issued in one of these registries."""
    first_transferring_party: list[str] | None = UNSET
    """Mitigated in one of these Parties."""
    vintage: list[int] | None = UNSET
    """Mitigated in one of these calendar years."""
    activity: list[str] | None = UNSET
    """From one of these activities."""


@published_input
class ActionFilter:
    """Conditions on actions."""

    type: list[ActionType] | None = UNSET
    """One of these types."""
    registry: list[str] | None = UNSET
    """Tracked in one of these registries."""
    approach: list[str] | None = UNSET
    """On units of one of these cooperative approaches."""
    first_transferring_party: list[str] | None = UNSET
    """On units mitigated in one of these Parties."""
    vintage: list[int] | None = UNSET
    """On units of one of these vintages."""
    purpose: list[Purpose] | None = UNSET
    """For one of these purposes."""
    using_party: list[str] | None = UNSET
    """Used by one of these Parties."""
    happened: Period | None = UNSET
    """Happened in this span of time."""


@published_input
class TransferFilter:
    """Conditions on transfers."""

    state: list[TransferState] | None = UNSET
    """In one of these states."""
    from_registry: list[str] | None = UNSET
    """Out of one of these registries."""
    to_registry: list[str] | None = UNSET
    """Into one of these registries."""
    purpose: list[Purpose] | None = UNSET
    """For one of these purposes."""
    authorization: ID | None = UNSET
    """Under this authorization."""
    proposed: Period | None = UNSET
    """Proposed in this span of time."""


@published_input
class MessageFilter:
    """Conditions on messages."""

    kind: list[MessageKind] | None = UNSET
    """One of these kinds."""
    sender: list[str] | None = UNSET
    """From one of these registries."""
    outcome: ReceiptResult | None = UNSET
    """Applied, or refused."""
    received: Period | None = UNSET
    """Received in this span of time."""


@published_input
class DiscrepancyFilter:
    """Conditions on discrepancies."""

    state: list[DiscrepancyState] | None = UNSET
    """In one of these states."""
    severity: list[Severity] | None = UNSET
    """Of one of these severities."""
    code: list[str] | None = UNSET
    """With one of these codes."""
    registry: list[str] | None = UNSET
    """Concerning one of these registries."""
    opened: Period | None = UNSET
    """Opened in this span of time."""


@published_input
class AefSubmissionFilter:
    """Conditions on submissions of annual information."""

    party: list[str] | None = UNSET
    """Of one of these Parties."""
    year: list[int] | None = UNSET
    """For one of these reported years."""


@unique
class ItmoBlockOrderField(StrEnum):
    """What blocks can be ordered by."""

    SERIAL = "serial"
    """Series, then first serial: the order in which the hub keeps blocks, and the cheapest."""
    COUNT = "count"
    """The number of units; every match is sorted, so filter first."""


@unique
class TransferOrderField(StrEnum):
    """What transfers can be ordered by."""

    PROPOSED_AT = "proposed_at"
    """When the hub received the proposal."""
    UNITS = "units"
    """How many units move."""


@unique
class AuthorizationOrderField(StrEnum):
    """What authorizations can be ordered by."""

    ID = "id"
    """Party, then the Party's own id."""
    RECORDED_AT = "recorded_at"
    """When the hub received the latest version."""


@unique
class ActionOrderField(StrEnum):
    """What actions can be ordered by."""

    RECORDED = "recorded"
    """The order in which the hub recorded them: no later action can come before an earlier one."""
    HAPPENED_AT = "happened_at"
    """When the registry says that they happened."""


@unique
class DiscrepancyOrderField(StrEnum):
    """What discrepancies can be ordered by."""

    OPENED_AT = "opened_at"
    """When they were opened."""
    UNITS = "units"
    """How many units are disputed."""


for _fields in (
    ItmoBlockOrderField,
    TransferOrderField,
    AuthorizationOrderField,
    ActionOrderField,
    DiscrepancyOrderField,
):
    published_enum(_fields)


@published_input
class ItmoBlockOrder:
    """An order of blocks."""

    field: ItmoBlockOrderField
    """What to order by."""
    direction: OrderDirection = OrderDirection.ASC
    """Which end first."""


@published_input
class TransferOrder:
    """An order of transfers."""

    field: TransferOrderField
    """What to order by."""
    direction: OrderDirection = OrderDirection.ASC
    """Which end first."""


@published_input
class AuthorizationOrder:
    """An order of authorizations."""

    field: AuthorizationOrderField
    """What to order by."""
    direction: OrderDirection = OrderDirection.ASC
    """Which end first."""


@published_input
class ActionOrder:
    """An order of actions."""

    field: ActionOrderField
    """What to order by."""
    direction: OrderDirection = OrderDirection.ASC
    """Which end first."""


@published_input
class DiscrepancyOrder:
    """An order of discrepancies."""

    field: DiscrepancyOrderField
    """What to order by."""
    direction: OrderDirection = OrderDirection.ASC
    """Which end first."""
