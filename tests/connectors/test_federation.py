"""The hub's connector trusts nothing that the registry has not signed, about what was asked."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from yarl import URL

from connectors.contract import HealthState, Maintenance, Outgoing, StatementScope
from connectors.errors import (
    AnswerMalformed,
    AnswerNotTrusted,
    RegistryError,
    RegistryRefused,
)
from connectors.federation import FederationConnector, FederationPeer
from connectors.http_answers import HttpRequest
from connectors.http_client import RegistryHttp
from connectors.protocol import (
    is_read_request_for,
    parse_statement_query,
    seal_message,
    seal_read_request,
    statement_query,
)
from connectors.transport import Endpoint, HttpLimits
from schema.codes import RegistryKind, StatementLevel
from schema.messages import Message, StatementNotice
from schema.refusals import Refusal
from schema.statements import Statement
from signing.envelope import VerifiedEnvelope, open_envelope, verify_envelope
from signing.jwk import Algorithm
from signing.keyring import KeyEntry, Keyring
from signing.keys import PrivateKey
from signing.purposes import KeyPurpose
from tests.builders import (
    NOW,
    acknowledgement,
    discrepancy_notice,
    stated_block,
    statement,
    statement_notice,
)
from tests.connectors.fake_hub import EPOCH, HUB_ID, FakeHub
from tests.connectors.misbehaving_server import answer, misbehaving_server
from tests.connectors.stories import issued, pages, stated
from tests.processes import profile_file, simulated_registries

REGISTRY_KEY, OTHER_KEY, HUB_KEY = (
    PrivateKey.generate(Algorithm.ED25519, KeyPurpose.MESSAGES) for _ in range(3)
)
KEYRING = Keyring.of(
    KeyEntry(issuer=issuer, purpose=KeyPurpose.MESSAGES, key=key.public, valid_from=EPOCH)
    for issuer, key in (("MNG01", REGISTRY_KEY), ("JPN01", OTHER_KEY), (HUB_ID, HUB_KEY))
)
JOSE = "Content-Type: application/jose"
LIMITS = HttpLimits(attempt_seconds=1, call_seconds=2, attempts_max=1)


def signed(
    message: Message, key: PrivateKey = REGISTRY_KEY, issuer: str = "MNG01", to: str = HUB_ID
) -> bytes:
    return seal_message(
        message,
        key,
        issuer=issuer,
        audience=to,
        jti=uuid4(),
        at=datetime.now(UTC),
        lifetime=timedelta(hours=1),
    )


def connector_to(url: URL, **fields: Any) -> FederationConnector:
    def open_answer(raw: bytes, received_at: datetime) -> VerifiedEnvelope | Refusal:
        return verify_envelope(raw, KEYRING, audience=HUB_ID, received_at=received_at)

    peer = FederationPeer(
        registry="MNG01",
        kind=RegistryKind.JCM,
        open_answer=open_answer,
        authorize_read=lambda target: f"Bearer {target}",
        now=lambda: datetime.now(UTC),
        **fields,
    )
    return FederationConnector(
        peer, RegistryHttp(Endpoint(registry="MNG01", base_url=url), limits=LIMITS)
    )


async def given_answer(
    reply: bytes, call: Callable[[FederationConnector], Any], **fields: Any
) -> Any:
    """What `call` makes of a registry that gives this answer to everything."""

    async def handler(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(reply)

    async with misbehaving_server(handler) as server:
        connector = connector_to(server.url, **fields)
        try:
            return await call(connector)
        finally:
            await connector.close()


ENVELOPE = signed(discrepancy_notice(), HUB_KEY, HUB_ID, "MNG01")
JTI = uuid4()
GOOD = {"in_reply_to": JTI, "envelope_digest": sha256(ENVELOPE).hexdigest()}


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        pytest.param(
            answer("202 A", signed(acknowledgement(**GOOD), OTHER_KEY, "JPN01"), JOSE),
            AnswerNotTrusted,
            id="signed by another registry",
        ),
        pytest.param(
            answer("202 A", signed(acknowledgement(**GOOD), OTHER_KEY), JOSE),
            AnswerNotTrusted,
            id="signed with another registry's key",
        ),
        pytest.param(
            answer("202 A", signed(acknowledgement(**GOOD), to="HUB02"), JOSE),
            AnswerNotTrusted,
            id="meant for another hub",
        ),
        pytest.param(
            answer("202 A", signed(acknowledgement(**GOOD | {"in_reply_to": uuid4()})), JOSE),
            AnswerNotTrusted,
            id="about another envelope",
        ),
        pytest.param(
            answer("202 A", signed(acknowledgement(**GOOD | {"envelope_digest": "0" * 64})), JOSE),
            AnswerNotTrusted,
            id="about other bytes",
        ),
        pytest.param(
            answer("202 A", signed(statement_notice()), JOSE), AnswerNotTrusted, id="another kind"
        ),
        pytest.param(
            answer("202 A", signed(acknowledgement(**GOOD))), AnswerMalformed, id="without its type"
        ),
        pytest.param(answer("202 A", b"<html>", JOSE), AnswerNotTrusted, id="not an envelope"),
        pytest.param(answer("202 A", b"", JOSE), AnswerNotTrusted, id="empty"),
    ],
)
async def test_only_the_registry_s_own_acknowledgement_of_these_bytes_counts(
    reply: bytes, error: type[RegistryError]
) -> None:
    outgoing = Outgoing(envelope=ENVELOPE, envelope_id=JTI, message=discrepancy_notice())
    with pytest.raises(error) as raised:
        await given_answer(reply, lambda connector: connector.deliver(outgoing))
    assert type(raised.value) is error


def stating(**fields: Any) -> bytes:
    told = statement(
        **({"level": StatementLevel.BLOCKS, "totals": (), "authorizations": ()} | fields)
    )
    return answer("200 OK", signed(statement_notice(statement=told)), JOSE)


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(stating(registry="JPN01"), id="about another registry"),
        pytest.param(stating(level=StatementLevel.TRAIL), id="of another level"),
        pytest.param(stating(page=2, pages=2), id="another page"),
        pytest.param(stating(stated_at=NOW + timedelta(seconds=1)), id="of another instant"),
        pytest.param(answer("200 OK", signed(acknowledgement()), JOSE), id="of another kind"),
    ],
)
async def test_a_statement_must_be_the_one_that_was_asked_for(reply: bytes) -> None:
    scope = StatementScope(level=StatementLevel.BLOCKS, at=NOW)

    async def read(connector: FederationConnector) -> list[Any]:
        return [page async for page in connector.statement(scope)]

    with pytest.raises(AnswerNotTrusted):
        await given_answer(reply, read)


async def test_an_old_statement_is_no_answer_to_a_question_about_now() -> None:
    reply = stating(stated_at=datetime.now(UTC) - timedelta(minutes=11))
    with pytest.raises(AnswerNotTrusted, match="older than the question"):
        await given_answer(reply, lambda connector: pages(connector, StatementLevel.BLOCKS))


async def test_a_statement_of_many_pages_is_one_instant_whatever_is_booked_meanwhile(
    tmp_path: Path, hub: FakeHub
) -> None:
    profile = profile_file(tmp_path, "MNG01", statement_rows=7, block_rows_of=10)
    async with simulated_registries(tmp_path, profile) as (registry,):
        await hub.admit(registry)
        connector = hub.connector(registry)
        order: dict[str, Any] = {
            "account": "MNG01-100",
            "blocks": [{"vintage": 2021, "tonnes": 1000}],
        }
        await registry.order("load", **order)
        blocks, count = [], 0
        async for page in connector.statement(StatementScope(level=StatementLevel.BLOCKS)):
            await registry.order("load", **order)
            blocks += page.statement.blocks
            count += 1
        await connector.close()
    assert count == 15
    assert sum(block.last - block.first + 1 for block in blocks) == 1000


async def test_a_statement_can_be_had_of_a_past_instant_but_not_of_the_future(
    mongolia: Any, to_mongolia: FederationConnector
) -> None:
    await issued(mongolia, 10)
    before = (await stated(to_mongolia, StatementLevel.TOTALS)).stated_at
    await issued(mongolia, 5)
    then = await stated(to_mongolia, StatementLevel.TOTALS, at=before)
    now = await stated(to_mongolia, StatementLevel.TOTALS)
    assert [then.totals[0].units, now.totals[0].units] == [10, 15]
    with pytest.raises(RegistryError) as raised:
        await pages(to_mongolia, StatementLevel.TOTALS, at=datetime.now(UTC) + timedelta(days=1))
    assert raised.value.retry_after_seconds == 1


async def test_a_statement_can_be_had_of_one_series(
    mongolia: Any, to_mongolia: FederationConnector
) -> None:
    await issued(mongolia, 10, 2021)
    await issued(mongolia, 20, 2022)
    for level in (StatementLevel.TOTALS, StatementLevel.BLOCKS, StatementLevel.TRAIL):
        one: Statement = await stated(to_mongolia, level, vintage=2022, first_party="MNG")
        rows: tuple[Any, ...] = one.totals + one.blocks + one.trail
        assert [row.vintage for row in rows] == [2022]


async def test_statements_are_for_the_hub_alone(hub: FakeHub, mongolia: Any) -> None:
    target = "/statement?level=totals&page=1"

    async def ask(authorization: str | None, path_query: str = "totals") -> RegistryRefused:
        headers = () if authorization is None else (("Authorization", authorization),)
        query = (("level", path_query), ("page", "1"))
        request = HttpRequest(method="GET", path="statement", query=query, headers=headers)
        endpoint = Endpoint(registry="MNG01", base_url=URL(mongolia.url))
        async with RegistryHttp(endpoint) as http:
            with pytest.raises(RegistryRefused) as refused:
                await http.send(request)
        return refused.value

    def token(key: PrivateKey, at: datetime) -> str:
        return seal_read_request(target, key, issuer=HUB_ID, audience="MNG01", jti=uuid4(), at=at)

    now = datetime.now(UTC)
    assert (await ask(None)).code == "envelope_malformed"
    assert (await ask(token(OTHER_KEY, now))).code == "key_unknown"
    assert (await ask(token(hub.key, now - timedelta(hours=1)))).code == "envelope_stale"
    assert (await ask(token(hub.key, now), "blocks")).code == "sender_not_entitled"


def test_a_read_request_allows_exactly_one_target() -> None:
    token = seal_read_request(
        "/outbox?after=7", REGISTRY_KEY, issuer="MNG01", audience=HUB_ID, jti=uuid4(), at=NOW
    )
    raw = token.removeprefix("Bearer ").encode()
    opened = open_envelope(raw, KEYRING, audience=HUB_ID, received_at=NOW)
    assert isinstance(opened, VerifiedEnvelope)
    assert is_read_request_for(opened, "/outbox?after=7")
    assert not is_read_request_for(opened, "/outbox?after=8")


@pytest.mark.parametrize("level", StatementLevel)
def test_a_scope_survives_the_query(level: StatementLevel) -> None:
    scope = StatementScope(
        level=level, at=NOW, approach="CA0007", registry="MNG01", first_party="MNG", vintage=2021
    )
    assert parse_statement_query(statement_query(scope, 3)) == (scope, 3)


@pytest.mark.parametrize(
    "query",
    [
        [("level", "all")],
        [],
        [("level", "totals"), ("level", "blocks")],
        [("level", "totals"), ("nonsense", "1")],
        [("level", "totals"), ("page", "0")],
        [("level", "totals"), ("at", "2026-01-01T00:00:00")],
    ],
)
def test_a_query_that_is_not_understood_is_refused(query: list[tuple[str, str]]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (msgspec words it)
        parse_statement_query(query)


async def test_an_announced_absence_is_told_apart_from_a_failure() -> None:
    away = Maintenance(
        starts_at=datetime.now(UTC) - timedelta(hours=1),
        ends_at=datetime.now(UTC) + timedelta(hours=1),
        words="new server",
    )
    busy = answer("503 Busy")
    down = await given_answer(busy, lambda connector: connector.health())
    announced = await given_answer(busy, lambda connector: connector.health(), maintenance=(away,))
    assert [down.state, announced.state] == [HealthState.DOWN, HealthState.AWAY]


async def test_the_hub_can_read_what_a_registry_could_not_send(
    hub: FakeHub, mongolia: Any, to_mongolia: FederationConnector
) -> None:
    hub.busy = 1_000_000
    for _ in range(3):
        await mongolia.order("announce-accounts", accounts=["MN-100"], wait_seconds=0)
    read = await to_mongolia.fetch(None)
    assert (len(read.envelopes), read.complete) == (3, True)
    again = await to_mongolia.fetch(None)
    assert again == read
    assert (await to_mongolia.fetch(read.cursor)).envelopes == ()
    opened = verify_envelope(
        read.envelopes[0], hub.keyring, audience=HUB_ID, received_at=datetime.now(UTC)
    )
    assert isinstance(opened, VerifiedEnvelope)


async def test_a_block_in_a_statement_that_is_no_statement_is_malformed() -> None:
    body = msgspec.json.encode({"blocks": [msgspec.to_builtins(stated_block())]})
    reply = answer("200 OK", body, "Content-Type: application/json")
    with pytest.raises(AnswerMalformed):
        await given_answer(reply, lambda connector: pages(connector, StatementLevel.BLOCKS))


async def test_a_registry_can_send_its_statement_as_messages(tmp_path: Path, hub: FakeHub) -> None:
    profile = profile_file(tmp_path, "MNG01", statement_rows=7, block_rows_of=10)
    async with simulated_registries(tmp_path, profile) as (registry,):
        await hub.admit(registry)
        blocks = [{"vintage": 2021, "tonnes": 200}]
        await registry.order("load", account="MNG01-100", blocks=blocks)
        sent = await registry.order("state", level="blocks")
    told = [notice.statement for notice in hub.messages(StatementNotice)]
    assert [each.page for each in told] == [1, 2, 3]
    assert len({each.stated_at for each in told}) == 1
    assert [each.result for each in sent] == ["applied"] * 3
