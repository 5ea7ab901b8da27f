"""Credits leave a simulated registry exactly once, whatever goes wrong."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from connectors.breaker import BreakerRules
from connectors.contract import Delivered, HealthState, Outgoing, StatementPage, StatementScope
from connectors.errors import (
    NotSupported,
    RegistryBusy,
    RegistryError,
    RegistryRefused,
)
from connectors.http_client import RegistryHttp
from connectors.transport import Endpoint, HttpLimits
from connectors.undp.budget import RequestPace
from connectors.undp.connector import UndpConnector, UndpPeer
from connectors.undp.intents import IntentState
from connectors.undp.planning import CrossBorderOrder
from connectors.undp.session import ApiKey, Password, undp_limits
from connectors.undp.sqlite_intents import SqliteIntents
from connectors.vouched import VouchedProject, VouchedSerials
from schema.aef.fields import Table
from schema.codes import StatementLevel, TransferState
from schema.identifiers import (
    ApproachId,
    ItmoBlock,
    ItmoSeries,
    PartyId,
    RegistryId,
    SerialRange,
)
from schema.messages import Receipt, TransferOutcome
from tests.connectors.simulators import Simulator
from tests.connectors.undp.conftest import CACHE_SECONDS
from tests.connectors.undp.test_simulator import ask

CREDITS = "/national/creditTransactionsManagement"
SERIES = ItmoSeries(ApproachId("CA0007"), RegistryId("MNG01"), PartyId("MNG"), 2022)
VOUCHED = VouchedSerials(
    VouchedProject(
        approach="CA0007",
        country="MN",
        first_party="MN",
        project=project,
        registry=RegistryId("MNG01"),
        serial_offset=offset,
    )
    for project, offset in (("1", 0), ("2", 1_000_000))
)
LIMITS = undp_limits(
    HttpLimits(
        connect_seconds=2.0,
        attempt_seconds=5.0,
        call_seconds=10.0,
        breaker=BreakerRules(failures_to_open=100),
    )
)
PACE = RequestPace(requests_max=1_000, cache_seconds=CACHE_SECONDS + 0.1, patience_seconds=10.0)
SOLAR = Password(username="solar@registry.example", password="secret-of-solar")  # noqa: S106
AUTHORITY = ApiKey(email="authority@registry.example", secret="secret-of-authority")  # noqa: S106


def order(first: int, last: int, key: str = "m1") -> CrossBorderOrder:
    return CrossBorderOrder(
        key=key,
        block=ItmoBlock(SERIES, SerialRange(first, last)),
        acquiring_party=PartyId("JPN"),
        organization="Government of Japan",
    )


@asynccontextmanager
async def connector(
    registry: Simulator, folder: Path, *, orders: tuple[CrossBorderOrder, ...] = (), **more: Any
) -> AsyncIterator[UndpConnector]:
    """A connector as a hub process would have it; its memory lies in the folder."""

    async def orders_of(_: TransferOutcome) -> tuple[CrossBorderOrder, ...]:
        return orders

    with closing(SqliteIntents(folder / "intents.sqlite")) as intents:
        settings: dict[str, Any] = {
            "authority": AUTHORITY,
            "owners": {2: SOLAR},
            "pace": PACE,
            "late_arrival": timedelta(seconds=0.2),
        }
        peer = UndpPeer(
            intents=intents,
            vouched=VOUCHED,
            orders_of=orders_of,
            now=lambda: datetime.now(UTC),
            **(settings | more),
        )
        endpoint = Endpoint(registry="MNG01", base_url=registry.url)
        one = UndpConnector(peer, RegistryHttp(endpoint, limits=LIMITS))
        try:
            yield one
        finally:
            await one.close()


async def holdings(registry: Simulator) -> list[str]:
    await asyncio.sleep(CACHE_SECONDS)
    _, told = await ask(registry, "authority", f"{CREDITS}/queryBalance", {"page": 1, "size": 99})
    return [row["serialNumber"] for row in told["data"]]


async def requests(registry: Simulator) -> list[tuple[str, str]]:
    await asyncio.sleep(CACHE_SECONDS)
    body = {"page": 1, "size": 99}
    _, told = await ask(registry, "authority", f"{CREDITS}/queryRetirements", body)
    return [(row["serialNumber"], row["status"]) for row in told["data"]]


def rows(page: StatementPage) -> list[tuple[int, int, str]]:
    return [(row.first, row.last, row.account) for row in page.statement.blocks]


LEFT_ONCE = [("CA0007-MN-MN-1-901-1000-2022", "Completed")]


async def test_credits_leave_and_the_statement_shows_it(
    registry: Simulator, tmp_path: Path
) -> None:
    scope = StatementScope(level=StatementLevel.BLOCKS, vintage=2022)
    async with connector(registry, tmp_path) as one:
        (before,) = [page async for page in one.statement(scope)]
        result = await one.cross_border(order(901, 1000))
        await asyncio.sleep(CACHE_SECONDS)
        (after,) = [page async for page in one.statement(scope)]
        health = await one.health()
    assert [(row.first, row.last, row.account) for row in before.statement.blocks] == [
        (1, 1000, "2")
    ]
    assert [(row.first, row.last, row.account) for row in after.statement.blocks] == [(1, 900, "2")]
    assert [part.state for part in result.parts] == [IntentState.COMPLETED]
    assert b"Completed" in result.evidence.content
    assert after.statement.stated_at < after.evidence.received_at - timedelta(seconds=0.3)
    assert health.state is HealthState.UP


async def test_a_whole_block_leaves_without_a_split(registry: Simulator, tmp_path: Path) -> None:
    async with connector(registry, tmp_path) as one:
        await one.cross_border(order(1, 1000))
    assert await requests(registry) == [("CA0007-MN-MN-1-1-1000-2022", "Completed")]


FAULTS = [
    pytest.param("lost-reply", "retireRequest", id="the answer to the request is lost"),
    pytest.param("acted-error", "retireRequest", id="the request is done and answers 500"),
    pytest.param("garbage", "retireRequest", id="the answer to the request is not JSON"),
    pytest.param("cut", "retireRequest", id="the request is cut before it is done"),
    pytest.param("server-error", "retireRequest", id="the request fails with 500"),
    pytest.param("lost-reply", "performRetireAction", id="the answer to the decision is lost"),
    pytest.param("cut", "performRetireAction", id="the decision is cut before it is done"),
    pytest.param("lost-reply", "queryRetirements", id="the list is lost on the way"),
    pytest.param("cut", "queryBalance", id="the balances cannot be read at first"),
]


@pytest.mark.parametrize(("kind", "call"), FAULTS)
async def test_a_fault_of_transport_never_retires_twice(
    registry: Simulator, tmp_path: Path, kind: str, call: str
) -> None:
    await registry.fault(kind, f"{CREDITS}/{call}")
    async with connector(registry, tmp_path) as one:
        result = await one.cross_border(order(901, 1000))
    assert [part.state for part in result.parts] == [IntentState.COMPLETED]
    assert await requests(registry) == LEFT_ONCE


@pytest.mark.parametrize(
    ("kind", "call"),
    [
        ("die-after", "retireRequest"),
        ("die-before", "retireRequest"),
        ("die-after", "performRetireAction"),
        ("die-before", "performRetireAction"),
    ],
    ids=[
        "after it took the request",
        "before it took the request",
        "after it decided",
        "before it decided",
    ],
)
async def test_a_registry_killed_on_the_way_loses_and_doubles_nothing(
    registry: Simulator, tmp_path: Path, kind: str, call: str
) -> None:
    await registry.fault(kind, f"{CREDITS}/{call}")
    async with connector(registry, tmp_path) as one:
        with pytest.raises(RegistryError):
            await one.cross_border(order(901, 1000))
    await registry.ended()
    await registry.start()
    async with connector(registry, tmp_path) as one:
        await one.cross_border(order(901, 1000))
    assert await requests(registry) == LEFT_ONCE


async def test_a_hub_that_dies_at_any_step_carries_on_and_asks_once(
    registry: Simulator, tmp_path: Path
) -> None:
    order_at_hand = order(901, 1000)
    deadline = 0.02
    # The hub is cut off after ever longer times, so that it dies at every step in turn.
    for _ in range(60):
        async with connector(registry, tmp_path) as one:
            try:
                async with asyncio.timeout(deadline):
                    await one.cross_border(order_at_hand)
            except TimeoutError:
                deadline += 0.03
            else:
                break
    assert await requests(registry) == LEFT_ONCE


async def test_two_hub_processes_at_once_ask_once(registry: Simulator, tmp_path: Path) -> None:
    async with connector(registry, tmp_path) as one, connector(registry, tmp_path) as other:
        await asyncio.gather(
            one.cross_border(order(901, 1000)), other.cross_border(order(901, 1000))
        )
    assert await requests(registry) == LEFT_ONCE


async def test_the_same_message_delivered_again_asks_for_nothing(
    registry: Simulator, tmp_path: Path
) -> None:
    outcome = TransferOutcome(
        message_id=uuid4(),
        transfer_id=uuid4(),
        state=TransferState.COMPLETED,
        decided_at=datetime.now(UTC),
        reason="",
        first_transfer_blocks=(),
    )
    key = str(outcome.message_id)
    async with connector(registry, tmp_path, orders=(order(901, 1000, key),)) as one:
        for envelope_id in (uuid4(), uuid4()):
            answer = await one.deliver(outgoing(outcome, envelope_id))
            assert isinstance(answer, Delivered)
            assert answer.acknowledgement is None
    assert await requests(registry) == LEFT_ONCE


async def test_what_does_not_concern_the_registry_is_not_delivered(
    registry: Simulator, tmp_path: Path
) -> None:
    receipt = Receipt(
        message_id=uuid4(),
        in_reply_to=uuid4(),
        envelope_digest="0" * 64,
        received_at=datetime.now(UTC),
        results=(),
    )
    async with connector(registry, tmp_path) as one:
        with pytest.raises(NotSupported):
            await one.deliver(outgoing(receipt, uuid4()))


def outgoing(message: Receipt | TransferOutcome, envelope_id: UUID) -> Outgoing:
    return Outgoing(envelope=b"a.b.c", envelope_id=envelope_id, message=message)


async def test_a_request_that_people_reject_is_told_and_the_units_stay(
    registry: Simulator, tmp_path: Path
) -> None:
    quick = RequestPace(requests_max=1_000, cache_seconds=CACHE_SECONDS, patience_seconds=0.0)
    async with connector(registry, tmp_path, pace=quick) as one:
        with pytest.raises(RegistryBusy) as waiting:
            await one.cross_border(order(901, 1000))
        assert waiting.value.retry_after_seconds is not None
    _, told = await ask(registry, "authority", f"{CREDITS}/queryRetirements", {"page": 1})
    decision = {"transactionId": told["data"][0]["id"], "action": "REJECT", "remarks": "not yet"}
    await ask(registry, "authority", f"{CREDITS}/performRetireAction", decision)
    async with connector(registry, tmp_path) as one:
        with pytest.raises(RegistryRefused, match="not yet") as refused:
            await one.cross_border(order(901, 1000))
        # The block itself now says retired, wrongly; the statement knows better.
        scope = StatementScope(level=StatementLevel.TOTALS, vintage=2022)
        await asyncio.sleep(CACHE_SECONDS)
        (page,) = [page async for page in one.statement(scope)]
    assert refused.value.code == "retirement_failed"
    assert [total.units for total in page.statement.totals] == [1000]


async def test_units_that_slipped_away_before_the_decision_are_not_replaced_by_others(
    registry: Simulator, tmp_path: Path
) -> None:
    await registry.fault("server-error", f"{CREDITS}/retireRequest", method="POST")
    quick = RequestPace(requests_max=1_000, cache_seconds=CACHE_SECONDS, patience_seconds=0.0)
    async with connector(registry, tmp_path, pace=quick) as one:
        with pytest.raises(RegistryBusy):
            await one.cross_border(order(901, 1000))
    # Before our request arrives, its owner moves the end of the block to somebody else.
    body = {"receiverOrgId": 3, "blockId": "CA0007-MN-MN-1-1", "amount": 50}
    await ask(registry, "solar", f"{CREDITS}/transfer", body)
    async with connector(registry, tmp_path) as one:
        with pytest.raises(RegistryRefused, match="would lose other units"):
            await one.cross_border(order(901, 1000))
    assert [status for _, status in await requests(registry)] == ["Cancelled"]
    assert "CA0007-MN-MN-1-1-950-2022" in await holdings(registry)


async def test_units_that_slip_away_during_the_decision_are_told_by_name(
    registry: Simulator, tmp_path: Path
) -> None:
    slow = RequestPace(requests_max=1_000, cache_seconds=CACHE_SECONDS, patience_seconds=0.0)
    async with connector(registry, tmp_path, pace=slow) as one:
        with pytest.raises(RegistryBusy):
            await one.cross_border(order(901, 1000))
    # People accept it themselves, after the owner has moved the end of the block.
    body = {"receiverOrgId": 3, "blockId": "CA0007-MN-MN-1-1", "amount": 50}
    await ask(registry, "solar", f"{CREDITS}/transfer", body)
    _, told = await ask(registry, "authority", f"{CREDITS}/queryRetirements", {"page": 1})
    decision = {"transactionId": told["data"][0]["id"], "action": "ACCEPT"}
    await ask(registry, "authority", f"{CREDITS}/performRetireAction", decision)
    async with connector(registry, tmp_path) as one:
        with pytest.raises(RegistryRefused) as refused:
            await one.cross_border(order(901, 1000))
    assert refused.value.code == "other_serials_left"
    assert "CA0007-MN-MN-1-851-950-2022 instead of CA0007-MN-MN-1-901-1000-2022" in str(
        refused.value
    )


@pytest.mark.parametrize(
    ("wanted", "code"),
    [(order(1, 100), "not_high_end"), (order(901, 1100), "not_held")],
    ids=["the low end", "more than there is"],
)
async def test_what_cannot_leave_is_refused_before_anything_is_asked(
    registry: Simulator, tmp_path: Path, wanted: CrossBorderOrder, code: str
) -> None:
    async with connector(registry, tmp_path) as one:
        with pytest.raises(RegistryRefused) as refused:
            await one.cross_border(wanted)
    assert refused.value.code == code
    assert await requests(registry) == []


async def test_a_company_without_credentials_cannot_be_asked_for(
    registry: Simulator, tmp_path: Path
) -> None:
    async with connector(registry, tmp_path, owners={}) as one:
        with pytest.raises(NotSupported, match=r"companies \[2\]"):
            await one.cross_border(order(901, 1000))


async def test_a_token_that_ends_early_is_renewed(registry: Simulator, tmp_path: Path) -> None:
    await registry.switch(token_seconds=1)
    authority = Password(username="authority@registry.example", password="secret-of-authority")  # noqa: S106
    async with connector(registry, tmp_path, authority=authority) as one:
        await one.units()
        await asyncio.sleep(2.1)
        stated, _ = await one.units()
    assert len(stated.blocks) == 3


async def test_the_registrys_own_limit_is_respected_and_told(
    registry: Simulator, tmp_path: Path
) -> None:
    await registry.switch(requests_max=5, window_seconds=60)
    async with connector(registry, tmp_path) as one:
        await one.units()
        await one.units()
        with pytest.raises(RegistryBusy, match="429"):
            await one.units()
        with pytest.raises(RegistryBusy, match="were sent in this window"):
            await one.units()


async def test_answers_of_different_instants_make_no_statement(
    registry: Simulator, tmp_path: Path
) -> None:
    body = {"page": 1, "size": 500, "sort": {"key": "id", "order": "ASC"}}
    request = {
        "blockId": "CA0007-MN-MN-1-1",
        "amount": 100,
        "retirementType": "Cross-Border Transactions",
        "country": "JP",
        "organizationName": "Japan",
    }
    await registry.switch(cache_seconds=60)
    # Balances are in the cache from before the retirement, the list of requests is not.
    headers = {"api_key": AUTHORITY.header}
    await registry.call("POST", f"{CREDITS}/queryBalance", body, headers)
    _, told = await ask(registry, "solar", f"{CREDITS}/retireRequest", request)
    decision = {"transactionId": told["data"]["id"], "action": "ACCEPT"}
    await ask(registry, "authority", f"{CREDITS}/performRetireAction", decision)
    async with connector(registry, tmp_path) as one:
        with pytest.raises(RegistryBusy, match="different instants"):
            await one.units()


async def test_the_registrys_own_aef_is_read_with_its_misspelt_key(
    registry: Simulator, tmp_path: Path
) -> None:
    row = {
        "aefT2AuthorizationsId": "150124MN1",
        "aefT2AuthorizationsAuthoziedEntityId": "JP-77",
        "somethingElse": 1,
    }
    await registry.control("POST", "aef", {"part": "t2Authorizations", "year": 2024, "body": row})
    async with connector(registry, tmp_path) as one:
        report = await one.aef(2024)
    (there,) = report.rows(Table.AUTHORIZATIONS)
    assert {"150124MN1", "JP-77"} <= set(there.values)
