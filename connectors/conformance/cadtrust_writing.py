"""What the CAD Trust connector relies on when it publishes; looking writes to the node."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from http import HTTPStatus
from typing import Final
from uuid import uuid4

from connectors.cadtrust.resources import RESOURCES, DataModel, Resource
from connectors.conformance.expectation import CannotTellError, Expectation, require
from connectors.conformance.subject import Reply, Subject

Check = Callable[[DataModel, Subject], Awaitable[None]]

POLL_SECONDS: Final = 0.5
_PENDING: Final = (
    "You currently have changes pending on the blockchain. Please wait for them to propagate"
    " before making more changes"
)
_PROBE: Final = {DataModel.V1: "units", DataModel.V2: "program"}


def _probe(model: DataModel) -> tuple[Resource, dict[str, object]]:
    """Return a resource without references, and a body that names itself as a probe."""
    mark = f"conformance-{uuid4()}"
    if model is DataModel.V2:
        body: dict[str, object] = {
            "programName": mark,
            "programRegistry": "conformance",
            "programRegistryId": mark,
        }
    else:
        body = {
            "unitBlockStart": f"{mark}-1",
            "unitBlockEnd": f"{mark}-10",
            "unitCount": 10,
            "vintageYear": 2023,
            "countryJurisdictionOfOwner": "Mongolia",
            "unitType": "Reduction - technical",
            "unitStatus": "Held",
            "unitRegistryLink": "https://conformance.example",
            "correspondingAdjustmentDeclaration": "Unknown",
            "correspondingAdjustmentStatus": "Not Started",
        }
    return RESOURCES[model][_PROBE[model]], body


class _Node:
    """The writing calls that the expectations need, each refused plainly when it fails."""

    def __init__(self, model: DataModel, subject: Subject) -> None:
        self._model = model
        self._subject = subject

    async def call(self, method: str, path: str, body: object = None, **query: str | int) -> Reply:
        return await self._subject.call(method, f"{self._model}/{path}", body, query=query)

    async def stage(self, body: Mapping[str, object]) -> str:
        reply = await self.call("POST", _PROBE[self._model], body)
        if reply.members.get("error") == _PENDING:
            raise CannotTellError("commits of somebody else pend")
        require(
            reply.status == HTTPStatus.OK, f"staging answered {reply.status}: {reply.body[:200]!r}"
        )
        return str(reply.members.get("uuid"))

    async def staged(self) -> dict[str, Mapping[str, object]]:
        rows = (await self.call("GET", "staging", type="staged")).json
        return {row["uuid"]: row for row in rows} if isinstance(rows, list) else {}

    async def drop(self, uuid: str) -> Reply:
        return await self.call("DELETE", "staging", {"uuid": uuid})

    async def alone(self) -> None:
        """Make sure that nobody else's work can be lost by ours."""
        if await self.staged():
            raise CannotTellError("somebody else has rows in staging")

    async def confirmed(self) -> None:
        name = "hasPendingTransactions" if self._model is DataModel.V1 else "pending"
        for _ in range(int(self._subject.access.patience_seconds / POLL_SECONDS) + 1):
            if (await self.call("GET", f"staging/{name}")).members.get("confirmed"):
                return
            await asyncio.sleep(POLL_SECONDS)
        raise CannotTellError("the ledger is slower than our patience")

    async def audited(self, uuid: str) -> list[Mapping[str, object]]:
        known = (await self.call("GET", "organizations")).members
        home = [uid for uid, each in known.items() if isinstance(each, dict) and each.get("isHome")]
        told = (await self.call("GET", "audit", orgUid=home[0], page=1, limit=50)).members
        rows = told.get("data")
        assert isinstance(rows, list), "the form of the audit is another expectation"
        return [row for row in rows if uuid in str(row.get("change"))]


async def _validates(model: DataModel, subject: Subject) -> None:
    resource, body = _probe(model)
    empty = body | {resource.required[0]: ""}
    reply = await _Node(model, subject).call("POST", resource.name, empty)
    require(reply.status == HTTPStatus.BAD_REQUEST, f"answered {reply.status}")
    require(reply.members.get("message") == "Data Validation error", f"said {reply.members}")


