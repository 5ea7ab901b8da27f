"""What all tables share: the metadata, names of constraints, and columns spelt the same way.

Rows that are written in bulk beside their parents carry no foreign key: parents are never deleted,
one statement writes both, and a check for each row would double the cost of a batch.
"""

from enum import StrEnum
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    Text,
    Uuid,
)

SERIES_ID_LIMIT: Final = 2**23
"""Series ids stay below this, serials below 2**40: both fit one signed 64-bit number."""

metadata = MetaData(
    naming_convention={
        "ix": "%(table_name)s_%(column_0_N_name)s",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "ck": "%(table_name)s_%(constraint_name)s",
        "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
        "pk": "%(table_name)s_pkey",
    }
)


def text(
    name: str, *, nullable: bool = False, primary_key: bool = False, default: str | None = None
) -> Column[str]:
    """Return a text column."""
    return Column(name, Text, nullable=nullable, primary_key=primary_key, server_default=default)


def integer(
    name: str, *, nullable: bool = False, primary_key: bool = False, default: str | None = None
) -> Column[int]:
    """Return a 32-bit column."""
    return Column(
        name,
        Integer,
        nullable=nullable,
        primary_key=primary_key,
        autoincrement=False,
        server_default=default,
    )


def whole(
    name: str, *, nullable: bool = False, primary_key: bool = False, default: str | None = None
) -> Column[int]:
    """Return a 64-bit column: serials, tonnes."""
    return Column(
        name,
        BigInteger,
        nullable=nullable,
        primary_key=primary_key,
        autoincrement=False,
        server_default=default,
    )


def small_key(name: str) -> Column[int]:
    """Return a primary key of 32 bits that the database numbers."""
    return Column(name, Integer, Identity(), primary_key=True)


def large_key(name: str) -> Column[int]:
    """Return a primary key of 64 bits that the database numbers."""
    return Column(name, BigInteger, Identity(), primary_key=True)


def decimal(name: str) -> Column[Any]:
    """Return an exact quantity; null where the quantity is the number of serials."""
    return Column(name, Numeric, nullable=True)


def instant(name: str, *, nullable: bool = False) -> Column[Any]:
    """Return an aware point in time."""
    return Column(name, DateTime(timezone=True), nullable=nullable)


def unique_id(name: str, *, nullable: bool = False, primary_key: bool = False) -> Column[Any]:
    """Return a UUID column."""
    return Column(name, Uuid, nullable=nullable, primary_key=primary_key)


def octets(name: str, *, nullable: bool = False) -> Column[bytes]:
    """Return a column of bytes."""
    return Column(name, LargeBinary, nullable=nullable)


def reference(
    name: str, target: str, *, nullable: bool = False, primary_key: bool = False
) -> Column[Any]:
    """Return a column that refers to `target`, given as `table.column`, and has its type."""
    return Column(name, ForeignKey(target), nullable=nullable, primary_key=primary_key)


def one_of(column: str, codes: type[StrEnum]) -> CheckConstraint:
    """Return the check that a text column holds a code of a closed list."""
    values = ", ".join("'" + code.value.replace("'", "''") + "'" for code in codes)
    return CheckConstraint(f"{column} IN ({values})", name=f"{column}_known")


def serials_valid() -> CheckConstraint:
    """Return the check that `first` and `last` are a closed range of serials."""
    return CheckConstraint(
        "0 < first AND first <= last AND last < (1::bigint << 40)", name="serials_valid"
    )
