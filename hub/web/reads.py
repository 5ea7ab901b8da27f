"""Reads for registries: signed requests for the outbox, and what became of a message."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.protocol import OutboxPage, is_read_request_for
from hub.services.evidence import (
    Evidence,
    NotCoveredYetError,
    encode_evidence,
    parties_of,
)
from hub.web.refusals import refusal_response
from schema.refusals import Refusal, RefusalCode, refuse
from signing.envelope import EnvelopeLimits, check_freshness, verify_envelope
from signing.keyring import Keyring

ReadOutbox = Callable[[str, int], Awaitable[OutboxPage]]
ReadMessage = Callable[[UUID], Awaitable[Evidence | None]]
_BEARER = "bearer "


class ReadDoor(msgspec.Struct, frozen=True, kw_only=True):
    """How a read request is trusted."""

    hub_id: str
    keyring: Callable[[], Keyring]
    limits: EnvelopeLimits
    clock: Callable[[], datetime]

    def reader_of(self, request: Request) -> str | Refusal:
        """Return the registry that asks, or why it is not believed."""
        header = request.headers.get("authorization", "")
        if not header.lower().startswith(_BEARER):
            return refuse(RefusalCode.SIGNATURE_INVALID, "a signed read request is needed")
        now = self.clock()
        envelope = verify_envelope(
            header[len(_BEARER) :].encode(),
            self.keyring(),
            audience=self.hub_id,
            received_at=now,
            limits=self.limits,
        )
        if isinstance(envelope, Refusal):
            return envelope
        stale = check_freshness(envelope, received_at=now, limits=self.limits)
        if stale is not None:
            return stale
        query = request.url.query
        target = request.url.path + (f"?{query}" if query else "")
        if not is_read_request_for(envelope, target):
            return refuse(RefusalCode.SENDER_NOT_ENTITLED, f"the request is not for {target}")
        return envelope.claims.iss


def read_routes(door: ReadDoor, read_outbox: ReadOutbox, read_message: ReadMessage) -> list[Route]:
    """Return the routes for signed reads."""

    async def message(request: Request) -> Response:
        reader = door.reader_of(request)
        if isinstance(reader, Refusal):
            return refusal_response(reader)
        message_id: UUID = request.path_params["message_id"]
        unknown = refuse(RefusalCode.RECORD_UNKNOWN, f"no message {message_id} of {reader}")
        try:
            evidence = await read_message(message_id)
        except NotCoveredYetError as cause:
            return refusal_response(refuse(RefusalCode.TRY_AGAIN_LATER, str(cause)))
        if evidence is None or reader not in parties_of(evidence):
            return refusal_response(unknown)
        return Response(encode_evidence(evidence), media_type="application/json")

    async def outbox(request: Request) -> Response:
        reader = door.reader_of(request)
        if isinstance(reader, Refusal):
            return refusal_response(reader)
        after = request.query_params.get("after", "0")
        if not (after.isascii() and after.isdecimal() and len(after) <= 18):  # noqa: PLR2004
            return refusal_response(refuse(RefusalCode.BODY_MALFORMED, "after is not a cursor"))
        page = await read_outbox(reader, int(after))
        return Response(msgspec.json.encode(page), media_type="application/json")

    return [Route("/outbox", outbox), Route("/messages/{message_id:uuid}", message)]
