"""What a transfer does to units, quantities and counterparties, step by step."""

from datetime import timedelta

import pytest

from hub.domain.state import CaseKind, EventKind, Interval
from schema.codes import Answer, FirstTransferForOimp, Metric, OutcomeResult, Purpose, TransferState
from schema.messages import TransferOutcome, TransferProposal, TransferRequest, UnitBlock
from schema.refusals import RefusalCode as C
from schema.wire import MAX_BLOCKS
from tests.builders import (
    ACQUIRER_REGISTRY,
    AUTHORIZATION_ID,
    HOST_REGISTRY,
    account_notice,
    account_ref,
    authorization_notice,
    authorization_record,
    elements,
    first_transfer_definition,
    issuance_notice,
    issued_block,
    outcome_answer,
    transfer_answer,
    transfer_proposal,
    transfer_withdrawal,
    unit_block,
)
from tests.domain.federation import Federation, all_units, ready_federation
from tests.domain.refusal_tables.row import TRANSFER, proposed, transferred


def authorization(world: Federation) -> tuple[int, int, int]:
    """What is issued, reserved and first transferred under the authorization, in tonnes."""
    (found,) = (
        each
        for key, each in world.ledger.authorizations.items()
        if key.authorization_id == AUTHORIZATION_ID
    )
    return found.issued, found.first_transfer_reserved, found.first_transferred


def reserved(world: Federation) -> list[tuple[int, int]]:
    return [
        (units.first, units.last)
        for units in all_units(world.ledger)
        if units.reserved_by is not None
    ]


def test_a_proposal_reserves_serials_and_quantity_and_nothing_moves() -> None:
    world = ready_federation()
    proposed(world)
    assert reserved(world) == [(1, 60)]
    assert authorization(world) == (100, 60, 0)
    assert world.holders() == {(1, 100): "MN-100"}


def test_a_completion_moves_the_units_and_books_the_first_transfer() -> None:
    world = ready_federation()
    transferred(world)
    assert reserved(world) == []
    assert authorization(world) == (100, 0, 60)
    moved = all_units(world.ledger)[0]
    assert (moved.first_transfer, moved.last_record) == (TRANSFER, TRANSFER)
    assert [(event.kind, event.registry) for event in world.ledger.events[1:]] == [
        (EventKind.FIRST_TRANSFER, HOST_REGISTRY),
        (EventKind.ACQUISITION, ACQUIRER_REGISTRY),
    ]


@pytest.mark.parametrize("ending", ["rejected", "withdrawn", "expired"])
def test_every_other_end_releases_what_was_reserved(ending: str) -> None:
    world = ready_federation()
    proposed(world)
    if ending == "rejected":
        answer = transfer_answer(transfer_id=TRANSFER, answer=Answer.REJECT, reason="not ours")
        told = world.apply(ACQUIRER_REGISTRY, answer)
    elif ending == "withdrawn":
        told = world.apply(HOST_REGISTRY, transfer_withdrawal(transfer_id=TRANSFER))
    else:
        world.wait(world.policy.answer_within)
        told = world.expire(world.ledger.transfers[TRANSFER])
    assert reserved(world) == []
    assert authorization(world) == (100, 0, 0)
    assert all(units.first_transfer is None for units in all_units(world.ledger))
    outcomes = [outgoing.message for outgoing in told.outgoing]
    assert {outgoing.to for outgoing in told.outgoing} == {HOST_REGISTRY, ACQUIRER_REGISTRY}
    assert all(
        isinstance(outcome, TransferOutcome)
        and outcome.state is TransferState(ending)
        and outcome.first_transfer_blocks == ()
        for outcome in outcomes
    )
    world.apply(HOST_REGISTRY, transfer_proposal())


