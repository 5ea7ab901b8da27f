"""The simulated node does what the connector relies on, in the order of the real one."""

import asyncio
from typing import Any

import aiohttp
import pytest

from connectors.cadtrust.resources import DataModel
from connectors.conformance.expectation import Result, Verdict, examine
from connectors.conformance.kinds import KINDS
from connectors.conformance.subject import EXAMINING_LIMITS, Access, Subject
from connectors.http_client import RegistryHttp
from connectors.transport import Endpoint
from hub.cli.app import app
from hub.cli.console import Exit
from tests.connectors.simulators import Simulator

READINESS = {"x-data-synced", "x-sync-remaining", "x-wallet-synced", "x-home-org-synced"}
FOUR = {"cw-read-only", "x-governance-body", "x-api-version", "x-datamodel-version"}
UNIT = {
    "unitBlockStart": "ABC-1",
    "unitBlockEnd": "ABC-100",
    "unitCount": 100,
    "vintageYear": 2023,
    "countryJurisdictionOfOwner": "Mongolia",
    "unitType": "Reduction - technical",
    "unitStatus": "Held",
    "unitRegistryLink": "https://registry.example",
    "correspondingAdjustmentDeclaration": "Committed",
    "correspondingAdjustmentStatus": "Not Started",
}


async def examined(node: Simulator, kind: str) -> dict[str, Result]:
    endpoint = Endpoint(registry="CADT", base_url=node.url)
    async with RegistryHttp(endpoint, limits=EXAMINING_LIMITS) as http:
        subject = Subject(http, Access(patience_seconds=10))
        return {each.name: each for each in await examine(KINDS[kind], subject, writing=True)}


def ours(headers: dict[str, str]) -> set[str]:
    return headers.keys() & (READINESS | FOUR)


async def publish(node: Simulator, body: dict[str, Any]) -> str:
    await node.switch(confirm_seconds=0)
    _, _, told = await node.call("POST", "/v1/units", body)
    await node.call("POST", "/v1/staging/commit", {"ids": [told["uuid"]]})
    return str(told["uuid"])


@pytest.mark.parametrize("model", DataModel)
async def test_every_expectation_of_the_connector_holds(node: Simulator, model: DataModel) -> None:
    resource, body = {
        DataModel.V1: ("units", UNIT | {"warehouseUnitId": "u1"}),
        DataModel.V2: ("program", {"cadTrustProgramId": "p1", "programName": "A"}),
    }[model]
    order = {"model": model, "resource": resource, "organisation": "Elsewhere", "body": body}
    await node.control("POST", "foreign", order)
    results = await examined(node, f"cadtrust-{model}")
    failed = {name: each.words for name, each in results.items() if each.verdict is Verdict.FAILS}
    assert failed == {}
    held = {name for name, each in results.items() if each.verdict is Verdict.HOLDS}
    assert held >= {"paging.limit", "audit.form", "commit.ids", "commit.phases", "stage.private"}


async def test_a_node_that_keeps_staging_fails_exactly_that_expectation(node: Simulator) -> None:
    await node.switch(empties_staging=False)
    results = await examined(node, "cadtrust-v1")
    failed = [name for name, each in results.items() if each.verdict is Verdict.FAILS]
    assert failed == ["commit.phases"]


@pytest.mark.parametrize(
    ("switches", "method", "status", "message", "headers"),
    [
        ({"wallet_reachable": False}, "GET", 400, "Chia Exception", set()),
        ({"api_key": "secret"}, "GET", 403, "CADT API key not found", set()),
        (
            {"home_synced": False},
            "POST",
            400,
            "Your organization data is still resyncing, please try again after it completes",
            FOUR,
        ),
        ({"home_synced": False}, "GET", 200, None, FOUR | READINESS),
        ({"wallet_reachable": False, "api_key": "secret"}, "GET", 400, "Chia Exception", set()),
        ({"api_key": "secret", "home_synced": False}, "POST", 403, "CADT API key not found", set()),
    ],
    ids=[
        "the chain is checked first and answers bare",
        "the key is checked before any header of the node",
        "a resyncing node refuses to write with four headers",
        "a resyncing node can be read",
        "the chain goes before the key",
        "the key goes before the resync",
    ],
)
async def test_checks_come_in_the_order_of_the_real_node(
    node: Simulator,
    switches: dict[str, Any],
    method: str,
    status: int,
    message: str | None,
    headers: set[str],
) -> None:
    await node.switch(**switches)
    got, told_headers, told = await node.call(method, "/v1/organizations/status")
    if status == 200:
        assert got == 200
    else:
        assert (got, told["message"]) == (status, message)
    assert ours(told_headers) == headers


