"""The web application: all routes of the hub in one list."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

import msgspec
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from hub.services.health import Health
from signing.jwk import PublicKey, jwks

Lifespan = Callable[[Starlette], AbstractAsyncContextManager[None]]


def build_app(
    routes: Sequence[BaseRoute],
    *,
    health: Callable[[], Any],
    keys: Sequence[PublicKey],
    lifespan: Lifespan,
) -> Starlette:
    """Return the application; `routes` come first, then keys, health and metrics."""

    async def show_health(_: Request) -> Response:
        found: Health = await health()
        status = 200 if found.status == "up" else 503
        return Response(msgspec.json.encode(found), status, media_type="application/json")

    async def show_keys(_: Request) -> Response:
        body = msgspec.json.encode(jwks(keys))
        return Response(body, media_type="application/jwk-set+json")

    async def show_metrics(_: Request) -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return Starlette(
        routes=[
            *routes,
            Route("/.well-known/jwks.json", show_keys),
            Route("/health", show_health),
            Route("/metrics", show_metrics),
        ],
        lifespan=lifespan,
    )
