"""A simulated registry keeps the protocol: kept, acknowledged, acted on once, across kill -9."""

import asyncio
from hashlib import sha256
from typing import Any
from uuid import uuid4

import pytest

from connectors.contract import Delivered
from connectors.driving.answers import LetterState, StateSeen
from connectors.driving.process import OrderError, SimulatedRegistry
from connectors.errors import RegistryRefused
from connectors.federation import FederationConnector
from schema.codes import OutcomeResult, StatementLevel, TransferState, UnitStatus
from schema.messages import (
    AccountNotice,
    IssuanceNotice,
    OutcomeAnswer,
    TransferAnswer,
)
from schema.refusals import RefusalCode
from tests.builders import discrepancy_notice, transfer_outcome, transfer_request
from tests.connectors.conftest import World
from tests.connectors.fake_hub import FakeHub, refusing
from tests.connectors.stories import (
    AUTHORIZED,
    FROM,
    TO,
    completed,
    issued,
    proposed,
    requested,
    stated,
)


def held(state: StateSeen) -> dict[tuple[str, str], int]:
    units: dict[tuple[str, str], int] = {}
    for row in state.holdings:
        key = (row.account, row.status.value)
        units[key] = units.get(key, 0) + row.last - row.first + 1
    return units


async def test_a_transfer_moves_the_units_and_both_sides_say_so(world: World) -> None:
    await issued(world.mongolia)
    proposal = await proposed(world, 300)
    assert held(await world.mongolia.state()) == {(FROM, "held"): 700, (FROM, "reserved"): 300}
    await requested(world, proposal)
    await completed(world, proposal)
    assert held(await world.mongolia.state()) == {(FROM, "held"): 700}
    assert held(await world.japan.state()) == {(TO, "held"): 300}
    answers = [each.result for each in world.hub.messages(OutcomeAnswer)]
    assert answers == [OutcomeResult.APPLIED] * 2
    blocks = await stated(world.to_japan, StatementLevel.BLOCKS)
    assert [(each.first, each.last, each.first_transferred) for each in blocks.blocks] == [
        (1, 300, True)
    ]


async def test_the_same_envelope_again_gets_the_same_answer_byte_for_byte(world: World) -> None:
    await issued(world.mongolia)
    request = transfer_request(proposal=await proposed(world))
    outgoing = world.hub.seal(request, "JPN01")
    answers = [await world.to_japan.deliver(outgoing) for _ in range(3)]
    contents = {each.evidence.content for each in answers if isinstance(each, Delivered)}
    assert len(contents) == 1


async def test_the_same_message_in_another_envelope_is_acted_on_once(world: World) -> None:
    await issued(world.mongolia)
    request = transfer_request(proposal=await proposed(world))
    for _ in range(3):
        await world.to_japan.deliver(world.hub.seal(request, "JPN01"))
    await world.japan.settled()
    assert len(world.hub.messages(TransferAnswer)) == 1


async def test_another_message_under_a_used_envelope_id_is_refused(
    hub: FakeHub, to_mongolia: FederationConnector
) -> None:
    jti = uuid4()
    await to_mongolia.deliver(hub.seal(discrepancy_notice(), "MNG01", jti=jti))
    with pytest.raises(RegistryRefused) as refused:
        await to_mongolia.deliver(hub.seal(discrepancy_notice(), "MNG01", jti=jti))
    assert refused.value.code == RefusalCode.MESSAGE_ID_REUSED


async def test_completions_that_come_twice_and_in_any_order_move_units_once(world: World) -> None:
    await issued(world.mongolia)
    first, second = await proposed(world, 100), await proposed(world, 200)
    for proposal in (second, first, second):
        await requested(world, proposal)
    for proposal in (second, first, first, second):
        await completed(world, proposal)
    assert held(await world.mongolia.state()) == {(FROM, "held"): 700}
    assert held(await world.japan.state()) == {(TO, "held"): 300}


async def test_an_expiry_that_overtakes_its_request_leaves_nothing_to_answer(world: World) -> None:
    await issued(world.mongolia)
    proposal = await proposed(world)
    outcome = transfer_outcome(
        transfer_id=proposal.transfer_id, state=TransferState.EXPIRED, first_transfer_blocks=()
    )
    await world.to_japan.deliver(world.hub.seal(outcome, "JPN01"))
    await requested(world, proposal)
    assert world.hub.messages(TransferAnswer) == []


@pytest.mark.parametrize(
    "state", [TransferState.REJECTED, TransferState.EXPIRED, TransferState.WITHDRAWN]
)
async def test_a_transfer_that_did_not_come_about_frees_its_units(
    world: World, state: TransferState
) -> None:
    await issued(world.mongolia)
    proposal = await proposed(world)
    outcome = transfer_outcome(
        transfer_id=proposal.transfer_id, state=state, first_transfer_blocks=()
    )
    await world.to_mongolia.deliver(world.hub.seal(outcome, "MNG01"))
    assert held(await world.mongolia.settled()) == {(FROM, "held"): 1000}
    assert world.hub.messages(OutcomeAnswer) == []


