"""The stored state beside the one that the replay has made: row by row, the first difference."""

from collections.abc import AsyncIterator, Sequence
from itertools import count
from typing import Any, Final

import asyncpg

from hub.services.audit.report import DifferenceError, Step
from hub.storage.queries.audit import (
    HOLDINGS,
    STATE_QUERIES,
    column_names,
    coverage_holds,
    state_rows,
)

_FIRST, _LAST, _QUANTITY, _SAME_FROM = 4, 5, 6, 7
"""Places of the columns of a holding; all from the last on is what the serials have in common."""
_SUBJECT_COLUMNS_COUNT: Final = 5


class StatePass:
    """Compares two databases over one connection each, in constant memory."""

    def __init__(self, stored: asyncpg.Connection, replayed: asyncpg.Connection) -> None:
        """Both connections have a transaction open."""
        self._stored = stored
        self._replayed = replayed
        self.rows = 0

    async def run(self) -> None:
        """Compare everything (DifferenceError)."""
        if not await coverage_holds(self._stored):
            words = "the holdings do not cover exactly the serials that were issued"
            raise DifferenceError(Step.STATE, "holdings", words)
        for name, query in STATE_QUERIES.items():
            await self._compare(
                name,
                query,
                state_rows(self._stored, query),
                state_rows(self._replayed, query),
            )
        await self._compare(
            "holding",
            HOLDINGS,
            joined(state_rows(self._stored, HOLDINGS)),
            joined(state_rows(self._replayed, HOLDINGS)),
        )

    async def _compare(
        self,
        name: str,
        query: str,
        stored: AsyncIterator[Sequence[Any]],
        replayed: AsyncIterator[Sequence[Any]],
    ) -> None:
        for _ in count():
            here, there = await anext(stored, None), await anext(replayed, None)
            if here is None and there is None:
                return
            self.rows += 1
            if here is None or there is None or tuple(here) != tuple(there):
                columns = await column_names(self._stored, query)
                raise _difference(name, columns, here, there)


async def joined(rows: AsyncIterator[Sequence[Any]]) -> AsyncIterator[tuple[Any, ...]]:
    """Join neighbouring holdings that differ in nothing: how blocks are cut has no meaning."""
    held: list[Any] | None = None
    async for row in rows:
        if held is not None and _continues(held, row):
            held[_LAST] = row[_LAST]
            if held[_QUANTITY] is not None:
                held[_QUANTITY] += row[_QUANTITY]
            continue
        if held is not None:
            yield tuple(held)
        held = list(row)
    if held is not None:
        yield tuple(held)


def _continues(held: Sequence[Any], row: Sequence[Any]) -> bool:
    return (
        held[:_FIRST] == list(row[:_FIRST])
        and held[_LAST] + 1 == row[_FIRST]
        and list(held[_SAME_FROM:]) == list(row[_SAME_FROM:])
    )


def _difference(
    name: str,
    columns: Sequence[str],
    stored: Sequence[Any] | None,
    replayed: Sequence[Any] | None,
) -> DifferenceError:
    if stored is None or replayed is None:
        known = stored if stored is not None else replayed
        assert known is not None, "one of both is there"
        which = "the messages make no such row" if replayed is None else "the row is missing"
        return DifferenceError(Step.STATE, _subject(name, known), which)
    differing = [
        f"{column} is {_shown(here)}, the messages say {_shown(there)}"
        for column, here, there in zip(columns, stored, replayed, strict=True)
        if here != there
    ]
    return DifferenceError(Step.STATE, _subject(name, stored), "; ".join(differing[:3]))


def _subject(name: str, row: Sequence[Any]) -> str:
    return " ".join([name, *(str(value)[:40] for value in row[:_SUBJECT_COLUMNS_COUNT])])


def _shown(value: object) -> str:
    text = str(value)
    return text if len(text) <= 80 else f"{text[:80]}…"  # noqa: PLR2004 - for people
