"""What a process remembers of the register, for as long as its version stands.

Accounts, registries and the like are read by nearly every batch and change seldom. Whatever changes
them gives the register another version, and every batch learns the version under its locks.
"""

from collections.abc import Awaitable, Callable, Collection, Hashable, Mapping
from typing import Final, Generic, TypeVar

from hub.domain.state import (
    Account,
    AccountKey,
    Activity,
    ApproachPermit,
    InitialReport,
    Maintenance,
    Registry,
)

REMEMBERED_COUNT_MAX: Final = 100_000
"""Of each kind; anybody can name accounts that are not there, and that is remembered as well."""

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")
Place = tuple[str, str]


class Remembered(Generic[Key, Value]):
    """Values by key, and which keys have none."""

    __slots__ = ("_values",)

    def __init__(self) -> None:
        self._values: dict[Key, Value | None] = {}

    async def get(
        self, wanted: Collection[Key], read: Callable[[list[Key]], Awaitable[Mapping[Key, Value]]]
    ) -> dict[Key, Value]:
        """Return the values of the wanted keys that have one, reading only those not yet known."""
        unknown = [key for key in wanted if key not in self._values]
        if unknown:
            found = await read(unknown)
            if len(self._values) + len(unknown) > REMEMBERED_COUNT_MAX:
                self._values.clear()
                unknown = [*wanted]
                found = await read(unknown)
            self._values.update((key, found.get(key)) for key in unknown)
        known = ((key, self._values[key]) for key in wanted)
        return {key: value for key, value in known if value is not None}


class RememberedRegister:
    """What was read of the register at one version."""

    __slots__ = (
        "accounts",
        "activities",
        "approaches",
        "maintenance",
        "registries",
        "reports",
        "version",
    )

    def __init__(self, version: int) -> None:
        self.version: Final = version
        self.registries: Mapping[str, Registry] | None = None
        self.accounts: Remembered[AccountKey, tuple[int, Account]] = Remembered()
        self.approaches: Remembered[Place, tuple[ApproachPermit, ...]] = Remembered()
        self.reports: Remembered[Place, InitialReport] = Remembered()
        self.activities: Remembered[Place, Activity] = Remembered()
        self.maintenance: Remembered[str, tuple[Maintenance, ...]] = Remembered()


class RegisterMemory:
    """The one register that a process remembers; shared by all its batches."""

    __slots__ = ("_latest",)

    def __init__(self) -> None:
        self._latest = RememberedRegister(0)

    def at(self, version: int, *, changing: bool) -> RememberedRegister:
        """Return what is remembered of a version; a batch that changes the register reads anew."""
        if changing:
            return RememberedRegister(version)
        if self._latest.version != version:
            self._latest = RememberedRegister(version)
        return self._latest
