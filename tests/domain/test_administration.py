"""Keys, suspension and maintenance as the ledger keeps them, and what counterparties are told."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.deadlines import answer_until
from hub.domain.state import Maintenance, Policy
from schema.messages import MaintenanceNotice, TransferRequest
from schema.refusals import RefusalCode as C
from tests.builders import (
    ACQUIRER_REGISTRY,
    HOST_REGISTRY,
    NOW,
    account_notice,
    discrepancy_answer,
    key_revocation,
    maintenance_window,
    registry_suspension,
    transfer_answer,
    transfer_proposal,
    unit_block,
)
from tests.domain.federation import OPERATOR, ready_federation
from tests.domain.refusal_tables.administration import KEY, announcement
from tests.domain.refusal_tables.row import TRANSFER, proposed

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def test_a_key_vouches_for_nothing_that_came_before_its_announcement() -> None:
    world = ready_federation()
    world.apply(HOST_REGISTRY, announcement(valid_from=NOW - DAY, valid_until=NOW + DAY))
    key = world.ledger.keys[KEY.key_id]
    assert (key.registry, key.valid_from, key.valid_until) == (HOST_REGISTRY, NOW, NOW + DAY)
    assert key.jwk == KEY.to_jwk()


def test_a_revocation_counts_from_its_moment_and_only_moves_back() -> None:
    world = ready_federation()
    world.apply(HOST_REGISTRY, announcement())
    world.apply(HOST_REGISTRY, key_revocation(key_id=KEY.key_id))
    world.apply(
        OPERATOR, key_revocation(key_id=KEY.key_id, revoked_from=NOW - HOUR, reason="seen abroad")
    )
    key = world.ledger.keys[KEY.key_id]
    assert (key.revoked_from, key.revocation_reason) == (NOW - HOUR, "seen abroad")


def test_a_suspended_registry_is_not_heard_until_the_operator_lifts_it() -> None:
    world = ready_federation()
    world.apply(OPERATOR, registry_suspension())
    assert world.codes(HOST_REGISTRY, account_notice()) == [C.REGISTRY_SUSPENDED]
    assert world.codes(HOST_REGISTRY, registry_suspension(suspended=False)) == [
        C.REGISTRY_SUSPENDED
    ]
    world.apply(OPERATOR, registry_suspension(suspended=False))
    world.apply(HOST_REGISTRY, account_notice())


def test_a_window_moves_the_deadlines_that_wait_for_the_registry_and_both_sides_are_told() -> None:
    world = ready_federation()
    proposed(world)
    before = world.ledger.transfers[TRANSFER].answer_until
    window = maintenance_window(
        registry=ACQUIRER_REGISTRY, starts_at=NOW + DAY, ends_at=NOW + DAY + 4 * HOUR
    )
    told = world.apply(ACQUIRER_REGISTRY, window).outgoing
    assert world.ledger.transfers[TRANSFER].answer_until == before + 4 * HOUR
    assert [outgoing.to for outgoing in told] == [ACQUIRER_REGISTRY, HOST_REGISTRY]
    for outgoing in told:
        assert isinstance(outgoing.message, MaintenanceNotice)
        (deadline,) = outgoing.message.deadlines
        assert deadline.transfer_id == TRANSFER
        assert deadline.answer_until == before + 4 * HOUR - world.policy.hop_margin
    world.wait(world.policy.answer_within + HOUR)
    world.apply(ACQUIRER_REGISTRY, transfer_answer(transfer_id=TRANSFER))


def test_a_window_of_the_proposer_moves_nothing() -> None:
    world = ready_federation()
    proposed(world)
    before = world.ledger.transfers[TRANSFER].answer_until
    (told,) = world.apply(HOST_REGISTRY, maintenance_window()).outgoing
    assert isinstance(told.message, MaintenanceNotice)
    assert told.message.deadlines == ()
    assert world.ledger.transfers[TRANSFER].answer_until == before


def test_a_later_proposal_waits_for_the_window_too() -> None:
    world = ready_federation()
    window = maintenance_window(registry=ACQUIRER_REGISTRY, starts_at=NOW, ends_at=NOW + DAY)
    world.apply(ACQUIRER_REGISTRY, window)
    (request,) = world.apply(HOST_REGISTRY, transfer_proposal()).outgoing
    assert isinstance(request.message, TransferRequest)
    told = NOW + DAY + world.policy.answer_within - world.policy.hop_margin
    assert request.message.answer_until == told


def test_a_deadline_never_comes_nearer_when_the_operator_shortens_the_wait() -> None:
    world = ready_federation()
    proposed(world)
    before = world.ledger.transfers[TRANSFER].answer_until
    world.set_policy(answer_within=HOUR)
    window = maintenance_window(registry=ACQUIRER_REGISTRY, starts_at=NOW, ends_at=NOW + HOUR)
    world.apply(ACQUIRER_REGISTRY, window)
    assert world.ledger.transfers[TRANSFER].answer_until == before


def test_an_answer_to_a_discrepancy_is_handed_on() -> None:
    world = ready_federation()
    message = discrepancy_answer()
    (reply,) = world.apply(HOST_REGISTRY, message).replies
    assert (reply.discrepancy_id, reply.registry, reply.accepts, reply.message_id) == (
        message.discrepancy_id,
        HOST_REGISTRY,
        True,
        message.message_id,
    )


def windows(*spans: tuple[int, int]) -> list[Maintenance]:
    return [
        Maintenance(
            message_id=discrepancy_answer().message_id,
            registry=ACQUIRER_REGISTRY,
            starts_at=NOW + first * HOUR,
            ends_at=NOW + last * HOUR,
            words="",
        )
        for first, last in spans
    ]


POLICY = Policy(answer_within=10 * HOUR, standstill_max=100 * HOUR)
STANDSTILLS = {
    "no window": ([], 10),
    "one window": ([(2, 5)], 13),
    "a window before the proposal": ([(-5, -1)], 10),
    "a window under way at the proposal": ([(-5, 3)], 13),
    "a window that begins with the deadline": ([(10, 20)], 10),
    "a window that begins just before the deadline": ([(9, 20)], 21),
    "two windows": ([(2, 5), (7, 8)], 14),
    "two windows, announced in the other order": ([(7, 8), (2, 5)], 14),
    "windows that overlap count once": ([(2, 5), (4, 8)], 16),
    "a window inside another counts once": ([(2, 9), (4, 5)], 17),
    "a window that only the first one makes matter": ([(2, 5), (12, 13)], 14),
    "windows without end": ([(n, n + 1) for n in range(200)], 110),
}


@pytest.mark.parametrize(("spans", "hours"), STANDSTILLS.values(), ids=STANDSTILLS)
def test_the_clock_of_a_wait_stands_still_in_windows(
    spans: list[tuple[int, int]], hours: int
) -> None:
    assert answer_until(NOW, windows(*spans), POLICY) == NOW + hours * HOUR


@given(st.lists(st.tuples(st.integers(-20, 40), st.integers(1, 20)), max_size=5))
def test_a_wait_is_the_hours_outside_all_windows(spans: list[tuple[int, int]]) -> None:
    away = {hour for first, length in spans for hour in range(first, first + length)}
    here = (hour for hour in range(500) if hour not in away)
    last_hour = [next(here) for _ in range(10)][-1]
    found = answer_until(NOW, windows(*((f, f + n) for f, n in spans)), POLICY)
    assert found == min(NOW + (last_hour + 1) * HOUR, NOW + 110 * HOUR)


def test_unit_blocks_of_a_moved_transfer_stay_reserved() -> None:
    world = ready_federation()
    proposed(world)
    window = maintenance_window(registry=ACQUIRER_REGISTRY, starts_at=NOW, ends_at=NOW + DAY)
    world.apply(ACQUIRER_REGISTRY, window)
    again = transfer_proposal(blocks=(unit_block(60, 60),))
    assert world.codes(HOST_REGISTRY, again) == [C.UNITS_RESERVED]
    moment: datetime = world.ledger.transfers[TRANSFER].answer_until
    assert moment == NOW + DAY + world.policy.answer_within
