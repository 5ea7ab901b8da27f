"""HTTP discipline towards one registry, in one place.

Deadlines per attempt and per call, bounded answers, retries with jitter under a budget, a circuit
breaker, reused connections, redirects only within the same origin, TLS with names checked, and
every failure as a `RegistryError`. A request that must not be made twice says so, and is then sent
again only when nothing of it can have arrived.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Final, Self

import aiohttp
import msgspec
import stamina
from yarl import URL

from connectors.breaker import BreakerState, CircuitBreaker, RetryBudget
from connectors.errors import (
    AnswerMalformed,
    AnswerTooLarge,
    CircuitOpen,
    ConnectionCut,
    RedirectRefused,
    RegistryBusy,
    RegistryError,
    RegistryFailed,
    RegistryRefused,
    RegistryTimeout,
    RegistryUnreachable,
    Retry,
    TlsFailed,
)
from connectors.metrics import HttpMetrics, NoMetrics
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


class _ErrorBody(msgspec.Struct):
    code: str = ""
    detail: str = ""


class RegistryHttp:
    """The one way to speak HTTP to one registry; owns its connections, breaker and budget."""

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        limits: HttpLimits | None = None,
        metrics: HttpMetrics | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Open nothing yet; the first call connects.

        Raises:
            OSError: a TLS file that the endpoint names cannot be read.
        """
        self.endpoint = endpoint
        self.limits = limits or HttpLimits()
        self._metrics = metrics or NoMetrics()
        self._monotonic = monotonic
        self._tls = endpoint.tls.context() if endpoint.base_url.scheme == "https" else None
        self._session: aiohttp.ClientSession | None = None
        self._budget = RetryBudget()
        self.breaker = CircuitBreaker(self.limits.breaker)

    async def __aenter__(self) -> Self:
        """Use as a context to have the connections given back."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Give the connections back."""
        await self.close()

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def send(self, request: HttpRequest) -> HttpAnswer:
        """Send a request and return the good answer.

        Raises:
            RegistryError: after the last attempt that deadline, budget and breaker allowed.
        """
        self._budget.earn()
        try:
            async with asyncio.timeout(self.limits.call_seconds):
                return await self._with_retries(request)
        except TimeoutError as cause:
            raise RegistryTimeout(
                self.endpoint.registry, f"no answer within {self.limits.call_seconds:g} s"
            ) from cause

    async def _with_retries(self, request: HttpRequest) -> HttpAnswer:
        limits = self.limits
        async for attempt in stamina.retry_context(
            on=partial(self._may_retry, request),
            attempts=limits.attempts_max,
            timeout=limits.call_seconds,
            wait_initial=limits.pause_first_seconds,
            wait_max=limits.pause_max_seconds,
            wait_jitter=limits.pause_jitter_seconds,
        ):
            with attempt:
                if attempt.num > 1:
                    self._metrics.retried(self.endpoint.registry)
                return await self._through_breaker(request)
        raise AssertionError("stamina returns, retries or raises")

    def _may_retry(self, request: HttpRequest, error: Exception) -> bool:
        return (
            isinstance(error, RegistryError)
            and error.retry is Retry.NOW
            and (request.repeatable or not error.may_have_acted)
            and self.breaker.state is not BreakerState.OPEN
            and self._budget.spend()
        )

    async def _through_breaker(self, request: HttpRequest) -> HttpAnswer:
        registry, breaker = self.endpoint.registry, self.breaker
        started = self._monotonic()
        before = breaker.state
        if not breaker.admit(started):
            pause = breaker.seconds_until_probe(started)
            raise CircuitOpen(
                registry, "left alone after repeated failures", retry_after_seconds=pause
            )
        outcome = "cancelled"
        try:
            answer = await self._attempt(request)
            outcome = "ok"
            breaker.succeeded()
        except RegistryError as error:
            outcome = type(error).__name__
            if error.counts_against_health:
                breaker.failed(self._monotonic())
            else:
                breaker.succeeded()
            raise
        finally:
            if outcome == "cancelled":
                breaker.abandoned(self._monotonic())
            self._metrics.attempted(registry, outcome, self._monotonic() - started)
            if breaker.state is not before:
                self._metrics.breaker_changed(registry, breaker.state)
        return answer

    async def _attempt(self, request: HttpRequest) -> HttpAnswer:
        url = self.endpoint.at(request.path).with_query(list(request.query))
        registry = self.endpoint.registry
        try:
            for _ in range(self.limits.redirects_max + 1):
                answer = await self._exchange(request, url)
                if isinstance(answer, HttpAnswer):
                    return answer
                url = answer
        except aiohttp.ClientSSLError as cause:
            raise TlsFailed(registry, f"no trusted connection: {cause}") from cause
        except aiohttp.ClientConnectorError as cause:
            raise RegistryUnreachable(registry, f"no connection: {cause}") from cause
        except aiohttp.ConnectionTimeoutError as cause:
            raise RegistryUnreachable(registry, "no connection in time") from cause
        except TimeoutError as cause:
            raise RegistryTimeout(registry, f"no complete answer from {url.path}") from cause
        except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, OSError) as cause:
            raise ConnectionCut(registry, f"the connection ended early: {cause}") from cause
        except (aiohttp.ClientError, ValueError) as cause:
            raise AnswerMalformed(registry, f"not a good HTTP answer: {cause}") from cause
        raise RedirectRefused(registry, "too many redirects")

    async def _exchange(self, request: HttpRequest, url: URL) -> HttpAnswer | URL:
        headers = {"Accept": request.accept, "Accept-Encoding": "identity"} | dict(request.headers)
        if request.content_type is not None:
            headers["Content-Type"] = request.content_type
        async with self._open_session().request(
            request.method,
            url,
            data=request.body or None,
            headers=headers,
            allow_redirects=False,
        ) as response:
            if response.status in _REDIRECTS:
                return self._follow(request, response)
            if not HTTPStatus.OK <= response.status < HTTPStatus.MULTIPLE_CHOICES:
                raise await self._refusal(response)
            limit = request.answer_bytes_max or self.limits.answer_bytes_max
            if "Content-Encoding" in response.headers:
                raise AnswerMalformed(self.endpoint.registry, "the answer is compressed, unasked")
            return HttpAnswer(
                status=response.status,
                content_type=response.content_type.lower(),
                body=await self._read(response, limit),
                headers=response.headers,
            )

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            limits = self.limits
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=limits.connections_max, ssl=True if self._tls is None else self._tls
                ),
                timeout=aiohttp.ClientTimeout(
                    total=limits.attempt_seconds, sock_connect=limits.connect_seconds
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                headers={"User-Agent": "itmo-federation-hub"},
            )
        return self._session

    def _follow(self, request: HttpRequest, response: aiohttp.ClientResponse) -> URL:
        registry = self.endpoint.registry
        if request.method != "GET" and response.status not in _METHOD_KEEPING_REDIRECTS:
            raise RedirectRefused(registry, f"{response.status} would drop the message")
        target = response.url.join(URL(response.headers.get("Location", "")))
        if target.origin() != self.endpoint.base_url.origin():
            raise RedirectRefused(registry, f"the answer points to {target.host}")
        return target

    async def _read(self, response: aiohttp.ClientResponse, limit: int) -> bytes:
        registry = self.endpoint.registry
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
        registry = self.endpoint.registry
        pause = _retry_after(response.headers.get("Retry-After"))
        if response.status in _BUSY:
            return RegistryBusy(registry, f"busy ({response.status})", retry_after_seconds=pause)
        if response.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return RegistryFailed(registry, f"fault {response.status}", retry_after_seconds=pause)
        body = await response.content.read(self.limits.refusal_bytes_max)
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


def _retry_after(text: str | None) -> float | None:
    """Read the delay form of Retry-After (RFC 9110 section 10.2.3); dates are not trusted."""
    if text is None or not text.isascii() or not text.isdigit():
        return None
    return min(float(text), RETRY_AFTER_SECONDS_MAX)
