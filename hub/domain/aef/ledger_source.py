"""What the hub's ledger tells about a year: the input of the five tables (4/CMA.6, annex II)."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

import msgspec

from hub.domain.state import EventKind, Interval
from schema.authorization import AuthorizationRecord
from schema.codes import Metric, MitigationType, Purpose


class Source(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Base of what is read from the ledger."""


class Birth(Source, frozen=True):
    """What all units of one issued block have in common for ever."""

    first: int
    last: int
    activity: str
    mitigation_type: MitigationType
    metric: Metric
    unit: str
    quantity: Decimal | None
    """In `unit`, for the whole issued block; None for tCO2e, where it is the number of serials."""
    underlying_registry: str | None = None
    underlying_first: str | None = None
    underlying_last: str | None = None


class Happening(Source, frozen=True):
    """One event of the year, cut so that all of its units were born in one block.

    Events that name no authorization are none of ITMOs and never come here.
    """

    kind: EventKind
    interval: Interval
    birth: Birth
    registry: str
    """Where the event was tracked."""
    reporter: str
    """The Party whose registry, or whose account in a shared registry, that is."""
    is_at_birth: bool
    """Whether the units were in the same account before, or did not exist."""
    from_party: str | None
    to_party: str | None
    authorization: int
    """The number of the authorization under which the units stand."""
    happened_at: datetime
    message_id: UUID
    transfer_id: UUID | None
    purpose: Purpose | None
    using_party: str | None
    using_entity: str | None
    year_of_use: int | None


class Held(Source, frozen=True):
    """Units of one issued block that a Party holds under one authorization at year end."""

    interval: Interval
    birth: Birth
    registry: str
    authorization: int


class StatedAuthorization(Source, frozen=True):
    """One version of an authorization, as its Party stated it and the hub recorded it."""

    number: int
    """The same for all versions of one authorization."""
    record: AuthorizationRecord
    recorded_at: datetime
    activity_sectors: tuple[str, ...] = ()
    """The sectors of its activity by the Joint Committee's decision, where the record has none."""
    activity_types: tuple[str, ...] = ()

    def is_known_at(self, at: datetime) -> bool:
        """Say whether this version belongs into a report on `at`.

        The first version counts from its own date even when it was reported later; a change counts
        from when the hub knew it, because its date may be that of the first version.
        """
        if self.record.version == 1 and self.authorized_on <= at.date():
            return True
        return self.recorded_at <= at

    @property
    def authorized_on(self) -> date:
        """The date of the authorization, element (c)."""
        return self.record.elements.dates.authorized_on
