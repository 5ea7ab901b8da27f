"""The metrics of registry traffic, for a Prometheus registry."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Enum, Histogram

from connectors.breaker import BreakerState

SECONDS_BUCKETS: Final = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 45.0)


class PrometheusMetrics:
    """Counts into a Prometheus registry, labelled by the code of the other registry."""

    def __init__(self, into: CollectorRegistry) -> None:
        """Register the metrics; once per Prometheus registry."""
        self._seconds = Histogram(
            "itmo_connector_attempt_seconds",
            "Duration of one HTTP attempt towards a registry.",
            ["registry", "outcome"],
            buckets=SECONDS_BUCKETS,
            registry=into,
        )
        self._retries = Counter(
            "itmo_connector_retries", "Repeated attempts.", ["registry"], registry=into
        )
        self._breaker = Enum(
            "itmo_connector_breaker",
            "State of the circuit breaker.",
            ["registry"],
            states=[state.value for state in BreakerState],
            registry=into,
        )

    def attempted(self, registry: str, outcome: str, seconds: float) -> None:
        """Observe the duration under its outcome."""
        self._seconds.labels(registry, outcome).observe(seconds)

    def retried(self, registry: str) -> None:
        """Count one."""
        self._retries.labels(registry).inc()

    def breaker_changed(self, registry: str, state: BreakerState) -> None:
        """Show the new state."""
        self._breaker.labels(registry).state(state.value)
