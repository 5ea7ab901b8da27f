"""In which order a batch takes what it needs, so that batches wait but never deadlock.

1. The register (accounts, authorizations, registries …): shared by batches that only read it,
   alone for a batch that changes it.
2. The series of all serials in question, in the order of their keys.
3. Rows with counters: transfers, authorizations, allotments, each in key order.
4. The head of the journal, last and held for the commit only.

What is read under these locks stays true until the commit, so that the order of the journal is an
order in which the rules give the same answers again.
"""

from collections.abc import Iterable
from hashlib import blake2b
from typing import Final

import asyncpg

from schema.identifiers import ItmoSeries

_REGISTER_KEY: Final = 0x17A0_0002
_KEY_SIZE_BYTES: Final = 8

_REGISTER_SHARED: Final = "SELECT pg_advisory_xact_lock_shared($1)"
_REGISTER_ALONE: Final = "SELECT pg_advisory_xact_lock($1)"
_SERIES: Final = "SELECT count(pg_advisory_xact_lock(key)) FROM unnest($1::bigint[]) AS key"


def series_key(series: ItmoSeries) -> int:
    """Return the key of a series; two series with one key would only wait for each other."""
    name = f"{series.approach}/{series.registry}/{series.first_party}/{series.vintage}"
    digest = blake2b(name.encode(), digest_size=_KEY_SIZE_BYTES).digest()
    return int.from_bytes(digest, "big", signed=True)


async def lock_register(connection: asyncpg.Connection, *, alone: bool) -> None:
    """Wait until nobody changes the register or, to change it, until nobody uses it."""
    await connection.execute(_REGISTER_ALONE if alone else _REGISTER_SHARED, _REGISTER_KEY)


async def lock_series(connection: asyncpg.Connection, series: Iterable[ItmoSeries]) -> None:
    """Wait until no other batch has any of these series."""
    keys = sorted({series_key(one) for one in series})
    if keys:
        await connection.execute(_SERIES, keys)
