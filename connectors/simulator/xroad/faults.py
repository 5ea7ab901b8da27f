"""Answers of X-Road's own: status, header and body, in either spelling."""

from uuid import uuid4

import msgspec
from starlette.responses import Response

from connectors.simulator.xroad.switches import Spelling

CLIENT = "client"
CLIENT_PROXY = "server.clientproxy"
SERVER_PROXY = "server.serverproxy"
_DOCUMENT_PLACES = {
    CLIENT: "Client",
    CLIENT_PROXY: "Server.ClientProxy",
    SERVER_PROXY: "Server.ServerProxy",
}
_DOCUMENT_CODES = {"global_conf_outdated": "OutdatedGlobalConf"}


def fault(place: str, code: str, message: str, spelling: Spelling) -> Response:
    """Return the answer to a call that X-Road itself could not carry through."""
    kind = f"{place}.{code}"
    if spelling is Spelling.DOCUMENT:
        camel = "".join(part.capitalize() for part in code.split("_"))
        kind = f"{_DOCUMENT_PLACES[place]}.{_DOCUMENT_CODES.get(code, camel)}"
    body = {"type": kind, "message": message, "detail": str(uuid4())}
    return Response(
        msgspec.json.encode(body),
        400 if place == CLIENT else 500,
        headers={"X-Road-Error": kind},
        media_type="application/json;charset=utf-8",
    )
