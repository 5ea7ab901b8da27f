"""The whole story of one transfer, from the proposal to the use towards an NDC."""

from schema.codes import TransferState, UnitStatus
from schema.messages import TransferOutcome, TransferRequest
from schema.refusals import RefusalCode
from tests.builders import (
    ACQUIRER_REGISTRY,
    HOST_REGISTRY,
    action_notice,
    outcome_answer,
    transfer_answer,
    transfer_proposal,
)
from tests.domain.federation import all_units, ready_federation


def test_a_proposal_reserves_an_acceptance_moves_and_a_use_ends_it() -> None:
    world = ready_federation()
    proposal = transfer_proposal()

    (request,) = world.apply(HOST_REGISTRY, proposal).outgoing
    assert request.to == ACQUIRER_REGISTRY
    assert isinstance(request.message, TransferRequest)
    assert [block.last for block in request.message.first_transfer_blocks] == [60]
    assert world.holders() == {(1, 100): "MN-100"}

    told = world.apply(ACQUIRER_REGISTRY, transfer_answer(transfer_id=proposal.transfer_id))
    assert [outgoing.to for outgoing in told.outgoing] == [HOST_REGISTRY, ACQUIRER_REGISTRY]
    assert all(
        isinstance(outgoing.message, TransferOutcome)
        and outgoing.message.state is TransferState.COMPLETED
        for outgoing in told.outgoing
    )
    assert world.holders() == {(1, 60): "JP-100", (61, 100): "MN-100"}

    for registry in (HOST_REGISTRY, ACQUIRER_REGISTRY):
        world.apply(registry, outcome_answer(transfer_id=proposal.transfer_id))
    world.apply(ACQUIRER_REGISTRY, action_notice())
    assert world.holders() == {(1, 40): "JP-300", (41, 60): "JP-100", (61, 100): "MN-100"}
    assert all_units(world.ledger)[0].status is UnitStatus.USED_NDC
    assert world.codes(ACQUIRER_REGISTRY, action_notice()) == [RefusalCode.UNITS_ALREADY_USED]
