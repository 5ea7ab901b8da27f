"""Requests and what comes back: answers within limits, redirects within the origin, errors."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, Protocol

import aiohttp
import msgspec
from yarl import URL

from connectors.errors import (
    AnswerMalformed,
    AnswerTooLarge,
    RedirectRefused,
    RegistryBusy,
    RegistryError,
    RegistryFailed,
    RegistryRefused,
)
from connectors.transport import Endpoint, HttpLimits

CHUNK_BYTES: Final = 64 * 1024
RETRY_AFTER_SECONDS_MAX: Final = 3600.0
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_METHOD_KEEPING_REDIRECTS: Final = frozenset({307, 308})
_BUSY: Final = frozenset({429, 503})


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """One request; `path` lies below the registry's base address."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    content_type: str | None = None
    accept: str = "*/*"
    headers: tuple[tuple[str, str], ...] = ()
    answer_bytes_max: int | None = None
    """None: the limit of the client."""
    repeatable: bool = True
    """False where the registry would act twice: after a failure that may have reached it, the
    caller must look before it asks again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswer:
    """A good answer (2xx), whole."""

    status: int
    content_type: str
    """Media type without parameters, lower case."""
    body: bytes
    headers: Mapping[str, str]


class HttpSender(Protocol):
    """What a connector needs in order to speak HTTP to one registry."""

    endpoint: Endpoint
    """The registry's address as it knows itself."""

    async def send(self, request: HttpRequest) -> HttpAnswer:
        """Send a request and return the good answer.

        Raises:
            RegistryError: there was none.
        """
        ...

    async def close(self) -> None:
        """Close all connections."""
        ...


class _ErrorBody(msgspec.Struct):
    code: str = ""
    detail: str = ""


class Reading:
    """Reads the answers of one registry, by its limits."""

    def __init__(self, endpoint: Endpoint, limits: HttpLimits) -> None:
        """Read what comes from `endpoint`."""
        self._endpoint = endpoint
        self._limits = limits

    async def take(
        self, request: HttpRequest, response: aiohttp.ClientResponse
    ) -> HttpAnswer | URL:
        """Return the good answer, or where in the same origin to ask instead.

        Raises:
            RegistryError: the registry refuses, fails, is busy, or answers beyond the limits.
        """
        if response.status in _REDIRECTS:
            return self._follow(request, response)
        if not HTTPStatus.OK <= response.status < HTTPStatus.MULTIPLE_CHOICES:
            raise await self._refusal(response)
        if "Content-Encoding" in response.headers:
            raise AnswerMalformed(self._endpoint.registry, "the answer is compressed, unasked")
        return HttpAnswer(
            status=response.status,
            content_type=response.content_type.lower(),
            body=await self._read(
                response, request.answer_bytes_max or self._limits.answer_bytes_max
            ),
            headers=response.headers,
        )

    def _follow(self, request: HttpRequest, response: aiohttp.ClientResponse) -> URL:
        registry = self._endpoint.registry
        if request.method != "GET" and response.status not in _METHOD_KEEPING_REDIRECTS:
            raise RedirectRefused(registry, f"{response.status} would drop the message")
        target = response.url.join(URL(response.headers.get("Location", "")))
        if target.origin() != self._endpoint.base_url.origin():
            raise RedirectRefused(registry, f"the answer points to {target.host}")
        return target

    async def _read(self, response: aiohttp.ClientResponse, limit: int) -> bytes:
        registry = self._endpoint.registry
        if (response.content_length or 0) > limit:
            raise AnswerTooLarge(registry, f"{response.content_length} bytes, allowed {limit}")
        chunks: list[bytes] = []
        size_bytes = 0
        async for chunk in response.content.iter_chunked(CHUNK_BYTES):
            size_bytes += len(chunk)
            if size_bytes > limit:
                raise AnswerTooLarge(registry, f"more than {limit} bytes")
            chunks.append(chunk)
        return b"".join(chunks)

    async def _refusal(self, response: aiohttp.ClientResponse) -> RegistryError:
        registry = self._endpoint.registry
        pause = _retry_after(response.headers.get("Retry-After"))
        if response.status in _BUSY:
            return RegistryBusy(registry, f"busy ({response.status})", retry_after_seconds=pause)
        body = await response.content.read(self._limits.refusal_bytes_max)
        if response.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return RegistryFailed(
                registry,
                f"fault {response.status}",
                retry_after_seconds=pause,
                body=body,
                headers=response.headers,
            )
        try:
            told = msgspec.json.decode(body, type=_ErrorBody)
        except msgspec.MsgspecError:
            told = _ErrorBody(detail=body.decode("utf-8", "replace"))
        return RegistryRefused(
            registry,
            status=response.status,
            code=told.code,
            detail=told.detail,
            body=body,
            headers=response.headers,
        )


def headers_of(request: HttpRequest) -> dict[str, str]:
    """Return the headers of a request in the order in which they are sent.

    `Host`, `User-Agent` and `Content-Length` are added on the way.
    """
    headers = {"Accept": request.accept, "Accept-Encoding": "identity"} | dict(request.headers)
    if request.content_type is not None:
        headers["Content-Type"] = request.content_type
    return headers


def _retry_after(text: str | None) -> float | None:
    """Read the delay form of Retry-After (RFC 9110 section 10.2.3); dates are not trusted."""
    if text is None or not text.isascii() or not text.isdigit():
        return None
    return min(float(text), RETRY_AFTER_SECONDS_MAX)
