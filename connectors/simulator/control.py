"""`/control/...`: how demonstrations and tests give orders to a simulated registry.

Guarded by a token, on loopback only. An order that sends messages is answered when the hub's
receipts are here, or when `wait` seconds have passed.
"""

import asyncio
import contextlib
import hmac
from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from connectors.driving import orders
from connectors.driving.answers import Done, LetterState, NotDone, Sent
from connectors.driving.misbehaviour import Order
from connectors.simulator.bodies import read_body
from connectors.simulator.desk import Desk
from connectors.simulator.holding import CannotBookError
from connectors.simulator.identity import Hub
from connectors.simulator.mailbox import Letter
from connectors.simulator.registry import Registry
from connectors.simulator.serials import CannotDoError
from connectors.simulator.view import view_of
from schema.codec import decode_body
from schema.messages import KeyAnnouncement, Message, Receipt, kind_of
from schema.refusals import Refusal
from signing.claims import Claims, ClaimsError
from signing.compact import CompactFormError, split_compact
from signing.jwk import KeyFormatError

CONTROL_BODY_BYTES_MAX: Final = 32 * 1024 * 1024
WAIT_SECONDS: Final = 10.0
WAIT_SECONDS_MAX: Final = 120.0


class Control:
    """Carries out orders that come over HTTP."""

    def __init__(self, registry: Registry, token: str) -> None:
        """Obey whoever knows `token`."""
        self._registry = registry
        self._token = token
        desk = Desk(registry)
        self._sending: dict[str, tuple[type[Any], Callable[[Any], Sequence[Message]]]] = {
            "announce-accounts": (orders.AnnounceAccounts, desk.announce_accounts),
            "set-account": (orders.SetAccount, desk.set_account),
            "authorize": (orders.Authorize, desk.authorize),
            "learn": (orders.Learn, desk.learn),
            "issue": (orders.Issue, desk.issue),
            "load": (orders.Load, desk.load),
            "propose": (orders.Propose, desk.propose),
            "withdraw": (orders.Withdraw, desk.withdraw),
            "answer": (orders.AnswerRequest, desk.answer),
            "act": (orders.Act, desk.act),
            "send": (orders.Send, desk.send),
            "rotate-key": (orders.RotateKey, desk.rotate_key),
            "resplit": (orders.Resplit, desk.resplit),
            "state": (orders.State, desk.state),
        }
        self._setting: dict[str, tuple[type[Any], Callable[[Any], None]]] = {
            "hub": (Hub, registry.join),
            "answers": (orders.AnswersMode, self._answers),
            "misbehave": (Order, registry.conduct.add),
            "behave": (orders.Behave, lambda order: registry.conduct.clear(order.kind)),
        }

    async def handle(self, request: Request) -> Response:
        """Answer one order, or show the state."""
        given = request.headers.get("Authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {self._token}".encode()):
            return _json(401, NotDone(code="token_wrong", detail="not the token of this process"))
        name = request.path_params["order"]
        if request.method == "GET":
            return _json(200, view_of(self._registry))
        body = await read_body(request, CONTROL_BODY_BYTES_MAX)
        if body is None:
            return _json(413, NotDone(code="order_too_large", detail="more than 32 MiB"))
        try:
            if name in self._setting:
                return await self._set(name, body)
            if name in self._sending:
                return await self._send(name, body, _wait_seconds(request))
        except (msgspec.MsgspecError, UnicodeDecodeError, KeyFormatError, ValueError) as cause:
            return _json(400, NotDone(code="order_malformed", detail=str(cause)))
        except (CannotBookError, CannotDoError) as cause:
            return _json(409, NotDone(code="cannot_do", detail=str(cause)))
        return _json(404, NotDone(code="order_unknown", detail=name))

    async def _set(self, name: str, body: bytes) -> Response:
        structure, apply = self._setting[name]
        apply(msgspec.json.decode(body or b"{}", type=structure))
        await self._registry.announce_mail()
        return _json(200, Done(sent=()))

    async def _send(self, name: str, body: bytes, wait_seconds: float) -> Response:
        structure, carry_out = self._sending[name]
        messages = carry_out(msgspec.json.decode(body or b"{}", type=structure))
        await self._registry.announce_mail()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait_seconds):
                await self._all_answered(messages)
        sent = tuple(self._sent(message) for message in messages)
        for message, told in zip(messages, sent, strict=True):
            if isinstance(message, KeyAnnouncement) and told.result == "applied":
                self._registry.keys.use_newest()
        return _json(200, Done(sent=sent))

    async def _all_answered(self, messages: Sequence[Message]) -> None:
        mailbox = self._registry.mailbox
        async with self._registry.mail:
            for message in messages:
                while _waits(mailbox.letter(message.message_id)):
                    await self._registry.mail.wait()

    def _sent(self, message: Message) -> Sent:
        letter = self._registry.mailbox.letter(message.message_id)
        assert letter is not None, "it was queued in the transaction of the order"
        receipt = None if letter.receipt is None else read_envelope(letter.receipt)
        results = receipt.results if isinstance(receipt, Receipt) else ()
        refusals = tuple(refusal for result in results for refusal in result.refusals)
        applied = bool(results) and all(result.result == "applied" for result in results)
        return Sent(
            message_id=message.message_id,
            kind=kind_of(message),
            transfer_id=getattr(message, "transfer_id", None),
            state=letter.state,
            receipt=None if letter.receipt is None else letter.receipt.decode("ascii"),
            result=None if receipt is None else "applied" if applied else "refused",
            refusals=refusals,
            fault_code=letter.fault_code,
            fault=letter.fault,
        )

    def _answers(self, order: orders.AnswersMode) -> None:
        self._registry.answer_automatically(automatic=order.automatic)


def read_envelope(envelope: bytes) -> Message | None:
    """Read a message whose envelope was verified, or sealed, by this registry before."""
    try:
        claims = Claims.decode(split_compact(envelope).payload)
    except (CompactFormError, ClaimsError):
        return None
    message = decode_body(claims.kind, bytes(claims.body))
    return None if isinstance(message, Refusal) else message


def _waits(letter: Letter | None) -> bool:
    return letter is not None and letter.state is LetterState.WAITING


def _wait_seconds(request: Request) -> float:
    return min(float(request.query_params.get("wait", WAIT_SECONDS)), WAIT_SECONDS_MAX)


def _json(status: int, body: msgspec.Struct) -> Response:
    return Response(msgspec.json.encode(body), status, media_type="application/json")