def test_only_the_part_that_was_never_transferred_is_a_first_transfer() -> None:
    """1 to 10 come back from Japan and go there again with the others."""
    world = ready_federation()
    transferred(world)
    home = transfer_proposal(
        from_account="JP-100",
        to=account_ref(registry=HOST_REGISTRY, account="MN-100"),
        blocks=(unit_block(1, 10),),
    )
    world.apply(ACQUIRER_REGISTRY, home)
    world.apply(HOST_REGISTRY, transfer_answer(transfer_id=home.transfer_id))
    again = transfer_proposal(blocks=(unit_block(1, 10), unit_block(61, 70)))
    (request,) = world.apply(HOST_REGISTRY, again).outgoing
    assert isinstance(request.message, TransferRequest)
    assert [(block.first, block.last) for block in request.message.first_transfer_blocks] == [
        (61, 70)
    ]
    before = len(world.ledger.events)
    world.apply(ACQUIRER_REGISTRY, transfer_answer(transfer_id=again.transfer_id))
    assert [
        (event.kind, event.interval.first, event.interval.last)
        for event in world.ledger.events[before:]
    ] == [
        (EventKind.FIRST_TRANSFER, 61, 70),
        (EventKind.TRANSFER, 1, 10),
        (EventKind.ACQUISITION, 1, 10),
        (EventKind.ACQUISITION, 61, 70),
    ]
    assert authorization(world) == (100, 0, 70)


def test_a_part_in_the_middle_of_a_block_can_be_a_first_transfer() -> None:
    world = ready_federation()
    for first, last in ((1, 4), (9, 12)):
        there = transfer_proposal(blocks=(unit_block(first, last),))
        home = transfer_proposal(
            from_account="JP-100",
            to=account_ref(registry=HOST_REGISTRY, account="MN-100"),
            blocks=there.blocks,
        )
        world.apply(HOST_REGISTRY, there)
        world.apply(ACQUIRER_REGISTRY, transfer_answer(transfer_id=there.transfer_id), home)
        world.apply(HOST_REGISTRY, transfer_answer(transfer_id=home.transfer_id))
    whole = transfer_proposal(blocks=(unit_block(1, 12),))
    world.apply(HOST_REGISTRY, whole)
    world.apply(ACQUIRER_REGISTRY, transfer_answer(transfer_id=whole.transfer_id))
    assert [
        (event.kind, event.interval.first, event.interval.last)
        for event in world.ledger.events
        if event.transfer_id == whole.transfer_id
    ] == [
        (EventKind.FIRST_TRANSFER, 5, 8),
        (EventKind.TRANSFER, 1, 4),
        (EventKind.TRANSFER, 9, 12),
        (EventKind.ACQUISITION, 1, 12),
    ]


def test_serials_between_two_issuances_are_told_as_never_issued() -> None:
    world = ready_federation()
    world.apply(HOST_REGISTRY, issuance_notice(blocks=(issued_block(111, 120),)))
    (told,) = world.send(HOST_REGISTRY, transfer_proposal(blocks=(unit_block(91, 125),))).refusals
    assert told.detail == "never issued: 101-110, 121-125"


def test_a_transfer_inside_one_party_is_no_international_transfer() -> None:
    world = ready_federation()
    world.enrol("MNG02", "MNG")
    world.apply("MNG02", account_notice(account="MN-2"))
    inside = transfer_proposal(
        to=account_ref(registry="MNG02", account="MN-2"), purpose=Purpose.NDC
    )
    (request,) = world.apply(HOST_REGISTRY, inside).outgoing
    assert isinstance(request.message, TransferRequest)
    assert request.message.first_transfer_blocks == ()
    world.apply("MNG02", transfer_answer(transfer_id=inside.transfer_id))
    assert authorization(world) == (100, 0, 0)


def test_units_without_an_authorization_come_under_the_one_of_the_transfer() -> None:
    """Their issuance was the first transfer under it, as the authorization says."""
    world = ready_federation()
    world.apply(
        HOST_REGISTRY,
        issuance_notice(
            authorization_party=None, authorization_id=None, blocks=(issued_block(201, 210),)
        ),
        authorization_notice(
            authorization=authorization_record(
                authorization_id="OTHER",
                elements=elements(
                    first_transfer=first_transfer_definition(
                        for_ndc=None, for_oimp=FirstTransferForOimp.ISSUANCE
                    )
                ),
            )
        ),
    )
    proposal = transfer_proposal(
        authorization_id="OTHER", purpose=Purpose.OP, blocks=(unit_block(201, 210),)
    )
    world.apply(HOST_REGISTRY, proposal)
    world.apply(ACQUIRER_REGISTRY, transfer_answer(transfer_id=proposal.transfer_id))
    moved = all_units(world.ledger)[-1]
    assert moved.authorization is not None
    assert moved.authorization.authorization_id == "OTHER"
    assert moved.first_transfer == proposal.transfer_id