async def test_a_failed_push_marks_all_committed_rows_and_a_retry_stages_them_again(
    node: Simulator,
) -> None:
    await node.switch(failing_pushes=1, confirm_seconds=0)
    _, _, told = await node.call("POST", "/v1/units", UNIT)
    await node.call("POST", "/v1/staging/commit", {})
    _, _, failed = await node.call("GET", "/v1/staging?type=failed")
    assert [(row["uuid"], row["commited"]) for row in failed] == [(told["uuid"], True)]
    await node.call("POST", "/v1/staging/retry", {"uuid": told["uuid"]})
    _, _, staged = await node.call("GET", "/v1/staging?type=staged")
    assert [row["uuid"] for row in staged] == [told["uuid"]]


async def test_a_change_without_issuance_drops_the_link(node: Simulator) -> None:
    issuance = {
        "startDate": "2023-01-01",
        "endDate": "2023-12-31",
        "verificationApproach": "third party",
        "verificationReportDate": "2024-02-01",
    }
    unit_id = await publish(node, UNIT | {"issuance": issuance})
    _, _, before = await node.call("GET", f"/v1/units?warehouseUnitId={unit_id}")
    await node.call("PUT", "/v1/units", UNIT | {"warehouseUnitId": unit_id})
    await node.call("POST", "/v1/staging/commit", {})
    _, _, after = await node.call("GET", f"/v1/units?warehouseUnitId={unit_id}")
    assert before["issuanceId"] is not None
    assert after["issuanceId"] is None


async def test_a_split_keeps_the_first_id_and_looks_at_the_sum_only(node: Simulator) -> None:
    unit_id = await publish(node, UNIT)
    part = {"unitBlockStart": "ABC-1", "unitBlockEnd": "ABC-9000"}
    order = {"warehouseUnitId": unit_id, "records": [part | {"unitCount": 40}] * 2}
    _, _, refused = await node.call("POST", "/v1/units/split", order)
    assert refused["error"] == (
        "Your total split coount is 80 units and the original record is 100 units"
    )
    order["records"] = [part | {"unitCount": 40}, part | {"unitCount": 60}]
    await node.call("POST", "/v1/units/split", order)
    await node.call("POST", "/v1/staging/commit", {})
    _, _, page = await node.call("GET", "/v1/units?page=1&limit=10")
    assert {row["unitCount"]: row["warehouseUnitId"] == unit_id for row in page["data"]} == {
        40: True,
        60: False,
    }


async def test_what_was_committed_outlives_the_death_of_the_process(node: Simulator) -> None:
    await node.switch(confirm_seconds=1.0)
    _, _, told = await node.call("POST", "/v1/units", UNIT)
    await node.fault("die-after", "/v1/staging/commit")
    with pytest.raises(aiohttp.ClientError):
        await node.call("POST", "/v1/staging/commit", {})
    await node.ended()
    await node.start()
    await asyncio.sleep(1.0)
    _, _, unit = await node.call("GET", f"/v1/units?warehouseUnitId={told['uuid']}")
    assert unit["serialNumberBlock"] == "ABC-1-ABC-100"


async def test_the_control_address_needs_its_token(node: Simulator) -> None:
    status, _, _ = await node.call("PATCH", "/control/switches", {"read_only": True})
    assert status == 401


def test_the_command_says_no_when_an_expectation_fails(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(Exception, match="no kind"):
        app("conformance unknown http://127.0.0.1:1")
    assert app("conformance cadtrust-v1 http://127.0.0.1:1") is Exit.ANSWER_IS_NO
    assert "fails" in capsys.readouterr().out
