"""Envelopes go through X-Road and come back with evidence of both kinds."""

import io
import zipfile
from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import product

import pytest

from connectors.contract import Connector, Delivered, HealthState, StatementScope
from connectors.errors import (
    AnswerNotTrusted,
    RegistryError,
    RegistryFailed,
    RegistryRefused,
)
from connectors.xroad.connector import XRoadConnector
from connectors.xroad.faults import SecurityServerFailed, WayRefused
from connectors.xroad.hashing import HashState
from connectors.xroad.http import LAST_PASSAGE
from connectors.xroad.identifiers import parse_client
from connectors.xroad.metaservices import ask_offered
from schema.codes import StatementLevel
from tests import builders
from tests.connectors.stories import issued
from tests.connectors.xroad.conftest import WAY, Way

SCOPE = StatementScope(level=StatementLevel.BLOCKS)


@pytest.fixture
async def connector(way: Way) -> AsyncIterator[XRoadConnector]:
    made = way.connector()
    yield made
    await made.close()


async def test_a_message_is_delivered_and_its_passage_can_be_proved(
    way: Way, connector: XRoadConnector
) -> None:
    outgoing = way.hub.seal(builders.transfer_outcome(), "MNG01")
    answer = await connector.deliver(outgoing)
    assert isinstance(answer, Delivered)
    assert answer.evidence.signed
    container = await connector.container(answer.evidence.transport_id)
    with zipfile.ZipFile(io.BytesIO(container)) as files:
        assert files.namelist()[0] == "mimetype"
        assert outgoing.envelope in files.read("message.bin")
        assert answer.evidence.content in files.read("response.bin")
    passage = LAST_PASSAGE.get()
    assert passage is not None
    assert passage.hash_state is HashState.CONFIRMED
    assert passage.message_id == answer.evidence.transport_id


async def test_delivering_again_gives_the_same_acknowledgement(
    way: Way, connector: XRoadConnector
) -> None:
    outgoing = way.hub.seal(builders.transfer_outcome(), "MNG01")
    first, again = await connector.deliver(outgoing), await connector.deliver(outgoing)
    assert isinstance(first, Delivered)
    assert isinstance(again, Delivered)
    assert first.evidence.content == again.evidence.content
    assert first.evidence.transport_id != again.evidence.transport_id


async def test_a_statement_comes_through_with_its_query(
    way: Way, connector: XRoadConnector
) -> None:
    await issued(way.registry, 250)
    (page,) = [page async for page in connector.statement(SCOPE)]
    assert sum(block.last - block.first + 1 for block in page.statement.blocks) == 250
    assert page.evidence.transport_id


async def test_health_and_outbox_are_asked_through_x_road(
    way: Way, connector: XRoadConnector
) -> None:
    asked: Connector = connector
    assert (await asked.health()).state is HealthState.UP
    assert (await asked.fetch(None)).complete
    sheet = asked.capabilities
    assert sheet.connector == "xroad"
    assert any("asynchronous" in loss.subject for loss in sheet.data_loss)
    del way


async def test_what_the_registry_refuses_is_its_own_refusal(
    way: Way, connector: XRoadConnector
) -> None:
    stranger = way.hub.seal(builders.transfer_outcome(), "JPN01")
    with pytest.raises(RegistryRefused) as refused:
        await connector.deliver(stranger)
    assert not isinstance(refused.value, WayRefused)
    assert refused.value.code == "audience_wrong"


async def test_a_subsystem_without_rights_is_told_so_in_either_spelling(way: Way) -> None:
    stranger = replace(WAY, client=parse_client("SIM/COM/999/other"))
    connector = way.connector(stranger)
    for spelling in ("document", "code"):
        await way.server.switch(spelling=spelling)
        with pytest.raises(WayRefused) as refused:
            await connector.deliver(way.hub.seal(builders.transfer_outcome(), "MNG01"))
        assert refused.value.code == "access_denied"
    await connector.close()


async def test_a_server_that_cannot_keep_evidence_stops_everything(way: Way) -> None:
    for spelling, switch in product(
        ("document", "code"), ("timestamping_failed", "global_conf_outdated")
    ):
        connector = way.connector()
        await way.server.switch(spelling=spelling, **{switch: True})
        with pytest.raises(SecurityServerFailed, match=switch):
            await connector.deliver(way.hub.seal(builders.transfer_outcome(), "MNG01"))
        assert (await connector.health()).state is HealthState.DOWN
        await way.server.switch(**{switch: False})
        answer = await connector.deliver(way.hub.seal(builders.transfer_outcome(), "MNG01"))
        assert isinstance(answer, Delivered)
        await connector.close()


async def test_a_registry_that_is_down_is_not_the_security_server_s_fault(
    way: Way, connector: XRoadConnector
) -> None:
    await way.registry.kill()
    with pytest.raises(RegistryFailed, match="network_error"):
        await connector.deliver(way.hub.seal(builders.transfer_outcome(), "MNG01"))
    await way.registry.start()
    answer = await connector.deliver(way.hub.seal(builders.transfer_outcome(), "MNG01"))
    assert isinstance(answer, Delivered)


async def test_an_unknown_service_needs_a_person(way: Way) -> None:
    connector = way.connector(replace(WAY, services={"messages": "no-such"}))
    with pytest.raises(WayRefused, match="unknown_service"):
        await connector.deliver(way.hub.seal(builders.transfer_outcome(), "MNG01"))
    await connector.close()


async def test_the_answer_to_another_request_is_not_believed(
    way: Way, connector: XRoadConnector
) -> None:
    await way.server.switch(wrong_message_id=True)
    with pytest.raises(AnswerNotTrusted):
        await connector.deliver(way.hub.seal(builders.transfer_outcome(), "MNG01"))


@pytest.mark.parametrize("switch", ["wrong_hash", "no_hash"])
async def test_a_hash_that_differs_is_refused_only_where_the_settings_ask_for_it(
    way: Way, connector: XRoadConnector, switch: str
) -> None:
    await way.server.switch(**{switch: True})
    outgoing = way.hub.seal(builders.transfer_outcome(), "MNG01")
    with pytest.raises(AnswerNotTrusted, match="hash"):
        await connector.deliver(outgoing)
    lenient = way.connector(strict=False)
    assert isinstance(await lenient.deliver(outgoing), Delivered)
    passage = LAST_PASSAGE.get()
    assert passage is not None
    assert passage.hash_state is not HashState.CONFIRMED
    await lenient.close()


async def test_the_services_are_listed_in_either_form(way: Way) -> None:
    http = way.http(strict=False)
    for camel_case in (True, False):
        await way.server.switch(camel_case=camel_case)
        offered = await ask_offered(http)
        assert offered.listed == offered.allowed == {"itmo", "itmo-transfer", "itmo-recon"}
    await http.close()


async def test_kill_nine_of_the_security_server_loses_nothing(
    way: Way, connector: XRoadConnector
) -> None:
    outgoing = way.hub.seal(builders.transfer_outcome(), "MNG01")
    await way.server.fault("die-after", "/r1/")
    with pytest.raises(RegistryError):
        await connector.deliver(outgoing)
    await way.server.ended()
    await way.server.start()
    answer = await connector.deliver(outgoing)
    assert isinstance(answer, Delivered)
    seen = [
        each for each in (await way.registry.state()).incoming if each.jti == outgoing.envelope_id
    ]
    assert len(seen) == 1
