"""What is measured about each registry; the hub exposes it, tests record it."""

from typing import Protocol

from connectors.breaker import BreakerState


class HttpMetrics(Protocol):
    """Where a `RegistryHttp` reports; calls must be quick and must not raise."""

    def attempted(self, registry: str, outcome: str, seconds: float) -> None:
        """One attempt ended: `outcome` is `ok` or the name of the error type."""
        ...

    def retried(self, registry: str) -> None:
        """An attempt is being repeated."""
        ...

    def breaker_changed(self, registry: str, state: BreakerState) -> None:
        """The breaker went into `state`."""
        ...


class NoMetrics:
    """Measures nothing."""

    def attempted(self, registry: str, outcome: str, seconds: float) -> None:
        """Forget it."""

    def retried(self, registry: str) -> None:
        """Forget it."""

    def breaker_changed(self, registry: str, state: BreakerState) -> None:
        """Forget it."""
