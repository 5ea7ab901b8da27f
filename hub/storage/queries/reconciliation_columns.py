"""Holdings as columns, read in bulk: the hub's own side of a reconciliation.

Rows travel in PostgreSQL's binary COPY format. Every column is of fixed width and never null, so
that the bytes are an array as they stand.
"""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import asyncpg
import numpy as np
from numpy.typing import NDArray

from schema.codes import AccountKind, AuthorizationStatus, UnitStatus
from schema.identifiers import (
    ApproachId,
    ItmoSeries,
    PartyId,
    RegistryId,
)

Int64s = NDArray[np.int64]

_STATUS_NUMBERS: Final = " ".join(
    f"WHEN '{status}' THEN {number}" for number, status in enumerate(UnitStatus, start=1)
)
_HOLDINGS: Final = f"""
SELECT h.series_id, h.first, h.last, h.account_id,
       CASE h.status {_STATUS_NUMBERS} END::int,
       coalesce(h.authorization_ref, 0), (h.first_transfer IS NOT NULL)::int
FROM holding h
WHERE ($1::int[] IS NULL OR h.account_id = ANY ($1::int[]))
  AND ($2::int[] IS NULL OR h.series_id = ANY ($2::int[]))
ORDER BY h.series_id, h.first
"""  # noqa: S608 - our own codes
_OTHER_METRIC: Final = """
SELECT series_id, first, last, quantity, unit FROM holding
WHERE unit IS NOT NULL
  AND ($1::int[] IS NULL OR account_id = ANY ($1::int[]))
  AND ($2::int[] IS NULL OR series_id = ANY ($2::int[]))
ORDER BY series_id, first
"""
_ISSUED_IN_OTHER_METRIC: Final = """
SELECT series_id, first, last, unit FROM issuance WHERE metric <> 'GHG' ORDER BY series_id, first
"""
_SERIES: Final = "SELECT series_id, approach, registry, first_party, vintage FROM series"
_ACCOUNTS: Final = "SELECT account_id, registry, account, kind, holder_party FROM account"
_AUTHORIZATIONS: Final = """
SELECT authorization_ref, party, authorization_id, status FROM authorization_state
"""

# The header of a binary COPY is a signature of 11 bytes, flags and the length of an extension.
_SIGNATURE: Final = b"PGCOPY\n\xff\r\n\x00"
_HEADER_BYTES: Final = 19
_TRAILER_BYTES: Final = 2


def _row_type(*columns: tuple[str, str]) -> np.dtype[np.void]:
    """Return the layout of a row: the number of columns, then each with its length in front."""
    fields: list[tuple[str, str]] = [("columns", ">i2")]
    for name, kind in columns:
        fields += [(f"{name}_bytes", ">i4"), (name, kind)]
    return np.dtype(fields)


_ROW: Final = _row_type(
    ("series_id", ">i4"),
    ("first", ">i8"),
    ("last", ">i8"),
    ("account_id", ">i4"),
    ("status", ">i4"),
    ("authorization_ref", ">i4"),
    ("first_transferred", ">i4"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldingColumns:
    """Blocks in the order of series and serials, under the database's own numbers."""

    series_id: Int64s
    first: Int64s
    last: Int64s
    account_id: Int64s
    status: Int64s
    """The place of the status in `UnitStatus`, from 1."""
    authorization_ref: Int64s
    """0 where there is none."""
    first_transferred: Int64s

    def __len__(self) -> int:
        """Return the number of blocks."""
        return len(self.series_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherMetricBlock:
    """A block that is not counted in tCO2e."""

    series_id: int
    first: int
    last: int
    quantity: Decimal
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRow:
    """An account as its registry announced it."""

    registry: str
    account: str
    kind: AccountKind
    holder_party: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationRow:
    """The latest version of an authorization."""

    party: str
    authorization_id: str
    status: AuthorizationStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceRows:
    """What the database's numbers stand for."""

    series: dict[int, ItmoSeries]
    accounts: dict[int, AccountRow]
    authorizations: dict[int, AuthorizationRow]
    other_metric: dict[int, list[tuple[int, int, str]]]
    """Series to sorted (first, last, unit) of what was not issued in tCO2e."""


async def load_reference(connection: asyncpg.Connection) -> ReferenceRows:
    """Load what the numbers of the ledger stand for."""
    other_metric: dict[int, list[tuple[int, int, str]]] = {}
    for series_id, first, last, unit in await connection.fetch(_ISSUED_IN_OTHER_METRIC):
        other_metric.setdefault(series_id, []).append((first, last, unit))
    return ReferenceRows(
        series={
            number: ItmoSeries(
                ApproachId(approach), RegistryId(registry), PartyId(first_party), vintage
            )
            for number, approach, registry, first_party, vintage in await connection.fetch(_SERIES)
        },
        accounts={
            number: AccountRow(
                registry=registry, account=account, kind=AccountKind(kind), holder_party=holder
            )
            for number, registry, account, kind, holder in await connection.fetch(_ACCOUNTS)
        },
        authorizations={
            number: AuthorizationRow(
                party=party, authorization_id=name, status=AuthorizationStatus(status)
            )
            for number, party, name, status in await connection.fetch(_AUTHORIZATIONS)
        },
        other_metric=other_metric,
    )


async def load_holdings(
    connection: asyncpg.Connection,
    *,
    accounts: Collection[int] | None = None,
    series: Collection[int] | None = None,
) -> HoldingColumns:
    """Load all holdings, or those of some accounts or series."""
    chunks: list[bytes] = []

    async def take(chunk: bytes) -> None:
        chunks.append(chunk)

    await connection.copy_from_query(
        _HOLDINGS,
        None if accounts is None else list(accounts),
        None if series is None else list(series),
        output=take,
        format="binary",
    )
    return _columns_of(b"".join(chunks))


async def load_other_metric(
    connection: asyncpg.Connection,
    *,
    accounts: Collection[int] | None = None,
    series: Collection[int] | None = None,
) -> list[OtherMetricBlock]:
    """Load the holdings that are not counted in tCO2e: there are few."""
    rows = await connection.fetch(
        _OTHER_METRIC,
        None if accounts is None else list(accounts),
        None if series is None else list(series),
    )
    return [OtherMetricBlock(**dict(row)) for row in rows]


def _columns_of(copied: bytes) -> HoldingColumns:
    assert copied.startswith(_SIGNATURE), "this is not a binary COPY"
    rows = np.frombuffer(copied[_HEADER_BYTES : len(copied) - _TRAILER_BYTES], dtype=_ROW)
    return HoldingColumns(
        **{
            name: rows[name].astype(np.int64)
            for name in (
                "series_id",
                "first",
                "last",
                "account_id",
                "status",
                "authorization_ref",
                "first_transferred",
            )
        }
    )
