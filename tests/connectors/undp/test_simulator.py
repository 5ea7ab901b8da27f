"""The simulated registry does what the connector relies on, bugs included."""

import contextlib
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from connectors.conformance.expectation import Result, Verdict, examine
from connectors.conformance.kinds import KINDS
from connectors.conformance.subject import EXAMINING_LIMITS, Access, Subject
from connectors.http_client import RegistryHttp
from connectors.transport import Endpoint
from tests.connectors.simulators import Simulator

CREDITS = "/national/creditTransactionsManagement"
BLOCK = "CA0007-MN-MN-1-1"
ABROAD = {
    "blockId": BLOCK,
    "amount": 100,
    "retirementType": "Cross-Border Transactions",
    "country": "JP",
    "organizationName": "Japan",
}


async def log_in(registry: Simulator, name: str) -> dict[str, str]:
    who = {"username": f"{name}@registry.example", "password": f"secret-of-{name}"}
    _, _, told = await registry.call("POST", "/national/auth/login", who)
    return {"Authorization": f"Bearer {told['access_token']}"}


async def ask(registry: Simulator, name: str, path: str, body: Any) -> tuple[int, Any]:
    headers = await log_in(registry, name)
    status, _, told = await registry.call("POST", path, body, headers)
    return status, told


async def examined(registry: Simulator) -> dict[str, Result]:
    endpoint = Endpoint(registry="MNG01", base_url=registry.url)
    access = Access(username="authority@registry.example", password="secret-of-authority")  # noqa: S106
    async with RegistryHttp(endpoint, limits=EXAMINING_LIMITS) as http:
        results = await examine(KINDS["undp"], Subject(http, access), writing=True)
    return {each.name: each for each in results}


async def test_every_expectation_of_the_connector_holds(registry: Simulator) -> None:
    await ask(registry, "solar", f"{CREDITS}/retireRequest", ABROAD)
    await registry.switch(requests_max=100, window_seconds=60)
    results = await examined(registry)
    assert {
        name: each.words for name, each in results.items() if each.verdict is not Verdict.HOLDS
    } == {}


async def test_a_machine_shows_a_key_made_of_address_and_secret(registry: Simulator) -> None:
    key = "c29sYXJAcmVnaXN0cnkuZXhhbXBsZV9fX3NlY3JldC1vZi1zb2xhcg=="
    status, _, _ = await registry.call(
        "POST", f"{CREDITS}/queryBalance", {"page": 1, "size": 5}, {"api_key": key}
    )
    assert status == 201


async def test_a_company_sees_its_own_rows_and_a_certifier_none(registry: Simulator) -> None:
    body = {"page": 1, "size": 50}
    _, own = await ask(registry, "cookstove", f"{CREDITS}/queryBalance", body)
    _, all_rows = await ask(registry, "authority", f"{CREDITS}/queryBalance", body)
    status, refused = await ask(registry, "certifier", f"{CREDITS}/queryBalance", body)
    assert (own["total"], all_rows["total"]) == (1, 3)
    assert (status, refused["message"]) == (400, "creditTransaction.unauthorized")


@pytest.mark.parametrize("bug", [True, False], ids=["with the bug", "without the bug"])
async def test_an_accepted_part_is_the_high_end_and_its_flag_may_be_wrong(
    registry: Simulator, tmp_path: Path, bug: bool
) -> None:
    await registry.switch(split_flag_bug=bug, cache_seconds=0)
    _, told = await ask(registry, "solar", f"{CREDITS}/retireRequest", ABROAD)
    decision = {"transactionId": told["data"]["id"], "action": "ACCEPT"}
    await ask(registry, "authority", f"{CREDITS}/performRetireAction", decision)
    _, rows = await ask(registry, "authority", f"{CREDITS}/queryRetirements", {})
    _, left = await ask(registry, "solar", f"{CREDITS}/queryBalance", {})
    assert rows["data"][0]["serialNumber"] == "CA0007-MN-MN-1-901-1000-2022"
    assert left["data"][0]["serialNumber"] == "CA0007-MN-MN-1-1-900-2022"
    assert left["data"][0]["creditAmount"] == 900
    assert kept(tmp_path, "CA0007-MN-MN-1-901") == (5, 0 if bug else 1)


