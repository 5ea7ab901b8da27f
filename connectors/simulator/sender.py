"""Sends the registry's messages to the hub, in order, until each has the hub's signed receipt."""

import asyncio
import contextlib
import random
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Final
from uuid import uuid4

from yarl import URL

from connectors.breaker import BreakerRules
from connectors.driving.misbehaviour import Misbehaviour
from connectors.errors import RegistryError, RegistryRefused
from connectors.http_answers import HttpAnswer, HttpRequest
from connectors.http_client import RegistryHttp
from connectors.protocol import ENVELOPE_MEDIA_TYPE, MESSAGES_PATH
from connectors.simulator.identity import ENVELOPE_LIFETIME, Hub
from connectors.simulator.mailbox import (
    Letter,
    note_attempt,
    note_fault,
    note_receipt,
    put_in_envelope,
)
from connectors.simulator.reactions import follow_fault, follow_receipt
from connectors.simulator.registry import Registry
from connectors.simulator.store import from_ticks, to_ticks
from connectors.transport import Endpoint, HttpLimits
from schema.codec import decode_body
from schema.messages import Receipt
from schema.refusals import Refusal, RefusalCode
from signing.envelope import verify_envelope

PAUSE_FIRST_SECONDS: Final = 0.1
PAUSE_MAX_SECONDS: Final = 1.0
REORDER_WAIT_SECONDS: Final = 1.0
RENEW_BEFORE_EXPIRY: Final = timedelta(minutes=1)
LIMITS: Final = HttpLimits(
    attempt_seconds=20.0,
    call_seconds=25.0,
    attempts_max=2,
    # There is one hub, and it is needed: it is asked again soon.
    breaker=BreakerRules(open_seconds=0.5, open_seconds_max=2.0),
)
_CURED_BY_A_NEW_ENVELOPE: Final = frozenset({RefusalCode.ENVELOPE_STALE.value})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trusted:
    """A receipt that is the hub's, about the envelope that was sent."""

    receipt: Receipt
    raw: bytes


