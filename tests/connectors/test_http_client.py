"""The HTTP discipline, against real servers on loopback that misbehave."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from prometheus_client import CollectorRegistry
from yarl import URL

from connectors.breaker import BreakerRules, BreakerState
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
)
from connectors.http_answers import HttpRequest
from connectors.http_client import RegistryHttp
from connectors.prometheus_metrics import PrometheusMetrics
from connectors.transport import Endpoint, HttpLimits
from tests.connectors.misbehaving_server import (
    Handler,
    MisbehavingServer,
    answer,
    misbehaving_server,
)

GET = HttpRequest(method="GET", path="/thing")
POST = HttpRequest(method="POST", path="/messages", body=b"body", content_type="application/jose")
QUICK = HttpLimits(
    connect_seconds=0.5,
    attempt_seconds=0.4,
    call_seconds=2.0,
    attempts_max=3,
    pause_first_seconds=0.01,
    pause_max_seconds=0.02,
    pause_jitter_seconds=0.01,
    answer_bytes_max=10_000,
    breaker=BreakerRules(failures_to_open=4, open_seconds=0.1),
)


@asynccontextmanager
async def client_of(
    handler: Handler, limits: HttpLimits = QUICK
) -> AsyncIterator[tuple[RegistryHttp, MisbehavingServer]]:
    async with misbehaving_server(handler) as server:
        endpoint = Endpoint(registry="MNG01", base_url=server.url)
        async with RegistryHttp(endpoint, limits=limits) as client:
            yield client, server


def always(reply: bytes) -> Handler:
    async def handler(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(reply)

    return handler


def in_turn(*replies: bytes) -> Handler:
    """Answer with each in turn, the last for ever; an empty answer cuts the connection."""
    waiting = list(replies)

    async def handler(_: bytes, writer: asyncio.StreamWriter) -> None:
        reply = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        if not reply:
            raise ConnectionResetError
        writer.write(reply)

    return handler


async def hang(_: bytes, __: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


async def drip(_: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.1)


async def endless(_: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"1000\r\n" + b"x" * 0x1000 + b"\r\n")
        await writer.drain()


async def cut_in_the_body(_: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf")
    await writer.drain()
    raise ConnectionResetError


async def test_a_good_answer_is_returned_whole_and_the_connection_is_used_again() -> None:
    good = answer("200 OK", b"hello", "Content-Type: Application/JSON; charset=utf-8")
    async with client_of(always(good)) as (client, server):
        for _ in range(3):
            got = await client.send(GET)
            assert (got.status, got.body, got.content_type) == (200, b"hello", "application/json")
        assert (len(server.requests), server.connections) == (3, 1)


@pytest.mark.parametrize(
    ("handler", "error"),
    [
        pytest.param(hang, RegistryTimeout, id="no answer ends at the deadline"),
        pytest.param(drip, RegistryTimeout, id="a body that drips ends at the deadline"),
        pytest.param(endless, AnswerTooLarge, id="an endless body is left at the limit"),
        pytest.param(
            always(answer("200 OK", b"x" * 10_001)), AnswerTooLarge, id="a body one byte too long"
        ),
        pytest.param(
            always(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"),
            AnswerTooLarge,
            id="an announced size is believed before anything is read",
        ),
        pytest.param(cut_in_the_body, ConnectionCut, id="a connection cut in the body"),
        pytest.param(in_turn(b""), ConnectionCut, id="a connection cut before the answer"),
        pytest.param(always(b"SSH-2.0-OpenSSH\r\n\r\n"), AnswerMalformed, id="not HTTP at all"),
        pytest.param(
            always(answer("200 OK", b"\x1f\x8b", "Content-Encoding: gzip")),
            AnswerMalformed,
            id="a compressed answer, which could unfold into anything",
        ),
        pytest.param(
            always(answer("200 OK", b"", "X-Long: " + "x" * 70_000)),
            AnswerMalformed,
            id="a header beyond all measure",
        ),
        pytest.param(
            always(answer("302 Found", b"", "Location: http://elsewhere.example/")),
            RedirectRefused,
            id="a redirect to another host",
        ),
        pytest.param(
            always(answer("302 Found", b"", "Location: /thing")),
            RedirectRefused,
            id="a redirect round in a circle",
        ),
        pytest.param(always(answer("503 Busy")), RegistryBusy, id="busy"),
        pytest.param(always(answer("500 Oops")), RegistryFailed, id="a fault of its own"),
        pytest.param(always(answer("404 Gone", b"no")), RegistryRefused, id="refused"),
        pytest.param(always(answer("304 Same")), RegistryRefused, id="an unasked 304"),
    ],
)
async def test_each_way_to_misbehave_has_its_error(
    handler: Handler, error: type[RegistryError]
) -> None:
    async with client_of(handler) as (client, _):
        started = time.monotonic()
        with pytest.raises(error) as raised:
            await client.send(GET)
        assert type(raised.value) is error
        assert raised.value.registry == "MNG01"
        assert time.monotonic() - started < QUICK.call_seconds + 0.5


async def test_nothing_listening_is_unreachable_and_nothing_was_sent() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = URL(f"http://127.0.0.1:{taken.getsockname()[1]}")
        async with RegistryHttp(Endpoint(registry="MNG01", base_url=url), limits=QUICK) as client:
            with pytest.raises(RegistryUnreachable) as raised:
                await client.send(POST)
    assert not raised.value.may_have_acted


async def test_a_message_survives_two_cut_connections_and_arrives_byte_for_byte() -> None:
    async with client_of(in_turn(b"", b"", answer("202 Accepted"))) as (client, server):
        assert (await client.send(POST)).status == 202
        assert len(server.requests) == 3
        assert all(request.endswith(b"\r\n\r\nbody") for request in server.requests)


@pytest.mark.parametrize("status", ["400 Bad", "302 Found", "503 Busy"])
async def test_what_says_not_now_is_not_repeated_within_the_call(status: str) -> None:
    async with client_of(always(answer(status))) as (client, server):
        with pytest.raises(RegistryError) as raised:
            await client.send(POST)
        assert raised.value.retry is not Retry.NOW
        assert len(server.requests) == 1


async def test_a_refusal_carries_the_code_and_words_of_the_registry() -> None:
    body = b'{"code":"signature_invalid","detail":"not your key","more":1}'
    async with client_of(always(answer("401 No", body))) as (client, _):
        with pytest.raises(RegistryRefused) as raised:
            await client.send(POST)
    refused = raised.value
    assert (refused.status, refused.code, refused.detail) == (
        401,
        "signature_invalid",
        "not your key",
    )
    assert refused.body == body
    assert refused.headers["content-length"] == str(len(body))


async def test_what_must_not_be_done_twice_is_not_sent_again_when_it_may_have_arrived() -> None:
    once = HttpRequest(method="POST", path="/retire", body=b"body", repeatable=False)
    async with client_of(in_turn(b"", answer())) as (client, server):
        with pytest.raises(ConnectionCut) as raised:
            await client.send(once)
        assert raised.value.may_have_acted
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7.0), ("999999999", 3600.0), ("-1", None), ("Wed, 21 Oct 2026 07:28:00 GMT", None)],
)
async def test_a_busy_registry_names_its_pause(header: str, seconds: float | None) -> None:
    busy = answer("503 Busy", b"", f"Retry-After: {header}")
    async with client_of(always(busy)) as (client, _):
        with pytest.raises(RegistryBusy) as raised:
            await client.send(GET)
    assert raised.value.retry_after_seconds == seconds


async def test_a_redirect_within_the_origin_is_followed_when_reading() -> None:
    moved = answer("301 Moved", b"", "Location: /other")
    async with client_of(in_turn(moved, answer("200 OK", b"there"))) as (client, server):
        assert (await client.send(GET)).body == b"there"
        assert server.requests[1].startswith(b"GET /other ")


async def test_a_redirect_that_would_drop_the_message_is_refused() -> None:
    moved = answer("303 See Other", b"", "Location: /other")
    async with client_of(always(moved)) as (client, _):
        with pytest.raises(RedirectRefused):
            await client.send(POST)


async def test_retries_stop_when_the_budget_is_spent() -> None:
    limits = HttpLimits(
        attempts_max=3,
        pause_first_seconds=0.0,
        pause_max_seconds=0.0,
        pause_jitter_seconds=0.0,
        breaker=BreakerRules(failures_to_open=1_000),
    )
    async with client_of(always(answer("500 Oops")), limits) as (client, server):
        for _ in range(20):
            with pytest.raises(RegistryFailed):
                await client.send(GET)
    # 20 first attempts; 10 tokens at the start and 0.2 earned by each call.
    assert 30 <= len(server.requests) <= 20 + 14


async def test_the_breaker_spares_a_failing_registry_and_a_probe_brings_it_back() -> None:
    replies = [answer("500 Oops")] * 4 + [answer("200 OK", b"well")]
    async with client_of(in_turn(*replies)) as (client, server):
        for _ in range(2):
            with pytest.raises(RegistryFailed):
                await client.send(GET)
        with pytest.raises(CircuitOpen) as raised:
            await client.send(GET)
        assert raised.value.retry_after_seconds is not None
        assert len(server.requests) == 4
        await asyncio.sleep(0.15)
        assert (await client.send(GET)).body == b"well"
        assert client.breaker.state is BreakerState.CLOSED


async def test_a_cancelled_call_gives_its_connection_back_and_leaves_the_breaker_alone() -> None:
    async with client_of(hang) as (client, _):
        call = asyncio.create_task(client.send(GET))
        await asyncio.sleep(0.05)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert client.breaker.state is BreakerState.CLOSED


async def test_attempts_retries_and_breaker_are_counted_per_registry() -> None:
    counted = CollectorRegistry()
    async with misbehaving_server(in_turn(b"", answer("200 OK"))) as server:
        endpoint = Endpoint(registry="MNG01", base_url=server.url)
        metrics = PrometheusMetrics(counted)
        async with RegistryHttp(endpoint, limits=QUICK, metrics=metrics) as client:
            await client.send(POST)

    def value(name: str, **labels: str) -> float | None:
        return counted.get_sample_value(name, {"registry": "MNG01"} | labels)

    assert value("itmo_connector_attempt_seconds_count", outcome="ok") == 1
    assert value("itmo_connector_attempt_seconds_count", outcome="ConnectionCut") == 1
    assert value("itmo_connector_retries_total") == 1


async def test_answers_set_no_cookies_and_requests_send_no_secrets() -> None:
    reply = answer("200 OK", b"", "Set-Cookie: session=1")
    async with client_of(always(reply)) as (client, server):
        for _ in range(2):
            await client.send(GET)
        assert b"cookie" not in server.requests[1].lower()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("ftp://registry.example", "not an http"),
        ("/relative", "not an http"),
        ("https://user:secret@registry.example", "without credentials"),
        ("https://registry.example/?key=1", "plain"),
        ("http://registry.example", "loopback only"),
        ("http://127.0.0.1.registry.example", "loopback only"),
    ],
)
def test_an_address_that_is_not_safe_is_refused(url: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Endpoint(registry="MNG01", base_url=URL(url))