@pytest.mark.parametrize("bug", [True, False], ids=["with the bug", "without the bug"])
async def test_a_rejected_request_gives_back_the_credits_and_may_mark_the_block_retired(
    registry: Simulator, tmp_path: Path, bug: bool
) -> None:
    await registry.switch(retire_on_reject_bug=bug, cache_seconds=0)
    _, told = await ask(registry, "solar", f"{CREDITS}/retireRequest", ABROAD)
    decision = {"transactionId": told["data"]["id"], "action": "REJECT", "remarks": "no"}
    await ask(registry, "authority", f"{CREDITS}/performRetireAction", decision)
    _, rows = await ask(registry, "authority", f"{CREDITS}/queryRetirements", {})
    _, left = await ask(registry, "solar", f"{CREDITS}/queryBalance", {})
    assert rows["data"][0]["status"] == "Rejected"
    assert left["data"][0]["creditAmount"] == 1000
    assert kept(tmp_path, BLOCK) == (5 if bug else 2, 1)


def kept(folder: Path, block: str) -> tuple[int, int]:
    """Type of the last transaction and the flag of a block, as the database has them."""
    with contextlib.closing(sqlite3.connect(folder / "registry" / "registry.sqlite")) as database:
        query = "SELECT tx_type, not_transferred FROM block WHERE id = ?"
        (row,) = database.execute(query, (block,)).fetchall()
    return row[0], row[1]


async def test_an_answer_is_given_again_from_the_cache(registry: Simulator) -> None:
    await registry.switch(cache_seconds=60)
    headers = await log_in(registry, "authority")
    call = ("POST", f"{CREDITS}/queryRetirements", {"page": 1, "size": 5}, headers)
    before = (await registry.call(*call))[2]
    await ask(registry, "solar", f"{CREDITS}/retireRequest", ABROAD)
    assert (await registry.call(*call))[2] == before


async def test_the_same_request_twice_reserves_twice(registry: Simulator) -> None:
    for _ in range(2):
        await ask(registry, "solar", f"{CREDITS}/retireRequest", ABROAD)
    _, rows = await ask(registry, "solar", f"{CREDITS}/queryBalance", {})
    assert rows["data"][0]["creditAmount"] == 800


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("authority", {}, "You do not have permission to retire credits."),
        ("solar", {"blockId": "CA0007-MN-MN-1-7"}, "The specified credit block does not exist."),
        ("cookstove", {}, "The sender does not own the credit block."),
        ("solar", {"amount": 1001}, "Not enough credit amount available for the transfer."),
        ("solar", {"amount": 0}, "Bad request"),
        ("solar", {"country": ""}, "Bad request"),
    ],
    ids=["not a developer", "no block", "not the owner", "too much", "nothing", "no country"],
)
async def test_a_wrong_request_is_refused_in_the_registrys_words(
    registry: Simulator, name: str, change: dict[str, Any], words: str
) -> None:
    status, told = await ask(registry, name, f"{CREDITS}/retireRequest", ABROAD | change)
    assert (status, told["message"]) == (400, words)


async def test_a_suspended_company_can_do_nothing(registry: Simulator) -> None:
    await registry.control("POST", "suspend", 2)
    _, told = await ask(registry, "solar", f"{CREDITS}/retireRequest", ABROAD)
    assert told["message"] == "Organisation is Deactivated, Action is Unauthorised"


async def test_an_operation_from_outside_breaks_its_sql(registry: Simulator) -> None:
    body = {"filterAnd": [{"key": "id", "operation": "= 1 or", "value": 1}]}
    status, _ = await ask(registry, "authority", f"{CREDITS}/queryBalance", body)
    assert status == 500
