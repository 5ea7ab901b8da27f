"""Staying below the registry's limit of requests, which it shares out by address."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from connectors.errors import RegistryBusy


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestPace:
    """How much the registry allows, and how stale its answers may be."""

    requests_max: int = 90
    """In any window; the registry refuses the 101st, and others may share our address."""
    window_seconds: float = 60.0
    cache_seconds: float = 60.0
    """A query may be answered with what was true this long ago."""
    patience_seconds: float = 5.0
    """A call waits this long at most for the budget or the cache; beyond it is told when."""


class RequestBudget:
    """A sliding window over all requests to one registry."""

    def __init__(
        self,
        registry: str,
        pace: RequestPace,
        *,
        monotonic: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Start with an unused window."""
        self._registry = registry
        self._pace = pace
        self._monotonic = monotonic
        self._sleep = sleep
        self._sent: deque[float] = deque()

    async def take(self) -> None:
        """Wait until one more request may be sent.

        Raises:
            RegistryBusy: that is longer than patience; nothing was sent.
        """
        while (wait := self._wait_seconds()) > 0:
            if wait > self._pace.patience_seconds:
                words = f"{self._pace.requests_max} requests were sent in this window"
                raise RegistryBusy(self._registry, words, retry_after_seconds=wait)
            await self._sleep(wait)
        self._sent.append(self._monotonic())

    def spent(self) -> None:
        """Note that the registry itself says that the window is full."""
        now = self._monotonic()
        self._sent.extend([now] * max(0, self._pace.requests_max - len(self._sent)))

    def _wait_seconds(self) -> float:
        now = self._monotonic()
        while self._sent and self._sent[0] <= now - self._pace.window_seconds:
            self._sent.popleft()
        if len(self._sent) < self._pace.requests_max:
            return 0.0
        return self._sent[0] + self._pace.window_seconds - now
