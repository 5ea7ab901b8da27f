"""What the CAD Trust connector relies on when it reads a node."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from http import HTTPStatus
from typing import Final
from uuid import uuid4

from connectors.cadtrust.resources import AEF_RESOURCES, UNITS, DataModel
from connectors.conformance.cadtrust_writing import writing_expectations
from connectors.conformance.expectation import CannotTellError, Expectation, require
from connectors.conformance.subject import Reply, Subject
from schema.aef.fields import Table

Check = Callable[[DataModel, Subject], Awaitable[None]]

_BOOLEAN_HEADERS: Final = (
    "cw-read-only",
    "x-governance-body",
    "x-data-synced",
    "x-wallet-synced",
)
_PENDING: Final = {
    True: "There are no pending commits",
    False: "There are currently pending commits",
}


def _page(reply: Reply) -> list[Mapping[str, object]]:
    told = reply.members
    require(reply.status == HTTPStatus.OK, f"answered {reply.status}")
    numbers = isinstance(told.get("page"), int) and isinstance(told.get("pageCount"), int)
    require(numbers, f"no page and pageCount in {sorted(told)}")
    rows = told.get("data")
    require(isinstance(rows, list), "data is no array")
    assert isinstance(rows, list), "just required"
    return rows


def _invalid(reply: Reply) -> list[object]:
    told = reply.members
    require(reply.status == HTTPStatus.BAD_REQUEST, f"answered {reply.status}")
    require(told.get("message") == "Data Validation error", f"said {told.get('message')!r}")
    require(told.get("success") is False, "success is not false")
    errors = told.get("errors")
    require(isinstance(errors, list) and errors, "no list of errors")
    assert isinstance(errors, list), "just required"
    return errors


async def _health(_: DataModel, subject: Subject) -> None:
    reply = await subject.call("GET", "health")
    require(reply.status == HTTPStatus.OK, f"answered {reply.status}")
    require(reply.members.get("message") == "OK", f"said {reply.members.get('message')!r}")
    require(isinstance(reply.members.get("timestamp"), str), "no timestamp")
    require("x-data-synced" in reply.headers, "no readiness headers on /health")


async def _readiness(model: DataModel, subject: Subject) -> None:
    headers = (await subject.call("GET", f"{model}/organizations")).headers
    for name in _BOOLEAN_HEADERS:
        require(headers.get(name) in {"true", "false"}, f"{name}: {headers.get(name)!r}")
    remaining = headers.get("x-sync-remaining", "")
    require(remaining.isdigit(), f"x-sync-remaining: {remaining!r}")
    behind = headers["x-data-synced"] == "false"
    require(behind or remaining == "0", f"synced, yet {remaining} generations remain")


async def _not_stored(model: DataModel, subject: Subject) -> None:
    headers = (await subject.call("GET", f"{model}/organizations")).headers
    require("no-store" in headers.get("Cache-Control", ""), str(headers.get("Cache-Control")))


async def _data_model(model: DataModel, subject: Subject) -> None:
    told = (await subject.call("GET", f"{model}/organizations")).headers.get("x-datamodel-version")
    require(told == model, f"x-datamodel-version: {told!r}")


async def _paging_needed(model: DataModel, subject: Subject) -> None:
    errors = _invalid(await subject.call("GET", f"{model}/{UNITS[model].name}"))
    require(any("page" in str(error) for error in errors), f"said {errors}")


async def _paging_limit(model: DataModel, subject: Subject) -> None:
    path = f"{model}/{UNITS[model].name}"
    _page(await subject.call("GET", path, query={"page": 1, "limit": 1000}))
    _invalid(await subject.call("GET", path, query={"page": 1, "limit": 1001}))


async def _unit_fields(model: DataModel, subject: Subject) -> None:
    unit = UNITS[model]
    rows = _page(await subject.call("GET", f"{model}/{unit.name}", query={"page": 1, "limit": 10}))
    if not rows:
        raise CannotTellError("no unit there")
    for row in rows:
        missing = {unit.id_field, "orgUid", *unit.required} - row.keys()
        require(not missing, f"a unit without {sorted(missing)}")


async def _unknown_unit(model: DataModel, subject: Subject) -> None:
    if model is DataModel.V2:
        raise CannotTellError("what v2 answers is not published")
    reply = await subject.call("GET", f"{model}/units", query={"warehouseUnitId": str(uuid4())})
    require(
        reply.status == HTTPStatus.OK and reply.body.strip() == b"null",
        f"answered {reply.body[:80]!r}",
    )


async def _staging_form(model: DataModel, subject: Subject) -> None:
    told = (await subject.call("GET", f"{model}/staging")).json
    require(isinstance(told, list), "without paging it is no bare array")
    assert isinstance(told, list), "just required"
    for row in told:
        missing = {"uuid", "table", "action", "commited", "failedCommit", "diff"} - row.keys()
        require(not missing, f"a row without {sorted(missing)}")


async def _pending_form(model: DataModel, subject: Subject) -> None:
    name = "hasPendingTransactions" if model is DataModel.V1 else "pending"
    told = (await subject.call("GET", f"{model}/staging/{name}")).members
    confirmed = told.get("confirmed")
    require(isinstance(confirmed, bool), f"confirmed: {confirmed!r}")
    assert isinstance(confirmed, bool), "just required"
    require(told.get("message") == _PENDING[confirmed], f"said {told.get('message')!r}")


async def _organisations(model: DataModel, subject: Subject) -> dict[str, dict[str, object]]:
    told = (await subject.call("GET", f"{model}/organizations")).members
    return {uid: each for uid, each in told.items() if isinstance(each, dict)}


async def _organisations_form(model: DataModel, subject: Subject) -> None:
    known = await _organisations(model, subject)
    if not known:
        raise CannotTellError("no organisation there")
    for uid, each in known.items():
        require(each.get("orgUid") == uid, f"{uid} holds orgUid {each.get('orgUid')!r}")
        for name in ("isHome", "subscribed", "synced"):
            require(isinstance(each.get(name), bool), f"{uid}: {name} is {each.get(name)!r}")


async def _status_form(model: DataModel, subject: Subject) -> None:
    told = (await subject.call("GET", f"{model}/organizations/status")).members
    state = told.get("status")
    require(isinstance(told.get("ready"), bool), f"ready: {told.get('ready')!r}")
    wanted = {"wallet_synced", "home_org_synced", "pending_commits", "home_org_profile_synced"}
    require(isinstance(state, dict) and wanted <= state.keys(), f"status: {state!r}")


async def _audit_needs_organisation(model: DataModel, subject: Subject) -> None:
    _invalid(await subject.call("GET", f"{model}/audit", query={"page": 1, "limit": 10}))


async def _audit_form(model: DataModel, subject: Subject) -> None:
    seen = False
    for uid in await _organisations(model, subject):
        rows = _page(
            await subject.call(
                "GET", f"{model}/audit", query={"orgUid": uid, "page": 1, "limit": 50}
            )
        )
        times = [str(row.get("onchainConfirmationTimeStamp")) for row in rows]
        for row in rows:
            seen = True
            require(isinstance(row.get("change"), str | None), "change is no JSON text")
            require(isinstance(row.get("generation"), int), "generation is no number")
        require(all(time.isdigit() for time in times), f"times are not seconds: {times[:3]}")
        newest_first = sorted(times, key=int, reverse=True)
        require(times == newest_first, "not newest first without an order")
    if not seen:
        raise CannotTellError("no audit row there")


async def _pick_lists(model: DataModel, subject: Subject) -> None:
    told = (await subject.call("GET", f"{model}/governance/meta/pickList")).members
    require(told and all(isinstance(each, list) for each in told.values()), "no lists by name")


async def _aef_spelling(model: DataModel, subject: Subject) -> None:
    if model is DataModel.V1:
        raise CannotTellError("v1 has no AEF tables")
    seen = False
    for table in (Table.AUTHORIZATIONS, Table.ACTIONS, Table.HOLDINGS):
        resource = AEF_RESOURCES[table]
        rows = _page(
            await subject.call("GET", f"{model}/{resource.name}", query={"page": 1, "limit": 10})
        )
        for row in rows:
            seen = True
            for usual, other in resource.aliases.items():
                once = (usual in row) != (other in row)
                require(once, f"neither one of {usual} and {other} stands in a row, nor only one")
    if not seen:
        raise CannotTellError("no AEF row there")


_READING: Final[tuple[tuple[str, str, Check], ...]] = (
    ("health", "GET /health says OK, with a time and the readiness headers.", _health),
    ("headers.readiness", "Every answer tells how far behind the ledger it is.", _readiness),
    ("headers.no-store", "Answers may not be stored on the way.", _not_stored),
    ("headers.data-model", "Every answer names its data model.", _data_model),
    ("paging.needed", "Records are read in pages only.", _paging_needed),
    ("paging.limit", "A page holds up to 1,000 records, not more.", _paging_limit),
    (
        "units.fields",
        "Every unit has its id, organisation and required fields.",
        _unit_fields,
    ),
    ("units.unknown", "An unknown unit is answered with null.", _unknown_unit),
    ("staging.form", "Without paging the staging table is a bare array.", _staging_form),
    ("staging.pending", "Whether commits pend is told in two fixed sentences.", _pending_form),
    ("organizations.form", "Organisations are an object by their ids.", _organisations_form),
    ("organizations.status", "The node's readiness can be read in one call.", _status_form),
    ("audit.organisation", "The audit is read for one organisation.", _audit_needs_organisation),
    ("audit.form", "Audit rows hold the change as text, newest first.", _audit_form),
    ("governance.lists", "The node serves its own lists of values.", _pick_lists),
    ("aef.spelling", "A row spells each AEF key in one of the known ways.", _aef_spelling),
)


def expectations(model: DataModel) -> tuple[Expectation, ...]:
    """Return everything that the connector relies on, reading first."""
    reading = (
        Expectation(name=name, rule=rule, check=partial(check, model))
        for name, rule, check in _READING
    )
    return (*reading, *writing_expectations(model))