async def test_what_the_hub_refuses_is_undone_in_the_books(
    hub: FakeHub, mongolia: SimulatedRegistry
) -> None:
    await issued(mongolia)
    hub.rule = refusing(RefusalCode.UNITS_FROZEN)
    blocks = [{"vintage": 2021, "tonnes": 10}]
    order: dict[str, Any] = {
        "from_account": FROM,
        "to": {"registry": "JPN01", "account": TO},
        "purpose": "NDC",
    }
    (sent,) = await mongolia.order("propose", blocks=blocks, **order, **AUTHORIZED)
    assert (sent.result, sent.refusals[0].code) == ("refused", RefusalCode.UNITS_FROZEN)
    await mongolia.order("issue", account=FROM, activity="MN099", blocks=blocks)
    use: dict[str, Any] = {
        "action": "use towards NDC",
        "account": FROM,
        "to_account": "MN-300",
        "purpose": "NDC",
    }
    await mongolia.order("act", blocks=blocks, **use, **AUTHORIZED)
    assert held(await mongolia.state()) == {(FROM, "held"): 1000}


async def test_a_use_is_booked_when_the_hub_has_applied_it(
    hub: FakeHub, mongolia: SimulatedRegistry
) -> None:
    await issued(mongolia)
    use: dict[str, Any] = {
        "action": "use towards NDC",
        "account": FROM,
        "to_account": "MN-300",
        "purpose": "NDC",
    }
    await mongolia.applied("act", blocks=[{"vintage": 2021, "tonnes": 40}], **use, **AUTHORIZED)
    assert held(await mongolia.state()) == {
        (FROM, "held"): 960,
        ("MN-300", UnitStatus.USED_NDC.value): 40,
    }
    assert len(hub.messages(IssuanceNotice)) == 1


async def test_nothing_is_proposed_that_is_not_held(mongolia: SimulatedRegistry) -> None:
    await issued(mongolia, 10)
    order: dict[str, Any] = {
        "from_account": FROM,
        "to": {"registry": "JPN01", "account": TO},
        "purpose": "NDC",
    }
    for block in ({"vintage": 2021, "tonnes": 11}, {"vintage": 2021, "first": 5, "last": 11}):
        with pytest.raises(OrderError) as refused:
            await mongolia.order("propose", blocks=[block], **order, **AUTHORIZED)
        assert refused.value.code == "cannot_do"
    assert (await mongolia.state()).transfers == ()


async def test_a_message_waits_for_a_busy_or_absent_hub_and_arrives(
    hub: FakeHub, mongolia: SimulatedRegistry
) -> None:
    hub.busy = 3
    (sent,) = await mongolia.order("announce-accounts", accounts=[FROM], wait_seconds=0)
    assert sent.state is LetterState.WAITING
    await mongolia.settled()
    assert [each.account for each in hub.messages(AccountNotice)] == [FROM]


async def test_messages_arrive_in_the_order_of_the_books(
    hub: FakeHub, mongolia: SimulatedRegistry
) -> None:
    await asyncio.gather(*(issued(mongolia, 1) for _ in range(20)))
    notices: list[IssuanceNotice] = hub.messages(IssuanceNotice)
    assert [notice.blocks[0].block.first for notice in notices] == list(range(1, 21))


async def test_kill_9_loses_nothing_that_was_acknowledged(world: World) -> None:
    await issued(world.mongolia)
    proposal = await proposed(world)
    outgoing = world.hub.seal(transfer_request(proposal=proposal), "JPN01")
    before = await world.to_japan.deliver(outgoing)
    await world.japan.kill()
    await world.japan.start()
    again = await world.to_japan.deliver(outgoing)
    assert isinstance(before, Delivered)
    assert isinstance(again, Delivered)
    assert before.evidence.content == again.evidence.content
    await world.japan.settled()
    assert len(world.hub.messages(TransferAnswer)) == 1


async def test_kill_9_with_messages_waiting_sends_each_once_and_the_same_bytes(
    hub: FakeHub, mongolia: SimulatedRegistry
) -> None:
    hub.busy = 1_000_000
    for _ in range(5):
        blocks = [{"vintage": 2021, "tonnes": 7}]
        await mongolia.order("issue", wait_seconds=0, account=FROM, activity="A", blocks=blocks)
    await asyncio.sleep(0.2)
    await mongolia.kill()
    hub.busy = 0
    await mongolia.start()
    state = await mongolia.settled()
    assert held(state) == {(FROM, "held"): 35}
    notices: list[IssuanceNotice] = hub.messages(IssuanceNotice)
    assert [notice.blocks[0].block.first for notice in notices] == [1, 8, 15, 22, 29]
    assert len({sha256(raw).digest() for raw in hub.envelopes}) == 5


@pytest.mark.parametrize("moment_seconds", [0.0, 0.002, 0.005, 0.01, 0.02])
async def test_kill_9_in_the_middle_of_a_delivery_leaves_it_done_or_not_done(
    world: World, moment_seconds: float
) -> None:
    await issued(world.mongolia)
    proposal = await proposed(world)
    await requested(world, proposal)
    outcome = transfer_outcome(
        transfer_id=proposal.transfer_id, first_transfer_blocks=proposal.blocks
    )
    outgoing = world.hub.seal(outcome, "JPN01")
    delivery = asyncio.create_task(world.to_japan.deliver(outgoing))
    await asyncio.sleep(moment_seconds)
    await world.japan.kill()
    await asyncio.gather(delivery, return_exceptions=True)
    await world.japan.start()
    await world.to_japan.deliver(outgoing)
    assert held(await world.japan.settled()) == {(TO, "held"): 300}
    assert [each.result for each in world.hub.messages(OutcomeAnswer)] == [OutcomeResult.APPLIED]
