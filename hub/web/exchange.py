"""The exchange over HTTP: `POST /messages` answers 202 with a signed receipt, after the commit."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.services.arrivals import Answer
from hub.web.bodies import BodyTooLargeError, BodyTooSlowError, read_body
from hub.web.refusals import refusal_response
from schema.refusals import RefusalCode, refuse

JOSE = "application/jose"
Receive = Callable[[bytes], Awaitable[Answer]]


def exchange_routes(
    receive: Receive, *, envelope_bytes_max: int, body_seconds_max: float
) -> list[Route]:
    """Return the routes of the exchange."""

    async def post_message(request: Request) -> Response:
        try:
            raw = await read_body(
                request, bytes_max=envelope_bytes_max, seconds_max=body_seconds_max
            )
        except BodyTooLargeError as cause:
            return refusal_response(refuse(RefusalCode.ENVELOPE_TOO_LARGE, str(cause)))
        except BodyTooSlowError as cause:
            return refusal_response(refuse(RefusalCode.ENVELOPE_MALFORMED, str(cause)))
        answer = await receive(raw)
        if answer.receipt is None:
            assert answer.refusal is not None, "an answer has one of both"
            return refusal_response(answer.refusal)
        return Response(answer.receipt, 202, media_type=JOSE)

    return [Route("/messages", post_message, methods=["POST"])]
