"""The books: who holds which serials, in which state, now and at any past instant.

Rows are never changed or deleted: a change ends rows and begins others (`booking`), so that the
books can be stated as of any instant. The cut into rows is the registry's own affair.
"""

import sqlite3

from connectors.contract import StatementScope
from connectors.simulator.holding import HOLDING_COLUMNS, Account, Holding, holding_of
from connectors.simulator.store import Store
from schema.codes import AccountKind, AccountStatus, StatementLevel

EVERYTHING = StatementScope(level=StatementLevel.BLOCKS)


class Book:
    """Reads the books; changes are made by a `booking.BookEntry`."""

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
            f"SELECT {HOLDING_COLUMNS} FROM holding WHERE {' AND '.join(conditions)}"  # noqa: S608 (ours)
            " ORDER BY approach, registry, first_party, vintage, first",
            *values,
        )
        return [holding_of(row) for row in rows]

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