class Sender:
    """One worker: the oldest letter first, again and again until the hub has answered it."""

    def __init__(self, registry: Registry) -> None:
        """Send for `registry`, to whatever hub it takes part in."""
        self._registry = registry
        self._http: RegistryHttp | None = None
        self._hub: Hub | None = None
        self._failures = 0

    async def run(self) -> None:
        """Send for ever; to be cancelled."""
        try:
            while True:
                done = await self._send(await self._next())
                await self._registry.announce_mail()
                if done:
                    self._failures = 0
                else:
                    await self._pause()
        finally:
            if self._http is not None:
                await self._http.close()

    async def _next(self) -> Letter:
        registry = self._registry
        while True:
            waiting = registry.mailbox.waiting(2) if registry.hub is not None else []
            if waiting and registry.conduct.take(Misbehaviour.REORDER):
                return await self._overtaking(waiting)
            if waiting:
                return waiting[0]
            async with registry.mail:
                await registry.mail.wait()

    async def _overtaking(self, waiting: list[Letter]) -> Letter:
        """Return the second letter, waiting a little for one to be written."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(REORDER_WAIT_SECONDS), self._registry.mail:
                while len(waiting) < len(("first", "second")):
                    await self._registry.mail.wait()
                    waiting = self._registry.mailbox.waiting(2)
        return waiting[-1]

    async def _send(self, letter: Letter) -> bool:
        """Make one attempt; False when it should be made again after a pause."""
        registry = self._registry
        envelope = self._envelope(letter)
        try:
            answer = await self._post(envelope)
            if registry.conduct.take(Misbehaviour.DUPLICATE):
                again = await self._post(envelope)
                if again.body != answer.body:
                    registry.anomalies.append(
                        f"{letter.message_id}: another receipt the second time"
                    )
        except RegistryRefused as refused:
            return self._take_refusal(letter, refused)
        except RegistryError as error:
            with registry.store.transaction() as connection:
                note_attempt(connection, letter.seq, str(error))
            return False
        return self._take_answer(letter, envelope, answer)

    def _envelope(self, letter: Letter) -> bytes:
        registry = self._registry
        assert registry.hub is not None, "letters are sent to a hub"
        told_now = registry.clock.told_now()
        if letter.envelope is not None and letter.expires_at is not None:
            renew_at = from_ticks(letter.expires_at) - RENEW_BEFORE_EXPIRY
            if told_now < renew_at:
                return letter.envelope
        jti = uuid4()
        envelope = registry.signer.seal(letter.message(), registry.hub.hub_id, jti)
        with registry.store.transaction() as connection:
            put_in_envelope(
                connection,
                letter.seq,
                jti=jti,
                envelope=envelope,
                expires_at=to_ticks(told_now + ENVELOPE_LIFETIME),
            )
        return envelope

    async def _post(self, envelope: bytes) -> HttpAnswer:
        return await (await self._client()).send(
            HttpRequest(
                method="POST",
                path=MESSAGES_PATH,
                body=envelope,
                content_type=ENVELOPE_MEDIA_TYPE,
                accept=ENVELOPE_MEDIA_TYPE,
            )
        )

    async def _client(self) -> RegistryHttp:
        hub = self._registry.hub
        assert hub is not None, "letters are sent to a hub"
        if self._http is None or hub != self._hub:
            if self._http is not None:
                await self._http.close()
            endpoint = Endpoint(registry=hub.hub_id, base_url=URL(hub.url))
            self._http, self._hub = RegistryHttp(endpoint, limits=LIMITS), hub
        return self._http

    def _take_refusal(self, letter: Letter, refused: RegistryRefused) -> bool:
        with self._registry.store.transaction() as connection:
            if refused.code in _CURED_BY_A_NEW_ENVELOPE:
                connection.execute(
                    "UPDATE outgoing SET envelope = NULL WHERE seq = ?", (letter.seq,)
                )
                note_attempt(connection, letter.seq, str(refused))
                return False
            note_fault(connection, letter.seq, code=refused.code, detail=refused.detail)
            follow_fault(self._registry, letter, f"{refused.code}: {refused.detail}")
        return True

    def _take_answer(self, letter: Letter, envelope: bytes, answer: HttpAnswer) -> bool:
        registry = self._registry
        trusted = self._judge(envelope, answer)
        if isinstance(trusted, str):
            registry.anomalies.append(f"{letter.message_id}: {trusted}")
            with registry.store.transaction() as connection:
                note_attempt(connection, letter.seq, trusted)
            return False
        with registry.store.transaction() as connection:
            note_receipt(connection, letter.seq, trusted.raw)
            follow_receipt(registry, letter, trusted.receipt)
        return True

    def _judge(self, envelope: bytes, answer: HttpAnswer) -> _Trusted | str:
        """Hold the answer to the protocol: the hub's signature, over these very bytes."""
        registry = self._registry
        opened = verify_envelope(
            answer.body,
            registry.keyring,
            audience=registry.profile.registry,
            received_at=registry.clock.true_now(),
        )
        if isinstance(opened, Refusal):
            return f"the receipt is not trusted: {opened.code}: {opened.detail}"
        receipt = decode_body(opened.claims.kind, opened.body)
        if not isinstance(receipt, Receipt):
            return "the answer is not a receipt"
        if receipt.envelope_digest != sha256(envelope).hexdigest():
            return "the receipt is of other bytes"
        return _Trusted(receipt=receipt, raw=answer.body)

    async def _pause(self) -> None:
        self._failures += 1
        longest = min(PAUSE_FIRST_SECONDS * 2 ** min(self._failures, 16), PAUSE_MAX_SECONDS)
        await asyncio.sleep(random.uniform(longest / 2, longest))  # noqa: S311 (jitter)
