"""The control address of a simulator: switches and faults, behind a token.

`GET` and `PATCH /control/switches`; `GET`, `POST` and `DELETE /control/faults`. What else a
simulator can be told (`/control/seed` and so on) is its own affair.
"""

import hmac
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.simulator.kit.database import Database
from connectors.simulator.kit.faults import Fault, Faults
from connectors.simulator.kit.process import CONTROL

Switches = TypeVar("Switches", bound=msgspec.Struct)
Answer = Callable[[Request], Awaitable[Response]]

_SETTING = "switches"


class SwitchBoard(Generic[Switches]):
    """The switches of one simulator, kept in its database."""

    def __init__(self, database: Database, initial: Switches) -> None:
        """Take the switches that a new database starts with."""
        self._database = database
        self._initial = initial

    @property
    def now(self) -> Switches:
        """The switches as they stand."""
        kept = self._database.setting(_SETTING)
        return self._initial if kept is None else msgspec.convert(kept, type(self._initial))

    def change(self, changes: dict[str, object]) -> Switches:
        """Set some switches and return all.

        Raises:
            msgspec.ValidationError: a switch is unknown or its value is not of its type.
        """
        changed = msgspec.to_builtins(self.now) | changes
        switches = msgspec.convert(changed, type(self._initial))
        self._database.keep(_SETTING, msgspec.to_builtins(switches))
        return switches


def json_answer(value: object, status: int = 200) -> Response:
    """Return `value` as a JSON answer."""
    return Response(msgspec.json.encode(value), status, media_type="application/json")


def guarded(token: str, answer: Answer) -> Answer:
    """Let only those in who know the token, and say plainly what was wrong with an order."""

    async def behind_token(request: Request) -> Response:
        shown = request.headers.get("Authorization", "")
        if not hmac.compare_digest(shown.encode(), f"Bearer {token}".encode()):
            return json_answer({"detail": "the control token is needed"}, 401)
        try:
            return await answer(request)
        except (msgspec.MsgspecError, UnicodeDecodeError) as cause:
            return json_answer({"detail": str(cause)}, 422)

    return behind_token


def control_routes(
    token: str, board: SwitchBoard[Switches], faults: Faults, **more: Answer
) -> list[Route]:
    """Return the routes of the control address; each of `more` is a POST of its name."""

    async def switches(request: Request) -> Response:
        if request.method == "GET":
            return json_answer(board.now)
        return json_answer(
            board.change(msgspec.json.decode(await request.body(), type=dict[str, object]))
        )

    async def orders(request: Request) -> Response:
        if request.method == "POST":
            faults.add(msgspec.json.decode(await request.body(), type=Fault))
        elif request.method == "DELETE":
            faults.clear()
        return json_answer(faults.standing())

    return [
        Route(f"{CONTROL}/switches", guarded(token, switches), methods=["GET", "PATCH"]),
        Route(f"{CONTROL}/faults", guarded(token, orders), methods=["GET", "POST", "DELETE"]),
        *(
            Route(f"{CONTROL}/{name}", guarded(token, answer), methods=["POST"])
            for name, answer in more.items()
        ),
    ]
