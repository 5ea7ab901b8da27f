"""The journal for the public: checkpoint, tiles and entry bundles (C2SP tlog-tiles)."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from hub.services.published_journal import PublishedJournal

IMMUTABLE = "public, max-age=31536000, immutable"


def journal_routes(published: Callable[[], PublishedJournal]) -> list[Route]:
    """Return the routes of the journal; what is not covered by a checkpoint is not there."""

    async def checkpoint(_: Request) -> Response:
        note = await published().checkpoint()
        if note is None:
            return PlainTextResponse("no checkpoint is published yet\n", 404)
        headers = {"Cache-Control": "no-cache"}
        return Response(note, 200, headers, "text/plain; charset=utf-8")

    async def tile(request: Request) -> Response:
        content = await published().tile(f"tile/{request.path_params['path']}")
        if content is None:
            return PlainTextResponse("no such tile\n", 404)
        headers = {"Cache-Control": IMMUTABLE}
        return Response(content, 200, headers, "application/octet-stream")

    return [Route("/checkpoint", checkpoint), Route("/tile/{path:path}", tile)]
