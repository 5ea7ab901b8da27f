"""Restraint towards a registry in trouble: a circuit breaker and a retry budget.

Both are owned by one `RegistryHttp` and touched only from its event loop; time is an argument.
"""

from dataclasses import dataclass
from enum import StrEnum, unique


@unique
class BreakerState(StrEnum):
    """Closed: calls pass. Open: none does. Half open: one probe at a time."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half open"


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerRules:
    """When the breaker opens and how long it stays so."""

    failures_to_open: int = 5
    """Consecutive failures."""
    open_seconds: float = 5.0
    """First pause; doubled each time the probe fails."""
    open_seconds_max: float = 300.0


class CircuitBreaker:
    """Three states; after a pause one probe decides whether the registry is well again."""

    def __init__(self, rules: BreakerRules) -> None:
        """Start closed."""
        self._rules = rules
        self._failures = 0
        self._pause_seconds = rules.open_seconds
        self._open_until = 0.0
        self._state = BreakerState.CLOSED

    @property
    def state(self) -> BreakerState:
        """The state that the last event left behind."""
        return self._state

    def seconds_until_probe(self, now: float) -> float:
        """Return how long the breaker stays open; 0 when a call may pass or probe."""
        return max(0.0, self._open_until - now) if self._state is BreakerState.OPEN else 0.0

    def admit(self, now: float) -> bool:
        """Tell whether a call may be made now; one that was admitted must be reported."""
        match self._state:
            case BreakerState.CLOSED:
                return True
            case BreakerState.OPEN if now >= self._open_until:
                self._state = BreakerState.HALF_OPEN
                return True
            case _:
                return False

    def succeeded(self) -> None:
        """Note a good answer: the breaker closes."""
        self._state = BreakerState.CLOSED
        self._failures = 0
        self._pause_seconds = self._rules.open_seconds

    def failed(self, now: float) -> None:
        """Note a failure: the breaker opens at the limit, or at once when it was the probe."""
        self._failures += 1
        if self._state is BreakerState.HALF_OPEN:
            self._pause_seconds = min(self._pause_seconds * 2, self._rules.open_seconds_max)
        elif self._failures < self._rules.failures_to_open:
            return
        self._state = BreakerState.OPEN
        self._open_until = now + self._pause_seconds

    def abandoned(self, now: float) -> None:
        """Note that an admitted call was cancelled by us: a probe is due again at once."""
        if self._state is BreakerState.HALF_OPEN:
            self._state = BreakerState.OPEN
            self._open_until = now


class RetryBudget:
    """A token bucket: retries may add only a fraction to the load, however ill the registry is.

    Every first attempt earns `ratio` tokens, every retry costs one.
    """

    def __init__(self, *, ratio: float = 0.2, tokens_max: float = 10.0) -> None:
        """Start full, so that a quiet client may retry at once."""
        self._ratio = ratio
        self._tokens_max = tokens_max
        self._tokens = tokens_max

    def earn(self) -> None:
        """Note a first attempt."""
        self._tokens = min(self._tokens + self._ratio, self._tokens_max)

    def spend(self) -> bool:
        """Take one token for a retry; False when the budget is spent."""
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True
