"""A plain REST registry is read by configuration alone, and states its holdings."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.contract import Connector, HealthState, StatementScope
from connectors.declarative.connector import (
    DeclarativeConnector,
    DeclarativePeer,
    FileSource,
)
from connectors.declarative.profile import SourceProfile, parse_profile
from connectors.declarative.rest import RestSource, parse_rest
from connectors.errors import (
    AnswerMalformed,
    NotSupported,
    RegistryBusy,
    RegistryError,
    RegistryRefused,
    RegistryUnreachable,
)
from connectors.http_client import RegistryHttp
from connectors.transport import Endpoint, HttpLimits
from schema.codes import RegistryKind, StatementLevel, UnitStatus
from schema.statements import StatedBlock
from tests import builders
from tests.connectors.simulators import Simulator, simulator

NOW = datetime(2026, 3, 2, tzinfo=UTC)
LIMITS = HttpLimits(attempt_seconds=3, call_seconds=5, pause_first_seconds=0.01, attempts_max=2)
SCOPE = StatementScope(level=StatementLevel.BLOCKS)
PROFILE: dict[str, Any] = {
    "title": "Holdings of an illustrative registry",
    "record": "holding",
    "reading": {"format": "json"},
    "fields": {
        "account": {"columns": ["owner/account"], "required": True},
        "account_kind": {
            "columns": ["owner/type"],
            "codes": {"H": "holding", "R": "retirement NDC"},
        },
        "approach": {"columns": ["approach"], "required": True},
        "registry": {"constant": "KHM01"},
        "first_party": {"columns": ["country"], "required": True},
        "vintage": {"columns": ["year"], "required": True},
        "first": {"columns": ["from"], "required": True},
        "last": {"columns": ["to"], "required": True},
        "status": {
            "columns": ["state"],
            "codes": {"ACTIVE": "held", "USED": "used towards NDC"},
        },
        "first_transferred": {"columns": ["moved"]},
    },
    "rest": {"path": "records", "items": "data", "health_path": "health"},
}
PAGED = {
    "page": {"kind": "page", "total": "meta/total"},
    "offset": {"kind": "offset", "parameter": "offset", "first": 0, "size_parameter": "limit"},
    "cursor": {"kind": "cursor", "parameter": "cursor", "cursor": "meta/next"},
}


def record(first: int, last: int, **changes: Any) -> dict[str, Any]:
    return {
        "owner": {"account": "KH-100", "type": "H"},
        "approach": "CA0009",
        "country": "Cambodia",
        "year": 2023,
        "from": first,
        "to": last,
        "state": "ACTIVE",
        "moved": False,
    } | changes


RECORDS = [record(n * 100 + 1, n * 100 + 100) for n in range(5)]


def profile(**rest: Any) -> SourceProfile:
    return parse_profile(PROFILE | {"rest": PROFILE["rest"] | rest})


def connector(server: Simulator, api_key: str = "", **rest: Any) -> DeclarativeConnector:
    described = profile(**rest)
    http = RegistryHttp(Endpoint(registry="KHM01", base_url=server.url), limits=LIMITS)
    source = RestSource(
        http=http,
        reading=parse_rest(described.rest),
        headers=(("x-api-key", api_key),) if api_key else (),
    )
    return DeclarativeConnector(peer(described), source)


def peer(described: SourceProfile) -> DeclarativePeer:
    return DeclarativePeer(
        registry="KHM01",
        kind=RegistryKind.PARTY,
        profile=described,
        profile_name="khm",
        now=lambda: NOW,
    )


async def stated(reading: Connector) -> list[StatedBlock]:
    return [block async for page in reading.statement(SCOPE) for block in page.statement.blocks]


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Simulator]:
    async with simulator("rest", tmp_path / "registry") as running:
        await running.control("POST", "records", RECORDS)
        yield running


async def test_holdings_are_stated_whichever_way_the_list_is_cut(server: Simulator) -> None:
    for cut, paging in PAGED.items():
        await server.switch(cut=cut)
        reading = connector(server, paging=paging | {"size": 2})
        pages = [page async for page in reading.statement(SCOPE)]
        await reading.close()
        blocks = [block for page in pages for block in page.statement.blocks]
        assert [(block.first, block.last) for block in blocks] == [
            (n * 100 + 1, n * 100 + 100) for n in range(5)
        ]
        assert {block.status for block in blocks} == {UnitStatus.HELD}
        assert {block.first_party for block in blocks} == {"KHM"}
        assert len(pages) == 3
        assert all(page.statement.pages == 3 for page in pages)
        assert all(not page.evidence.signed for page in pages)
        assert b'"from":1,' in pages[0].evidence.content.replace(b" ", b"")


async def test_a_list_without_pages_and_without_records(server: Simulator) -> None:
    await server.switch(cut="none")
    reading = connector(server, items="")
    assert len(await stated(reading)) == 5
    await server.control("POST", "records", [])
    assert await stated(reading) == []
    await reading.close()


async def test_a_record_that_is_held_back_is_noticed(server: Simulator) -> None:
    await server.switch(hide_last=True)
    reading = connector(server, paging=PAGED["page"])
    with pytest.raises(RegistryBusy, match="5 records announced, 4 came"):
        await stated(reading)
    await reading.close()


async def test_a_list_that_changes_while_it_is_read_is_discarded(server: Simulator) -> None:
    await server.switch(cut="cursor", growing=True, size=4)
    reading = connector(server, paging=PAGED["cursor"])
    with pytest.raises(RegistryBusy, match="changed"):
        await stated(reading)
    await reading.close()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param({"state": "FROZEN"}, "FROZEN", id="a word without meaning"),
        pytest.param({"country": "Atlantis"}, "Atlantis", id="a row that cannot be read"),
        pytest.param({"from": 9, "to": 3}, "first_after_last", id="serials in the wrong order"),
        pytest.param({"year": 2019}, "2019", id="a vintage before ITMOs"),
        pytest.param({"moved": None}, "first_transferred", id="something not said"),
    ],
)
async def test_a_statement_with_gaps_is_none(
    tmp_path: Path, change: dict[str, Any], words: str
) -> None:
    path = tmp_path / "holdings.json"
    path.write_text(json.dumps({"data": [*RECORDS, record(901, 905, **change)]}))
    described = parse_profile(
        {key: value for key, value in PROFILE.items() if key != "rest"}
        | {"reading": {"format": "json", "items": "data"}}
    )
    reading = DeclarativeConnector(peer(described), FileSource(registry="KHM01", path=path))
    with pytest.raises(AnswerMalformed, match=words):
        await stated(reading)


async def test_it_is_read_only_and_says_so(server: Simulator) -> None:
    reading: Connector = connector(server, paging=PAGED["page"])
    sheet = reading.capabilities
    assert sheet.accepts == frozenset()
    assert {loss.subject for loss in sheet.data_loss} >= {"signatures", "messages"}
    assert (await reading.fetch(None)).complete
    assert (await reading.health()).state is HealthState.UP
    past = StatementScope(level=StatementLevel.BLOCKS, at=NOW)
    with pytest.raises(NotSupported):
        _ = [page async for page in reading.statement(past)]
    await server.kill()
    assert (await reading.health()).state is HealthState.DOWN
    await reading.close()


async def test_a_key_is_shown_and_a_wrong_one_refused(server: Simulator) -> None:
    await server.switch(api_key="secret")
    for key, error in (("secret", None), ("guess", RegistryRefused)):
        reading = connector(server, key, paging=PAGED["page"])
        if error is None:
            assert len(await stated(reading)) == 5
        else:
            with pytest.raises(error):
                await stated(reading)
        await reading.close()


@pytest.mark.parametrize("fault", ["cut", "lost-reply", "server-error", "garbage"])
async def test_a_fault_on_the_way_leaves_no_half_statement(server: Simulator, fault: str) -> None:
    reading = connector(server, paging=PAGED["page"])
    await server.fault(fault, "/records", calls=4)
    with pytest.raises(RegistryError):
        await stated(reading)
    await server.control("DELETE", "faults")
    await asyncio.sleep(0)
    assert len(await stated(reading)) == 5
    await reading.close()


async def test_a_file_that_is_away_is_said_to_be(tmp_path: Path) -> None:
    path = tmp_path / "holdings.csv"
    described = parse_profile(PROFILE)
    reading = DeclarativeConnector(peer(described), FileSource(registry="KHM01", path=path))
    assert (await reading.health()).state is HealthState.DOWN
    with pytest.raises(RegistryUnreachable):
        await stated(reading)
    with pytest.raises(NotSupported):
        await reading.deliver(builders.transfer_outcome())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "rest",
    [{"pth": "x"}, {"path": "x", "paging": {"kind": "cursor"}}, {"path": "x", "query": 1}],
)
def test_a_wrong_description_of_an_interface_is_refused(rest: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="rest"):
        parse_rest(rest)
