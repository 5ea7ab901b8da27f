"""Changes of the books: rows end and others begin, at one instant, in one transaction."""

import sqlite3
from collections.abc import Iterable, Sequence
from decimal import Decimal

from connectors.simulator.holding import (
    HOLDING_COLUMNS,
    Account,
    CannotBookError,
    Cause,
    Holding,
    holding_of,
)
from schema.codes import Metric
from schema.messages import UnitBlock

_INSERT_HOLDING = f"INSERT INTO holding ({HOLDING_COLUMNS}, since) VALUES ({', '.join('?' * 17)})"  # noqa: S608


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
            f"SELECT id, {HOLDING_COLUMNS} FROM holding WHERE {column} = ? AND until IS NULL",  # noqa: S608
            (value,),
        ).fetchall()
        for row in rows:
            self._end(row["id"])
        return [holding_of(row) for row in rows]

    def _covering(self, block: UnitBlock) -> list[tuple[int, Holding]]:
        rows = self._connection.execute(
            f"SELECT id, {HOLDING_COLUMNS} FROM holding WHERE until IS NULL AND approach = ?"  # noqa: S608
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
        return [(row["id"], holding_of(row)) for row in rows]

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
