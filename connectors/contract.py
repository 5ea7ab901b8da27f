"""The connector contract: what the hub may rely on, whatever kind of registry is on the other side.

A connector carries evidence. It hands over what a registry said byte for byte as received, beside
what it means; it never decides, and it never repairs. Every method is safe to call again: after a
crash the caller repeats what it cannot prove done.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique
from typing import Protocol
from uuid import UUID

from schema.codes import RegistryKind, StatementLevel
from schema.messages import Acknowledgement, Message, MessageKind
from schema.statements import Statement


@unique
class Reach(StrEnum):
    """Who opens the connection."""

    PUSH = "push"
    """The hub can call the registry."""
    PULL = "pull"
    """The registry cannot be called; it reads the hub's outbox and posts its answers."""


@unique
class Holds(StrEnum):
    """What a registry may or may not be able to keep of the unified schema."""

    SERIALS = "serial ranges"
    ACCOUNTS = "accounts"
    NON_GHG = "non-GHG quantities"
    AUTHORIZATIONS = "authorizations"
    AUTHORIZATION_VERSIONS = "versions of authorizations"
    FIRST_TRANSFER = "first transfer per serial"
    TRANSFERS = "transfers between registries"
    ACTIONS = "use and cancellation"
    SIGNATURES = "signed messages"
    TRAIL = "audit trail"
    HISTORY = "state at a past instant"


@dataclass(frozen=True, slots=True, kw_only=True)
class DataLoss:
    """One thing that the peer cannot hold or tell, and what becomes of it here."""

    subject: str
    """The field or concept of the unified schema."""
    consequence: str
    """What the hub does about it: keeps it on its own side, asks a person, and so on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Maintenance:
    """An announced absence, from `starts_at` (inclusive) to `ends_at` (exclusive), UTC."""

    starts_at: datetime
    ends_at: datetime
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CapabilitySheet:
    """What the peer can and cannot do, said plainly and before anything is lost."""

    registry: str
    kind: RegistryKind
    connector: str
    """The connector kind, such as `federation` or `file_exchange`."""
    reach: Reach
    holds: frozenset[Holds]
    accepts: frozenset[MessageKind]
    """The hub messages that `deliver` can carry."""
    statement_levels: frozenset[StatementLevel]
    data_loss: tuple[DataLoss, ...] = ()
    maintenance: tuple[Maintenance, ...] = ()

    def away_at(self, instant: datetime) -> Maintenance | None:
        """Return the announced absence that covers `instant`, if any."""
        return next(
            (each for each in self.maintenance if each.starts_at <= instant < each.ends_at), None
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """How current our knowledge of a registry is; times are aware UTC, None means never."""

    observed_at: datetime | None
    """When the newest good answer was received."""
    stated_at: datetime | None
    """The instant for which that answer speaks, by the registry's clock."""

    def age_seconds(self, now: datetime) -> float | None:
        """Return the age of our knowledge in seconds; None when nothing is known."""
        return None if self.observed_at is None else (now - self.observed_at).total_seconds()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One hub message on its way to a registry."""

    envelope: bytes
    """The signed envelope, compact JWS."""
    envelope_id: UUID
    """Its `jti`."""
    message: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a registry said, byte for byte as received."""

    content: bytes
    media_type: str
    """`application/jose` for a signed envelope; otherwise the type of the file or answer."""
    signed: bool
    """Whether a signature of the registry was verified over `content`."""
    received_at: datetime
    """When it was received, UTC."""
    transport_id: str = ""
    """The id under which the way it came keeps evidence of its own, such as X-Road; else empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """The registry has said that it keeps the message."""

    evidence: Evidence
    acknowledgement: Acknowledgement | None
    """Its signed answer; None only where the kind of registry knows no signatures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftForPickUp:
    """The registry cannot be called: the message waits in the hub's outbox until it is read.

    The registry's acknowledgement comes in like any other message.
    """

    envelope_id: UUID


DeliveryAnswer = Delivered | LeftForPickUp


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """One page of what a registry offers to be read."""

    envelopes: tuple[bytes, ...]
    """Signed envelopes as received, not yet verified, in the registry's order."""
    cursor: str
    """Where to go on; to be stored only after everything before it is kept."""
    complete: bool
    """Whether nothing more was waiting when the registry answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementScope:
    """Which part of a registry's state is asked for; None means everything."""

    level: StatementLevel
    at: datetime | None = None
    """The instant, UTC; None is now, by the registry's clock."""
    approach: str | None = None
    registry: str | None = None
    """The originating registry in the identifier of the units."""
    first_party: str | None = None
    vintage: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementPage:
    """One page of a statement with the bytes that prove it."""

    statement: Statement
    evidence: Evidence


@unique
class HealthState(StrEnum):
    """What a call to the registry's health address showed."""

    UP = "up"
    AWAY = "away by announcement"
    BREAKER_OPEN = "left alone after repeated failures"
    DOWN = "down"
    NOT_CALLED = "never called"


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """The registry's health as seen from here."""

    state: HealthState
    words: str
    checked_at: datetime
    clock_difference_seconds: float | None = None
    """Registry's clock minus ours, where it tells its time; accurate to the round trip."""


class Connector(Protocol):
    """How the hub talks to one registry.

    Guarantees of every implementation:

    - Bounded: each call ends by its deadline and reads no more than its size limit.
    - Repeatable: each call may be repeated after any failure; nothing is done twice.
    - Typed: each failure is a `RegistryError` whose type says whether to try again.
    - Honest: nothing the peer cannot hold is dropped silently; `capabilities` lists it.
    """

    @property
    def capabilities(self) -> CapabilitySheet:
        """What the peer can and cannot hold; constant while the connector lives."""
        ...

    async def deliver(self, outgoing: Outgoing) -> DeliveryAnswer:
        """Hand over one message; return only when the peer durably keeps it, and has said so.

        Delivering the same envelope again yields the same answer.

        Raises:
            RegistryError: the outcome is unknown or bad; see `may_have_acted` and `retry`.
        """
        ...

    async def fetch(self, cursor: str | None) -> Fetched:
        """Read what the peer offers after `cursor` (None: from the beginning), at least once each.

        Raises:
            RegistryError: nothing was read; the cursor is still good.
        """
        ...

    def statement(self, scope: StatementScope) -> AsyncIterator[StatementPage]:
        """Read the peer's statement page by page; all pages speak of one instant.

        Raises:
            RegistryError: raised while iterating; pages already given out remain true.
        """
        ...

    async def health(self) -> Health:
        """Ask whether the peer is there; never raises a `RegistryError`."""
        ...

    async def close(self) -> None:
        """Give back connections and files; the connector is of no use afterwards."""
        ...