def test_a_non_ghg_quantity_goes_with_its_serials_exactly() -> None:
    world = ready_federation()
    power = elements(metric=Metric.NON_GHG, non_ghg_unit="MWh")

    def mwh(first: int, last: int, quantity: str) -> UnitBlock:
        return unit_block(first, last, metric=Metric.NON_GHG, unit="MWh", quantity=quantity)

    world.apply(
        HOST_REGISTRY,
        authorization_notice(
            authorization=authorization_record(authorization_id="POWER", elements=power)
        ),
        issuance_notice(
            authorization_id="POWER", blocks=(issued_block(block=mwh(201, 300, "0.0001")),)
        ),
    )
    proposal = transfer_proposal(authorization_id="POWER", blocks=(mwh(207, 213, "0.000007"),))
    (request,) = world.apply(HOST_REGISTRY, proposal).outgoing
    assert isinstance(request.message, TransferRequest)
    assert request.message.first_transfer_blocks == proposal.blocks
    world.apply(ACQUIRER_REGISTRY, transfer_answer(transfer_id=proposal.transfer_id))
    assert [
        (units.first, units.last, str(units.quantity)) for units in all_units(world.ledger)[1:]
    ] == [(201, 206, "0.000006"), (207, 213, "0.000007"), (214, 300, "0.000087")]
    assert {str(event.quantity) for event in world.ledger.events[2:]} == {"0.000007"}


@pytest.fixture(scope="module")
def many() -> tuple[UnitBlock, ...]:
    """3,000 blocks of two serials with gaps of one, in disorder."""
    blocks = [unit_block(3 * n, 3 * n + 1) for n in range(100, 100 + MAX_BLOCKS)]
    return tuple(blocks[::2] + blocks[1::2])


def with_many(blocks: tuple[UnitBlock, ...]) -> Federation:
    world = ready_federation()
    last = max(block.last for block in blocks)
    world.apply(HOST_REGISTRY, issuance_notice(blocks=(issued_block(101, last),)))
    return world


def test_three_thousand_blocks_move_together(many: tuple[UnitBlock, ...]) -> None:
    world = with_many(many)
    proposal = transfer_proposal(transfer_id=TRANSFER, blocks=many)
    world.apply(HOST_REGISTRY, proposal)
    world.apply(ACQUIRER_REGISTRY, transfer_answer(transfer_id=TRANSFER))
    assert list(world.holders().values()).count("JP-100") == MAX_BLOCKS
    assert authorization(world)[2] == 2 * MAX_BLOCKS


def test_one_bad_block_of_three_thousand_stops_all(many: tuple[UnitBlock, ...]) -> None:
    world = with_many(many)
    world.apply(HOST_REGISTRY, transfer_proposal(blocks=many[7:8]))
    told = world.send(HOST_REGISTRY, transfer_proposal(blocks=many)).refusals
    assert [(refusal.code, refusal.block and refusal.block.first) for refusal in told] == [
        (C.UNITS_RESERVED, many[7].first)
    ]
    assert len(reserved(world)) == 1


def test_each_offending_block_is_told(many: tuple[UnitBlock, ...]) -> None:
    world = ready_federation()
    told = world.send(HOST_REGISTRY, transfer_proposal(blocks=many)).refusals
    assert [refusal.code for refusal in told] == [C.UNITS_UNKNOWN] * MAX_BLOCKS
    assert {refusal.block and refusal.block.first for refusal in told} == {
        block.first for block in many
    }


def test_the_asked_registry_is_told_an_earlier_time_than_the_hub_waits() -> None:
    world = ready_federation()
    (request,) = world.apply(HOST_REGISTRY, transfer_proposal(transfer_id=TRANSFER)).outgoing
    assert isinstance(request.message, TransferRequest)
    deadline = world.ledger.transfers[TRANSFER].answer_until
    assert deadline == world.now + timedelta(days=3)
    assert request.message.answer_until == deadline - timedelta(minutes=10)
    world.set_policy(answer_within=timedelta(minutes=1))
    (short,) = world.apply(HOST_REGISTRY, transfer_proposal(blocks=(unit_block(61, 61),))).outgoing
    assert isinstance(short.message, TransferRequest)
    assert short.message.answer_until == world.now + timedelta(seconds=54)


