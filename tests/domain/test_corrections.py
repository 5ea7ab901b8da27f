"""What is undone stands as if it had not been, and the record of it stays."""

import msgspec
import pytest

from hub.domain.state import EventKind, Units
from schema.codes import ActionKind, Answer, Purpose, TransferState, UnitStatus
from schema.messages import TransferOutcome, TransferRequest
from tests.builders import (
    ACQUIRER_REGISTRY,
    HOST_REGISTRY,
    account_ref,
    action_notice,
    approval,
    authorization_notice,
    authorization_record,
    correction_notice,
    elements,
    transfer_answer,
    transfer_proposal,
    unit_block,
)
from tests.domain.federation import THIRD_REGISTRY, Federation, all_units, joined, ready_federation
from tests.domain.refusal_tables.row import BACK, TRANSFER, transferred, transferred_federation
from tests.domain.test_transfers import authorization

SIDES = pytest.mark.parametrize(
    ("asking", "asked"),
    [
        pytest.param(HOST_REGISTRY, ACQUIRER_REGISTRY, id="the proposer asks"),
        pytest.param(ACQUIRER_REGISTRY, HOST_REGISTRY, id="the acquirer offers"),
    ],
)


def states(world: Federation) -> list[object]:
    """What units are, apart from the record that made them so."""
    return [
        (each.first, each.last, each.account, each.status, each.first_transfer)
        for each in joined(_without_records(world))
    ]


def _without_records(world: Federation) -> list[Units]:
    return [
        msgspec.structs.replace(units, last_record=units.issuance)
        for units in all_units(world.ledger)
    ]


@SIDES
def test_taking_back_a_transfer_needs_the_other_side_and_restores_everything(
    asking: str, asked: str
) -> None:
    world = ready_federation()
    before = states(world)
    transferred(world)

    told = world.apply(asking, correction_notice(message_id=BACK, corrects=TRANSFER))
    (request,) = told.outgoing
    assert request.to == asked
    assert isinstance(request.message, TransferRequest)
    assert request.message.reverses == TRANSFER
    assert request.message.proposer == asking
    assert request.message.first_transfer_blocks == ()
    assert world.holders() == {(1, 60): "JP-100", (61, 100): "MN-100"}
    assert not world.ledger.transfers[TRANSFER].corrected_by

    told = world.apply(asked, transfer_answer(transfer_id=BACK))
    assert {outgoing.to for outgoing in told.outgoing} == {asking, asked}
    assert states(world) == before
    assert authorization(world) == (100, 0, 0)
    assert world.ledger.transfers[TRANSFER].corrected_by == BACK
    assert world.ledger.transfers[TRANSFER].state is TransferState.COMPLETED
    assert world.ledger.corrections[BACK].approvers == ("First", "Second")
    assert [(each.kind, each.registry) for each in world.ledger.events[-2:]] == [
        (EventKind.REVERSAL, HOST_REGISTRY),
        (EventKind.REVERSAL, ACQUIRER_REGISTRY),
    ]


@SIDES
def test_without_consent_the_transfer_stands(asking: str, asked: str) -> None:
    world = transferred_federation()
    before = states(world)
    world.apply(asking, correction_notice(message_id=BACK, corrects=TRANSFER))
    told = world.apply(asked, transfer_answer(transfer_id=BACK, answer=Answer.REJECT))
    assert all(
        isinstance(outgoing.message, TransferOutcome)
        and outgoing.message.state is TransferState.REJECTED
        for outgoing in told.outgoing
    )
    assert states(world) == before
    assert authorization(world) == (100, 0, 60)
    assert world.ledger.transfers[TRANSFER].corrected_by is None


def test_a_way_back_that_nobody_answers_expires() -> None:
    world = transferred_federation()
    world.apply(HOST_REGISTRY, correction_notice(message_id=BACK, corrects=TRANSFER))
    world.wait(world.policy.answer_within)
    world.expire(world.ledger.transfers[BACK])
    assert world.ledger.transfers[BACK].state is TransferState.EXPIRED
    assert world.holders() == {(1, 60): "JP-100", (61, 100): "MN-100"}


def test_a_first_transfer_that_was_another_record_stays() -> None:
    """Japan sends units on to Kenya; taking that back leaves the first transfer where it was."""
    world = ready_federation()
    transferred(world)
    wider = authorization_record(
        version=2, approval=approval(), elements=elements(parties=("JPN", "KEN"))
    )
    world.apply(HOST_REGISTRY, authorization_notice(authorization=wider))
    onward = transfer_proposal(
        from_account="JP-100",
        to=account_ref(registry=THIRD_REGISTRY, account="KE-100"),
        purpose=Purpose.OP,
        blocks=(unit_block(1, 5),),
    )
    world.apply(ACQUIRER_REGISTRY, onward)
    world.apply(THIRD_REGISTRY, transfer_answer(transfer_id=onward.transfer_id))
    world.apply(THIRD_REGISTRY, correction_notice(message_id=BACK, corrects=onward.transfer_id))
    world.apply(ACQUIRER_REGISTRY, transfer_answer(transfer_id=BACK))
    back = all_units(world.ledger)[0]
    assert (back.account.registry, back.first_transfer) == (ACQUIRER_REGISTRY, TRANSFER)
    assert authorization(world) == (100, 0, 60)


ACTIONS = {
    ActionKind.USE_TOWARDS_NDC: ("MN-300", Purpose.NDC),
    ActionKind.USE_FOR_OIMP: ("MN-310", Purpose.OIMP),
    ActionKind.VOLUNTARY_CANCELLATION: ("MN-230", None),
    ActionKind.CANCELLATION_FOR_OMGE: ("MN-240", None),
    ActionKind.ADAPTATION_SHARE: ("MN-250", None),
    ActionKind.RETIREMENT: ("MN-300", None),
}


@pytest.mark.parametrize(("action", "target"), ACTIONS.items(), ids=ACTIONS)
def test_taking_back_an_action_restores_units_and_counters(
    action: ActionKind, target: tuple[str, Purpose | None]
) -> None:
    world = ready_federation()
    before, counters = states(world), dict(world.ledger.authorizations)
    to_account, purpose = target
    notice = action_notice(
        action=action,
        account="MN-100",
        to_account=to_account,
        purpose=purpose,
        using_party=None,
        year_of_use=2025 if purpose is Purpose.NDC else None,
        blocks=(unit_block(1, 10), unit_block(20, 30)),
    )
    world.apply(HOST_REGISTRY, notice)
    assert {units.status for units in all_units(world.ledger)} > {UnitStatus.HELD}

    world.apply(HOST_REGISTRY, correction_notice(message_id=BACK, corrects=notice.message_id))

    assert states(world) == before
    assert world.ledger.authorizations == counters
    assert world.ledger.actions[notice.message_id].corrected_by == BACK
    assert {each.message_id for each in world.ledger.events[-2:]} == {BACK}
    world.apply(HOST_REGISTRY, msgspec.structs.replace(notice, message_id=TRANSFER))
