"""The simulated server meets every expectation; each switch breaks the ones it is about."""

from collections import Counter

from connectors.conformance.expectation import Verdict, examine
from connectors.conformance.kinds import KINDS
from connectors.conformance.subject import EXAMINING_LIMITS, Access, Subject
from connectors.http_client import RegistryHttp
from connectors.transport import Endpoint
from tests.connectors.xroad.conftest import CLIENT, PROVIDER, Way


async def verdicts(way: Way, **access: object) -> dict[str, tuple[Verdict, str]]:
    shown = Access(**({"username": PROVIDER, "headers": {"X-Road-Client": CLIENT}} | access))  # type: ignore[arg-type]
    endpoint = Endpoint(registry="xroad", base_url=way.server.url)
    async with RegistryHttp(endpoint, limits=EXAMINING_LIMITS) as http:
        results = await examine(KINDS["xroad"], Subject(http, shown))
    return {each.name: (each.verdict, each.words) for each in results}


async def test_the_simulated_server_does_what_the_connector_relies_on(way: Way) -> None:
    for spelling, camel_case in (("code", False), ("document", True)):
        await way.server.switch(spelling=spelling, camel_case=camel_case)
        found = await verdicts(way)
        assert {name: each for name, each in found.items() if each[0] is not Verdict.HOLDS} == {}


async def test_what_a_switch_breaks_is_found(way: Way) -> None:
    for switch, broken in (
        ("wrong_hash", {"reply.hash-reading"}),
        ("wrong_message_id", {"reply.message-id"}),
    ):
        await way.server.switch(**{switch: True})
        found = await verdicts(way)
        await way.server.switch(**{switch: False})
        assert {name for name, each in found.items() if each[0] is Verdict.FAILS} == broken


async def test_without_a_name_most_cannot_be_told(way: Way) -> None:
    found = await verdicts(way, username="", headers={})
    counted = Counter(verdict for verdict, _ in found.values())
    assert counted[Verdict.FAILS] == 0
    assert counted[Verdict.NOT_TESTED] >= 9


def test_the_kind_is_known() -> None:
    assert "xroad" in KINDS
