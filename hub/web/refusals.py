"""How a refusal of the envelope is told over HTTP; refusals of messages travel in receipts."""

from typing import Final

import msgspec
from starlette.responses import Response

from schema.refusals import Refusal, RefusalCode

_STATUS: Final[dict[RefusalCode, int]] = {
    RefusalCode.ENVELOPE_TOO_LARGE: 413,
    RefusalCode.KEY_UNKNOWN: 401,
    RefusalCode.SIGNATURE_INVALID: 401,
    RefusalCode.KEY_NOT_VALID_AT_RECEIPT: 401,
    RefusalCode.KEY_REVOKED: 401,
    RefusalCode.ENVELOPE_FROM_THE_FUTURE: 401,
    RefusalCode.ENVELOPE_STALE: 401,
    RefusalCode.ISSUER_WRONG: 403,
    RefusalCode.AUDIENCE_WRONG: 403,
    RefusalCode.SENDER_NOT_ENTITLED: 403,
    RefusalCode.TRANSFER_UNKNOWN: 404,
    RefusalCode.RECORD_UNKNOWN: 404,
    RefusalCode.MESSAGE_ID_REUSED: 409,
    RefusalCode.TRY_AGAIN_LATER: 503,
}
RETRY_AFTER_SECONDS: Final = 2


def refusal_response(refusal: Refusal) -> Response:
    """Return `{"code", "detail"}` with the status that tells what to do, 400 by default."""
    status = _STATUS.get(refusal.code, 400)
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)} if status == 503 else {}  # noqa: PLR2004
    body = msgspec.json.encode({"code": refusal.code, "detail": refusal.detail})
    return Response(body, status, headers, "application/json")
