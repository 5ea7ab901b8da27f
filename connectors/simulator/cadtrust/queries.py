"""Reading calls: pages of records, staging and audit."""

import json
import math
from collections.abc import Callable, Mapping

from connectors.cadtrust.resources import RESOURCES, DataModel, Resource
from connectors.simulator.cadtrust.refusals import InvalidError
from connectors.simulator.cadtrust.state import Fields, NodeState

LIMIT_MAX = 1000
_FILTERS: Mapping[str, Callable[[str, str], bool]] = {
    "eq": lambda value, wanted: value == wanted,
    "not": lambda value, wanted: value != wanted,
    "like": lambda value, wanted: wanted.lower() in value.lower(),
    "in": lambda value, wanted: value in json.loads(wanted),
    "lt": lambda value, wanted: value < wanted,
    "gt": lambda value, wanted: value > wanted,
    "lte": lambda value, wanted: value <= wanted,
    "gte": lambda value, wanted: value >= wanted,
}


def paging(query: Mapping[str, str], *, required: bool) -> tuple[int, int] | None:
    """Return page and limit; None when neither is given and they are not required.

    Raises:
        InvalidError: one is missing or out of range.
    """
    if not required and "page" not in query and "limit" not in query:
        return None
    errors = []
    for name, most in (("page", 2**31), ("limit", LIMIT_MAX)):
        text = query.get(name)
        if text is None:
            errors.append(f'"{name}" is required')
        elif not text.isdigit():
            errors.append(f'"{name}" must be a number')
        elif int(text) < 1:
            errors.append(f'"{name}" must be greater than or equal to 1')
        elif int(text) > most:
            errors.append(f'"{name}" must be less than or equal to {most}')
    if errors:
        raise InvalidError(errors)
    return int(query["page"]), int(query["limit"])


def page_of(rows: list[Fields], place: tuple[int, int]) -> Fields:
    """Return one page in the node's form."""
    page, limit = place
    return {
        "page": page,
        "pageCount": math.ceil(len(rows) / limit),
        "data": rows[(page - 1) * limit : page * limit],
    }


def read_records(state: NodeState, resource: Resource, query: Mapping[str, str]) -> object:
    """Answer a GET of a resource: a page, or one record (or null) by its id."""
    wanted = query.get(resource.id_field)
    if wanted is not None and resource.model is DataModel.V1:
        return state.record(resource, wanted)
    place = paging(query, required=True)
    assert place is not None, "paging is required"
    rows = state.records(resource)
    org_uid = query.get("orgUid", "all")
    if org_uid != "all":
        rows = [row for row in rows if row["orgUid"] == org_uid]
    if "search" in query:
        rows = [row for row in rows if query["search"].lower() in json.dumps(row).lower()]
    if "filter" in query:
        rows = _filtered(rows, query["filter"])
    return page_of(_ordered(rows, query.get("order", "")), place)


def _filtered(rows: list[Fields], text: str) -> list[Fields]:
    column, _, rest = text.partition(":")
    wanted, _, operation = rest.rpartition(":")
    test = _FILTERS.get(operation)
    if test is None:
        raise InvalidError(['"filter" fails to match the required pattern'])
    return [row for row in rows if test(str(row.get(column)), wanted)]


def _ordered(rows: list[Fields], order: str) -> list[Fields]:
    if order in {"SERIALNUMBER", "ASC"}:
        return sorted(rows, key=lambda row: str(row.get("serialNumberBlock")))
    column, _, way = order.partition(":")
    if not way:
        return rows
    return sorted(rows, key=lambda row: str(row.get(column)), reverse=way == "DESC")


def read_staging(state: NodeState, model: DataModel, query: Mapping[str, str]) -> object:
    """Answer GET /staging: a bare array without paging."""
    rows = [_staging_row(state, model, row) for row in state.staging(model)]
    match query.get("type"):
        case "staged":
            rows = [row for row in rows if not row["commited"]]
        case "pending":
            rows = [row for row in rows if row["commited"] and not row["failedCommit"]]
        case "failed":
            rows = [row for row in rows if row["failedCommit"]]
        case _:
            pass
    if "table" in query:
        rows = [row for row in rows if row["table"] == query["table"]]
    place = paging(query, required=False)
    return rows if place is None else page_of(rows, place)


def _staging_row(state: NodeState, model: DataModel, row: Mapping[str, object]) -> Fields:
    resource = RESOURCES[model][str(row["resource"])]
    return {
        "id": row["id"],
        "uuid": row["uuid"],
        "table": resource.table,
        "action": row["action"],
        "commited": bool(row["commited"]),
        "failedCommit": bool(row["failed"]),
        "isTransfer": bool(row["transfer"]),
        "createdAt": row["created_at"],
        "updatedAt": row["updated_at"],
        "diff": {
            "original": state.record(resource, str(row["uuid"])) or {},
            "change": json.loads(str(row["data"])),
        },
    }


def read_audit(state: NodeState, model: DataModel, query: Mapping[str, str], now: float) -> Fields:
    """Answer GET /audit: one organisation's generations, newest first unless asked otherwise."""
    if "orgUid" not in query:
        raise InvalidError(['"orgUid" is required'])
    place = paging(query, required=True)
    assert place is not None, "paging is required"
    rows = state.database.read(
        "SELECT * FROM audit WHERE model = ? AND org_uid = ? AND visible_at <= ? ORDER BY id",
        model,
        query["orgUid"],
        now,
    )
    return page_of(
        [
            {
                "id": row["id"],
                "orgUid": row["org_uid"],
                "registryId": row["org_uid"],
                "rootHash": row["root_hash"],
                "type": row["type"],
                "change": row["change"],
                "table": row["resource"],
                "onchainConfirmationTimeStamp": str(int(row["confirmed_at"])),
                "author": row["author"],
                "comment": row["comment"],
                "generation": row["generation"],
            }
            for row in (rows if query.get("order") == "ASC" else reversed(rows))
        ],
        place,
    )


def read_organizations(state: NodeState, model: DataModel, behind: int) -> Fields:
    """Answer GET /organizations: an object by orgUid; home is unsynced while commits pend."""
    answer: Fields = {}
    for each in state.organisations():
        own = {"xchAddress": "txch1", "balance": "0"} if each.is_home else {}
        synced = not state.has_pushed(model) if each.is_home else behind == 0
        answer[each.org_uid] = {
            "orgUid": each.org_uid,
            "orgHash": state.root_hash(model, each.org_uid),
            "name": each.name,
            "icon": "",
            "isHome": each.is_home,
            "subscribed": True,
            "synced": synced,
            "fileStoreSubscribed": False,
            "registryId": each.org_uid,
            "registryHash": state.root_hash(model, each.org_uid),
            "sync_remaining": 0 if each.is_home else behind,
            **own,
        }
    return answer
