"""An explanation says what admission would say, and more, and does nothing."""

import pytest

from hub.domain.admission import Moment
from hub.domain.explain import Explanation, Intended, explain
from hub.domain.intents import Verdict
from schema.messages import ActionNotice, IssuanceNotice, TransferProposal
from schema.refusals import RefusalCode, precedence
from tests.builders import HOST_REGISTRY, transfer_proposal, unit_block
from tests.domain.federation import Federation, ready_federation, snapshot
from tests.domain.refusal_tables.all_tables import TABLES
from tests.domain.refusal_tables.row import Row

MOVES = TransferProposal | ActionNotice | IssuanceNotice
ROWS = [row for rows in TABLES for row in rows]


def explained(world: Federation, sender: str, message: Intended) -> Explanation:
    before = snapshot(world.ledger)
    told = explain(
        world.ledger, message, Moment(sender=sender, received_at=world.now), world.policy
    )
    assert snapshot(world.ledger) == before
    return told


@pytest.mark.parametrize("row", [pytest.param(row, id=row.sentence) for row in ROWS])
def test_what_fails_in_an_explanation_is_what_admission_refuses(row: Row) -> None:
    world = row.world()
    for prepare in row.prepare:
        prepare(world)
    message = row.build(world)
    if not isinstance(message, MOVES):
        return
    told = explained(world, row.sender, message)
    failed = [gate.rule for gate in told.gates if gate.verdict is Verdict.FAILED]
    assert failed == list(row.codes)
    assert told.would_be_applied is not bool(row.codes)
    ranks = [precedence(gate.rule) for gate in told.gates]
    assert ranks == sorted(ranks)
    assert all(gate.explanation for gate in told.gates)


def test_all_rules_that_a_transfer_meets_are_told_with_their_words() -> None:
    world = ready_federation()
    told = explained(world, HOST_REGISTRY, transfer_proposal(blocks=(unit_block(11, 20),)))
    words = {gate.rule: (gate.verdict, gate.explanation) for gate in told.gates}
    assert words[RefusalCode.UNITS_RESERVED] == (
        Verdict.PASSED,
        "no transfer has reserved any of the serials",
    )
    assert words[RefusalCode.AUTHORIZED_QUANTITY_EXCEEDED] == (
        Verdict.PASSED,
        "10 t of 100000 t authorized (issued 100, first transferred 0, reserved 0)",
    )
    assert words[RefusalCode.INITIAL_REPORT_MISSING][0] is Verdict.WARNING
    assert told.would_be_applied
    assert [(part.first, part.last) for part in told.first_transfer] == [(11, 20)]


def test_an_offending_block_is_named() -> None:
    world = ready_federation()
    told = explained(world, HOST_REGISTRY, transfer_proposal(blocks=(unit_block(91, 110),)))
    (gate,) = (gate for gate in told.gates if gate.verdict is Verdict.FAILED)
    assert gate.explanation == "MNG01 2021 91-110: never issued: 101-110"
