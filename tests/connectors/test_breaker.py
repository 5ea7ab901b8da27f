"""The circuit breaker and the retry budget, by their rules."""

from hypothesis import given
from hypothesis import strategies as st

from connectors.breaker import BreakerRules, BreakerState, CircuitBreaker, RetryBudget

RULES = BreakerRules(failures_to_open=3, open_seconds=1.0, open_seconds_max=4.0)


def opened(now: float = 0.0) -> CircuitBreaker:
    breaker = CircuitBreaker(RULES)
    for _ in range(RULES.failures_to_open):
        assert breaker.admit(now)
        breaker.failed(now)
    return breaker


def test_it_opens_only_after_failures_in_a_row() -> None:
    breaker = CircuitBreaker(RULES)
    for _ in range(5):
        breaker.failed(0)
        breaker.failed(0)
        breaker.succeeded()
    assert breaker.state is BreakerState.CLOSED


def test_an_open_breaker_lets_nothing_through_until_its_pause_is_over() -> None:
    breaker = opened()
    assert not breaker.admit(0.99)
    assert breaker.seconds_until_probe(0.25) == 0.75
    assert breaker.admit(1.0)
    assert breaker.state is BreakerState.HALF_OPEN


def test_only_one_probe_passes_at_a_time() -> None:
    breaker = opened()
    assert breaker.admit(1.0)
    assert not breaker.admit(1.0)


def test_each_failed_probe_doubles_the_pause_up_to_the_limit() -> None:
    breaker = opened()
    now, pauses = 0.0, []
    for _ in range(4):
        now += breaker.seconds_until_probe(now)
        assert breaker.admit(now)
        breaker.failed(now)
        pauses.append(breaker.seconds_until_probe(now))
    assert pauses == [2.0, 4.0, 4.0, 4.0]


def test_a_good_probe_closes_it_and_forgets_the_past() -> None:
    breaker = opened()
    assert breaker.admit(1.0)
    breaker.succeeded()
    breaker.failed(2.0)
    assert breaker.state is BreakerState.CLOSED


def test_an_abandoned_probe_leaves_the_next_call_to_probe() -> None:
    breaker = opened()
    assert breaker.admit(1.0)
    breaker.abandoned(1.5)
    assert breaker.admit(1.5)


@given(st.lists(st.booleans(), max_size=300))
def test_retries_never_exceed_the_start_plus_the_ratio_of_calls(calls: list[bool]) -> None:
    budget, earned, spent = RetryBudget(ratio=0.5, tokens_max=4), 0, 0
    for is_call in calls:
        if is_call:
            budget.earn()
            earned += 1
        else:
            spent += budget.spend()
    assert spent <= 4 + 0.5 * earned
