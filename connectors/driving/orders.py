"""What an officer can ask of a simulated registry: the bodies of `POST /control/...`."""

from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from connectors.driving.misbehaviour import Misbehaviour
from schema.authorization import AuthorizationRecord
from schema.codes import (
    AccountStatus,
    ActionKind,
    Answer,
    Metric,
    MitigationType,
    Purpose,
    StatementLevel,
    UnitStatus,
)
from schema.messages import AccountRef, MessageKind
from schema.wire import Code, DecimalText, Instant, Reference, Text, WireStruct, Year
from signing.jwk import Algorithm


class BlockAsked(WireStruct, frozen=True):
    """Serials by their range, or by their number; identifier parts default to the registry's own.

    For an issuance, tonnes alone take the next free serials of the series; for all else, the
    lowest serials that are held and free in the account.
    """

    vintage: Year
    tonnes: Annotated[int, Meta(ge=1)] | None = None
    first: int | None = None
    last: int | None = None
    approach: Code | None = None
    registry: Code | None = None
    first_party: Code | None = None
    metric: Metric = Metric.GHG
    quantity: DecimalText | None = None
    unit: Code = "tCO2e"


BlocksAsked = Annotated[tuple[BlockAsked, ...], Meta(min_length=1, max_length=3_001)]


class AnnounceAccounts(WireStruct, frozen=True):
    """Announce accounts to the hub; none named: all."""

    accounts: tuple[Reference, ...] = ()


class SetAccount(WireStruct, frozen=True):
    """Change the status of an account and announce it."""

    account: Reference
    status: AccountStatus


class Authorize(WireStruct, frozen=True):
    """State an authorization of this registry's Party."""

    authorization: AuthorizationRecord


class Learn(WireStruct, frozen=True):
    """Take note of another Party's authorization, without telling the hub."""

    authorization: AuthorizationRecord


class Issue(WireStruct, frozen=True):
    """Issue units into an account and tell the hub."""

    account: Reference
    activity: Reference
    blocks: BlocksAsked
    mitigation_type: MitigationType = MitigationType.REDUCTIONS
    decision: Reference | None = None
    authorization_party: Code | None = None
    authorization_id: Reference | None = None
    message_id: UUID | None = None


class Load(WireStruct, frozen=True):
    """Put units into the books without a word to the hub, as taken over from reports."""

    account: Reference
    blocks: BlocksAsked
    status: UnitStatus = UnitStatus.HELD
    first_transferred: bool = False
    authorization_party: Code | None = None
    authorization_id: Reference | None = None


class Propose(WireStruct, frozen=True):
    """Reserve units and propose their transfer."""

    from_account: Reference
    to: AccountRef
    purpose: Purpose
    authorization_party: Code
    authorization_id: Reference
    blocks: BlocksAsked
    acquiring_entity: Reference | None = None
    transfer_id: UUID | None = None
    message_id: UUID | None = None
    unchecked: bool = False
    """Propose even what is not held: the books are not asked."""


class Withdraw(WireStruct, frozen=True):
    """Withdraw a proposal."""

    transfer_id: UUID
    reason: Text = "withdrawn by the proposer"


class AnswerRequest(WireStruct, frozen=True):
    """Answer a transfer request that waits for an officer."""

    transfer_id: UUID
    answer: Answer
    reason: Text = ""


class Act(WireStruct, frozen=True):
    """Use, cancel, retire or first transfer units of one account."""

    action: ActionKind
    account: Reference
    authorization_party: Code
    authorization_id: Reference
    blocks: BlocksAsked
    to_account: Reference | None = None
    purpose: Purpose | None = None
    using_party: Code | None = None
    using_entity: Reference | None = None
    year_of_use: Year | None = None
    message_id: UUID | None = None
    unchecked: bool = False


class Send(WireStruct, frozen=True):
    """Send any message as it stands; the books do not follow it."""

    kind: MessageKind
    body: msgspec.Raw


class RotateKey(WireStruct, frozen=True):
    """Announce a new key with the old one, and sign with it once the hub has the news."""

    algorithm: Algorithm = Algorithm.ES256
    valid_from: Instant | None = None


class AnswersMode(WireStruct, frozen=True):
    """Whether transfer requests are answered without an officer."""

    automatic: bool


class Behave(WireStruct, frozen=True):
    """Take back orders to misbehave: those of one kind, or all."""

    kind: Misbehaviour | None = None


class Resplit(WireStruct, frozen=True):
    """Cut the live rows of the books anew into so many serials each; nobody is told."""

    rows_of: Annotated[int, Meta(ge=1)]


class State(WireStruct, frozen=True):
    """Send a statement of the books as messages, one a page, for a hub that cannot ask."""

    level: StatementLevel
