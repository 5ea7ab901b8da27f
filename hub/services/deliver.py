"""Deliver: what the hub owes registries is repeated until it is answered.

A claim is a lease on rows of the outbox; an envelope is kept before it is sent, so that a
repetition sends the same bytes; one that expired undelivered is issued anew under a new `jti` with
the same message id. A registry that cannot be called is not called: its messages wait until it has
read and acknowledged them. Nothing is ever given up silently: what a registry refuses for good, and
what has failed too often, stays as dead with the reason, visible, and can be pulled or revived.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import assert_never

import msgspec
import structlog

from connectors.contract import (
    Connector,
    Delivered,
    DeliveryAnswer,
    LeftForPickUp,
    Outgoing,
    Reach,
)
from connectors.errors import RegistryError, Retry
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
        self._not_called = frozenset(
            registry for registry, connector in connectors.items() if reads_our_outbox(connector)
        )
        self._settings = settings
        self._clock = clock
        self._holder = holder
        self._wake = asyncio.Event()
        self._under_way: dict[str, asyncio.Task[None]] = {}
        """One task a destination: a silent registry holds up nobody else."""
        self._random = Random()  # noqa: S311 - jitter is no secret

    def wake(self) -> None:
        """Say that something new is owed."""
        self._wake.set()

    async def run(self) -> None:
        """Deliver for ever; cancel to stop. What was claimed becomes due again by itself."""
        try:
            while True:
                try:
                    busy = await self._begin()
                except StorageError as cause:
                    log.warning("deliver.storage", cause=str(cause))
                    busy = 0
                if not busy:
                    await self._pause()
        finally:
            for task in self._under_way.values():
                task.cancel()
            await asyncio.gather(*self._under_way.values(), return_exceptions=True)

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
        claimed = await self._begin()
        await asyncio.gather(*self._under_way.values())
        return claimed

    async def _begin(self) -> int:
        """Claim what is due for registries that nothing is being sent to, and begin to send it."""
        now = self._clock()
        async with self._database.unit_of_work() as work:
            claimed = await claim(
                work.connection,
                holder=self._holder,
                at=now,
                lease=self._settings.lease,
                paused=self._not_called | self._under_way.keys(),
                limit=self._settings.claim,
            )
            fresh = {one.outbox_id: sign_anew(one, self._identity, now) for one in claimed}
            await store_signed(work.connection, [one for one in fresh.values() if one is not None])
        by_destination: dict[str, list[Delivery]] = defaultdict(list)
        for delivery in claimed:
            by_destination[delivery.destination].append(delivery)
        for destination, deliveries in by_destination.items():
            task = asyncio.create_task(self._work(destination, deliveries, fresh))
            self._under_way[destination] = task
        return len(claimed)

    async def _work(
        self,
        destination: str,
        deliveries: Sequence[Delivery],
        fresh: Mapping[int, SignedDelivery | None],
    ) -> None:
        try:
            await self._send_all(deliveries, fresh)
        except StorageError as cause:
            # What was claimed becomes due again when its lease ends.
            log.warning("deliver.storage", destination=destination, cause=str(cause))
        finally:
            del self._under_way[destination]
            self._wake.set()

    async def _send_all(
        self, deliveries: Sequence[Delivery], fresh: Mapping[int, SignedDelivery | None]
    ) -> None:
        """Send to one destination, in order; after a failure that may pass the rest waits too."""
        for position, delivery in enumerate(deliveries):
            try:
                answer = await self._send(delivery, fresh[delivery.outbox_id])
            except RegistryError as cause:
                if cause.retry is not Retry.NEVER:
                    await self._postpone(deliveries[position:], cause)
                    return
                await self._give_up(delivery, cause)
            else:
                await self._take(delivery, answer)

    async def _send(self, delivery: Delivery, signed: SignedDelivery | None) -> DeliveryAnswer:
        """Send one message."""
        connector = self._connectors.get(delivery.destination)
        if connector is None:
            raise RegistryError(delivery.destination, "there is no connector to this registry")
        envelope = delivery.envelope if signed is None else signed.envelope
        jti = delivery.jti if signed is None else signed.jti
        message = decode_body(delivery.kind, delivery.body)
        assert envelope is not None, "signed before it is sent"
        assert jti is not None, "signed before it is sent"
        assert not isinstance(message, Refusal), "the outbox holds what we encoded"
        return await connector.deliver(
            Outgoing(envelope=envelope, envelope_id=jti, message=message)
        )

    async def _take(self, delivery: Delivery, answer: DeliveryAnswer) -> None:
        now = self._clock()
        async with self._database.unit_of_work() as work:
            match answer:
                case Delivered():
                    done = (delivery.outbox_id, answer.evidence.content)
                    await mark_done(work.connection, [done], at=now)
                case LeftForPickUp():
                    # It waits for its reader, however long: waiting is no failure.
                    again = now + self._backoff(delivery.attempts)
                    waiting = (delivery.outbox_id, again, "left for pick-up")
                    await retry_later(work.connection, [waiting])
                case never:
                    assert_never(never)

    async def _postpone(self, deliveries: Sequence[Delivery], failure: RegistryError) -> None:
        """Try again later; only the message that was really sent uses up its attempts."""
        first, *behind = deliveries
        if first.attempts >= self._settings.attempts_max:
            await self._give_up(first, failure)
            deliveries = behind
        words, now = _words(failure), self._clock()
        asked = timedelta(seconds=failure.retry_after_seconds or 0)
        due = now + max(self._backoff(first.attempts), asked)
        log.info(
            "deliver.postponed",
            destination=first.destination,
            messages=len(deliveries),
            cause=words,
        )
        async with self._database.unit_of_work() as work:
            await retry_later(work.connection, [(one.outbox_id, due, words) for one in deliveries])

    async def _give_up(self, delivery: Delivery, failure: RegistryError) -> None:
        """Leave it to a person: the same request would fail in the same way, or did too often."""
        words = _words(failure)
        log.error(
            "deliver.given_up",
            destination=delivery.destination,
            message_id=str(delivery.message_id),
            kind=delivery.kind,
            cause=words,
        )
        async with self._database.unit_of_work() as work:
            await mark_dead(work.connection, delivery.outbox_id, error=words, at=self._clock())

    def _backoff(self, attempts: int) -> timedelta:
        """Double with each attempt up to a limit, with jitter so that peers are not hit at once."""
        factor: int = 2 ** min(attempts - 1, 20)
        bounded = min(self._settings.backoff * factor, self._settings.backoff_max)
        return bounded * self._random.uniform(0.5, 1.0)


def _words(failure: RegistryError) -> str:
    return f"{type(failure).__name__}: {failure}"


def reads_our_outbox(connector: Connector) -> bool:
    """Tell whether the registry fetches its messages itself, so that there is nothing to send."""
    sheet = connector.capabilities
    return sheet.reach is Reach.PULL and sheet.connector == "federation"
