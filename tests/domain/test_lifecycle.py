"""The whole transition table, as a table, and through the door of the rules."""

from collections.abc import Callable
from itertools import product

import pytest

from hub.domain.lifecycle import TRANSITIONS, TransferEvent, next_state
from schema.codes import FINAL_TRANSFER_STATES, Answer, OutcomeResult, TransferState
from schema.refusals import RefusalCode
from tests.builders import (
    ACQUIRER_REGISTRY,
    HOST_REGISTRY,
    correction_notice,
    outcome_answer,
    transfer_answer,
    transfer_proposal,
    transfer_withdrawal,
)
from tests.domain.federation import Federation, ready_federation
from tests.domain.refusal_tables.row import TRANSFER, proposed

S, E, C = TransferState, TransferEvent, RefusalCode

EXPECTED = """
event                            proposed  checked    accepted   final
checks passed                    checked   -          -          final
checks failed                    refused   -          -          final
accepted by the asked registry   -         accepted   -          final
rejected by the asked registry   -         rejected   -          final
withdrawn by the proposer        -         withdrawn  -          final
completed by the hub             -         -          completed  final
expired by the hub               -         expired    -          final
"""


def expected() -> dict[tuple[TransferState, TransferEvent], TransferState | RefusalCode]:
    heading, *lines = EXPECTED.strip().splitlines()
    columns = heading.split()[1:]
    table: dict[tuple[TransferState, TransferEvent], TransferState | RefusalCode] = {}
    for line in lines:
        event = TransferEvent(line[:33].strip())
        for column, cell in zip(columns, line[33:].split(), strict=True):
            states = FINAL_TRANSFER_STATES if column == "final" else {TransferState(column)}
            for state in states:
                table[state, event] = (
                    C.TRANSFER_ALREADY_FINAL
                    if cell == "final"
                    else C.NOT_ALLOWED_IN_STATE
                    if cell == "-"
                    else TransferState(cell)
                )
    for state, event in product(S, (E.OUTCOME_REPORTED, E.REVERSAL_ASKED)):
        table[state, event] = state if state is S.COMPLETED else C.NOT_ALLOWED_IN_STATE
    return table


@pytest.mark.parametrize(
    ("state", "event"), [pytest.param(*pair, id=" / ".join(pair)) for pair in product(S, E)]
)
def test_every_event_in_every_state_is_a_transition_or_a_coded_refusal(
    state: TransferState, event: TransferEvent
) -> None:
    assert next_state(state, event) == expected()[state, event]


def test_no_state_follows_a_final_one_and_all_are_reachable() -> None:
    following = {(state, after) for (state, _), after in TRANSITIONS.items() if state is not after}
    assert not {state for state, _ in following} & FINAL_TRANSFER_STATES
    assert {after for _, after in following} | {S.PROPOSED} == set(S)


def accept(world: Federation) -> list[RefusalCode]:
    return world.codes(ACQUIRER_REGISTRY, transfer_answer(transfer_id=TRANSFER))


def reject(world: Federation) -> list[RefusalCode]:
    answer = transfer_answer(transfer_id=TRANSFER, answer=Answer.REJECT, reason="not ours")
    return world.codes(ACQUIRER_REGISTRY, answer)


def withdraw(world: Federation) -> list[RefusalCode]:
    return world.codes(HOST_REGISTRY, transfer_withdrawal(transfer_id=TRANSFER))


def expire(world: Federation) -> list[RefusalCode]:
    """The hub refuses itself nothing: an expiry out of turn does nothing."""
    world.wait(world.policy.answer_within)
    world.expire(world.ledger.transfers[TRANSFER])
    return []


def apply(world: Federation) -> list[RefusalCode]:
    return world.codes(ACQUIRER_REGISTRY, outcome_answer(transfer_id=TRANSFER))


def cannot_apply(world: Federation) -> list[RefusalCode]:
    outcome = outcome_answer(transfer_id=TRANSFER, result=OutcomeResult.CANNOT_APPLY)
    return world.codes(ACQUIRER_REGISTRY, outcome)


def reverse(world: Federation) -> list[RefusalCode]:
    return world.codes(HOST_REGISTRY, correction_notice(corrects=TRANSFER))


def propose_again(world: Federation) -> list[RefusalCode]:
    world.ledger.freezes.clear()
    return world.codes(HOST_REGISTRY, transfer_proposal(transfer_id=TRANSFER, blocks=()))[:1]


Act = Callable[[Federation], list[RefusalCode]]
WAYS: dict[TransferState, tuple[Act, ...]] = {
    S.CHECKED: (),
    S.COMPLETED: (accept,),
    S.REJECTED: (reject,),
    S.WITHDRAWN: (withdraw,),
    S.EXPIRED: (expire,),
}
FINAL, NEVER = [C.TRANSFER_ALREADY_FINAL], [C.NOT_ALLOWED_IN_STATE]
OUTCOMES: dict[Act, dict[TransferState, TransferState | list[RefusalCode]]] = {
    accept: {S.CHECKED: S.COMPLETED},
    reject: {S.CHECKED: S.REJECTED},
    withdraw: {S.CHECKED: S.WITHDRAWN},
    expire: {S.CHECKED: S.EXPIRED, **{state: state for state in FINAL_TRANSFER_STATES}},
    apply: {S.COMPLETED: S.COMPLETED},
    cannot_apply: {S.COMPLETED: S.COMPLETED},
    reverse: {S.COMPLETED: S.COMPLETED},
    propose_again: {state: [C.TRANSFER_ID_REUSED] for state in S},
}


@pytest.mark.parametrize("state", WAYS)
@pytest.mark.parametrize("act", OUTCOMES)
def test_every_message_meets_every_state_that_a_transfer_can_rest_in(
    state: TransferState, act: Act
) -> None:
    world = ready_federation()
    proposed(world)
    for way in WAYS[state]:
        assert way(world) == []
    assert world.ledger.transfers[TRANSFER].state is state

    told = act(world)

    late = FINAL if act in {accept, reject, withdraw} else NEVER
    outcome = OUTCOMES[act].get(state, late)
    if isinstance(outcome, TransferState):
        assert told == []
        assert world.ledger.transfers[TRANSFER].state is outcome
    else:
        assert told == outcome
        assert world.ledger.transfers[TRANSFER].state is state


def test_a_transfer_rests_in_no_other_state() -> None:
    """A proposal is checked, and an acceptance completed, in the transaction that brings it."""
    resting = {S.CHECKED, *FINAL_TRANSFER_STATES} - {S.REFUSED}
    assert resting == set(WAYS)
