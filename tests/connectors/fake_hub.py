"""A hub that keeps only the protocol: it verifies, keeps and receipts, and decides by a rule.

Stands in for the hub's own endpoint in tests of the registries' side; it has no rules about units.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import msgspec
from aiohttp import web
from yarl import URL

from connectors.contract import Outgoing
from connectors.driving.process import HubAddress, SimulatedRegistry
from connectors.federation import FederationConnector, FederationPeer
from connectors.http_answers import HttpRequest, HttpSender
from connectors.http_client import RegistryHttp
from connectors.protocol import ENVELOPE_MEDIA_TYPE, OutboxPage, seal_message, seal_read_request
from connectors.transport import Endpoint, HttpLimits
from schema.codec import decode_body
from schema.codes import ReceiptResult, RegistryKind
from schema.messages import JournalLeaf, Message, MessageResult, Receipt
from schema.refusals import Refusal, RefusalCode, refuse
from signing.envelope import VerifiedEnvelope, open_envelope, verify_envelope
from signing.jwk import Algorithm, Jwk, PublicKey
from signing.keyring import KeyEntry, Keyring
from signing.keys import PrivateKey
from signing.purposes import KeyPurpose

HUB_ID = "HUB01"
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
LIMITS = HttpLimits(attempt_seconds=3, call_seconds=5, pause_first_seconds=0.01, attempts_max=2)

Rule = Callable[[str, Message], tuple[Refusal, ...]]


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class FakeHub:
    """What the hub has received, in order, and how it answers."""

    url: str = ""
    key: PrivateKey = field(
        default_factory=lambda: PrivateKey.generate(Algorithm.ES256, KeyPurpose.MESSAGES)
    )
    keyring: Keyring = field(default_factory=Keyring)
    received: list[tuple[str, Message]] = field(default_factory=list)
    """Issuer and message, each message once."""
    envelopes: list[bytes] = field(default_factory=list)
    """Every envelope that arrived and verified, repeated ones too."""
    receipts: dict[UUID, bytes] = field(default_factory=dict)
    seen: set[UUID] = field(default_factory=set)
    refused: list[Refusal] = field(default_factory=list)
    rule: Rule = lambda _, __: ()
    busy: int = 0
    """How many requests to answer with 503."""
    outbox: list[bytes] = field(default_factory=list)
    arrival: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def address(self) -> HubAddress:
        return HubAddress(hub_id=HUB_ID, url=self.url, keys=(self.key.public.to_jwk(),))

    def messages(self, kind: type[Message]) -> list[Any]:
        return [message for _, message in self.received if isinstance(message, kind)]

    async def admit(self, registry: SimulatedRegistry) -> None:
        """Trust the registry's published keys and tell it about this hub."""
        client = RegistryHttp(Endpoint(registry=registry.registry, base_url=URL(registry.url)))
        async with client:
            answer = await client.send(HttpRequest(method="GET", path=".well-known/jwks.json"))
        for jwk in msgspec.json.decode(answer.body)["keys"]:
            self.trust(registry.registry, PublicKey.from_jwk(msgspec.convert(jwk, Jwk)))
        await registry.join(self.address)

    def trust(self, issuer: str, key: PublicKey) -> None:
        entry = KeyEntry(issuer=issuer, purpose=KeyPurpose.MESSAGES, key=key, valid_from=EPOCH)
        self.keyring = self.keyring.with_key(entry)

    def seal(self, message: Message, to: str, *, jti: UUID | None = None) -> Outgoing:
        envelope_id = jti or uuid4()
        envelope = seal_message(
            message,
            self.key,
            issuer=HUB_ID,
            audience=to,
            jti=envelope_id,
            at=now(),
            lifetime=timedelta(hours=1),
        )
        return Outgoing(envelope=envelope, envelope_id=envelope_id, message=message)

    def connector(
        self,
        registry: SimulatedRegistry,
        limits: HttpLimits = LIMITS,
        http: HttpSender | None = None,
        **peer: Any,
    ) -> FederationConnector:
        """The real connector to a registry, as the hub would build it."""

        def open_answer(raw: bytes, received_at: datetime) -> VerifiedEnvelope | Refusal:
            return verify_envelope(raw, self.keyring, audience=HUB_ID, received_at=received_at)

        def authorize_read(target: str) -> str:
            return seal_read_request(
                target,
                self.key,
                issuer=HUB_ID,
                audience=registry.registry,
                jti=uuid4(),
                at=now(),
            )

        return FederationConnector(
            FederationPeer(
                registry=registry.registry,
                kind=RegistryKind.JCM,
                open_answer=open_answer,
                authorize_read=authorize_read,
                now=now,
                **peer,
            ),
            http
            or RegistryHttp(
                Endpoint(registry=registry.registry, base_url=URL(registry.url)), limits=limits
            ),
        )

    async def take(self, request: web.Request) -> web.Response:
        raw = await request.read()
        if self.busy:
            self.busy -= 1
            return web.Response(status=503, headers={"Retry-After": "1"})
        opened = open_envelope(raw, self.keyring, audience=HUB_ID, received_at=now())
        if isinstance(opened, Refusal):
            self.refused.append(opened)
            return web.json_response({"code": opened.code, "detail": opened.detail}, status=400)
        self.envelopes.append(raw)
        jti = opened.claims.jti
        if jti not in self.receipts:
            receipt = self._receipt(opened, raw)
            self.receipts[jti] = self.seal(receipt, opened.claims.iss).envelope
        async with self.arrival:
            self.arrival.notify_all()
        return web.Response(body=self.receipts[jti], status=202, content_type=ENVELOPE_MEDIA_TYPE)

    async def give(self, request: web.Request) -> web.Response:
        after = int(request.query.get("after", "0"))
        page = tuple(each.decode() for each in self.outbox[after : after + 10])
        cursor = after + len(page)
        body = OutboxPage(envelopes=page, cursor=str(cursor), complete=cursor >= len(self.outbox))
        return web.Response(body=msgspec.json.encode(body), content_type="application/json")

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for something to arrive."""
        async with asyncio.timeout(20), self.arrival:
            await self.arrival.wait_for(condition)

    def receipt_for(self, raw: bytes) -> Receipt:
        """What the hub says about an envelope that came to it by another way."""
        opened = verify_envelope(raw, self.keyring, audience=HUB_ID, received_at=now())
        assert isinstance(opened, VerifiedEnvelope)
        return self._receipt(opened, raw)

    def _receipt(self, opened: VerifiedEnvelope, raw: bytes) -> Receipt:
        message = decode_body(opened.claims.kind, opened.body)
        if isinstance(message, Refusal):
            refusals: tuple[Refusal, ...] = (message,)
            message_id = uuid4()
        else:
            refusals, message_id = self.rule(opened.claims.iss, message), message.message_id
            if message_id not in self.seen:
                self.seen.add(message_id)
                self.received.append((opened.claims.iss, message))
        result = MessageResult(
            message_id=message_id,
            result=ReceiptResult.REFUSED if refusals else ReceiptResult.APPLIED,
            refusals=refusals,
            leaf=JournalLeaf(origin="fake", leaf_index=len(self.receipts), leaf_hash="0" * 64),
        )
        return Receipt(
            message_id=uuid4(),
            in_reply_to=opened.claims.jti,
            envelope_digest=sha256(raw).hexdigest(),
            received_at=now(),
            results=(result,),
        )


def refusing(code: RefusalCode) -> Rule:
    return lambda _, __: (refuse(code, "by the rule of the test"),)


@asynccontextmanager
async def fake_hub() -> AsyncIterator[FakeHub]:
    """Serve a fake hub on a free loopback port."""
    hub = FakeHub()
    app = web.Application(client_max_size=8 * 1024 * 1024)
    app.router.add_post("/messages", hub.take)
    app.router.add_get("/outbox", hub.give)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    hub.url = f"http://{host}:{port}"
    try:
        yield hub
    finally:
        await runner.cleanup()
