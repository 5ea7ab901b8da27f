"""The node over HTTP: control address, transport faults, gate, routes."""

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from connectors.cadtrust.resources import RESOURCES, DataModel
from connectors.simulator.cadtrust.gate import Gate
from connectors.simulator.cadtrust.ledger import iso
from connectors.simulator.cadtrust.node import CadTrustNode
from connectors.simulator.cadtrust.routes import ledger_routes, resource_routes, staging_routes
from connectors.simulator.kit.control import control_routes, json_answer
from connectors.simulator.kit.faults import FaultyTransport
from connectors.simulator.kit.process import CONTROL
from schema.wire import WireStruct


class ForeignRecord(WireStruct, frozen=True):
    """An order of the control address: a record that another organisation has published."""

    model: DataModel
    resource: str
    organisation: str
    """Its name; the organisation is made when it is new."""
    body: dict[str, object]


def application(node: CadTrustNode, token: str) -> ASGIApp:
    """Return the whole node as one application."""

    async def health(_: Request) -> Response:
        return json_answer({"message": "OK", "timestamp": iso(node.now())})

    async def foreign(request: Request) -> Response:
        order = msgspec.json.decode(await request.body(), type=ForeignRecord)
        known = {each.name: each.org_uid for each in node.state.organisations()}
        org_uid = known.get(order.organisation) or node.state.add_organisation(
            order.organisation, home=False
        )
        resource = RESOURCES[order.model][order.resource]
        node.ledger.publish_foreign(resource, org_uid, dict(order.body), node.now())
        return json_answer({"orgUid": org_uid})

    routes = [
        *control_routes(token, node.board, node.faults, foreign=foreign),
        Route("/health", health),
        *(
            route
            for model in DataModel
            for route in (
                *resource_routes(node, model),
                *staging_routes(node, model),
                *ledger_routes(node, model),
            )
        ),
    ]
    gate = Gate(node, Starlette(routes=routes))
    return FaultyTransport(gate, node.faults, spared=CONTROL)
