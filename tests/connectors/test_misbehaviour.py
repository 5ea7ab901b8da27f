"""Each misbehaviour happens for real: on the wire, or in a statement that is truly signed."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from connectors.breaker import BreakerRules
from connectors.contract import HealthState
from connectors.driving.answers import LetterState
from connectors.driving.misbehaviour import STATEMENT_LIES, Misbehaviour
from connectors.driving.process import SimulatedRegistry
from connectors.errors import AnswerNotTrusted, ConnectionCut, RegistryTimeout
from connectors.federation import FederationConnector
from connectors.transport import HttpLimits
from schema.codes import Answer, OutcomeResult, StatementLevel, UnitStatus
from schema.messages import IssuanceNotice, OutcomeAnswer, TransferAnswer
from schema.refusals import RefusalCode
from schema.statements import StatedBlock, Statement
from tests.builders import authorization_record, discrepancy_notice
from tests.connectors.conftest import World
from tests.connectors.fake_hub import FakeHub
from tests.connectors.stories import (
    AUTHORIZED,
    FROM,
    completed,
    issued,
    pages,
    proposed,
    requested,
    stated,
)

TARGET = {"first": 101, "last": 200}
MIDDLE = range(101, 201)
BLOCKS, TOTALS = StatementLevel.BLOCKS, StatementLevel.TOTALS


def serials(statement: Statement, which: Callable[[StatedBlock], bool]) -> list[int]:
    return sorted(
        serial
        for block in statement.blocks
        if which(block)
        for serial in range(block.first, block.last + 1)
    )


def units(statement: Statement) -> Counter[str]:
    counted: Counter[str] = Counter()
    for block in statement.blocks:
        counted[block.account] += block.last - block.first + 1
    return counted


LIES = {
    Misbehaviour.WRONG_HOLDER: lambda block: block.account == "MN-110",
    Misbehaviour.OTHER_QUANTITY: lambda block: block.quantity != str(block.last - block.first + 1),
    Misbehaviour.OTHER_AUTHORIZATION: lambda block: block.authorization == "MN-110",
    Misbehaviour.USED_INSTEAD_OF_HELD: lambda block: block.status is UnitStatus.USED_NDC,
    Misbehaviour.OTHER_VINTAGE: lambda block: block.vintage == 2022,
    Misbehaviour.OTHER_FIRST_TRANSFER: lambda block: block.first_transferred,
}


@pytest.mark.parametrize("lie", LIES)
async def test_a_lie_is_stated_about_exactly_the_serials_ordered(
    mongolia: SimulatedRegistry, to_mongolia: FederationConnector, lie: Misbehaviour
) -> None:
    await issued(mongolia)
    await mongolia.misbehave(lie, calls=1, target=TARGET, value="MN-110")
    lying = await stated(to_mongolia, BLOCKS)
    assert serials(lying, LIES[lie]) == list(MIDDLE)
    assert serials(lying, lambda _: True) == list(range(1, 1001))
    assert serials(await stated(to_mongolia, BLOCKS), LIES[lie]) == []


async def test_a_missing_block_is_missing_in_totals_and_blocks(
    mongolia: SimulatedRegistry, to_mongolia: FederationConnector
) -> None:
    await issued(mongolia)
    await mongolia.misbehave(Misbehaviour.MISSING_BLOCK, target=TARGET)
    blocks = await stated(to_mongolia, BLOCKS)
    assert serials(blocks, lambda _: True) == [*range(1, 101), *range(201, 1001)]
    assert [total.units for total in (await stated(to_mongolia, TOTALS)).totals] == [900]
    await mongolia.behave(Misbehaviour.MISSING_BLOCK)
    assert [total.units for total in (await stated(to_mongolia, TOTALS)).totals] == [1000]


async def test_an_extra_block_claims_what_belongs_to_another(
    mongolia: SimulatedRegistry, to_mongolia: FederationConnector
) -> None:
    await issued(mongolia)
    target = {"registry": "JPN01", "first_party": "MNG", "vintage": 2021, "first": 1, "last": 5}
    await mongolia.misbehave(Misbehaviour.EXTRA_BLOCK, calls=1, target=target)
    blocks = (await stated(to_mongolia, BLOCKS)).blocks
    assert [(each.registry, each.first, each.last) for each in blocks] == [
        ("MNG01", 1, 1000),
        ("JPN01", 1, 5),
    ]


async def test_used_units_can_be_stated_as_held(
    mongolia: SimulatedRegistry, to_mongolia: FederationConnector
) -> None:
    await issued(mongolia)
    use: dict[str, Any] = {"account": FROM, "to_account": "MN-300", "purpose": "NDC"}
    blocks = [{"vintage": 2021, "first": 101, "last": 200}]
    await mongolia.applied("act", action="use towards NDC", blocks=blocks, **use, **AUTHORIZED)
    await mongolia.misbehave(Misbehaviour.HELD_INSTEAD_OF_USED, calls=1)
    lying = await stated(to_mongolia, BLOCKS)
    assert serials(lying, lambda block: block.status is not UnitStatus.HELD) == []


async def test_another_split_states_the_same_serials(
    mongolia: SimulatedRegistry, to_mongolia: FederationConnector
) -> None:
    await issued(mongolia)
    await mongolia.misbehave(Misbehaviour.OTHER_SPLIT, calls=1, amount=7)
    cut = await stated(to_mongolia, BLOCKS)
    assert len(cut.blocks) == 143
    assert serials(cut, lambda _: True) == list(range(1, 1001))


async def test_another_status_of_an_authorization_is_stated(
    mongolia: SimulatedRegistry, to_mongolia: FederationConnector
) -> None:
    record = authorization_record()
    await mongolia.applied("authorize", authorization=record)
    await mongolia.misbehave(Misbehaviour.OTHER_AUTHORIZATION_STATUS, calls=1, value="suspended")
    lying, honest = [(await stated(to_mongolia, TOTALS)).authorizations for _ in range(2)]
    assert [each.status for each in lying] == ["suspended"]
    assert [each.status for each in honest] == ["in force"]


async def test_every_lie_in_the_list_is_proved_here() -> None:
    proved_alone = {
        Misbehaviour.MISSING_BLOCK,
        Misbehaviour.EXTRA_BLOCK,
        Misbehaviour.HELD_INSTEAD_OF_USED,
        Misbehaviour.OTHER_SPLIT,
        Misbehaviour.OTHER_AUTHORIZATION_STATUS,
    }
    assert set(LIES) | proved_alone == set(STATEMENT_LIES)


async def test_a_bad_signature_on_an_answer_is_not_trusted_and_the_next_delivery_heals_it(
    mongolia: SimulatedRegistry, to_mongolia: FederationConnector
) -> None:
    await mongolia.misbehave(Misbehaviour.BAD_SIGNATURE, calls=1)
    with pytest.raises(AnswerNotTrusted, match="signature_invalid"):
        await pages(to_mongolia, BLOCKS)
    await pages(to_mongolia, BLOCKS)


async def test_a_bad_signature_on_a_message_is_refused_and_the_books_are_undone(
    hub: FakeHub, mongolia: SimulatedRegistry
) -> None:
    await mongolia.misbehave(Misbehaviour.BAD_SIGNATURE, calls=1)
    blocks = [{"vintage": 2021, "tonnes": 5}]
    (sent,) = await mongolia.order("issue", account=FROM, activity="A", blocks=blocks)
    assert (sent.state, sent.fault_code) == (LetterState.FAULTY, RefusalCode.SIGNATURE_INVALID)
    assert hub.received == []
    assert (await mongolia.state()).holdings == ()


async def test_no_answer_ends_at_the_deadline_and_nothing_was_acted_on(
    hub: FakeHub, mongolia: SimulatedRegistry
) -> None:
    await mongolia.misbehave(Misbehaviour.NO_ANSWER, calls=1)
    limits = HttpLimits(attempt_seconds=0.3, call_seconds=1.0)
    connector = hub.connector(mongolia, limits)
    outgoing = hub.seal(discrepancy_notice(), "MNG01")
    with pytest.raises(RegistryTimeout):
        await connector.deliver(outgoing)
    assert (await mongolia.state()).incoming == ()
    await connector.deliver(outgoing)
    await connector.close()
    assert len((await mongolia.state()).incoming) == 1


async def test_a_registry_that_never_answers_is_left_alone_after_a_while(
    hub: FakeHub, mongolia: SimulatedRegistry
) -> None:
    await mongolia.misbehave(Misbehaviour.NO_ANSWER)
    rules = BreakerRules(failures_to_open=3, open_seconds=60)
    limits = HttpLimits(attempt_seconds=0.2, call_seconds=1.0, breaker=rules)
    connector = hub.connector(mongolia, limits)
    states = [(await connector.health()).state for _ in range(4)]
    await connector.close()
    assert states == [HealthState.DOWN] * 3 + [HealthState.BREAKER_OPEN]


async def test_a_slow_answer_is_waited_for(
    mongolia: SimulatedRegistry, to_mongolia: FederationConnector
) -> None:
    await mongolia.misbehave(Misbehaviour.SLOW, calls=1, seconds=0.4)
    started = time.monotonic()
    assert (await to_mongolia.health()).state is HealthState.UP
    assert time.monotonic() - started >= 0.4


async def test_a_reply_lost_after_the_commit_is_asked_for_again_and_acted_on_once(
    world: World,
) -> None:
    await issued(world.mongolia)
    proposal = await proposed(world)
    await world.japan.misbehave(Misbehaviour.LOST_REPLY, calls=1)
    await requested(world, proposal)
    await world.japan.misbehave(Misbehaviour.LOST_REPLY, calls=2)
    with pytest.raises(ConnectionCut):
        await completed(world, proposal)
    await completed(world, proposal)
    assert len(world.hub.messages(TransferAnswer)) == 1
    state = await world.japan.state()
    assert [(each.first, each.last) for each in state.holdings] == [(1, 300)]


async def test_a_duplicate_is_really_sent_twice_and_receipted_alike(
    hub: FakeHub, mongolia: SimulatedRegistry
) -> None:
    await mongolia.misbehave(Misbehaviour.DUPLICATE, calls=1)
    await issued(mongolia, 5)
    assert len(hub.envelopes) == 2
    assert len(set(hub.envelopes)) == 1
    assert (await mongolia.state()).anomalies == ()


async def test_reordered_messages_really_arrive_the_other_way_round(
    hub: FakeHub, mongolia: SimulatedRegistry
) -> None:
    await mongolia.misbehave(Misbehaviour.REORDER, calls=1)
    first = asyncio.create_task(issued(mongolia, 1))
    await asyncio.sleep(0.1)
    await asyncio.gather(first, issued(mongolia, 1))
    notices: list[IssuanceNotice] = hub.messages(IssuanceNotice)
    assert [notice.blocks[0].block.first for notice in notices] == [2, 1]


@pytest.mark.parametrize("seconds", [250.0, -250.0])
async def test_a_wrong_clock_shows_in_health_statements_and_envelopes(
    mongolia: SimulatedRegistry, to_mongolia: FederationConnector, seconds: float
) -> None:
    await mongolia.misbehave(Misbehaviour.WRONG_CLOCK, seconds=seconds)
    difference = (await to_mongolia.health()).clock_difference_seconds
    assert difference == pytest.approx(seconds, abs=2)
    (page,) = await pages(to_mongolia, BLOCKS)
    ahead = (page.statement.stated_at - page.evidence.received_at).total_seconds()
    assert ahead == pytest.approx(seconds, abs=2)


async def test_a_clock_far_ahead_makes_its_messages_refused(
    mongolia: SimulatedRegistry,
) -> None:
    await mongolia.misbehave(Misbehaviour.WRONG_CLOCK, seconds=3600)
    (sent,) = await mongolia.order("announce-accounts", accounts=[FROM])
    assert sent.fault_code == RefusalCode.ENVELOPE_FROM_THE_FUTURE


async def test_a_registry_can_reject(world: World) -> None:
    await issued(world.mongolia)
    await world.japan.misbehave(Misbehaviour.REJECT, calls=1, value="not expected")
    await requested(world, await proposed(world, 10))
    await requested(world, await proposed(world, 10))
    answers: list[TransferAnswer] = world.hub.messages(TransferAnswer)
    assert [(each.answer, each.reason) for each in answers] == [
        (Answer.REJECT, "not expected"),
        (Answer.ACCEPT, ""),
    ]


async def test_a_registry_that_cannot_apply_says_so_and_books_nothing(world: World) -> None:
    await issued(world.mongolia)
    proposal = await proposed(world)
    await requested(world, proposal)
    await world.japan.misbehave(Misbehaviour.CANNOT_APPLY, calls=1, value="disk full")
    await completed(world, proposal)
    answers: list[OutcomeAnswer] = world.hub.messages(OutcomeAnswer)
    assert {(each.result, each.reason) for each in answers} == {
        (OutcomeResult.CANNOT_APPLY, "disk full"),
        (OutcomeResult.APPLIED, ""),
    }
    assert (await world.japan.state()).holdings == ()


async def test_a_registry_can_acknowledge_and_do_nothing(world: World) -> None:
    await issued(world.mongolia)
    proposal = await proposed(world)
    await world.japan.misbehave(Misbehaviour.IGNORE, calls=1)
    await requested(world, proposal)
    assert world.hub.messages(TransferAnswer) == []
    await world.japan.applied("answer", transfer_id=proposal.transfer_id, answer="accept")
    assert len(world.hub.messages(TransferAnswer)) == 1


async def test_an_order_stands_across_a_restart(mongolia: SimulatedRegistry) -> None:
    await mongolia.misbehave(Misbehaviour.WRONG_HOLDER, target=TARGET)
    await mongolia.kill()
    await mongolia.start()
    (order,) = (await mongolia.state()).orders
    assert (order.kind, order.target.first) == (Misbehaviour.WRONG_HOLDER, 101)


async def test_control_obeys_only_the_token(mongolia: SimulatedRegistry) -> None:
    stranger = SimulatedRegistry("mongolia", mongolia._data)
    stranger.ready = mongolia.ready
    with pytest.raises(Exception, match="token_wrong"):
        await stranger.behave()
    await stranger.stop()