async def _picks(model: DataModel, subject: Subject) -> None:
    if model is DataModel.V2:
        raise CannotTellError("the probe of v2 has no list of values")
    _, body = _probe(model)
    reply = await _Node(model, subject).call("POST", "units", body | {"unitStatus": "Lost"})
    errors = reply.members.get("errors")
    text = str(errors[0]) if isinstance(errors, list) and errors else ""
    starts = text.startswith("unitStatus does not include a valid option <")
    require(starts and text.endswith("instead got 'Lost'"), f"said {reply.members}")


async def _stages(model: DataModel, subject: Subject) -> None:
    node = _Node(model, subject)
    resource, body = _probe(model)
    uuid = await node.stage(body)
    row = (await node.staged()).get(uuid)
    require(row is not None, "what was staged is not in staging")
    assert row is not None, "just required"
    require(row["commited"] is False and row["action"] == "INSERT", f"the row says {row}")
    require(str(body[resource.required[0]]) in str(row["diff"]), "diff does not show the change")
    told = await node.drop(uuid)
    require(told.members.get("message") == "Deleted from staging", f"said {told.members}")
    require(uuid not in await node.staged(), "it is still there")


async def _commits_by_id(model: DataModel, subject: Subject) -> None:
    node = _Node(model, subject)
    uuid = await node.stage(_probe(model)[1])
    reply = await node.call("POST", "staging/commit", {"ids": [str(uuid4())]})
    await node.drop(uuid)
    told = reply.members.get("error")
    require(told == "No records to send to DataLayer", f"said {reply.members}")


async def _commits_nothing(model: DataModel, subject: Subject) -> None:
    node = _Node(model, subject)
    await node.alone()
    reply = await node.call("POST", "staging/commit", {})
    require(
        reply.members.get("error") == "Cant commit empty staging table", f"said {reply.members}"
    )


async def _two_phases(model: DataModel, subject: Subject) -> None:
    node = _Node(model, subject)
    await node.alone()
    resource, body = _probe(model)
    uuid = await node.stage(body)
    left_behind = await node.stage(_probe(model)[1])
    reply = await node.call("POST", "staging/commit", {"ids": [uuid], "comment": "conformance"})
    said = reply.members.get("message")
    require(said == "Staging Table committed to full node", f"said {reply.members}")
    pending = (await node.call("POST", resource.name, body)).members
    require(pending.get("error") == _PENDING, f"while commits pend it said {pending}")
    await node.confirmed()
    entries = await node.audited(uuid)
    require(entries, "confirmed, and the audit does not show it")
    require(entries[0]["type"] == "INSERT", f"the audit says {entries[0]['type']!r}")
    emptied = left_behind not in await node.staged()
    await _clean_up(node, resource, uuid)
    require(emptied, "a row that was not committed outlived the confirmation: better than expected")


async def _clean_up(node: _Node, resource: Resource, uuid: str) -> None:
    if resource.model is DataModel.V1:
        await node.call("DELETE", resource.name, {resource.id_field: uuid})
    else:
        await node.call("DELETE", f"{resource.name}/{uuid}")
    await node.call("POST", "staging/commit", {"ids": [uuid]})
    await node.confirmed()


async def _unknown(model: DataModel, subject: Subject) -> None:
    if model is DataModel.V2:
        raise CannotTellError("the words of v2 are not published")
    uuid = str(uuid4())
    body = _probe(model)[1] | {"warehouseUnitId": uuid}
    told = (await _Node(model, subject).call("PUT", "units", body)).members.get("error")
    wanted = f"The unit record for the warehouseUnitId: {uuid} does not exist."
    require(told == wanted, f"said {told!r}")


_WRITING: Final[tuple[tuple[str, str, Check], ...]] = (
    ("stage.validates", "A record without a required value is refused with a list.", _validates),
    ("stage.lists", "A value outside a list is refused in a fixed sentence.", _picks),
    ("stage.private", "What is staged can be seen in staging and dropped again.", _stages),
    ("stage.unknown", "A change of an unknown unit is refused in a fixed sentence.", _unknown),
    ("commit.ids", "A commit obeys the ids in its body.", _commits_by_id),
    ("commit.empty", "Nothing staged, nothing committed.", _commits_nothing),
    (
        "commit.phases",
        "A commit pends, bars changes, then stands in the audit; staging is emptied altogether.",
        _two_phases,
    ),
)


def writing_expectations(model: DataModel) -> tuple[Expectation, ...]:
    """Return the expectations that write to the node; they remove what they made."""
    return tuple(
        Expectation(name=name, rule=rule, check=partial(check, model), writes=True)
        for name, rule, check in _WRITING
    )
