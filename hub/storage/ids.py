"""The small numbers under which the database keeps series, accounts and authorizations.

A number never changes once it is committed, so every process may remember it. What a transaction
has learnt is shared with the others only after its commit.
"""

from collections.abc import Hashable
from typing import Generic, TypeVar

from hub.domain.state import AccountKey, AuthorizationKey
from schema.identifiers import ItmoSeries

Key = TypeVar("Key", bound=Hashable)


class Numbers(Generic[Key]):
    """Keys and their numbers, both ways, on top of what `committed` knows."""

    __slots__ = ("_committed", "_key_of", "_number_of")

    def __init__(self, committed: "Numbers[Key] | None" = None) -> None:
        self._committed = committed
        self._number_of: dict[Key, int] = {}
        self._key_of: dict[int, Key] = {}

    def number(self, key: Key) -> int | None:
        """Return the number of `key` if it is known."""
        number = self._number_of.get(key)
        if number is None and self._committed is not None:
            return self._committed.number(key)
        return number

    def key(self, number: int) -> Key | None:
        """Return the key with `number` if it is known."""
        key = self._key_of.get(number)
        if key is None and self._committed is not None:
            return self._committed.key(number)
        return key

    def require(self, key: Key) -> int:
        """Return the number of a key that must be there by now."""
        number = self.number(key)
        assert number is not None, f"{key} has no number"
        return number

    def learn(self, key: Key, number: int) -> None:
        """Remember a number."""
        self._number_of[key] = number
        self._key_of[number] = key

    def share(self) -> None:
        """Tell the others what was learnt; call it after the commit."""
        assert self._committed is not None, "only a transaction shares"
        self._committed._number_of.update(self._number_of)  # noqa: SLF001 - its own kind
        self._committed._key_of.update(self._key_of)  # noqa: SLF001


class Ids:
    """All three kinds of numbers."""

    __slots__ = ("accounts", "authorizations", "series")

    def __init__(self, committed: "Ids | None" = None) -> None:
        self.series: Numbers[ItmoSeries] = Numbers(committed.series if committed else None)
        self.accounts: Numbers[AccountKey] = Numbers(committed.accounts if committed else None)
        self.authorizations: Numbers[AuthorizationKey] = Numbers(
            committed.authorizations if committed else None
        )

    def share(self) -> None:
        """Tell the others what was learnt; call it after the commit."""
        self.series.share()
        self.accounts.share()
        self.authorizations.share()
