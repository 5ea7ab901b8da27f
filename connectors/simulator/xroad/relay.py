"""The relay: checks in the order of a real server, passes on, and ties answer to question."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import uuid4

import aiohttp
from starlette.requests import Request
from starlette.responses import Response
from yarl import URL

from connectors.simulator.kit.control import SwitchBoard
from connectors.simulator.xroad.evidence import MessageLog
from connectors.simulator.xroad.faults import CLIENT, CLIENT_PROXY, SERVER_PROXY, fault
from connectors.simulator.xroad.switches import Switches
from connectors.xroad.hashing import NOT_PASSED_ON, request_hash
from connectors.xroad.identifiers import XRoadName, XRoadNameError, parse_client

BODY_BYTES_MAX: Final = 16 * 1024 * 1024
_SERVICE_PARTS: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Subsystem:
    """The registry's subsystem behind this server."""

    name: XRoadName
    services: Mapping[str, URL]
    """Service code to the address of the service."""
    clients: frozenset[str]
    """Encoded names of the subsystems that may call; empty: every one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call, understood."""

    client: XRoadName
    service: str
    rest: str
    """Path and query after the service code, as sent."""
    query_id: str
    request_id: str
    headers: tuple[tuple[str, str], ...]
    """Those that are passed on."""


def client_of(request: Request) -> XRoadName:
    """Return who calls; of several headers the last one counts.

    Raises:
        XRoadNameError: nobody who can be named.
    """
    given = request.headers.getlist("x-road-client")
    return parse_client(given[-1] if given else "")


def call_of(request: Request, client: XRoadName, service: str, rest: str) -> Call:
    """Give a call its ids."""
    return Call(
        client=client,
        service=service,
        rest=rest,
        query_id=request.headers.get("x-road-id") or str(uuid4()),
        request_id=str(uuid4()),
        headers=tuple((name, value) for name, value in request.headers.items()),
    )


class Relay:
    """Both security servers in one."""

    def __init__(self, subsystem: Subsystem, board: SwitchBoard[Switches], log: MessageLog) -> None:
        """Relay to `subsystem`."""
        self.subsystem = subsystem
        self._board = board
        self._log = log

    async def call(self, request: Request) -> Response:
        """Relay one call, or say why not."""
        refused = self.refused()
        if refused is not None:
            return refused
        understood = self._understand(request)
        if isinstance(understood, Response):
            return understood
        body = await request.body()
        if len(body) > BODY_BYTES_MAX:
            return self._fault(CLIENT, "bad_request", "The request body is too large.")
        return await self._pass_on(request, understood, body)

    def refused(self) -> Response | None:
        """Return the fault of a server that carries nothing at the moment."""
        switches = self._board.now
        if switches.timestamping_failed:
            return self._fault(CLIENT_PROXY, "timestamping_failed", "Timestamping has failed")
        if switches.global_conf_outdated:
            return self._fault(CLIENT_PROXY, "global_conf_outdated", "Global configuration is old")
        return None

    def _understand(self, request: Request) -> Call | Response:
        raw_path = request.scope["raw_path"].decode("ascii")
        parts = raw_path.split("/", _SERVICE_PARTS + 2)[2:]
        try:
            client = client_of(request)
            owner = parse_client("/".join(parts[:4]))
        except XRoadNameError as cause:
            words = f"Error parsing the client's REST request. {cause}"
            return self._fault(CLIENT, "bad_request", words)
        if owner != self.subsystem.name:
            return self._fault(CLIENT_PROXY, "unknown_member", f"Unknown member {owner.plain}")
        service = parts[4] if len(parts) > 4 else ""  # noqa: PLR2004 (after the four of the owner)
        if service not in self.subsystem.services:
            return self._fault(SERVER_PROXY, "unknown_service", f"Unknown service: {service}")
        if self.subsystem.clients and client.encoded not in self.subsystem.clients:
            words = f"Request is not allowed: {client.plain}"
            return self._fault(SERVER_PROXY, "access_denied", words)
        if self._board.now.service_disabled:
            return self._fault(SERVER_PROXY, "service_disabled", f"Service {service} is disabled")
        query = f"?{request.url.query}" if request.url.query else ""
        tail = f"/{parts[5]}" if len(parts) > _SERVICE_PARTS else ""
        return call_of(request, client, service, tail + query)

    async def _pass_on(self, request: Request, call: Call, body: bytes) -> Response:
        headers = [each for each in call.headers if each[0].lower() not in NOT_PASSED_ON]
        if not any(name == "accept" for name, _ in headers):
            headers.append(("accept", "application/json"))
        base = str(self.subsystem.services[call.service]).rstrip("/")
        timeout = aiohttp.ClientTimeout(total=self._board.now.timeout_seconds)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout, auto_decompress=False) as session,
                session.request(
                    request.method,
                    URL(base + call.rest, encoded=True),
                    data=body or None,
                    headers=headers,
                    allow_redirects=False,
                ) as answer,
            ):
                content = await answer.content.read()
                status, given = answer.status, list(answer.headers.items())
        except (aiohttp.ClientError, TimeoutError) as cause:
            words = f"Connect to {base} failed: {str(cause) or 'Read timed out'}"
            return self._fault(SERVER_PROXY, "network_error", words)
        return self.tie(request, call, body, Told(status, tuple(given), content))

    def tie(self, request: Request, call: Call, body: bytes, told: "Told") -> Response:
        """Log an exchange and tie the answer to its question."""
        switches = self._board.now
        target = request.scope["raw_path"].decode("ascii")
        target += f"?{request.url.query}" if request.url.query else ""
        hashed_body = body + b"!" if switches.wrong_hash else body
        hashed = request_hash(request.method, target, call.headers, hashed_body, call.request_id)
        response = Response(told.body, told.status)
        for name, value in told.headers:
            if name.lower() not in NOT_PASSED_ON:
                response.headers[name] = value
        service = (*self.subsystem.name.parts, call.service)
        response.headers["x-road-client"] = call.client.encoded
        response.headers["x-road-service"] = XRoadName(service).encoded
        query_id = str(uuid4()) if switches.wrong_message_id else call.query_id
        response.headers["x-road-id"] = query_id
        response.headers["x-road-request-id"] = call.request_id
        if not switches.no_hash:
            response.headers["x-road-request-hash"] = hashed
        head = f"{request.method}\r\n{target}\r\n".encode()
        self._log.keep(
            call.query_id,
            call.request_id,
            request=(head, body),
            response=(f"{told.status}\r\n".encode(), told.body),
        )
        return response

    def _fault(self, place: str, code: str, message: str) -> Response:
        return fault(place, code, message, self._board.now.spelling)


@dataclass(frozen=True, slots=True)
class Told:
    """What the service behind, or the server itself, has said."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
