"""What the connector to registries of the UNDP make relies on.

Wants a user of the national authority (`username`, `password`).
"""

import base64
import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from connectors.conformance.expectation import (
    CannotTellError,
    Check,
    Expectation,
    NotSoError,
    require,
)
from connectors.conformance.subject import Reply, Subject
from connectors.errors import RegistryBusy
from schema.faults import IdentifierError
from schema.formats.undp import BLOCK_ID, SERIAL_RULE

CREDITS: Final = "national/creditTransactionsManagement"
STATUSES: Final = {"Completed", "Pending", "Rejected", "Cancelled"}
UNKNOWN_REQUEST: Final = 2**31 - 1
LIMIT: Final = 100
_CLAIMS: Final = {"cn", "n", "sub", "r", "cid", "cr", "s", "exp"}
_BALANCE: Final = {"id", "serialNumber", "creditAmount", "receiverId", "projectId", "type"}
_RETIREMENT: Final = {
    "id",
    "serialNumber",
    "creditAmount",
    "retirementType",
    "status",
    "country",
    "organizationName",
    "remarks",
}


async def _log_in(subject: Subject) -> Reply:
    if not subject.access.username:
        raise CannotTellError("no username and password were given")
    who = {"username": subject.access.username, "password": subject.access.password}
    return await subject.call("POST", "national/auth/login", who)


async def _header(subject: Subject) -> dict[str, str]:
    if "token" not in subject.memory:
        subject.memory["token"] = str((await _log_in(subject)).members.get("access_token"))
    return {"Authorization": f"Bearer {subject.memory['token']}"}


async def _ask(subject: Subject, path: str, body: object) -> Reply:
    return await subject.call("POST", path, body, headers=await _header(subject))


async def _rows(subject: Subject, call: str, size: int = 50) -> list[Mapping[str, object]]:
    body = {"page": 1, "size": size, "sort": {"key": "id", "order": "ASC"}}
    told = (await _ask(subject, f"{CREDITS}/{call}", body)).members
    rows = told.get("data")
    require(isinstance(rows, list) and isinstance(told.get("total"), int), f"{sorted(told)}")
    assert isinstance(rows, list), "just required"
    require(len(rows) <= size, f"{len(rows)} rows for a page of {size}")
    return rows


async def _ping(subject: Subject) -> None:
    reply = await subject.call("GET", "national/ping")
    require(reply.status == HTTPStatus.OK, f"answered {reply.status}")


async def _login_form(subject: Subject) -> None:
    told = (await _log_in(subject)).members
    for name in ("access_token", "refresh_token", "companyRole", "role"):
        require(isinstance(told.get(name), str), f"{name} is {told.get(name)!r}")
    subject.memory["token"] = str(told["access_token"])


async def _claims(subject: Subject) -> None:
    token = (await _header(subject))["Authorization"].partition(" ")[2]
    _, _, rest = token.partition(".")
    middle = rest.partition(".")[0]
    try:
        claims = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
    except ValueError as cause:
        raise NotSoError(f"the token is no JWT: {cause}") from cause
    require(claims.keys() >= _CLAIMS, f"claims are {sorted(claims)}")


async def _login_refused(subject: Subject) -> None:
    who = {"username": "nobody@registry.example", "password": "wrong"}
    reply = await subject.call("POST", "national/auth/login", who)
    require(reply.status == HTTPStatus.UNAUTHORIZED, f"answered {reply.status}")


async def _login_needed(subject: Subject) -> None:
    reply = await subject.call("POST", f"{CREDITS}/queryBalance", {"page": 1, "size": 1})
    require(reply.status == HTTPStatus.UNAUTHORIZED, f"answered {reply.status}")


async def _balances(subject: Subject) -> None:
    rows = await _rows(subject, "queryBalance")
    if not rows:
        raise CannotTellError("no block there")
    for row in rows:
        require(row.keys() >= _BALANCE, f"a row without {sorted(_BALANCE - row.keys())}")


async def _serials(subject: Subject) -> None:
    rows = await _rows(subject, "queryBalance")
    if not rows:
        raise CannotTellError("no block there")
    for row in rows:
        try:
            serial, block = (
                SERIAL_RULE.read(str(row["serialNumber"])),
                BLOCK_ID.read(str(row["id"])),
            )
        except IdentifierError as cause:
            raise NotSoError(str(cause)) from cause
        starts = serial.text_of("first") == block.text_of("start")
        require(starts, f"block {row['id']} does not start where {row['serialNumber']} does")
        amount, count = row["creditAmount"], serial.count
        fits = isinstance(amount, int) and count is not None and 0 <= amount <= count
        require(fits, f"{row['serialNumber']} has {amount} credits")


