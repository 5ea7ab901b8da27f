"""The registry over HTTP: limit first, then who asks, then the body, then the rules."""

import json
from collections.abc import Awaitable, Callable
from typing import Final

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from connectors.simulator.kit.control import control_routes, json_answer
from connectors.simulator.kit.faults import FaultyTransport
from connectors.simulator.kit.process import CONTROL
from connectors.simulator.undp import acts, queries, texts
from connectors.simulator.undp.refusals import (
    InvalidError,
    RefusedError,
    UnauthorizedError,
    told,
)
from connectors.simulator.undp.registry import UndpRegistry
from connectors.simulator.undp.state import RegistryState, User
from schema.wire import WireStruct

NATIONAL: Final = "/national"
CREATED: Final = 201

Endpoint = Callable[[Request], Awaitable[Response]]
Rows = Callable[[RegistryState, User], list[queries.Row]]


class Issue(WireStruct, frozen=True):
    """An order of the control address: credits are issued."""

    project: str
    vintage: int
    amount: int


class AefRow(WireStruct, frozen=True):
    """An order of the control address: a row of the registry's own AEF."""

    part: str
    year: int
    body: dict[str, object]


def application(registry: UndpRegistry, token: str) -> ASGIApp:
    """Return the whole registry as one application."""
    control = control_routes(
        token,
        registry.board,
        registry.faults,
        issue=_issue(registry),
        aef=_aef(registry),
        suspend=_suspend(registry),
    )
    calls = {
        "auth/login": (_open(registry, acts.login(registry))),
        "auth/login/refresh": (_open(registry, acts.refresh(registry))),
        "creditTransactionsManagement/transfer": _known(registry, acts.transfer(registry)),
        "creditTransactionsManagement/retireRequest": _known(registry, acts.request(registry)),
        "creditTransactionsManagement/performRetireAction": _known(registry, acts.decide(registry)),
        "creditTransactionsManagement/queryBalance": _query(registry, queries.balance),
        "creditTransactionsManagement/queryTransfers": _query(registry, queries.transfers),
        "creditTransactionsManagement/queryRetirements": _query(registry, queries.retirements),
        "projectManagement/query": _query(registry, queries.projects),
        "aefV2/query": _known(registry, acts.aef_query(registry)),
    }
    routes = [Route(f"{NATIONAL}/{path}", act, methods=["POST"]) for path, act in calls.items()]
    inner = Starlette(routes=[*control, *routes, Route(f"{NATIONAL}/ping", _ping(registry))])
    return FaultyTransport(inner, registry.faults, spared=CONTROL)


async def _body(request: Request) -> acts.Body:
    try:
        body = json.loads(await request.body() or b"{}")
    except ValueError as cause:
        raise InvalidError({}, f"Unexpected token: {cause}") from cause
    return body if isinstance(body, dict) else {}


def _limited(registry: UndpRegistry, answer: Endpoint) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        if registry.access.too_many():
            return json_answer({"statusCode": 429, "message": texts.TOO_MANY}, 429)
        try:
            return await answer(request)
        except (RefusedError, InvalidError, UnauthorizedError) as cause:
            return told(cause)
        except queries.SqlError:
            return json_answer({"statusCode": 500, "message": "Internal server error"}, 500)

    return endpoint


def _open(registry: UndpRegistry, act: Callable[[acts.Body], object]) -> Endpoint:
    async def answer(request: Request) -> Response:
        return json_answer(act(await _body(request)), CREATED)

    return _limited(registry, answer)


def _known(registry: UndpRegistry, act: acts.Act) -> Endpoint:
    async def answer(request: Request) -> Response:
        user = registry.access.who(request)
        return json_answer(act(user, await _body(request)), CREATED)

    return _limited(registry, answer)


def _query(registry: UndpRegistry, rows: Rows) -> Endpoint:
    async def answer(request: Request) -> Response:
        user = registry.access.who(request)
        body = await _body(request)
        key = (user.email, request.url.path, json.dumps(body, sort_keys=True))
        now = registry.state.now()
        made_at, kept = registry.cache.get(key, (float("-inf"), None))
        if now - made_at >= registry.board.now.cache_seconds:
            kept = queries.page_of(rows(registry.state, user), body)
            registry.cache[key] = (now, kept)
        return json_answer(kept, CREATED)

    return _limited(registry, answer)


def _ping(registry: UndpRegistry) -> Endpoint:
    async def answer(_: Request) -> Response:
        return json_answer("pong")

    return _limited(registry, answer)


def _issue(registry: UndpRegistry) -> Endpoint:
    async def answer(request: Request) -> Response:
        order = msgspec.json.decode(await request.body(), type=Issue)
        return json_answer(
            {"blockId": registry.credits.issue(order.project, order.vintage, order.amount)}
        )

    return answer


def _aef(registry: UndpRegistry) -> Endpoint:
    async def answer(request: Request) -> Response:
        order = msgspec.json.decode(await request.body(), type=AefRow)
        row = {"part": order.part, "year": order.year, "body": json.dumps(order.body)}
        return json_answer({"id": registry.state.put("aef", row)})

    return answer


def _suspend(registry: UndpRegistry) -> Endpoint:
    async def answer(request: Request) -> Response:
        company = msgspec.json.decode(await request.body(), type=int)
        registry.state.database.write("UPDATE company SET state = 0 WHERE id = ?", company)
        return json_answer({"suspended": company})

    return answer
