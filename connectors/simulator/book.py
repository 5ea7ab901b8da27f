"""The books: who holds which serials, in which state, now and at any past instant.

Rows are never changed or deleted: a change ends rows and begins others, so that the books can be
stated as of any instant. The cut into rows is the registry's own affair.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from uuid import UUID

from connectors.contract import StatementScope
from connectors.simulator.store import Store
from schema.codes import AccountKind, AccountStatus, Metric, StatementLevel, UnitStatus
from schema.messages import UnitBlock

_COLUMNS = (
    "approach, registry, first_party, vintage, first, last, account, status, first_transferred,"
    " authorization_party, authorization_id, metric, quantity, unit, reserved_for, origin"
)


_INSERT_HOLDING = f"INSERT INTO holding ({_COLUMNS}, since) VALUES ({', '.join('?' * 17)})"  # noqa: S608
EVERYTHING = StatementScope(level=StatementLevel.BLOCKS)


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


class Book:
    """Reads the books; changes are made through a `BookEntry` inside a transaction."""

    def __init__(self, store: Store) -> None:
        """Read and write `store`."""
        self.store = store

    def accounts(self) -> dict[str, Account]:
        """Return all accounts by their id."""
        rows = self.store.read("SELECT * FROM account ORDER BY account")
        return {row["account"]: _account(row) for row in rows}

    def live(self) -> list[Holding]:
        """Return everything held now, in the order of the serials."""
        return self.at(EVERYTHING, None)

    def at(self, scope: StatementScope, ticks: int | None) -> list[Holding]:
        """Return what was held at an instant (None: now) and lies in `scope`, in serial order."""
        conditions, values = _within(scope)
        if ticks is None:
            conditions.append("until IS NULL")
        else:
            conditions.append("since <= ? AND (until IS NULL OR until > ?)")
            values += [ticks, ticks]
        rows = self.store.read(
            f"SELECT {_COLUMNS} FROM holding WHERE {' AND '.join(conditions)}"  # noqa: S608 (ours)
            " ORDER BY approach, registry, first_party, vintage, first",
            *values,
        )
        return [_holding(row) for row in rows]

    def events(self, scope: StatementScope, ticks: int) -> list[sqlite3.Row]:
        """Return the audit trail up to an instant, oldest first."""
        conditions, values = _within(scope)
        return self.store.read(
            f"SELECT * FROM event WHERE {' AND '.join(conditions)} AND booked_at <= ?"  # noqa: S608
            " ORDER BY seq",
            *values,
            ticks,
        )

    def last_ticks(self) -> int:
        """Return the instant of the latest change; 0 when there is none."""
        rows = self.store.read(
            "SELECT max(coalesce((SELECT max(since) FROM holding), 0),"
            " coalesce((SELECT max(until) FROM holding WHERE until IS NOT NULL), 0)) AS ticks"
        )
        return int(rows[0]["ticks"])

    def next_serial(self, approach: str, registry: str, first_party: str, vintage: int) -> int:
        """Return the serial after the highest ever booked in a series."""
        rows = self.store.read(
            "SELECT coalesce(max(last), 0) + 1 AS next FROM holding"
            " WHERE approach = ? AND registry = ? AND first_party = ? AND vintage = ?",
            approach, registry, first_party, vintage,
        )  # fmt: skip
        return int(rows[0]["next"])


class BookEntry:
    """Changes of the books at one instant, inside the transaction of the caller."""

    def __init__(
        self, connection: sqlite3.Connection, *, ticks: int, cause: Cause, rows_of: int | None
    ) -> None:
        """Book at `ticks` for `cause`; `rows_of` cuts new rows into so many serials."""
        self._connection = connection
        self._ticks = ticks
        self._cause = cause
        self._rows_of = rows_of

    def add(self, holdings: Iterable[Holding]) -> None:
        """Bring units into the books.

        Raises:
            CannotBookError: some of the serials are held already.
        """
        for holding in holdings:
            held = self._covering(holding.as_block())
            if held:
                raise CannotBookError(f"serials {held[0][1].first} onwards are held already")
            self._insert(holding)
            self._note(holding, from_account=None, to_account=holding.account)

    def take(self, blocks: Sequence[UnitBlock], account: str) -> list[Holding]:
        """End the rows of `blocks`, cutting them out exactly, and return them.

        Raises:
            CannotBookError: `account` does not hold all of them.
        """
        taken: list[Holding] = []
        for block in blocks:
            covering = [pair for pair in self._covering(block) if pair[1].account == account]
            parts = [
                holding.part(
                    max(holding.first, block.first),
                    min(holding.last, block.last),
                    block.quantity if len(covering) == 1 else None,
                )
                for _, holding in covering
            ]
            if sum(part.count for part in parts) != block.last - block.first + 1:
                raise CannotBookError(f"{account} does not hold {block.first} to {block.last}")
            for (row, holding), part in zip(covering, parts, strict=True):
                self._end(row)
                self._keep_rest(holding, part)
            taken += parts
        return taken

    def keep(self, holdings: Iterable[Holding], *, moved_from: str | None) -> None:
        """Begin rows that `take` has ended, in a new state; noted when they have moved."""
        for holding in holdings:
            self._insert(holding)
            if moved_from is not None:
                self._note(holding, from_account=moved_from, to_account=holding.account)

    def let_go(self, holdings: Iterable[Holding]) -> None:
        """Note that units which `take` has ended have left for another registry."""
        for holding in holdings:
            self._note(holding, from_account=holding.account, to_account=None)

    def reserved(self, claim: str) -> list[Holding]:
        """End the rows reserved for `claim` and return them."""
        return self._end_where("reserved_for", claim)

    def born_of(self, origin: str) -> list[Holding]:
        """End the rows that came by `origin` and return them."""
        return self._end_where("origin", origin)

    def _end_where(self, column: str, value: str) -> list[Holding]:
        rows = self._connection.execute(
            f"SELECT id, {_COLUMNS} FROM holding WHERE {column} = ? AND until IS NULL",  # noqa: S608
            (value,),
        ).fetchall()
        for row in rows:
            self._end(row["id"])
        return [_holding(row) for row in rows]

    def _covering(self, block: UnitBlock) -> list[tuple[int, Holding]]:
        rows = self._connection.execute(
            f"SELECT id, {_COLUMNS} FROM holding WHERE until IS NULL AND approach = ?"  # noqa: S608
            " AND registry = ? AND first_party = ? AND vintage = ? AND first <= ? AND last >= ?"
            " ORDER BY first",
            (
                block.approach,
                block.registry,
                block.first_party,
                block.vintage,
                block.last,
                block.first,
            ),
        ).fetchall()
        return [(row["id"], _holding(row)) for row in rows]

    def _keep_rest(self, holding: Holding, part: Holding) -> None:
        rest = Decimal(holding.quantity) - Decimal(part.quantity)
        if holding.metric is not Metric.GHG:
            if rest < 0:
                raise CannotBookError(f"more than {holding.quantity} {holding.unit}")
            if holding.first < part.first and holding.last > part.last:
                raise CannotBookError("a non-GHG block is taken from one of its ends only")
        if holding.first < part.first:
            self._insert(holding.part(holding.first, part.first - 1, _plain(rest)))
        if holding.last > part.last:
            self._insert(holding.part(part.last + 1, holding.last, _plain(rest)))

    def _insert(self, holding: Holding) -> None:
        for row in _cut(holding, self._rows_of):
            self._connection.execute(
                _INSERT_HOLDING,
                (
                    row.approach, row.registry, row.first_party, row.vintage, row.first, row.last,
                    row.account, row.status, int(row.first_transferred), row.authorization_party,
                    row.authorization_id, row.metric, row.quantity, row.unit, row.reserved_for,
                    row.origin, self._ticks,
                ),
            )  # fmt: skip

    def _end(self, row: int) -> None:
        self._connection.execute("UPDATE holding SET until = ? WHERE id = ?", (self._ticks, row))

    def _note(self, holding: Holding, *, from_account: str | None, to_account: str | None) -> None:
        cause = self._cause
        self._connection.execute(
            "INSERT INTO event (message_id, kind, transfer_id, counterparty, booked_at,"
            " from_account, to_account, approach, registry, first_party, vintage, first, last,"
            " status) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                str(cause.message_id), cause.kind,
                None if cause.transfer_id is None else str(cause.transfer_id), cause.counterparty,
                self._ticks, from_account, to_account, holding.approach, holding.registry,
                holding.first_party, holding.vintage, holding.first, holding.last, holding.status,
            ),
        )  # fmt: skip


def put_account(connection: sqlite3.Connection, account: Account) -> None:
    """Keep an account, new or changed, in the transaction of the caller."""
    connection.execute(
        "INSERT OR REPLACE INTO account VALUES (?, ?, ?, ?, ?)",
        (
            account.account,
            account.account_kind,
            account.status,
            account.holder_party,
            account.holder_entity,
        ),
    )


def book_ticks(now_ticks: int, last_ticks: int) -> int:
    """Return the instant of the next change: now, but always after the last one."""
    return max(now_ticks, last_ticks + 1)


def _cut(holding: Holding, rows_of: int | None) -> Iterable[Holding]:
    if rows_of is None or holding.metric is not Metric.GHG:
        return (holding,)
    return (
        holding.part(first, min(first + rows_of - 1, holding.last))
        for first in range(holding.first, holding.last + 1, rows_of)
    )


def _plain(quantity: Decimal) -> str:
    return format(quantity.normalize(), "f")


def _within(scope: StatementScope) -> tuple[list[str], list[object]]:
    parts = {
        "approach": scope.approach,
        "registry": scope.registry,
        "first_party": scope.first_party,
        "vintage": scope.vintage,
    }
    asked = {name: value for name, value in parts.items() if value is not None}
    return ["TRUE", *(f"{name} = ?" for name in asked)], list(asked.values())


def _account(row: sqlite3.Row) -> Account:
    return Account(
        account=row["account"],
        account_kind=AccountKind(row["account_kind"]),
        status=AccountStatus(row["status"]),
        holder_party=row["holder_party"],
        holder_entity=row["holder_entity"],
    )


def _holding(row: sqlite3.Row) -> Holding:
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
