"""The forms of a node's answers; members that we do not need are ignored, records kept whole."""

from dataclasses import dataclass
from enum import StrEnum, unique
from typing import TYPE_CHECKING, Annotated, Final, Generic, TypeAlias, TypeVar

import msgspec
from msgspec import Meta

from connectors.cadtrust.readiness import Readiness

if TYPE_CHECKING:
    JsonValue: TypeAlias = (
        bool | int | float | str | list["JsonValue"] | dict[str, "JsonValue"] | None
    )
else:
    JsonValue = object  # msgspec reads no recursive aliases; what it decodes is of the type above
Record: TypeAlias = dict[str, JsonValue]
"""One record exactly as the node tells it, whatever columns its build has."""

PAGE_ROWS_MAX: Final = 1_000
PAGES_MAX: Final = 1_000_000

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered(Generic[Value]):
    """A value with the bytes that it was read from and how current the node was."""

    value: Value
    readiness: Readiness
    content: bytes


class Page(msgspec.Struct, frozen=True, rename="camel"):
    """One page of records."""

    page: int
    page_count: Annotated[int, Meta(ge=0, le=PAGES_MAX)]
    data: Annotated[list[Record], Meta(max_length=PAGE_ROWS_MAX)]


class Organisation(msgspec.Struct, frozen=True, rename="camel"):
    """One organisation as the node knows it."""

    org_uid: str
    name: str = ""
    is_home: bool = False
    subscribed: bool = False
    synced: bool = False
    org_hash: str | None = None
    registry_hash: str | None = None


@unique
class StagingState(StrEnum):
    """The three kinds of staging rows, by the words of the query."""

    STAGED = "staged"
    PENDING = "pending"
    FAILED = "failed"


class Difference(msgspec.Struct, frozen=True):
    """What a staging row would change."""

    original: Record | None = None
    change: list[Record] | Record | None = None

    @property
    def records(self) -> list[Record]:
        """The records after the change; none for a removal, several for a split."""
        if self.change is None:
            return []
        return self.change if isinstance(self.change, list) else [self.change]


class StagingRow(msgspec.Struct, frozen=True, rename="camel"):
    """One row of the staging table."""

    uuid: str
    table: str
    action: str
    commited: bool = False
    failed_commit: bool = False
    diff: Difference = Difference()

    @property
    def state(self) -> StagingState:
        """Where the row stands."""
        if self.failed_commit:
            return StagingState.FAILED
        return StagingState.PENDING if self.commited else StagingState.STAGED


class AuditRow(msgspec.Struct, frozen=True, rename="camel"):
    """One change on the ledger."""

    type: str
    generation: int
    root_hash: str = ""
    change: str | None = None
    table: str | None = None
    onchain_confirmation_time_stamp: str | None = None
    """Unix seconds, as text."""


class AuditPage(msgspec.Struct, frozen=True, rename="camel"):
    """One page of an organisation's audit, newest first."""

    page: int
    page_count: Annotated[int, Meta(ge=0, le=PAGES_MAX)]
    data: Annotated[list[AuditRow], Meta(max_length=PAGE_ROWS_MAX)]


class Pending(msgspec.Struct, frozen=True):
    """Whether commits are on their way."""

    confirmed: bool


class Staged(msgspec.Struct, frozen=True):
    """The answer to a new record: the id that it will have."""

    uuid: str
