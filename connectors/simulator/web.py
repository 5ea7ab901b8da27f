"""The simulated registry over HTTP: the federation protocol, its faults on order, and control."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send
from typing_extensions import override

from connectors.driving.misbehaviour import Misbehaviour
from connectors.protocol import (
    ENVELOPE_MEDIA_TYPE,
    HEALTH_PATH,
    KEYS_PATH,
    MESSAGES_PATH,
    OUTBOX_PAGE_MAX,
    OUTBOX_PATH,
    STATEMENT_PATH,
    HealthAnswer,
    OutboxPage,
    Refused,
    is_read_request_for,
    parse_statement_query,
)
from connectors.simulator.bodies import read_body
from connectors.simulator.control import Control
from connectors.simulator.inbox import STATUS_OF_REFUSAL, receive
from connectors.simulator.outbox import outbox_page
from connectors.simulator.puller import Puller
from connectors.simulator.registry import Registry
from connectors.simulator.sender import Sender
from connectors.simulator.stating import NoSuchPageError, NotYetError, Statements
from schema.refusals import Refusal, RefusalCode, refuse
from signing.envelope import VerifiedEnvelope, open_envelope
from signing.jwk import jwks

ENVELOPE_BYTES_MAX: Final = 4 * 1024 * 1024
HANG_SECONDS: Final = 3600.0
ASK_AGAIN_SECONDS: Final = "1"
_BEARER: Final = "Bearer "


def build_app(registry: Registry, token: str) -> Starlette:
    """Return the application; its workers live as long as it does."""
    desk = FrontDesk(registry)
    control = Control(registry, token)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        workers = [asyncio.create_task(Sender(registry).run())]
        if registry.profile.pulls:
            workers.append(asyncio.create_task(Puller(registry).run()))
        try:
            yield
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
            registry.close()

    return Starlette(
        routes=[
            Route(f"/{MESSAGES_PATH}", desk.messages, methods=["POST"]),
            Route(f"/{STATEMENT_PATH}", desk.statement),
            Route(f"/{OUTBOX_PATH}", desk.outbox),
            Route(f"/{HEALTH_PATH}", desk.health),
            Route(f"/{KEYS_PATH}", desk.keys),
            Route("/control/{order}", control.handle, methods=["GET", "POST"]),
        ],
        lifespan=lifespan,
    )


class CutShort(Response):
    """Promises the whole answer, and cuts the connection in the middle of it."""

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the head and half of the body; the server then closes the connection."""
        del scope, receive
        start = {"type": "http.response.start", "status": self.status_code}
        await send({**start, "headers": self.raw_headers})
        half = bytes(self.body[: len(self.body) // 2])
        await send({"type": "http.response.body", "body": half, "more_body": True})
        raise ConnectionAbortedError("by order")


class FrontDesk:
    """The routes of the protocol."""

    def __init__(self, registry: Registry) -> None:
        """Answer for `registry`."""
        self._registry = registry
        self._statements = Statements(registry)

    async def messages(self, request: Request) -> Response:
        """Take an envelope of the hub: 202 with the signed acknowledgement."""
        await self._misbehave_before()
        raw = await read_body(request, ENVELOPE_BYTES_MAX)
        if raw is None:
            return _refused(refuse(RefusalCode.ENVELOPE_TOO_LARGE, "larger than 4 MiB"))
        taken = receive(self._registry, raw)
        if isinstance(taken, Refusal):
            return _refused(taken)
        await self._registry.announce_mail()
        return self._answer(202, taken.acknowledgement, ENVELOPE_MEDIA_TYPE)

    async def statement(self, request: Request) -> Response:
        """State the books, signed, to the hub only."""
        await self._misbehave_before()
        opened = self._reader(request)
        if isinstance(opened, Refusal):
            return _refused(opened)
        try:
            scope, page = parse_statement_query(request.query_params.multi_items())
            notice = self._statements.page(scope, page)
        except (NoSuchPageError, ValueError) as cause:
            return _json(400, Refused(code="query_malformed", detail=str(cause)))
        except NotYetError as cause:
            body = Refused(code=RefusalCode.TRY_AGAIN_LATER, detail=str(cause))
            return _json(503, body, {"Retry-After": ASK_AGAIN_SECONDS})
        envelope = self._registry.signer.seal(notice, opened.claims.iss, notice.message_id)
        return self._answer(200, envelope, ENVELOPE_MEDIA_TYPE)

    async def outbox(self, request: Request) -> Response:
        """Let the hub read what this registry has to say."""
        await self._misbehave_before()
        opened = self._reader(request)
        if isinstance(opened, Refusal):
            return _refused(opened)
        try:
            after = int(request.query_params.get("after", "0"))
        except ValueError:
            return _json(400, Refused(code="query_malformed", detail="not a cursor of ours"))
        envelopes, cursor, complete = outbox_page(self._registry, after, OUTBOX_PAGE_MAX)
        page = OutboxPage(envelopes=envelopes, cursor=str(cursor), complete=complete)
        return self._answer(200, msgspec.json.encode(page), "application/json")

    async def health(self, _: Request) -> Response:
        """Say that the registry is there, and what time it has."""
        await self._misbehave_before()
        now = self._registry.clock.told_now()
        body = HealthAnswer(registry=self._registry.profile.registry, status="up", time=now)
        return self._answer(200, msgspec.json.encode(body), "application/json")

    async def keys(self, _: Request) -> Response:
        """Publish the public keys."""
        published = jwks(key.public for key in self._registry.keys.keys)
        return self._answer(200, msgspec.json.encode(published), "application/jwk-set+json")

    def _reader(self, request: Request) -> VerifiedEnvelope | Refusal:
        """Verify that the hub itself asks to read exactly this."""
        given = request.headers.get("Authorization", "")
        if not given.startswith(_BEARER):
            return refuse(RefusalCode.ENVELOPE_MALFORMED, "a signed read request is missing")
        registry = self._registry
        opened = open_envelope(
            given.removeprefix(_BEARER).encode(),
            registry.keyring,
            audience=registry.profile.registry,
            received_at=registry.clock.told_now(),
        )
        if isinstance(opened, Refusal):
            return opened
        query = f"?{request.url.query}" if request.url.query else ""
        if not is_read_request_for(opened, f"{request.url.path}{query}"):
            return refuse(RefusalCode.SENDER_NOT_ENTITLED, "signed to read something else")
        return opened

    async def _misbehave_before(self) -> None:
        conduct = self._registry.conduct
        if conduct.take(Misbehaviour.NO_ANSWER):
            await asyncio.sleep(HANG_SECONDS)
        slow = conduct.take(Misbehaviour.SLOW)
        if slow is not None:
            await asyncio.sleep(slow.seconds)

    def _answer(self, status: int, body: bytes, media_type: str) -> Response:
        lost = self._registry.conduct.take(Misbehaviour.LOST_REPLY)
        return (CutShort if lost else Response)(body, status, media_type=media_type)


def _refused(refusal: Refusal) -> Response:
    status = STATUS_OF_REFUSAL.get(refusal.code, 400)
    return _json(status, Refused(code=refusal.code, detail=refusal.detail))


def _json(status: int, body: msgspec.Struct, headers: dict[str, str] | None = None) -> Response:
    return Response(
        msgspec.json.encode(body), status, media_type="application/json", headers=headers
    )
