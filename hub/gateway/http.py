"""GraphQL over HTTP, to the letter of the specification, as a plain ASGI application.

A request error is answered 400 as `application/graphql-response+json`, and 200 to those who accept
only `application/json`; malformed requests are 4xx to all. Queries may come by GET; whatever
changes something must come by POST as JSON, which no foreign page can send without a preflight.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol
from urllib.parse import parse_qsl

import orjson

from hub.gateway.answers import Answer
from hub.gateway.errors import ErrorCode, MalformedError, NotAdmittedError
from hub.gateway.limits import GatewayLimits
from hub.gateway.viewer import Viewer

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ViewerOf = Callable[[Scope], Awaitable[Viewer]]
"""Tells who asks, from the headers.

Raises:
    NotAdmittedError: whoever asks may not.
"""

GRAPHQL: Final = b"application/graphql-response+json"
JSON: Final = b"application/json"
HTML: Final = b"text/html"
_CHARSET: Final = b"; charset=utf-8"
_NO_SNIFFING: Final = (b"x-content-type-options", b"nosniff")


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphQLRequest:
    """What a client asks."""

    query: str
    variables: dict[str, Any] | None = None
    operation_name: str | None = None
    extensions: dict[str, Any] = field(default_factory=dict)
    read_only: bool = False
    """Whether it came by GET, so that it may change nothing."""


class Execute(Protocol):
    """Answers a request for a viewer."""

    async def __call__(self, request: GraphQLRequest, viewer: Viewer) -> Answer:
        """Return the answer.

        Raises:
            MalformedError: the request cannot be taken.
        """
        ...


class GraphQLView:
    """The ASGI application at `/graphql`."""

    def __init__(
        self,
        execute: Execute,
        viewer_of: ViewerOf,
        limits: GatewayLimits,
        page: bytes | None = None,
        page_headers: list[tuple[bytes, bytes]] | None = None,
    ) -> None:
        self._execute = execute
        self._viewer_of = viewer_of
        self._limits = limits
        self._page = page
        self._page_headers = page_headers or []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        assert scope["type"] == "http"
        headers = dict(scope["headers"])
        accepted = headers.get(b"accept", b"")
        if self._wants_page(scope, accepted):
            assert self._page is not None
            kind = HTML + _CHARSET
            await _respond(send, 200, kind, self._page, self._page_headers)
            return
        media = GRAPHQL if GRAPHQL in accepted else JSON
        try:
            viewer = await self._viewer_of(scope)
            request = await self._read(scope, headers, receive)
            answer = await self._execute(request, viewer)
        except NotAdmittedError as cause:
            body = _error_body(ErrorCode.UNAUTHENTICATED, str(cause))
            challenge = [(b"www-authenticate", b"Bearer")] if cause.status == 401 else []  # noqa: PLR2004
            await _respond(send, cause.status, media + _CHARSET, body, challenge)
            return
        except MalformedError as cause:
            body = _error_body(ErrorCode.BAD_REQUEST, str(cause))
            allow = [(b"allow", b"GET, POST")] if cause.status == 405 else []  # noqa: PLR2004
            await _respond(send, cause.status, media + _CHARSET, body, allow)
            return
        status = 200 if answer.executed or media is JSON else 400
        await _respond(send, status, media + _CHARSET, answer.body, [])

    def _wants_page(self, scope: Scope, accepted: bytes) -> bool:
        return (
            self._page is not None
            and scope["method"] == "GET"
            and HTML in accepted
            and b"query=" not in scope["query_string"]
        )

    async def _read(
        self, scope: Scope, headers: dict[bytes, bytes], receive: Receive
    ) -> GraphQLRequest:
        match scope["method"]:
            case "POST":
                kind = headers.get(b"content-type", b"").split(b";")[0].strip().lower()
                if kind != JSON:
                    raise MalformedError("send application/json", 415)
                return _of_body(await self._body(headers, receive))
            case "GET":
                if len(scope["query_string"]) > self._limits.body_bytes_max:
                    raise MalformedError("the query string is too long", 414)
                return _of_query_string(scope["query_string"])
            case _:
                raise MalformedError("use GET or POST", 405)

    async def _body(self, headers: dict[bytes, bytes], receive: Receive) -> bytes:
        limit = self._limits.body_bytes_max
        too_large = MalformedError(f"the body has more than {limit} bytes", 413)
        announced = headers.get(b"content-length", b"")
        if announced.isdigit() and int(announced) > limit:
            raise too_large
        message = await receive()
        body: bytes = message.get("body", b"")
        while message.get("more_body", False):
            message = await receive()
            body += message.get("body", b"")
            if len(body) > limit:
                raise too_large
        if len(body) > limit:
            raise too_large
        return body


def _of_body(body: bytes) -> GraphQLRequest:
    try:
        given = orjson.loads(body)
    except orjson.JSONDecodeError as cause:
        raise MalformedError("the body is not JSON") from cause
    if not isinstance(given, dict):
        raise MalformedError("the body is a JSON object with `query`")
    return _request(given, read_only=False)


def _of_query_string(query_string: bytes) -> GraphQLRequest:
    try:
        given: dict[str, Any] = dict(
            parse_qsl(query_string.decode(), keep_blank_values=True, errors="strict")
        )
        for name in ("variables", "extensions"):
            if name in given:
                given[name] = orjson.loads(given[name])
    except ValueError as cause:
        raise MalformedError("the query string cannot be read") from cause
    return _request(given, read_only=True)


def _request(given: dict[str, Any], *, read_only: bool) -> GraphQLRequest:
    query = given.get("query")
    variables = given.get("variables")
    name = given.get("operationName")
    extensions = given.get("extensions")
    if not isinstance(query, str):
        raise MalformedError("`query` is a string")
    if variables is not None and not isinstance(variables, dict):
        raise MalformedError("`variables` is an object")
    if name is not None and not isinstance(name, str):
        raise MalformedError("`operationName` is a string")
    if extensions is not None and not isinstance(extensions, dict):
        raise MalformedError("`extensions` is an object")
    return GraphQLRequest(
        query=query,
        variables=variables,
        operation_name=name or None,
        extensions=extensions or {},
        read_only=read_only,
    )


def _error_body(code: ErrorCode, words: str) -> bytes:
    return orjson.dumps({"errors": [{"message": words, "extensions": {"code": code.value}}]})


async def _respond(
    send: Send, status: int, kind: bytes, body: bytes, headers: list[tuple[bytes, bytes]]
) -> None:
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [
                (b"content-type", kind),
                (b"content-length", str(len(body)).encode()),
                _NO_SNIFFING,
                *headers,
            ],
        }
    )
    await send({"type": "http.response.body", "body": body})
