"""The calls that do something, as functions of who asks and what the body says."""

from collections.abc import Callable
from typing import Any

from connectors.simulator.undp import bodies, texts
from connectors.simulator.undp.refusals import UnauthorizedError
from connectors.simulator.undp.registry import UndpRegistry
from connectors.simulator.undp.state import User

Body = dict[str, Any]
Act = Callable[[User, Body], object]


def login(registry: UndpRegistry) -> Callable[[Body], object]:
    """Answer POST /auth/login."""

    def act(body: Body) -> object:
        bodies.require(body, "username", "password")
        return registry.access.log_in(str(body["username"]), str(body["password"]))

    return act


def refresh(registry: UndpRegistry) -> Callable[[Body], object]:
    """Answer POST /auth/login/refresh."""

    def act(body: Body) -> object:
        bodies.require(body, "refreshToken")
        return registry.access.refresh(str(body["refreshToken"]))

    return act


def transfer(registry: UndpRegistry) -> Act:
    """Answer POST /creditTransactionsManagement/transfer."""

    def act(user: User, body: Body) -> object:
        bodies.require(body, "blockId")
        receiver, amount = (bodies.positive(body, name) for name in ("receiverOrgId", "amount"))
        registry.credits.transfer(user, receiver, str(body["blockId"]), amount)
        data = {"amount": amount, "toCompanyId": receiver, "fromCompanyId": user.company}
        return {"statusCode": 200, "message": texts.TRANSFERRED, "data": data}

    return act


def request(registry: UndpRegistry) -> Act:
    """Answer POST /creditTransactionsManagement/retireRequest."""

    def act(user: User, body: Body) -> object:
        kind = bodies.one_of(body, "retirementType", bodies.CROSS_BORDER, bodies.VOLUNTARY)
        needed = ("country", "organizationName") if kind == bodies.CROSS_BORDER else ()
        bodies.require(body, "blockId", *needed)
        amount = bodies.positive(body, "amount")
        details = {
            "retirement": kind,
            "remarks": body.get("remarks"),
            "country": body.get("country"),
            "organization": body.get("organizationName"),
        }
        number = registry.credits.request_retirement(user, str(body["blockId"]), amount, details)
        data = {"id": number, "amount": amount}
        return {"statusCode": 200, "message": texts.RETIREMENT_REQUESTED, "data": data}

    return act


def decide(registry: UndpRegistry) -> Act:
    """Answer POST /creditTransactionsManagement/performRetireAction."""

    def act(user: User, body: Body) -> object:
        number = bodies.positive(body, "transactionId")
        action = bodies.one_of(body, "action", *bodies.ACTIONS)
        if action != "ACCEPT":
            bodies.require(body, "remarks")
        amount = registry.credits.decide(user, number, action, body.get("remarks"))
        message = texts.RETIREMENT_DECIDED[action]
        return {"statusCode": 200, "message": message, "data": {"amount": amount}}

    return act


def aef_query(registry: UndpRegistry) -> Act:
    """Answer POST /aefV2/query."""

    def act(user: User, body: Body) -> object:
        company = registry.state.company(user.company)
        if company is None or company.role not in {"DNA", "Ministry"}:
            raise UnauthorizedError(texts.UNAUTHORIZED)
        rows = registry.state.aef_rows(str(body["table"]), bodies.positive(body, "reportedYear"))
        return {"statusCode": 200, "data": {"data": rows, "provisional": True}}

    return act
