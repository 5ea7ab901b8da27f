"""Misbehaving registries around the real hub, all processes: a transfer ends once or not at all.

One world serves all rows, as in an installation: what one row leaves behind the next must bear.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from connectors.driving.answers import StateSeen
from connectors.driving.misbehaviour import Misbehaviour
from connectors.driving.process import SimulatedRegistry
from hub.cli.demo.world import World, running_world
from schema.codes import AuthorizedUse, FirstTransferForNdc, TransferState
from tests.builders import (
    authorization_record,
    dates,
    elements,
    first_transfer_definition,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

ISSUED = 100_000
TONNES = 100
AUTHORIZED: dict[str, Any] = {"authorization_party": "MNG", "authorization_id": "MNG-1"}


def record(party: str, name: str) -> Any:
    chosen = elements(
        approach="CA0007",
        parties=(),
        entities=(),
        dates=dates(),
        first_transfer=first_transfer_definition(
            for_ndc=FirstTransferForNdc.INTERNATIONAL_TRANSFER, for_oimp=None
        ),
        uses=AuthorizedUse.NDC,
        quantity=ISSUED,
        vintages=(),
    )
    return authorization_record(party=party, authorization_id=name, elements=chosen)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    folder: Path = tmp_path_factory.mktemp("world")
    async with running_world(folder) as running:
        for registry, party in ((running.mongolia, "MNG"), (running.japan, "JPN")):
            await registry.order("announce-accounts")
            await registry.applied("authorize", authorization=record(party, f"{party}-1"))
        await running.japan.order("learn", authorization=record("MNG", "MNG-1"))
        await running.mongolia.applied(
            "issue",
            account="MN-100",
            activity="MN099",
            blocks=[{"vintage": 2021, "tonnes": ISSUED}],
            **AUTHORIZED,
        )
        yield running


async def proposed(world: World, **fields: Any) -> UUID:
    order: dict[str, Any] = {
        "from_account": "MN-100",
        "to": {"registry": "JPN01", "account": "JP-100"},
        "purpose": "NDC",
        "blocks": [{"vintage": 2021, "tonnes": TONNES}],
        "wait_seconds": 30,
    }
    (sent,) = await world.mongolia.order("propose", **(order | AUTHORIZED | fields))
    assert sent.result == "applied", sent
    assert sent.transfer_id is not None
    return sent.transfer_id


async def seen_as(registry: SimulatedRegistry, transfer_id: UUID, state: TransferState) -> None:
    async with asyncio.timeout(120):
        while True:
            known = await registry.state()
            if any(t.transfer_id == transfer_id and t.state is state for t in known.transfers):
                return
            await asyncio.sleep(0.05)


def tonnes(state: StateSeen) -> int:
    return sum(row.last - row.first + 1 for row in state.holdings)


@dataclass(frozen=True, slots=True)
class Trouble:
    """What goes wrong around one transfer."""

    sender: tuple[Misbehaviour, ...] = ()
    acquirer: tuple[Misbehaviour, ...] = ()
    fields: dict[str, Any] | None = None
    meanwhile: Callable[[World], Awaitable[None]] | None = None


async def kill_acquirer(world: World) -> None:
    await world.japan.kill()
    await asyncio.sleep(0.5)
    await world.japan.start()


async def kill_sender(world: World) -> None:
    await world.mongolia.kill()
    await asyncio.sleep(0.5)
    await world.mongolia.start()


async def kill_hub(world: World) -> None:
    await world.hub.kill()


M = Misbehaviour
TROUBLES = {
    "nothing at all": Trouble(),
    "the acquirer's answers are lost after its commit": Trouble(acquirer=(M.LOST_REPLY,)),
    "the sender's answer is lost after its commit": Trouble(sender=(M.LOST_REPLY,)),
    "both send everything twice": Trouble(sender=(M.DUPLICATE,), acquirer=(M.DUPLICATE,)),
    "both send in another order": Trouble(sender=(M.REORDER,), acquirer=(M.REORDER,)),
    "the acquirer is slow": Trouble(acquirer=(M.SLOW,), fields={"seconds": 0.3, "calls": 2}),
    "the acquirer does not answer, once": Trouble(acquirer=(M.NO_ANSWER,), fields={"calls": 1}),
    "clocks are four minutes apart": Trouble(
        sender=(M.WRONG_CLOCK,), acquirer=(M.WRONG_CLOCK,), fields={"seconds": 240.0}
    ),
    "the acquirer is killed": Trouble(meanwhile=kill_acquirer),
    "the sender is killed": Trouble(meanwhile=kill_sender),
    "the hub is killed": Trouble(meanwhile=kill_hub),
}


@pytest.mark.parametrize("name", TROUBLES)
async def test_the_transfer_completes_once_on_all_sides_although(world: World, name: str) -> None:
    trouble = TROUBLES[name]
    before = [tonnes(await registry.state()) for registry in (world.mongolia, world.japan)]
    fields = {"calls": 3} | (trouble.fields or {})
    for kinds, registry in ((trouble.sender, world.mongolia), (trouble.acquirer, world.japan)):
        for kind in kinds:
            await registry.misbehave(kind, **fields)
    transfer_id = await proposed(world)
    if trouble.meanwhile is not None:
        await trouble.meanwhile(world)
    for registry in (world.mongolia, world.japan):
        await seen_as(registry, transfer_id, TransferState.COMPLETED)
        await registry.behave()
        await registry.settled(within_seconds=120)
    after = [tonnes(await registry.state()) for registry in (world.mongolia, world.japan)]
    assert after == [before[0] - TONNES, before[1] + TONNES]
    assert (await world.mongolia.state()).anomalies == ()


async def test_a_rejected_transfer_leaves_everything_where_it_was(world: World) -> None:
    await world.japan.misbehave(Misbehaviour.REJECT, calls=1)
    before = tonnes(await world.mongolia.state())
    transfer_id = await proposed(world)
    await seen_as(world.mongolia, transfer_id, TransferState.REJECTED)
    state = await world.mongolia.settled()
    assert tonnes(state) == before
    assert all(row.reserved_for is None for row in state.holdings)


async def test_a_withdrawn_transfer_frees_its_units_and_a_late_answer_changes_nothing(
    world: World,
) -> None:
    await world.japan.order("answers", automatic=False)
    transfer_id = await proposed(world)
    await seen_as(world.japan, transfer_id, TransferState.CHECKED)
    await world.mongolia.applied("withdraw", transfer_id=transfer_id)
    await seen_as(world.mongolia, transfer_id, TransferState.WITHDRAWN)
    (late,) = await world.japan.order("answer", transfer_id=transfer_id, answer="accept")
    await world.japan.order("answers", automatic=True)
    assert late.result == "refused"
    assert all(row.reserved_for is None for row in (await world.mongolia.state()).holdings)
