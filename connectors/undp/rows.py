"""The rows of the credit queries, and the answers to acts; what we do not need is ignored."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique
from typing import Annotated, Final, Generic, TypeVar

import msgspec
from msgspec import Meta

TOTAL_MAX: Final = 1_000_000
RowId = int | str

Row = TypeVar("Row")


@unique
class RequestStatus(StrEnum):
    """Where a retirement request stands: the only truth about it.

    The block's own last type says retired also after a request was rejected or cancelled.
    """

    PENDING = "Pending"
    COMPLETED = "Completed"
    REJECTED = "Rejected"
    CANCELLED = "Cancelled"


@unique
class RetirementType(StrEnum):
    """What a retirement is for."""

    CROSS_BORDER = "Cross-Border Transactions"
    VOLUNTARY = "Voluntary Cancellations"


class BalanceRow(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A block that a company owns."""

    id: str
    serial_number: str
    credit_amount: int
    """Without what is reserved for requests."""
    receiver_id: int
    """The owner."""
    receiver_name: str | None = None
    project_id: RowId | None = None


class RetirementRow(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A retirement request; it does not name its block."""

    id: int
    serial_number: str
    credit_amount: int
    retirement_type: str
    status: RequestStatus
    remarks: str | None = None
    country: str | None = None
    organization_name: str | None = None
    sender_id: int | None = None


class BalancePage(msgspec.Struct, frozen=True):
    """One page of balances."""

    data: list[BalanceRow]
    total: Annotated[int, Meta(ge=0, le=TOTAL_MAX)]


class RetirementPage(msgspec.Struct, frozen=True):
    """One page of retirement requests."""

    data: list[RetirementRow]
    total: Annotated[int, Meta(ge=0, le=TOTAL_MAX)]


class _Created(msgspec.Struct, frozen=True):
    id: int
    amount: int


class RequestCreated(msgspec.Struct, frozen=True):
    """The answer to a retirement request."""

    data: _Created


class Decided(msgspec.Struct, frozen=True):
    """The answer to a decision."""

    message: str = ""


class AefRows(msgspec.Struct, frozen=True):
    """The rows of one AEF table of one year."""

    data: list[dict[str, str | int | float | None]]
    provisional: bool = True


class AefAnswer(msgspec.Struct, frozen=True):
    """The answer to an AEF query."""

    data: AefRows


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing(Generic[Row]):
    """All rows of a query, with the bytes they came in."""

    rows: tuple[Row, ...]
    pages: tuple[bytes, ...]
    asked_at: datetime
    """When the first page was asked for; the rows may be as old as the registry's cache."""
