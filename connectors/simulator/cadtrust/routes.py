"""The calls of a node: each turned into one act of staging or one reading."""

import json
from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.cadtrust.resources import RESOURCES, DataModel, Resource
from connectors.simulator.cadtrust import queries, texts
from connectors.simulator.cadtrust.node import CadTrustNode
from connectors.simulator.cadtrust.refusals import InvalidError, RefusedError, invalid, refused
from connectors.simulator.cadtrust.state import Fields
from connectors.simulator.kit.control import json_answer

Endpoint = Callable[[Request], Awaitable[Response]]


def _said(summary: str, answer: Endpoint) -> Endpoint:
    """Turn a refusal into the node's form, under the summary of the call."""

    async def endpoint(request: Request) -> Response:
        try:
            return await answer(request)
        except InvalidError as cause:
            return invalid(cause.errors)
        except RefusedError as cause:
            return refused(summary, str(cause))
        except (ValueError, KeyError, TypeError) as cause:
            return refused(summary, f"{type(cause).__name__}: {cause}")

    return endpoint


async def _body(request: Request) -> Fields:
    body = json.loads(await request.body() or b"{}")
    if not isinstance(body, dict):
        raise InvalidError(['"value" must be of type object'])
    return body


def _done(message: str, **more: object) -> Response:
    return json_answer({"message": message, **more, "success": True})


def resource_routes(node: CadTrustNode, model: DataModel) -> list[Route]:
    """Return the routes of the records of one data model."""
    routes = []
    for resource in RESOURCES[model].values():
        path = f"/{model}/{resource.name}"
        build = _v1_endpoints if model is DataModel.V1 else _v2_endpoints
        for (method, suffix), endpoint in build(node, resource).items():
            routes.append(Route(path + suffix, endpoint, methods=[method]))
    return routes


def _v1_endpoints(node: CadTrustNode, resource: Resource) -> Mapping[tuple[str, str], Endpoint]:
    words = texts.summaries(resource.name)

    async def read(request: Request) -> Response:
        return json_answer(queries.read_records(node.state, resource, request.query_params))

    async def create(request: Request) -> Response:
        return _done(words[2], uuid=node.staging.create(resource, await _body(request)))

    async def change(request: Request) -> Response:
        body = await _body(request)
        if resource.id_field not in body:
            raise InvalidError([f'"{resource.id_field}" is required'])
        node.staging.change(resource, str(body.pop(resource.id_field)), body)
        return _done(words[4])

    async def remove(request: Request) -> Response:
        node.staging.remove(resource, str((await _body(request)).get(resource.id_field)))
        return _done(words[6])

    async def split(request: Request) -> Response:
        node.staging.split(await _body(request))
        return _done(texts.SPLIT_DONE)

    endpoints: dict[tuple[str, str], Endpoint] = {
        ("GET", ""): _said(words[0], read),
        ("POST", ""): _said(words[1], create),
        ("PUT", ""): _said(words[3], change),
        ("DELETE", ""): _said(words[5], remove),
    }
    if resource.name == "units":
        endpoints["POST", "/split"] = _said(texts.SPLIT_FAILED, split)
    return endpoints


def _v2_endpoints(node: CadTrustNode, resource: Resource) -> Mapping[tuple[str, str], Endpoint]:
    words = texts.summaries(resource.name)

    async def read(request: Request) -> Response:
        return json_answer(queries.read_records(node.state, resource, request.query_params))

    async def read_one(request: Request) -> Response:
        return json_answer(node.state.record(resource, request.path_params["id"]))

    async def create(request: Request) -> Response:
        return _done(words[2], uuid=node.staging.create(resource, await _body(request)))

    async def change(request: Request) -> Response:
        node.staging.change(resource, request.path_params["id"], await _body(request))
        return _done(words[4])

    async def remove(request: Request) -> Response:
        node.staging.remove(resource, request.path_params["id"])
        return _done(words[6])

    return {
        ("GET", ""): _said(words[0], read),
        ("POST", ""): _said(words[1], create),
        ("GET", "/{id}"): _said(words[0], read_one),
        ("PUT", "/{id}"): _said(words[3], change),
        ("DELETE", "/{id}"): _said(words[5], remove),
    }