def test_the_hub_alone_expires_and_not_before_the_deadline() -> None:
    world = ready_federation()
    proposed(world)
    transfer = world.ledger.transfers[TRANSFER]
    world.wait(world.policy.answer_within - timedelta(microseconds=1))
    assert world.expire(transfer).outgoing == ()
    world.wait(timedelta(microseconds=1))
    assert len(world.expire(transfer).outgoing) == 2
    assert world.expire(world.ledger.transfers[TRANSFER]).outgoing == ()


LATE = {
    "an acceptance after the expiry": ("expired", Answer.ACCEPT, True),
    "an acceptance after the deadline": ("waited", Answer.ACCEPT, True),
    "an acceptance after the withdrawal": ("withdrawn", Answer.ACCEPT, True),
    "an acceptance after the rejection": ("rejected", Answer.ACCEPT, True),
    "a rejection after the completion": ("completed", Answer.REJECT, True),
    "a rejection after the expiry": ("expired", Answer.REJECT, False),
    "a rejection after the deadline": ("waited", Answer.REJECT, False),
    "a second acceptance": ("completed", Answer.ACCEPT, False),
}


@pytest.mark.parametrize(("before", "answer", "opens"), LATE.values(), ids=LATE)
def test_a_late_answer_opens_a_case_where_it_says_otherwise(
    before: str, answer: Answer, opens: bool
) -> None:
    world = ready_federation()
    proposed(world)
    if before in {"expired", "waited"}:
        world.wait(world.policy.answer_within)
    if before == "expired":
        world.expire(world.ledger.transfers[TRANSFER])
    if before == "withdrawn":
        world.apply(HOST_REGISTRY, transfer_withdrawal(transfer_id=TRANSFER))
    if before in {"completed", "rejected"}:
        first = Answer.ACCEPT if before == "completed" else Answer.REJECT
        world.apply(ACQUIRER_REGISTRY, transfer_answer(transfer_id=TRANSFER, answer=first))

    late = transfer_answer(transfer_id=TRANSFER, answer=answer)
    told = world.send(ACQUIRER_REGISTRY, late)

    assert len(told.refusals) == 1
    assert [case.kind for case in told.cases] == ([CaseKind.LATE_ANSWER] if opens else [])
    for case in told.cases:
        assert case.registries == (HOST_REGISTRY, ACQUIRER_REGISTRY)
        assert case.message_id == late.message_id
        assert [interval.last for interval in case.intervals] == [60]


def test_a_side_that_cannot_apply_opens_a_case_once() -> None:
    world = ready_federation()
    transferred(world)
    cannot = {"transfer_id": TRANSFER, "result": OutcomeResult.CANNOT_APPLY, "reason": "no account"}
    (case,) = world.apply(ACQUIRER_REGISTRY, outcome_answer(**cannot)).cases
    assert case.kind is CaseKind.CANNOT_APPLY
    assert "no account" in case.words
    assert world.apply(ACQUIRER_REGISTRY, outcome_answer(**cannot)).cases == ()
    assert world.apply(ACQUIRER_REGISTRY, outcome_answer(transfer_id=TRANSFER)).cases == ()
    assert world.ledger.transfers[TRANSFER].outcomes == {ACQUIRER_REGISTRY: OutcomeResult.APPLIED}


def test_the_proposers_envelope_reaches_the_acquirer_as_it_came() -> None:
    world = ready_federation()
    proposal: TransferProposal = transfer_proposal()
    (request,) = world.send(HOST_REGISTRY, proposal, envelope="e30.e30.AA").outgoing
    assert isinstance(request.message, TransferRequest)
    assert request.message.proposal_envelope == "e30.e30.AA"
    assert request.message.proposal == proposal


def test_a_double_issuance_is_refused_and_becomes_a_case() -> None:
    world = ready_federation()
    transferred(world)
    told = world.send(HOST_REGISTRY, issuance_notice(blocks=(issued_block(50, 150),)))
    (case,) = told.cases
    assert case.kind is CaseKind.DOUBLE_ISSUANCE
    assert case.registries == (ACQUIRER_REGISTRY, HOST_REGISTRY)
    assert case.intervals == (Interval(all_units(world.ledger)[0].series, 50, 150),)
    assert told.refusals[0].detail == f"serials 50 to 100 exist in {ACQUIRER_REGISTRY}"
