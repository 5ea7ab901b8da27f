"""HTTP to a registry behind X-Road: the same requests, carried by our own security server."""

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from connectors.errors import AnswerNotTrusted, RegistryFailed, RegistryRefused
from connectors.http_answers import HttpAnswer, HttpRequest, headers_of
from connectors.http_client import RegistryHttp
from connectors.transport import Endpoint
from connectors.xroad.faults import error_of, parse_fault
from connectors.xroad.hashing import (
    HASH_HEADER,
    MESSAGE_ID_HEADER,
    REQUEST_ID_HEADER,
    HashState,
    is_hash,
    request_hash,
)
from connectors.xroad.identifiers import PATH_CHARS_MAX, XRoadName, XRoadNameError

PROTOCOL: Final = "r1"
CLIENT_HEADER: Final = "X-Road-Client"
SERVICE_HEADER: Final = "X-Road-Service"
_OURS_TO_SET: Final = "x-road-"


@dataclass(frozen=True, slots=True, kw_only=True)
class XRoadWay:
    """From whom to whom: our subsystem, the registry's, and its service codes."""

    client: XRoadName
    provider: XRoadName
    service: str
    """The service code for every path that `services` does not name."""
    services: Mapping[str, str] = field(default_factory=dict)
    """First part of a path to service code, such as `statement` to `itmo-recon`."""
    security_server: XRoadName | None = None
    """The registry's security server, where it has several and one must be chosen."""
    user_id: str = ""
    """With the country in front; empty: none is sent."""

    def service_of(self, path: str) -> XRoadName:
        """Return the service that a path below the registry's address belongs to."""
        code = self.services.get(path.strip("/").split("/")[0], self.service)
        return XRoadName((*self.provider.parts, code))

    def headers(self, message_id: UUID) -> tuple[tuple[str, str], ...]:
        """Return the headers of one request; never the request hash, which is X-Road's to set."""
        given: tuple[tuple[str, str], ...] = (
            (CLIENT_HEADER, self.client.encoded),
            (MESSAGE_ID_HEADER, str(message_id)),
        )
        if self.security_server is not None:
            given += (("X-Road-Security-Server", self.security_server.encoded),)
        if self.user_id:
            given += (("X-Road-UserId", self.user_id),)
        return given


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """How one answer came: the ids under which both security servers keep its evidence."""

    message_id: str
    """Ask `asic?queryId=` for it later: the signed, time-stamped container of the exchange."""
    request_id: str
    request_hash: str
    hash_state: HashState


class XRoadHttp:
    """A `connectors.http_answers.HttpSender` through a security server; owns its client."""

    def __init__(
        self,
        way: XRoadWay,
        http: RegistryHttp,
        *,
        endpoint: Endpoint,
        new_id: Callable[[], UUID],
        hash_must_match: bool = False,
    ) -> None:
        """Take the way, the client of our security server, and the registry's own address.

        `endpoint` is how the registry knows itself: read requests are signed for its paths. With
        `hash_must_match` an answer whose request hash is not the one we compute is refused.
        """
        assert http.limits.redirects_max == 0, "X-Road passes redirects through; none is followed"
        self.way = way
        self.endpoint = endpoint
        self._http = http
        self._new_id = new_id
        self._hash_must_match = hash_must_match

    async def send(self, request: HttpRequest) -> HttpAnswer:
        """Send a request through X-Road and return the registry's good answer.

        Raises:
            RegistryError: of the registry as always; of X-Road itself `WayRefused` or
                `SecurityServerFailed`; `AnswerNotTrusted` for the answer to another request.
        """
        assert not any(name.lower().startswith(_OURS_TO_SET) for name, _ in request.headers)
        service = self.way.service_of(request.path)
        return await self._through(f"{service.plain}/{request.path.strip('/')}", request)

    async def ask_metaservice(self, request: HttpRequest) -> HttpAnswer:
        """Ask the registry's security server itself; the path is the metaservice's name.

        Raises:
            RegistryError: as `send`.
        """
        return await self._through(f"{self.way.provider.plain}/{request.path}", request)

    async def _through(self, path: str, request: HttpRequest) -> HttpAnswer:
        message_id = self._new_id()
        carried = self._carried(path, request, message_id)
        try:
            answer = await self._http.send(carried)
        except RegistryRefused as refused:
            fault = parse_fault(refused.headers, refused.body)
            if fault is None:
                raise
            raise error_of(refused.registry, refused.status, fault) from refused
        except RegistryFailed as failed:
            fault = parse_fault(failed.headers, failed.body)
            if fault is None:
                raise
            raise error_of(failed.registry, 500, fault) from failed
        LAST_PASSAGE.set(self._passage(carried, answer, message_id))
        return answer

    async def asic(self, message_id: str) -> bytes:
        """Fetch the signed container of one exchange from our security server.

        Raises:
            RegistryError: there is none (any more), or it cannot be had now.
        """
        names = ("xRoadInstance", "memberClass", "memberCode", "subsystemCode")
        query = (("queryId", message_id), *zip(names, self.way.client.parts, strict=False))
        answer = await self._http.send(HttpRequest(method="GET", path="asic", query=query))
        return answer.body

    async def close(self) -> None:
        """Close the connections to the security server."""
        await self._http.close()

    def _carried(self, path: str, request: HttpRequest, message_id: UUID) -> HttpRequest:
        path = f"{PROTOCOL}/{path}"
        if len(path) > PATH_CHARS_MAX:
            raise XRoadNameError(f"the path has {len(path)} characters")
        return HttpRequest(
            method=request.method,
            path=path,
            query=request.query,
            body=request.body,
            content_type=request.content_type,
            accept=request.accept,
            headers=(*request.headers, *self.way.headers(message_id)),
            answer_bytes_max=request.answer_bytes_max,
            repeatable=request.repeatable,
        )

    def _passage(self, carried: HttpRequest, answer: HttpAnswer, message_id: UUID) -> Passage:
        told = answer.headers
        registry = self.endpoint.registry
        if told.get(MESSAGE_ID_HEADER) != str(message_id):
            raise AnswerNotTrusted(registry, "the answer has another X-Road-Id than the request")
        client = told.get(CLIENT_HEADER, self.way.client.encoded)
        if client != self.way.client.encoded:
            raise AnswerNotTrusted(registry, f"the answer is for {client}")
        request_id, hashed = told.get(REQUEST_ID_HEADER, ""), told.get(HASH_HEADER, "")
        state = self._hash_state(carried, request_id, hashed)
        if self._hash_must_match and state is not HashState.CONFIRMED:
            raise AnswerNotTrusted(registry, f"the hash of the request {state}")
        return Passage(
            message_id=str(message_id),
            request_id=request_id,
            request_hash=hashed,
            hash_state=state,
        )

    def _hash_state(self, carried: HttpRequest, request_id: str, hashed: str) -> HashState:
        if not hashed:
            return HashState.ABSENT
        if not is_hash(hashed):
            raise AnswerNotTrusted(self.endpoint.registry, "the request hash is no hash")
        url = self._http.endpoint.at(carried.path).with_query(list(carried.query))
        as_sent = headers_of(carried)
        for headers in (as_sent, {name.lower(): value for name, value in as_sent.items()}):
            ours = request_hash(
                carried.method, url.raw_path_qs, headers.items(), carried.body, request_id
            )
            if hashed == ours:
                return HashState.CONFIRMED
        return HashState.DIFFERS


LAST_PASSAGE: ContextVar[Passage | None] = ContextVar("last_passage", default=None)
"""How the newest answer of this task came; each task of the event loop has its own."""
