"""HTTP discipline towards one registry, in one place.

Deadlines per attempt and per call, bounded answers, retries with jitter under a budget, a circuit
breaker, reused connections, redirects only within the same origin, TLS with names checked, and
every failure as a `RegistryError`. A request that must not be made twice says so, and is then sent
again only when nothing of it can have arrived.
"""

import asyncio
import time
from collections.abc import Callable
from functools import partial
from typing import Self

import aiohttp
import stamina
from yarl import URL

from connectors.breaker import BreakerState, CircuitBreaker, RetryBudget
from connectors.errors import (
    AnswerMalformed,
    CircuitOpen,
    ConnectionCut,
    RedirectRefused,
    RegistryError,
    RegistryTimeout,
    RegistryUnreachable,
    Retry,
    TlsFailed,
)
from connectors.http_answers import HttpAnswer, HttpRequest, Reading, headers_of
from connectors.metrics import HttpMetrics, NoMetrics
from connectors.transport import Endpoint, HttpLimits

__all__ = ["HttpAnswer", "HttpRequest", "RegistryHttp"]


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
        self._reading = Reading(endpoint, self.limits)
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
        async with self._open_session().request(
            request.method,
            url,
            data=request.body or None,
            headers=headers_of(request),
            allow_redirects=False,
        ) as response:
            return await self._reading.take(request, response)

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
