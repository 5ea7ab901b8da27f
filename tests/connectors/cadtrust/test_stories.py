"""The CAD Trust connector against a simulated node, with faults at every step."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.breaker import BreakerRules
from connectors.cadtrust.connector import CadTrustConnector, CadTrustPeer
from connectors.cadtrust.node import NodeAccess
from connectors.cadtrust.publisher import (
    Finality,
    Publication,
    PublicationNote,
    PublishingPace,
)
from connectors.cadtrust.resources import DataModel
from connectors.cadtrust.units import PublishedUnits, unit_draft
from connectors.contract import HealthState, StatementScope
from connectors.errors import (
    NotSupported,
    RegistryBusy,
    RegistryError,
    RegistryFailed,
)
from connectors.http_client import RegistryHttp
from connectors.transport import Endpoint, HttpLimits
from connectors.vouched import VouchedProject, VouchedSerials
from schema.codes import MitigationType, StatementLevel, UnitStatus
from schema.identifiers import (
    ApproachId,
    ItmoBlock,
    ItmoSeries,
    PartyId,
    RegistryId,
    SerialRange,
)
from schema.statements import Statement
from tests.connectors.simulators import Simulator

SERIES = ItmoSeries(ApproachId("CA0007"), RegistryId("MNG01"), PartyId("MNG"), 2023)
NOTE = PublicationNote(author="MNG01", comment="holdings")
QUICK = HttpLimits(
    connect_seconds=2.0,
    attempt_seconds=5.0,
    call_seconds=10.0,
    pause_first_seconds=0.01,
    pause_max_seconds=0.05,
    pause_jitter_seconds=0.01,
    breaker=BreakerRules(failures_to_open=50),
)
VOUCHED = VouchedSerials(
    [
        VouchedProject(
            approach="CA0004",
            country="VU",
            first_party="CH",
            project="356",
            registry=RegistryId("VUT01"),
            serial_offset=0,
        )
    ]
)


def held(first: int, last: int, status: UnitStatus | None = UnitStatus.HELD) -> PublishedUnits:
    return PublishedUnits(
        block=ItmoBlock(SERIES, SerialRange(first, last)),
        status=status,
        holder=PartyId("MNG"),
        mitigation=MitigationType.REDUCTIONS,
        link="https://registry.example/units",
        issuance="issuance-1",
    )


@asynccontextmanager
async def connector(
    node: Simulator, model: DataModel = DataModel.V1, **pace: Any
) -> AsyncIterator[CadTrustConnector]:
    peer = CadTrustPeer(
        access=NodeAccess(model=model, now=lambda: datetime.now(UTC)),
        organisations={},
        vouched=VOUCHED,
        pace=PublishingPace(**({"poll_seconds": 0.05, "patience_seconds": 10.0} | pace)),
    )
    endpoint = Endpoint(registry="CADT", base_url=node.url)
    one = CadTrustConnector(peer, RegistryHttp(endpoint, limits=QUICK))
    try:
        yield one
    finally:
        await one.close()


@pytest.fixture(params=list(DataModel))
async def model(request: pytest.FixtureRequest, node: Simulator) -> DataModel:
    """Every story is told in both data models; v2 units hang on an issuance."""
    if request.param is DataModel.V2:
        order = {"model": "v2", "resource": "issuance", "organisation": "Simulated Ministry"}
        body = {"cadTrustIssuanceId": "issuance-1", "issuanceId": "1"}
        await node.control("POST", "foreign", {**order, "body": body})
    return DataModel(request.param)


async def stated(one: CadTrustConnector) -> dict[tuple[int, int], UnitStatus]:
    scope = StatementScope(level=StatementLevel.BLOCKS, approach="CA0007")
    pages = [page async for page in one.statement(scope)]
    return {(row.first, row.last): row.status for page in pages for row in page.statement.blocks}


def generations(publication: Publication) -> list[int]:
    return sorted(each.generation for each in publication.records)


async def test_what_is_published_is_final_by_the_audit_and_reads_back_exactly(
    node: Simulator, model: DataModel
) -> None:
    wanted = [held(1, 100), held(201, 300, UnitStatus.USED_NDC)]
    async with connector(node, model) as one:
        publication = await one.publish(wanted, NOTE)
        assert publication.finality is Finality.FINAL
        assert publication.committed == 1
        assert all(each.root_hash and each.confirmed_at for each in publication.records)
        assert await stated(one) == {
            (1, 100): UnitStatus.HELD,
            (201, 300): UnitStatus.USED_NDC,
        }


async def test_publishing_the_same_again_sends_nothing(node: Simulator, model: DataModel) -> None:
    async with connector(node, model) as one:
        first = await one.publish([held(1, 100)], NOTE)
        again = await one.publish([held(1, 100)], NOTE)
    assert again.finality is Finality.FINAL
    assert again.committed == 0
    assert generations(again) == generations(first)


async def test_a_unit_keeps_its_id_for_life_and_only_shrinks(
    node: Simulator, model: DataModel
) -> None:
    async with connector(node, model) as one:
        born = await one.publish([held(1, 1000)], NOTE)
        split = await one.publish([held(1, 600), held(601, 1000, UnitStatus.RESERVED)], NOTE)
        gone = await one.publish([held(1, 600)], NOTE)
        joined = await one.publish([held(1, 1000)], NOTE)
        assert await stated(one) == {(1, 600): UnitStatus.HELD, (601, 1000): UnitStatus.HELD}
        claims = await one.claims()
    low = born.records[0].record_id
    for later in (split, gone, joined):
        assert low in {each.record_id for each in later.records}
        assert len(later.records) == 2
    ids = {each.original[_id(model)] for page in claims.pages for each in page.claims}
    assert ids == {each.record_id for each in split.records}


async def test_units_that_left_are_nobodys_claim_and_are_never_removed(
    node: Simulator, model: DataModel
) -> None:
    async with connector(node, model) as one:
        await one.publish([held(1, 100)], NOTE)
        await one.publish([held(1, 40)], NOTE)
        claims = await one.claims()
        assert await stated(one) == {(1, 40): UnitStatus.HELD}
    departed = [unit for page in claims.pages for unit in page.departed]
    assert [unit["unitStatusReason"] for unit in departed] == ["gone"]


# Each row: what goes wrong, and on which call.
FAULTS = [
    pytest.param("lost-reply", "POST", "units", id="the answer to staging is lost"),
    pytest.param("lost-reply", "POST", "staging/commit", id="the answer to the commit is lost"),
    pytest.param("cut", "POST", "units", id="staging is cut before it is done"),
    pytest.param("cut", "POST", "staging/commit", id="the commit is cut before it is done"),
    pytest.param("acted-error", "POST", "staging/commit", id="the commit is done and answers 500"),
    pytest.param("server-error", "GET", "staging", id="staging cannot be read at first"),
    pytest.param("garbage", "POST", "units", id="the answer to staging is not JSON"),
    pytest.param("lost-reply", "GET", "audit", id="the audit is lost on the way"),
]


@pytest.mark.parametrize(("kind", "method", "path"), FAULTS)
async def test_a_fault_of_transport_neither_loses_nor_doubles_a_unit(
    node: Simulator, model: DataModel, kind: str, method: str, path: str
) -> None:
    name = {"units": "unit"}.get(path, path) if model is DataModel.V2 else path
    await node.fault(kind, f"/{model}/{name}", method=method)
    async with connector(node, model) as one:
        publication = await one.publish([held(1, 100), held(101, 150)], NOTE)
        claims = await one.claims()
    assert publication.finality is Finality.FINAL
    assert len([each for page in claims.pages for each in page.claims]) == 2
    assert publication.doubles == ()


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("die-after", "staging/commit"),
        ("die-before", "staging/commit"),
        ("die-after", "staging/hasPendingTransactions"),
        ("die-after", "units"),
    ],
    ids=[
        "after it took the commit",
        "before it took the commit",
        "between commit and confirmation",
        "after staging a unit",
    ],
)
async def test_a_node_killed_on_the_way_is_taken_up_where_it_stands(
    node: Simulator, kind: str, path: str
) -> None:
    await node.switch(confirm_seconds=0.5)
    await node.fault(kind, f"/v1/{path}", method="GET" if "Pending" in path else "POST")
    wanted = [held(1, 100), held(101, 150)]
    async with connector(node) as one:
        with pytest.raises(RegistryError):
            await one.publish(wanted, NOTE)
    await node.ended()
    await node.start()
    # A new connector knows nothing of the old one: staging and audit tell it all.
    async with connector(node) as one:
        publication = await one.publish(wanted, NOTE)
        claims = await one.claims()
    assert publication.finality is Finality.FINAL
    assert len([each for page in claims.pages for each in page.claims]) == 2


async def test_a_connector_killed_before_the_confirmation_is_followed_by_another(
    node: Simulator, model: DataModel
) -> None:
    await node.switch(confirm_seconds=0.6)
    async with connector(node, model, patience_seconds=0.0) as one:
        pending = await one.publish([held(1, 100)], NOTE)
    assert (pending.finality, pending.committed) == (Finality.PENDING, 1)
    async with connector(node, model) as one:
        final = await one.publish([held(1, 100)], NOTE)
    assert (final.finality, final.committed) == (Finality.FINAL, 0)


async def test_a_failed_push_is_retried_and_then_final(node: Simulator, model: DataModel) -> None:
    await node.switch(failing_pushes=2)
    async with connector(node, model) as one:
        publication = await one.publish([held(1, 100)], NOTE)
    assert publication.finality is Finality.FINAL
    assert publication.pushes_retried == 2


async def test_a_push_that_keeps_failing_is_told(node: Simulator) -> None:
    await node.switch(failing_pushes=50)
    async with connector(node) as one:
        with pytest.raises(RegistryFailed, match="failed 4 times"):
            await one.publish([held(1, 100)], NOTE)


async def test_confirmed_is_not_final_until_the_audit_says_so(node: Simulator) -> None:
    await node.switch(audit_lag_seconds=2.0)
    async with connector(node, patience_seconds=0.6) as one:
        early = await one.publish([held(1, 100)], NOTE)
        assert await stated(one) == {(1, 100): UnitStatus.HELD}
    assert early.finality is Finality.PENDING
    async with connector(node) as one:
        late = await one.publish([held(1, 100)], NOTE)
    assert (late.finality, late.committed) == (Finality.FINAL, 0)


async def test_the_staged_work_of_others_is_never_destroyed(node: Simulator) -> None:
    _, _, told = await node.call("POST", "/v1/units", _stranger())
    async with connector(node) as one:
        with pytest.raises(RegistryBusy, match="1 rows of others"):
            await one.publish([held(1, 100)], NOTE)
    _, _, staged = await node.call("GET", "/v1/staging")
    assert [row["uuid"] for row in staged] == [told["uuid"]]


async def test_what_we_staged_and_never_committed_is_replaced_by_what_holds_now(
    node: Simulator,
) -> None:
    await node.fault("cut", "/v1/staging/commit", calls=99)
    async with connector(node, steps_max=2) as one:
        with pytest.raises(RegistryError):
            await one.publish([held(1, 100), held(501, 600)], NOTE)
    await node.control("DELETE", "faults")
    async with connector(node) as one:
        await one.publish([held(1, 70)], NOTE)
        assert await stated(one) == {(1, 70): UnitStatus.HELD}


@pytest.mark.parametrize(
    ("switches", "error"),
    [
        ({"read_only": True}, NotSupported),
        ({"wallet_synced": False}, RegistryBusy),
        ({"home_synced": False}, RegistryBusy),
        ({"wallet_reachable": False}, RegistryBusy),
    ],
    ids=["read-only", "wallet syncing", "resync", "no wallet"],
)
async def test_a_node_that_cannot_write_says_whether_waiting_helps(
    node: Simulator, switches: dict[str, Any], error: type[RegistryError]
) -> None:
    await node.switch(**switches)
    async with connector(node) as one:
        with pytest.raises(error) as raised:
            await one.publish([held(1, 100)], NOTE)
    assert not raised.value.may_have_acted


async def test_a_statement_is_not_made_by_a_node_behind_the_ledger(node: Simulator) -> None:
    async with connector(node) as one:
        await one.publish([held(1, 100)], NOTE)
        await node.switch(generations_behind=7)
        with pytest.raises(RegistryBusy, match="7 generations"):
            await stated(one)
        claims = await one.claims()
        assert claims.generations_behind == 7
        health = await one.health()
    assert (health.state, health.words) == (HealthState.UP, "7 generations behind")


async def test_serials_claimed_by_two_organisations_stand_in_two_statements(
    node: Simulator, model: DataModel
) -> None:
    async with connector(node, model) as one:
        await one.publish([held(1, 100)], NOTE)
        ours = (await one.claims()).pages[0].claims[0].original
        copied = {**ours, _id(model): "stolen", "orgUid": "x"}
        order = {"model": model, "resource": "units" if model is DataModel.V1 else "unit"}
        elsewhere = await node.control(
            "POST", "foreign", {**order, "organisation": "Elsewhere", "body": copied}
        )
        statements = (await one.claims()).statements({elsewhere["orgUid"]: "JPN01"})
    claimed = {code: _serials(each) for code, each in statements.items() if each.blocks}
    assert claimed["JPN01"] == [(1, 100)]
    assert sorted(claimed.values()) == [[(1, 100)], [(1, 100)]]


async def test_units_that_name_no_itmo_come_back_with_the_reason(node: Simulator) -> None:
    rows = {
        "CA0004-VU-CH-356-1-3000-2023": 3000,
        "CA0004-VU-CH-999-1-3000-2023": 3000,
        "CA0NNN-NG-XX-1-1-10-2023": 10,
        "": 10,
        "CA0007-MNG01-MNG-1-2023/CA0007-MNG01-MNG-90-2023": 100,
    }
    for number, (reference, count) in enumerate(rows.items()):
        body = {
            "cadTrustUnitId": f"u{number}",
            "unitSerialId": f"s{number}",
            "unitItmosReferenceId": reference,
            "unitStatus": "Held",
            "unitCount": count,
        }
        order = {"model": "v2", "resource": "unit", "organisation": "Elsewhere", "body": body}
        await node.control("POST", "foreign", order)
    async with connector(node, DataModel.V2) as one:
        page = (await one.claims()).pages[0]
    assert [each.block.display() for each in page.claims] == ["CA0004-VUT01-CHE-1-3000-2023"]
    reasons = {each.original["unitItmosReferenceId"]: each.why.reason for each in page.unplaced}
    assert list(map(str, reasons.values())) == [
        "count differs",
        "no reference",
        "unreadable",
        "nobody vouches",
    ]


async def test_two_publications_at_once_are_done_one_after_the_other(node: Simulator) -> None:
    async with connector(node) as one:
        await asyncio.gather(
            one.publish([held(1, 100)], NOTE), one.publish([held(1, 60), held(61, 100)], NOTE)
        )
        assert sum(last - first + 1 for first, last in await stated(one)) == 100


def _id(model: DataModel) -> str:
    return "warehouseUnitId" if model is DataModel.V1 else "cadTrustUnitId"


def _serials(statement: Statement) -> list[tuple[int, int]]:
    return [(row.first, row.last) for row in statement.blocks]


def _stranger() -> dict[str, object]:
    body = dict(unit_draft(DataModel.V1, held(1, 10)).body)
    return body | {"unitBlockStart": "ABC-1", "unitBlockEnd": "ABC-10"}
