"""Every fault at every step of a transfer: nothing acknowledged is lost, nothing happens twice.

For each fault seven transfers are brought to seven steps; then the fault strikes, once, and all
seven must end completed on all sides. One world bears all faults, one after the other.
"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import psutil
import pytest
import pytest_asyncio

from connectors.driving.answers import LetterState, StateSeen
from connectors.driving.misbehaviour import Misbehaviour
from connectors.driving.process import OrderError
from hub.bootstrap import audit_of
from hub.storage.database import Database
from schema.codes import TransferState
from tests.scenarios.installation import Installation, running_installation
from tests.scenarios.test_unruly_registries import AUTHORIZED, record

pytestmark = pytest.mark.asyncio(loop_scope="module")

DOCUMENT: Final = Path(__file__).parents[2] / "hub" / "docs" / "faults.md"
ISSUED: Final = 100_000
TONNES: Final = 10
CLOCK_SECONDS: Final = 300.0
SETTLE_SECONDS: Final = 60
FAULT_SECONDS: Final = 120

STEPS: Final = (
    "the proposal is on its way",
    "the request is on its way",
    "the request waits for an answer",
    "the answer is on its way",
    "the outcome is on its way to the sender",
    "it is completed, nobody knows yet",
    "it ended before",
)


@dataclass(kw_only=True)
class World:
    """The installation, and what the table says so far."""

    at: Installation
    cells: dict[tuple[str, str], str] = field(default_factory=dict)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with running_installation(tmp_path_factory.mktemp("faults")) as running:
        for registry, party in ((running.sender, "MNG"), (running.acquirer, "JPN")):
            await registry.order("announce-accounts")
            await registry.applied("authorize", authorization=record(party, f"{party}-1"))
        await running.acquirer.order("learn", authorization=record("MNG", "MNG-1"))
        await running.sender.applied(
            "issue",
            account="MN-100",
            activity="MN099",
            blocks=[{"vintage": 2021, "tonnes": ISSUED}],
            **AUTHORIZED,
        )
        await running.acquirer.order("answers", automatic=False)
        yield World(at=running)


async def propose(at: Installation, *, wait_seconds: float = 30) -> UUID:
    (sent,) = await at.sender.order(
        "propose",
        wait_seconds=wait_seconds,
        from_account="MN-100",
        to={"registry": "JPN01", "account": "JP-100"},
        purpose="NDC",
        blocks=[{"vintage": 2021, "tonnes": TONNES}],
        **AUTHORIZED,
    )
    assert sent.transfer_id is not None
    return sent.transfer_id


async def accept(at: Installation, transfer_id: UUID, *, wait_seconds: float = 30) -> None:
    await at.acquirer.order(
        "answer", transfer_id=transfer_id, answer="accept", wait_seconds=wait_seconds
    )


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(SETTLE_SECONDS):
        while not await condition():  # noqa: ASYNC110 - the processes are asked, they do not tell
            await asyncio.sleep(0.05)


def known(state: StateSeen) -> dict[UUID, TransferState]:
    return {each.transfer_id: each.state for each in state.transfers}


async def brought_to_their_steps(at: Installation) -> dict[str, UUID]:
    """Leave one transfer at each step, the fast ones last."""
    early = await asyncio.gather(*(propose(at) for _ in range(5)))
    waiting, answered, outcome, completed, ended = early

    async def all_asked() -> bool:
        return set(early) <= known(await at.acquirer.state()).keys()

    async def is_ended() -> bool:
        states = [known(await registry.state()).get(ended) for registry in at.registries]
        return states == [TransferState.COMPLETED] * 2

    await until(all_asked)
    await accept(at, ended)
    await until(is_ended)
    # From here on the hub's deliveries are taken and not answered.
    await at.sender.misbehave(Misbehaviour.NO_ANSWER, calls=1)
    await accept(at, outcome)
    await at.acquirer.misbehave(Misbehaviour.NO_ANSWER, calls=1)
    request = await propose(at)
    await accept(at, completed)
    proposal = await propose(at, wait_seconds=0)
    await accept(at, answered, wait_seconds=0)
    return dict(
        zip(
            STEPS,
            (proposal, request, waiting, answered, outcome, completed, ended),
            strict=True,
        )
    )


async def all_completed(at: Installation, transfers: dict[str, UUID]) -> None:
    """Answer what waits for an answer until everything has ended on both sides."""

    async def done() -> bool:
        here, there = [known(await registry.state()) for registry in at.registries]
        for transfer_id in transfers.values():
            if there.get(transfer_id) is TransferState.CHECKED:
                with suppress(OrderError):
                    await accept(at, transfer_id, wait_seconds=0)
        return all(
            side.get(transfer_id) is TransferState.COMPLETED
            for side in (here, there)
            for transfer_id in transfers.values()
        )

    await until(done)


async def kill_hub(at: Installation) -> None:
    await at.hubs[0].end(signal.SIGKILL)
    await restart_hub(at, 0)


async def restart_hub(at: Installation, number: int, **more: Any) -> None:
    """Start a hub again; while the database recovers it may need more than one attempt."""
    async with asyncio.timeout(SETTLE_SECONDS):
        while True:
            try:
                await at.hubs[number].start(**more)
            except AssertionError:
                await asyncio.sleep(0.3)
            else:
                return


async def kill_database(at: Installation) -> None:
    pid = at.database.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)


async def kill_sender(at: Installation) -> None:
    await at.sender.kill()
    await at.sender.start()


async def kill_acquirer(at: Installation) -> None:
    await at.acquirer.kill()
    await at.acquirer.start()


async def kill_everything(at: Installation) -> None:
    await kill_database(at)
    await asyncio.gather(at.sender.kill(), at.acquirer.kill(), at.hubs[0].end(signal.SIGKILL))
    await asyncio.gather(at.sender.start(), at.acquirer.start(), restart_hub(at, 0))


async def cut_requests(at: Installation) -> None:
    at.wires[0].cut_requests = 4


async def lose_replies(at: Installation) -> None:
    at.wires[0].lose_replies = 4
    for registry in at.registries:
        await registry.misbehave(Misbehaviour.LOST_REPLY, calls=3)


async def spoil(at: Installation) -> None:
    at.wires[0].spoil_copies = at.wires[0].spoil_replies = 4


async def duplicate(at: Installation) -> None:
    for registry in at.registries:
        await registry.misbehave(Misbehaviour.DUPLICATE, calls=10)


async def reorder(at: Installation) -> None:
    for registry in at.registries:
        await registry.misbehave(Misbehaviour.REORDER, calls=3)


async def silence(at: Installation) -> None:
    for registry in at.registries:
        await registry.misbehave(Misbehaviour.NO_ANSWER, calls=2)


async def clocks_of_registries(at: Installation) -> None:
    await at.sender.misbehave(Misbehaviour.WRONG_CLOCK, seconds=CLOCK_SECONDS)
    await at.acquirer.misbehave(Misbehaviour.WRONG_CLOCK, seconds=-CLOCK_SECONDS)


async def clock_of_the_hub(at: Installation) -> None:
    await at.hubs[0].end(signal.SIGKILL)
    await restart_hub(at, 0, clock_offset_seconds=CLOCK_SECONDS)


async def disk_full(at: Installation) -> None:
    """No file of the database can grow for a while (RLIMIT_FSIZE), and then it can again."""
    for limit in (str(64 * 1024), "unlimited"):
        pid = at.database.pid
        server = [] if pid is None else [psutil.Process(pid)]
        for process in [*server, *(child for each in server for child in each.children())]:
            with suppress(psutil.NoSuchProcess):
                await limit_files(process, limit)
        await asyncio.sleep(0.5)


async def limit_files(process: psutil.Process, limit: str) -> None:
    """Change the soft limit of a process, as the user that it runs as."""
    changed = await asyncio.create_subprocess_exec(
        "prlimit",
        f"--pid={process.pid}",
        f"--fsize={limit}:",
        stderr=asyncio.subprocess.DEVNULL,
        # The kernel asks for the same user and group, or for a right that root may lack.
        user=process.uids().real if os.geteuid() == 0 else None,
        group=process.gids().real if os.geteuid() == 0 else None,
    )
    assert await changed.wait() == 0 or not process.is_running()


async def two_hubs(at: Installation) -> None:
    """The acquirer goes on at a second hub on the same database, and the first one is killed."""
    await restart_hub(at, 1)
    await at.join(at.acquirer, at.wires[1])
    await kill_hub(at)


FAULTS: Final[dict[str, Callable[[Installation], Awaitable[None]]]] = {
    "the hub is killed": kill_hub,
    "the database is killed": kill_database,
    "the sender's registry is killed": kill_sender,
    "the acquirer's registry is killed": kill_acquirer,
    "everything is killed at once": kill_everything,
    "requests are cut in the middle": cut_requests,
    "replies are lost after the commit": lose_replies,
    "everything comes twice": duplicate,
    "messages overtake each other": reorder,
    "bytes are spoilt on the way": spoil,
    "registries do not answer": silence,
    "the registries' clocks are five minutes off": clocks_of_registries,
    "the disk of the database is full": disk_full,
    "one of two hubs on the database is killed": two_hubs,
    "the hub's clock is five minutes ahead": clock_of_the_hub,
}


async def test_whatever_strikes_at_whatever_step_every_transfer_completes_once(
    world: World,
) -> None:
    try:
        for fault, strike in FAULTS.items():
            async with asyncio.timeout(FAULT_SECONDS):
                await bears(world.at, strike)
            world.cells.update({(fault, step): "completed once" for step in STEPS})
    finally:
        table = written(world.cells)
        print(table)  # noqa: T201 - the table is what this suite is for
    assert "NOT RUN" not in table
    assert table in DOCUMENT.read_text(encoding="utf-8")


async def bears(at: Installation, strike: Callable[[Installation], Awaitable[None]]) -> None:
    """Bring seven transfers to their steps, strike, and see that all is as it must be."""
    before = [tonnes(await registry.state()) for registry in at.registries]
    transfers = await brought_to_their_steps(at)
    await strike(at)
    await all_completed(at, transfers)
    for wire in at.wires:
        wire.quiet()
    for registry in at.registries:
        await registry.behave()
        await registry.settled(within_seconds=SETTLE_SECONDS)
    moved = TONNES * len(STEPS)
    after = [tonnes(await registry.state()) for registry in at.registries]
    assert after == [before[0] - moved, before[1] + moved]
    await nothing_acknowledged_is_missing(at)
    report = await audit_of(at.settings, at.database.dsn, tree_only=False, progress=lambda _: None)
    assert report.finding is None


def written(cells: dict[tuple[str, str], str]) -> str:
    lines = [
        "| fault | " + " | ".join(STEPS) + " |",
        "|---" * (len(STEPS) + 1) + "|",
    ]
    for fault in FAULTS:
        row = (cells.get((fault, step), "NOT RUN") for step in STEPS)
        lines.append(f"| {fault} | " + " | ".join(row) + " |")
    return "\n".join(lines) + "\n"


def tonnes(state: StateSeen) -> int:
    return sum(row.last - row.first + 1 for row in state.holdings)


async def nothing_acknowledged_is_missing(at: Installation) -> None:
    """What has a receipt is in the journal, what the hub has delivered is kept, and all agree."""
    database = Database(at.database.dsn, connections_max=1)
    try:
        async with database.reading() as connection:
            journalled = {
                row[0] for row in await connection.fetch("SELECT message_id FROM journal_leaf")
            }
            for registry in at.registries:
                state = await registry.state()
                receipted = {
                    letter.message_id
                    for letter in state.outgoing
                    if letter.state is LetterState.RECEIPTED
                }
                assert receipted <= journalled
                delivered = await connection.fetch(
                    "SELECT message_id FROM outbox WHERE destination = $1 AND state = 'done'",
                    registry.registry,
                )
                assert {row[0] for row in delivered} <= {each.message_id for each in state.incoming}
                held = await connection.fetchval(
                    "SELECT coalesce(sum(last - first + 1), 0)::bigint "
                    "FROM holding JOIN account USING (account_id) WHERE registry = $1",
                    registry.registry,
                )
                assert held == tonnes(state)
            issued, held = await connection.fetchrow(
                "SELECT (SELECT sum(last - first + 1) FROM issuance),"
                " (SELECT sum(last - first + 1) FROM holding)"
            )
            assert issued == held == ISSUED
    finally:
        await database.close()