async def _pages(subject: Subject) -> None:
    if len(await _rows(subject, "queryBalance")) <= 1:
        raise CannotTellError("not more than one block there")
    require(len(await _rows(subject, "queryBalance", size=1)) == 1, "a page of 1 has more rows")


async def _retirements(subject: Subject) -> None:
    rows = await _rows(subject, "queryRetirements")
    if not rows:
        raise CannotTellError("no retirement there")
    for row in rows:
        require(row.keys() >= _RETIREMENT, f"a row without {sorted(_RETIREMENT - row.keys())}")
        require(row["status"] in STATUSES, f"status {row['status']!r}")
        require(isinstance(row["id"], int), f"id {row['id']!r}")


async def _aef(subject: Subject) -> None:
    body = {"table": "t1Submission", "reportedYear": 2024}
    told = (await _ask(subject, "national/aefV2/query", body)).members.get("data")
    require(isinstance(told, dict) and isinstance(told.get("data"), list), f"data: {told!r}")


async def _unknown_request(subject: Subject) -> None:
    body = {"transactionId": UNKNOWN_REQUEST, "action": "ACCEPT"}
    reply = await _ask(subject, f"{CREDITS}/performRetireAction", body)
    require(reply.status == HTTPStatus.BAD_REQUEST, f"answered {reply.status}")
    told = reply.members.get("message")
    require(told == "project.creditRetirementRequestNotExists", f"said {told!r}")


async def _two_empty(subject: Subject) -> None:
    body = {"retirementType": "Cross-Border Transactions", "blockId": "x", "amount": 1}
    reply = await _ask(subject, f"{CREDITS}/retireRequest", body)
    require(reply.status == HTTPStatus.BAD_REQUEST, f"answered {reply.status}")
    told = reply.members.get("message")
    require(told == "country and organizationName should not be empty", f"said {told!r}")


async def _authority_retires_nothing(subject: Subject) -> None:
    body = {
        "retirementType": "Cross-Border Transactions",
        "blockId": "CA0000-XX-XX-1-1",
        "amount": 1,
        "country": "JP",
        "organizationName": "conformance",
    }
    told = (await _ask(subject, f"{CREDITS}/retireRequest", body)).members.get("message")
    require(told == "You do not have permission to retire credits.", f"said {told!r}")


async def _limit(subject: Subject) -> None:
    for _ in range(LIMIT + 1):
        try:
            await subject.call("GET", "national/ping")
        except RegistryBusy:
            return
    raise NotSoError(f"{LIMIT + 1} requests in a row were answered")


def _reads(name: str, rule: str, check: Check) -> Expectation:
    return Expectation(name=name, rule=rule, check=check)


def _writes(name: str, rule: str, check: Check) -> Expectation:
    return Expectation(name=name, rule=rule, check=check, writes=True)


EXPECTATIONS: Final = (
    _reads("ping", "GET /national/ping answers.", _ping),
    _reads("login.form", "A login gives an access and a refresh token.", _login_form),
    _reads("login.claims", "The token names user, role and company, and when it ends.", _claims),
    _reads("login.refused", "A wrong password is refused with 401.", _login_refused),
    _reads("login.needed", "Without a token a query is refused with 401.", _login_needed),
    _reads("balance.form", "Balances name block, serial, credits and owner.", _balances),
    _reads("balance.serials", "A block is named by the beginning of its serial.", _serials),
    _reads("query.pages", "A page has no more rows than asked for.", _pages),
    _reads("retirement.form", "A request has an id and one of four states.", _retirements),
    _reads("aef.form", "The AEF of a year is read table by table.", _aef),
    _writes(
        "retirement.unknown",
        "A decision on an unknown request is refused with a bare key.",
        _unknown_request,
    ),
    _writes("retirement.empty", "Two empty fields are named in one sentence.", _two_empty),
    _writes(
        "retirement.owner",
        "The authority may not ask for retirement itself.",
        _authority_retires_nothing,
    ),
    _writes("limit", "More than 100 requests in 60 s are refused with 429.", _limit),
)