def staging_routes(node: CadTrustNode, model: DataModel) -> list[Route]:
    """Return the routes of staging and commits of one data model."""

    async def staged(request: Request) -> Response:
        return json_answer(queries.read_staging(node.state, model, request.query_params))

    async def edit(request: Request) -> Response:
        body = await _body(request)
        data = body["data"]
        if not isinstance(data, list):
            raise InvalidError(['"data" must be an array'])
        node.staging.edit(model, str(body["uuid"]), data)
        return json_answer({"message": texts.EDITED})

    async def drop(request: Request) -> Response:
        node.staging.drop(model, str((await _body(request))["uuid"]))
        return _done(texts.UNSTAGED)

    async def clean(_: Request) -> Response:
        node.staging.clean(model)
        return _done(texts.CLEANED)

    async def retry(request: Request) -> Response:
        node.staging.retry(model, str((await _body(request))["uuid"]))
        return _done(texts.RESTAGED)

    async def commit(request: Request) -> Response:
        node.staging.commit(model, request.query_params.get("table"), await _body(request))
        return _done(texts.COMMITTED)

    async def pending(_: Request) -> Response:
        waits = node.state.has_pushed(model)
        words = texts.UNCONFIRMED if waits else texts.CONFIRMED
        return _done(words, confirmed=not waits)

    path = f"/{model}"
    return [
        Route(f"{path}/staging", _said(texts.STAGING_FAILED, staged), methods=["GET"]),
        Route(f"{path}/staging", _said(texts.EDIT_FAILED, edit), methods=["PUT"]),
        Route(f"{path}/staging", _said(texts.UNSTAGE_FAILED, drop), methods=["DELETE"]),
        Route(f"{path}/staging/clean", _said("", clean), methods=["DELETE"]),
        Route(f"{path}/staging/retry", _said(texts.RETRY_FAILED, retry), methods=["POST"]),
        Route(f"{path}/staging/commit", _said(texts.COMMIT_FAILED, commit), methods=["POST"]),
        Route(f"{path}/staging/hasPendingTransactions", pending, methods=["GET"]),
        Route(f"{path}/staging/pending", pending, methods=["GET"]),
    ]


def ledger_routes(node: CadTrustNode, model: DataModel) -> list[Route]:
    """Return the routes that tell of the ledger and of the node."""

    async def audit(request: Request) -> Response:
        return json_answer(queries.read_audit(node.state, model, request.query_params, node.now()))

    async def conflicts(_: Request) -> Response:
        return json_answer([])

    async def organizations(_: Request) -> Response:
        behind = node.board.now.generations_behind
        return json_answer(queries.read_organizations(node.state, model, behind))

    async def status(_: Request) -> Response:
        switches = node.board.now
        pending_commits = node.state.has_pushed(model)
        state = {
            "wallet_synced": switches.wallet_synced,
            "home_org_synced": switches.home_synced,
            "pending_commits": pending_commits,
            "home_org_profile_synced": switches.home_synced,
        }
        ready = switches.wallet_synced and switches.home_synced and not pending_commits
        return json_answer({"ready": ready, "status": state, "success": True})

    async def pick_lists(_: Request) -> Response:
        lists = {
            name: list(values)
            for resource in RESOURCES[model].values()
            for name, values in resource.picks.items()
        }
        return json_answer(lists)

    path = f"/{model}"
    return [
        Route(f"{path}/audit", _said(texts.AUDIT_FAILED, audit), methods=["GET"]),
        Route(f"{path}/audit/findConflicts", conflicts, methods=["GET"]),
        Route(f"{path}/organizations", organizations, methods=["GET"]),
        Route(f"{path}/organizations/status", status, methods=["GET"]),
        Route(f"{path}/governance/meta/pickList", pick_lists, methods=["GET"]),
    ]
