"""The simulated security server over HTTP: relay, metaservices, evidence, health, control."""

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from connectors.simulator.kit.control import SwitchBoard, control_routes, json_answer
from connectors.simulator.kit.database import Database
from connectors.simulator.kit.faults import Faults, FaultyTransport
from connectors.simulator.kit.process import CONTROL
from connectors.simulator.xroad.evidence import MIMETYPE, MessageLog
from connectors.simulator.xroad.faults import CLIENT_PROXY, fault
from connectors.simulator.xroad.relay import Relay, Subsystem, Told, call_of, client_of
from connectors.simulator.xroad.switches import Switches
from connectors.xroad.identifiers import XRoadName, XRoadNameError

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]


def application(subsystem: Subsystem, database: Database, token: str) -> ASGIApp:
    """Return the whole server as one application."""
    board = SwitchBoard(database, Switches())
    log = MessageLog(database)
    relay = Relay(subsystem, board, log)
    faults = Faults(database)
    meta = Metaservices(subsystem, board)

    async def asic(request: Request) -> Response:
        query_id = request.query_params.get("queryId", "")
        if not query_id:
            return Response("queryId is missing", 400)
        container = log.container(query_id)
        if container is None:
            return Response("No records found for the given query id", 404)
        return Response(container, media_type=MIMETYPE)

    async def health(_: Request) -> Response:
        if board.now.maintenance:
            return Response("Health check interface is in maintenance mode", 503)
        failed = relay.refused()
        return Response("", 200) if failed is None else Response("time-stamping failed", 500)

    async def r1(request: Request) -> Response:
        name = request.path_params["rest"].rsplit("/", 1)[-1]
        if meta.knows(name) and request.path_params["rest"].count("/") == 4:  # noqa: PLR2004
            return relay.refused() or meta.answer(relay, request, name)
        return await relay.call(request)

    routes = [
        *control_routes(token, board, faults),
        Route("/r1/{rest:path}", r1, methods=METHODS),
        Route("/listClients", meta.clients),
        Route("/asic", asic),
        Route("/health", health),
    ]
    return FaultyTransport(Starlette(routes=routes), faults, spared=CONTROL)


class Metaservices:
    """What the server says about the subsystem behind it."""

    def __init__(self, subsystem: Subsystem, board: SwitchBoard[Switches]) -> None:
        """Answer for `subsystem`."""
        self._subsystem = subsystem
        self._board = board

    def knows(self, name: str) -> bool:
        """Tell whether a path ends in a metaservice."""
        return name in {"listMethods", "allowedMethods", "getOpenAPI"}

    def answer(self, relay: Relay, request: Request, name: str) -> Response:
        """Answer one call of a metaservice, tied to its question like any other."""
        try:
            client = client_of(request)
        except XRoadNameError as cause:
            return fault("client", "bad_request", str(cause), self._board.now.spelling)
        told = self._told(client, request, name)
        if isinstance(told, Response):
            return told
        return relay.tie(request, call_of(request, client, name, ""), b"", told)

    def _told(self, client: XRoadName, request: Request, name: str) -> Told | Response:
        if name == "getOpenAPI":
            code = request.query_params.get("serviceCode", "")
            if code not in self._subsystem.services:
                words = f"Unknown service: {code}"
                return fault(CLIENT_PROXY, "unknown_service", words, self._board.now.spelling)
            text = f"openapi: 3.0.0\ninfo: {{title: {code}, version: '1'}}\n"
            return Told(200, (("content-type", "text/yaml"),), text.encode())
        may = not self._subsystem.clients or client.encoded in self._subsystem.clients
        listed = self._subsystem.services if name == "listMethods" or may else ()
        body = msgspec.json.encode({"service": [self._service(code) for code in listed]})
        return Told(200, (("content-type", "application/json"),), body)

    async def clients(self, _: Request) -> Response:
        """List the members of the instance."""
        return json_answer({"member": [{"id": self._named({}), "name": "Simulated registry"}]})

    def _service(self, code: str) -> dict[str, object]:
        kind = {"object_type": "SERVICE", "service_code": code, "service_type": "REST"}
        return self._named(kind | {"endpoint_list": []})

    def _named(self, more: dict[str, object]) -> dict[str, object]:
        names = ("xroad_instance", "member_class", "member_code", "subsystem_code")
        told = dict(zip(names, self._subsystem.name.parts, strict=True)) | more
        if not self._board.now.camel_case:
            return told
        return {_camel(name): value for name, value in told.items()}


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)
