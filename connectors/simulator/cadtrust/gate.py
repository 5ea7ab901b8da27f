"""What every request to a node passes before it is answered, in the order of the real node."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from connectors.simulator.cadtrust import texts
from connectors.simulator.cadtrust.node import CadTrustNode
from connectors.simulator.cadtrust.switches import NodeSwitches
from connectors.simulator.kit.control import json_answer
from connectors.simulator.kit.process import CONTROL

NODE_VERSION: Final = "1.7.24"
BODY_BYTES_MAX: Final = 5 * 1024 * 1024


class Gate:
    """What every request passes first, in the order of the real node."""

    def __init__(self, node: CadTrustNode, inner: ASGIApp) -> None:
        """Stand before the routes."""
        self._node = node
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check, add headers, pass on."""
        if scope["path"].startswith(CONTROL):
            await self._inner(scope, receive, send)
            return
        self._node.ledger.advance(self._node.now())
        headers: dict[str, str] = {}
        stopped = self._stopped(Request(scope), headers)
        target = self._inner if stopped is None else stopped

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                added = [(name.encode(), value.encode()) for name, value in headers.items()]
                message["headers"] = [*message["headers"], *added]
            await send(message)

        await target(scope, receive, with_headers)

    def _stopped(self, request: Request, headers: dict[str, str]) -> Response | None:
        switches = self._node.board.now
        if int(request.headers.get("content-length") or 0) > BODY_BYTES_MAX:
            return json_answer({"message": "request entity too large"}, 413)
        if (chain := _chain_fault(switches)) is not None:
            return json_answer(
                {"message": texts.CHAIN_EXCEPTION, "error": chain, "success": False}, 400
            )
        headers["Cache-Control"] = "no-store"
        if switches.api_key and request.headers.get("x-api-key") != switches.api_key:
            return json_answer({"message": texts.KEY_NOT_FOUND}, 403)
        headers |= {
            "cw-read-only": _word(switches.read_only),
            "x-governance-body": _word(switches.governance_body),
            "x-api-version": NODE_VERSION,
            "x-datamodel-version": "v2" if request.url.path.startswith("/v2") else "v1",
        }
        if not switches.home_synced and request.method not in {"GET", "DELETE"}:
            return json_answer({"message": texts.RESYNCING, "success": False}, 400)
        if self._node.state.home() is not None:
            headers["x-home-org-synced"] = _word(switches.home_synced)
        behind = switches.generations_behind
        headers |= {
            "x-data-synced": _word(behind == 0),
            "x-sync-remaining": str(behind),
            "x-wallet-synced": _word(switches.wallet_synced),
        }
        return None


def _word(truth: bool) -> str:  # noqa: FBT001
    return "true" if truth else "false"


def _chain_fault(switches: NodeSwitches) -> str | None:
    if not switches.network_matches:
        return texts.WRONG_NETWORK.format("testnet", "mainnet")
    if not switches.data_layer_reachable:
        return texts.DATA_LAYER_DOWN
    if not switches.wallet_reachable:
        return texts.WALLET_DOWN
    return None
