"""The query calls: rows by filter, sort and page, given again from a cache for a while."""

import operator
from collections.abc import Callable, Mapping
from typing import Any, Final

from connectors.simulator.undp import texts
from connectors.simulator.undp.refusals import RefusedError
from connectors.simulator.undp.state import NOBODY, RegistryState, User
from schema.aef.countries import print_country
from schema.identifiers import IdentifierError, parse_country_code

Row = dict[str, Any]

_OPERATIONS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "like": lambda value, wanted: str(wanted).replace("%", "").lower() in str(value).lower(),
    "in": lambda value, wanted: value in wanted,
}
_OWN_ROWS_ONLY: Final = "PD"


class SqlError(Exception):
    """What the real registry's SQL builder would make of it: a fault of its own, 500."""


def balance(state: RegistryState, user: User) -> list[Row]:
    """Return the blocks that somebody owns."""
    company = _seen_by(state, user)
    return [
        {
            "id": block.id,
            "serialNumber": state.serial(block),
            "creditAmount": block.amount - block.reserved,
            "createdDate": block.created,
            "projectId": block.project,
            "projectName": state.project(block.project).title,
            **_party(state, "receiver", "receiverId", block.owner),
            **_party(state, "sender", "senderId", block.previous),
            "type": "issued" if block.previous == NOBODY else "received",
        }
        for block in state.blocks()
        if block.owner != NOBODY and company in {None, block.owner}
    ]


def transfers(state: RegistryState, user: User) -> list[Row]:
    """Return the transfers inside the registry; `recieverId` is its spelling."""
    company = _seen_by(state, user)
    return [
        {
            "id": each.id,
            "serialNumber": each.serial,
            "creditAmount": each.amount,
            "createdDate": each.created,
            "projectId": each.project,
            "projectName": state.project(each.project).title,
            **_party(state, "receiver", "recieverId", each.receiver or NOBODY),
            **_party(state, "sender", "senderId", each.sender),
        }
        for each in state.transactions("Transfered")
        if company in {None, each.sender, each.receiver}
    ]


def retirements(state: RegistryState, user: User) -> list[Row]:
    """Return the requests for retirement; no row names its block."""
    company = _seen_by(state, user)
    return [
        {
            "id": each.id,
            "serialNumber": each.serial,
            "creditAmount": each.amount,
            "createdDate": each.created,
            "retirementType": each.retirement,
            "status": each.status,
            "projectId": each.project,
            "country": _country_name(each.country),
            "organizationName": each.organization,
            "remarks": each.remarks,
            "projectName": state.project(each.project).title,
            **_party(state, "sender", "senderId", each.sender),
        }
        for each in state.transactions("Retired")
        if company in {None, each.sender}
    ]


def projects(state: RegistryState, _: User) -> list[Row]:
    """Return the projects."""
    return [
        {
            "refId": each.ref_id,
            "serialNumber": each.prefix,
            "title": each.title,
            "companyId": each.company,
            "projectProposalStage": "AUTHORIZED",
        }
        for each in state.projects()
    ]


def page_of(rows: list[Row], query: Mapping[str, Any]) -> Row:
    """Filter, sort and cut as a query body asks."""
    for entry in query.get("filterAnd") or []:
        operation = _OPERATIONS.get(str(entry["operation"]))
        if operation is None or "'" in str(entry["value"]):
            raise SqlError(f"syntax error at or near {entry['operation']!r}")
        rows = [row for row in rows if operation(row.get(entry["key"]), entry["value"])]
    sort = query.get("sort")
    if sort:
        rows = sorted(rows, key=lambda row: row[sort["key"]], reverse=sort["order"] == "DESC")
    page, size = int(query.get("page", 1)), int(query.get("size", 10))
    return {"data": rows[(page - 1) * size : page * size], "total": len(rows)}


def _seen_by(state: RegistryState, user: User) -> int | None:
    """Return the company whose rows alone are shown; None for everybody's."""
    company = state.company(user.company)
    assert company is not None, "every user has a company"
    if company.role == "IC":
        raise RefusedError(texts.MAY_NOT_SEE)
    return company.id if company.role == _OWN_ROWS_ONLY else None


def _party(state: RegistryState, prefix: str, id_name: str, number: int) -> Row:
    company = state.company(number)
    name = None if company is None else company.name
    return {id_name: number, f"{prefix}Name": name, f"{prefix}Logo": None}


def _country_name(code: str | None) -> str | None:
    try:
        return None if code is None else print_country(parse_country_code(code).party)
    except IdentifierError:
        return code
