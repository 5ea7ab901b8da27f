"""The list over HTTP: `GET /records`, `GET /health`, and the control address.

`POST /control/records` replaces the list. The switches choose how it is cut, and what goes wrong.
"""

import hmac
import json
from enum import StrEnum, unique
from typing import Annotated, Final

import msgspec
from msgspec import Meta
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from connectors.simulator.kit.control import SwitchBoard, control_routes, json_answer
from connectors.simulator.kit.database import Database
from connectors.simulator.kit.faults import Faults, FaultyTransport
from connectors.simulator.kit.process import CONTROL
from schema.wire import WireStruct

TABLES: Final = "CREATE TABLE IF NOT EXISTS record (number INTEGER PRIMARY KEY, body TEXT);"
KEY_HEADER: Final = "x-api-key"


@unique
class Cut(StrEnum):
    """How the list is given out."""

    NONE = "none"
    PAGE = "page"
    OFFSET = "offset"
    CURSOR = "cursor"


class Switches(WireStruct, frozen=True):
    """What differs from a good day."""

    cut: Cut = Cut.PAGE
    size: Annotated[int, Meta(ge=1)] = 2
    """Records on a page where the question names no size."""
    api_key: str = ""
    """Wanted in the header `x-api-key`; empty: none."""
    hide_last: bool = False
    """Announces all records, and leaves the last one out."""
    growing: bool = False
    """A new record stands at the head of the list before each question."""


def application(database: Database, token: str) -> ASGIApp:
    """Return the registry as one application."""
    board = SwitchBoard(database, Switches())
    faults = Faults(database)
    registry = PlainRegistry(database, board)
    routes = [
        *control_routes(token, board, faults, records=registry.replace),
        Route("/records", registry.records),
        Route("/health", registry.health),
    ]
    return FaultyTransport(Starlette(routes=routes), faults, spared=CONTROL)


class PlainRegistry:
    """Keeps the list in its database."""

    def __init__(self, database: Database, board: SwitchBoard[Switches]) -> None:
        """Answer from `database`."""
        self._database = database
        self._board = board

    async def replace(self, request: Request) -> Response:
        """Replace the list, by order."""
        records = msgspec.json.decode(await request.body(), type=list[dict[str, object]])
        with self._database.transaction():
            self._database.write("DELETE FROM record")
            for record in records:
                self._database.write("INSERT INTO record (body) VALUES (?)", json.dumps(record))
        return json_answer({"records": len(records)})

    async def health(self, _: Request) -> Response:
        """Say that the registry is there."""
        return json_answer({"status": "up"})

    async def records(self, request: Request) -> Response:
        """Give out one page."""
        switches = self._board.now
        given = request.headers.get(KEY_HEADER, "")
        if switches.api_key and not hmac.compare_digest(given, switches.api_key):
            return json_answer({"code": "key_wrong", "detail": "x-api-key is wrong"}, 401)
        try:
            start, size = self._place(request, switches)
        except ValueError as cause:
            return json_answer({"code": "query_wrong", "detail": str(cause)}, 400)
        records = self._all(switches)
        total = len(records)
        page = records[start : start + size]
        if switches.hide_last and start + size >= total:
            page = page[:-1]
        more = str(start + size) if start + size < total else None
        if switches.cut is Cut.NONE:
            return json_answer(records)
        return json_answer({"data": page, "meta": {"total": total, "next": more}})

    def _place(self, request: Request, switches: Switches) -> tuple[int, int]:
        query = request.query_params
        size = int(query.get("limit", switches.size))
        if size < 1:
            raise ValueError("limit is at least 1")
        match switches.cut:
            case Cut.NONE:
                return 0, size
            case Cut.PAGE:
                page = int(query.get("page", "1"))
                if page < 1:
                    raise ValueError("page is at least 1")
                return (page - 1) * size, size
            case Cut.OFFSET:
                return max(0, int(query.get("offset", "0"))), size
            case Cut.CURSOR:
                return int(query.get("cursor", "0")), size

    def _all(self, switches: Switches) -> list[object]:
        if switches.growing:
            count = len(self._database.read("SELECT number FROM record"))
            self._database.write("INSERT INTO record (body) VALUES (?)", json.dumps({"n": count}))
        rows = self._database.read("SELECT body FROM record ORDER BY number")
        found = [json.loads(row["body"]) for row in rows]
        return found[::-1] if switches.growing else found
