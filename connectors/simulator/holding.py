"""The rows of the books: holdings, accounts, and the cause of a change."""

import sqlite3
from dataclasses import dataclass, replace
from uuid import UUID

from schema.codes import AccountKind, AccountStatus, Metric, UnitStatus
from schema.messages import UnitBlock

HOLDING_COLUMNS = (
    "approach, registry, first_party, vintage, first, last, account, status, first_transferred,"
    " authorization_party, authorization_id, metric, quantity, unit, reserved_for, origin"
)


class CannotBookError(Exception):
    """The books do not allow this; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """One row: consecutive serials of one series in one state; GHG units count one tonne each."""

    approach: str
    registry: str
    first_party: str
    vintage: int
    first: int
    last: int
    account: str
    status: UnitStatus
    first_transferred: bool
    authorization_party: str | None
    authorization_id: str | None
    metric: Metric
    quantity: str
    unit: str
    reserved_for: str | None = None
    """The transfer or message that has a claim on the units."""
    origin: str | None = None
    """The issuance or transfer by which they came."""

    @property
    def count(self) -> int:
        """Number of serials."""
        return self.last - self.first + 1

    @classmethod
    def of(
        cls,
        block: UnitBlock,
        *,
        account: str,
        status: UnitStatus = UnitStatus.HELD,
        first_transferred: bool = False,
        authorization: tuple[str | None, str | None] = (None, None),
        origin: str | None = None,
    ) -> "Holding":
        """Return a block as a row; `authorization` is its Party and its id."""
        party, authorization_id = authorization
        return cls(
            approach=block.approach,
            registry=block.registry,
            first_party=block.first_party,
            vintage=block.vintage,
            first=block.first,
            last=block.last,
            account=account,
            status=status,
            first_transferred=first_transferred,
            authorization_party=party,
            authorization_id=authorization_id,
            metric=block.metric,
            quantity=block.quantity,
            unit=block.unit,
            origin=origin,
        )

    def part(self, first: int, last: int, quantity: str | None = None) -> "Holding":
        """Return the serials `first` to `last` of this row; GHG quantity follows from them."""
        if self.metric is Metric.GHG:
            quantity = str(last - first + 1)
        elif quantity is None:
            quantity = self.quantity
        return replace(self, first=first, last=last, quantity=quantity)

    def as_block(self) -> UnitBlock:
        """Return the row as a message names it."""
        return UnitBlock(
            approach=self.approach,
            registry=self.registry,
            first_party=self.first_party,
            vintage=self.vintage,
            first=self.first,
            last=self.last,
            metric=self.metric,
            quantity=self.quantity,
            unit=self.unit,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """The message that changes the books, for the audit trail."""

    message_id: UUID
    kind: str
    transfer_id: UUID | None = None
    counterparty: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account as the books keep it."""

    account: str
    account_kind: AccountKind
    status: AccountStatus
    holder_party: str
    holder_entity: str | None


def holding_of(row: sqlite3.Row) -> Holding:
    """Return a row of the database as a holding."""
    return Holding(
        approach=row["approach"],
        registry=row["registry"],
        first_party=row["first_party"],
        vintage=row["vintage"],
        first=row["first"],
        last=row["last"],
        account=row["account"],
        status=UnitStatus(row["status"]),
        first_transferred=bool(row["first_transferred"]),
        authorization_party=row["authorization_party"],
        authorization_id=row["authorization_id"],
        metric=Metric(row["metric"]),
        quantity=row["quantity"],
        unit=row["unit"],
        reserved_for=row["reserved_for"],
        origin=row["origin"],
    )
