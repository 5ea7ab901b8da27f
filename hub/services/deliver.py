"""Deliver: what the hub owes registries is repeated until it is answered.

A claim is a lease on rows of the outbox; an envelope is kept before it is sent, so that a
repetition sends the same bytes; one that expired undelivered is issued anew under a new `jti` with
the same message id. Nothing is ever given up silently: after the last attempt a row stays as dead,
visible, and can be pulled or revived.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from random import Random

import msgspec
import structlog

from connectors.contract import Connector, Delivered, LeftForPickUp, Outgoing
from connectors.errors import RegistryError
from hub.services.identity import HubIdentity
from hub.services.outgoing_envelopes import sign_anew
from hub.storage.database import Database
from hub.storage.errors import StorageError
from hub.storage.queries.outbox import (
    Delivery,
    SignedDelivery,
    claim,
    mark_dead,
    mark_done,
    retry_later,
    store_signed,
)
from schema.codec import decode_body
from schema.refusals import Refusal

log = structlog.get_logger(__name__)


class DeliverySettings(msgspec.Struct, frozen=True, kw_only=True):
    """How delivery is repeated."""

    claim: int
    lease: timedelta
    attempts_max: int
    backoff: timedelta
    backoff_max: timedelta
    poll: timedelta


class Deliverer:
    """Works through the outbox; any number of them, in any number of processes."""

    def __init__(
        self,
        *,
        database: Database,
        identity: HubIdentity,
        connectors: Mapping[str, Connector],
        settings: DeliverySettings,
        clock: Callable[[], datetime],
        holder: str,
    ) -> None:
        self._database = database
        self._identity = identity
        self._connectors = connectors
        self._settings = settings
        self._clock = clock
        self._holder = holder
        self._wake = asyncio.Event()
        self._random = Random()  # noqa: S311 - jitter is no secret

    def wake(self) -> None:
        """Say that something new is owed."""
        self._wake.set()

    async def run(self) -> None:
        """Deliver for ever; cancel to stop. What was claimed becomes due again by itself."""
        while True:
            try:
                busy = await self.step()
            except StorageError as cause:
                log.warning("deliver.storage", cause=str(cause))
                busy = 0
            if not busy:
                await self._pause()

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(self._settings.poll.total_seconds()):
                await self._wake.wait()
        except TimeoutError:
            return
        finally:
            self._wake.clear()

    async def step(self) -> int:
        """Claim what is due, send it, record what became of it; return how much there was."""
        now = self._clock()
        async with self._database.unit_of_work() as work:
            claimed = await claim(
                work.connection,
                holder=self._holder,
                at=now,
                lease=self._settings.lease,
                limit=self._settings.claim,
            )
            fresh = {one.outbox_id: sign_anew(one, self._identity, now) for one in claimed}
            await store_signed(work.connection, [one for one in fresh.values() if one is not None])
        by_destination: dict[str, list[Delivery]] = defaultdict(list)
        for delivery in claimed:
            by_destination[delivery.destination].append(delivery)
        await asyncio.gather(*(self._send_all(one, fresh) for one in by_destination.values()))
        return len(claimed)

    async def _send_all(
        self, deliveries: Sequence[Delivery], fresh: Mapping[int, SignedDelivery | None]
    ) -> None:
        """Send to one destination, in order; after a failure the rest waits for its turn."""
        for position, delivery in enumerate(deliveries):
            failure = await self._send(delivery, fresh[delivery.outbox_id])
            if failure is not None:
                await self._postpone(deliveries[position:], failure)
                return

    async def _send(self, delivery: Delivery, signed: SignedDelivery | None) -> str | None:
        """Send one message; return what went wrong."""
        connector = self._connectors.get(delivery.destination)
        if connector is None:
            return f"no connector for {delivery.destination}"
        envelope = delivery.envelope if signed is None else signed.envelope
        jti = delivery.jti if signed is None else signed.jti
        message = decode_body(delivery.kind, delivery.body)
        assert envelope is not None, "signed before it is sent"
        assert jti is not None, "signed before it is sent"
        assert not isinstance(message, Refusal), "the outbox holds what we encoded"
        try:
            answer = await connector.deliver(
                Outgoing(envelope=envelope, envelope_id=jti, message=message)
            )
        except RegistryError as cause:
            return f"{type(cause).__name__}: {cause}"
        match answer:
            case Delivered():
                done = (delivery.outbox_id, answer.evidence.content)
                async with self._database.unit_of_work() as work:
                    await mark_done(work.connection, [done], at=self._clock())
            case LeftForPickUp():
                return "left for pick-up"
        return None

    async def _postpone(self, deliveries: Sequence[Delivery], failure: str) -> None:
        now = self._clock()
        log.info(
            "deliver.postponed",
            destination=deliveries[0].destination,
            messages=len(deliveries),
            cause=failure,
        )
        async with self._database.unit_of_work() as work:
            dead = [one for one in deliveries if one.attempts >= self._settings.attempts_max]
            for one in dead:
                await mark_dead(work.connection, one.outbox_id, error=failure, at=now)
            waiting = [
                (one.outbox_id, now + self._backoff(one.attempts), failure)
                for one in deliveries
                if one not in dead
            ]
            await retry_later(work.connection, waiting)

    def _backoff(self, attempts: int) -> timedelta:
        """Double with each attempt up to a limit, with jitter so that peers are not hit at once."""
        factor: int = 2 ** min(attempts - 1, 20)
        bounded = min(self._settings.backoff * factor, self._settings.backoff_max)
        return bounded * self._random.uniform(0.5, 1.0)
