"""Mounting the gateway."""

from collections.abc import Callable, Sequence
from typing import Any

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from hub.gateway.graphiql import ASSETS, ASSETS_PATH

PATH = "/graphql"


class _Late:
    """Hands requests to an application that is built when the process has started."""

    def __init__(self, app: Callable[[], Any]) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app()(scope, receive, send)


def graphql_routes(
    view: Callable[[], Any], *, graphiql: bool, allowed_origins: Sequence[str] = ()
) -> list[BaseRoute]:
    """Return the routes of the gateway; pages of the allowed origins may ask it."""
    app: ASGIApp = _Late(view)
    shared = (
        [
            Middleware(
                CORSMiddleware,
                allow_origins=list(allowed_origins),
                allow_methods=["GET", "POST"],
                allow_headers=["authorization", "content-type"],
            )
        ]
        if allowed_origins
        else []
    )
    routes: list[BaseRoute] = [Route(PATH, app, methods=None, middleware=shared)]
    if graphiql:
        routes.append(Mount(ASSETS_PATH, StaticFiles(directory=ASSETS)))
    return routes
