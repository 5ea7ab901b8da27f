"""What the hub owes is repeated until it is answered; what is refused for good is told at once."""

from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from uuid import UUID, uuid4

import pytest

from connectors.contract import (
    CapabilitySheet,
    Connector,
    Delivered,
    DeliveryAnswer,
    Evidence,
    LeftForPickUp,
    Outgoing,
    Reach,
)
from connectors.errors import RegistryBusy, RegistryError, RegistryRefused, RegistryTimeout
from hub.domain.state import Outgoing as Owing
from hub.services.apply import owed
from hub.services.deliver import Deliverer, DeliverySettings
from hub.services.pick_up import read_outbox
from hub.storage.queries.outbox import enqueue, revive
from schema.codec import decode_body
from schema.codes import ReceiptResult, RegistryKind
from schema.messages import Acknowledgement, TransferOutcome
from schema.refusals import RefusalCode
from signing.claims import Claims
from signing.compact import split_compact
from tests import builders as build
from tests.services.conftest import Exchange

ATTEMPTS_MAX = 5
Answering = Callable[[Outgoing], DeliveryAnswer | RegistryError]


class Peer:
    """A connector to a registry that answers by a rule; what it is told is kept."""

    def __init__(self, answering: Answering, *, connector: str = "federation") -> None:
        self.answering = answering
        self.told: list[Outgoing] = []
        reach = Reach.PUSH if connector == "federation" else Reach.PULL
        self.capabilities = CapabilitySheet(
            registry="JPN01",
            kind=RegistryKind.JCM,
            connector=connector,
            reach=reach,
            holds=frozenset(),
            accepts=frozenset(),
            statement_levels=frozenset(),
        )

    async def deliver(self, outgoing: Outgoing) -> DeliveryAnswer:
        self.told.append(outgoing)
        answer = self.answering(outgoing)
        if isinstance(answer, RegistryError):
            raise answer
        return answer


def keeps(outgoing: Outgoing) -> DeliveryAnswer:
    evidence = Evidence(content=b"acknowledged", media_type="x", signed=True, received_at=build.NOW)
    assert outgoing.envelope
    return Delivered(evidence=evidence, acknowledgement=None)


def deliverer(exchange: Exchange, peer: Peer) -> Deliverer:
    connectors: dict[str, Connector] = {"JPN01": peer}  # type: ignore[dict-item]
    return Deliverer(
        database=exchange.database,
        identity=exchange.identity,
        connectors=connectors,
        settings=DeliverySettings(
            claim=100,
            lease=timedelta(seconds=30),
            attempts_max=ATTEMPTS_MAX,
            backoff=timedelta(seconds=1),
            backoff_max=timedelta(seconds=60),
            poll=timedelta(seconds=1),
        ),
        clock=exchange.now,
        holder="test",
    )


async def owe(exchange: Exchange, *messages: TransferOutcome) -> list[int]:
    outgoing = [owed(Owing(to="JPN01", message=message)) for message in messages]
    async with exchange.database.unit_of_work() as work:
        return await enqueue(work.connection, outgoing, at=exchange.now())


async def states(exchange: Exchange) -> list[str]:
    found: list[str] = await exchange.scalar(
        "SELECT array_agg(state ORDER BY outbox_id) FROM outbox"
    )
    return found


async def test_what_is_refused_for_good_is_dead_at_once_and_holds_up_nothing(
    exchange: Exchange,
) -> None:
    first, second = build.transfer_outcome(), build.transfer_outcome()
    ids = await owe(exchange, first, second)

    def refusing_the_first(outgoing: Outgoing) -> DeliveryAnswer | RegistryError:
        if outgoing.message == first:
            return RegistryRefused("JPN01", status=400, code="body_malformed", detail="no")
        return keeps(outgoing)

    peer = Peer(refusing_the_first)
    await deliverer(exchange, peer).step()
    assert await states(exchange) == ["dead", "done"]
    assert "body_malformed" in await exchange.scalar("SELECT last_error FROM outbox LIMIT 1")
    # A person has looked, and asks for it again.
    async with exchange.database.unit_of_work() as work:
        await revive(work.connection, ids[:1], at=exchange.now())
    peer.answering = keeps
    await deliverer(exchange, peer).step()
    assert await states(exchange) == ["done", "done"]


async def test_a_busy_registry_is_left_alone_as_long_as_it_asks(exchange: Exchange) -> None:
    await owe(exchange, build.transfer_outcome())
    peer = Peer(lambda _: RegistryBusy("JPN01", "later", retry_after_seconds=120))
    await deliverer(exchange, peer).step()
    exchange.pass_time(seconds=119)
    assert await deliverer(exchange, peer).step() == 0
    exchange.pass_time(seconds=2)
    peer.answering = keeps
    assert await deliverer(exchange, peer).step() == 1
    assert await states(exchange) == ["done"]


async def test_only_the_message_that_was_sent_uses_up_its_attempts(exchange: Exchange) -> None:
    await owe(exchange, build.transfer_outcome(), build.transfer_outcome())
    peer = Peer(lambda _: RegistryTimeout("JPN01", "silent"))
    for _ in range(ATTEMPTS_MAX):
        await deliverer(exchange, peer).step()
        exchange.pass_time(seconds=61)
    assert await states(exchange) == ["dead", "waiting"]
    peer.answering = keeps
    await deliverer(exchange, peer).step()
    assert await states(exchange) == ["dead", "done"]


async def test_what_lies_for_pick_up_is_never_given_up(exchange: Exchange) -> None:
    await owe(exchange, build.transfer_outcome())
    peer = Peer(
        lambda outgoing: LeftForPickUp(envelope_id=outgoing.envelope_id),
        connector="file_exchange",
    )
    for _ in range(ATTEMPTS_MAX * 3):
        await deliverer(exchange, peer).step()
        exchange.pass_time(seconds=61)
    assert await states(exchange) == ["waiting"]
    assert len(peer.told) == ATTEMPTS_MAX * 3


async def picked_up(exchange: Exchange) -> tuple[UUID, bytes]:
    page = await read_outbox(
        exchange.database,
        exchange.identity,
        exchange.now,
        registry="JPN01",
        after=0,
    )
    raw = page.envelopes[0].encode()
    return Claims.decode(split_compact(raw).payload).jti, raw


async def test_an_acknowledgement_ends_the_delivery_and_is_journalled(exchange: Exchange) -> None:
    await owe(exchange, build.transfer_outcome())
    jti, raw = await picked_up(exchange)
    acknowledgement = Acknowledgement(
        message_id=uuid4(),
        in_reply_to=jti,
        envelope_digest=sha256(raw).hexdigest(),
        received_at=exchange.now(),
    )
    receipt = await exchange.send("JPN01", acknowledgement)
    assert receipt.results[0].result is ReceiptResult.APPLIED
    assert await states(exchange) == ["done"]
    assert await exchange.scalar("SELECT size FROM journal_head") == 1
    kept = await exchange.scalar("SELECT acknowledgement FROM outbox")
    claims = Claims.decode(split_compact(kept).payload)
    assert decode_body(claims.kind, bytes(claims.body)) == acknowledgement


@pytest.mark.parametrize(
    ("sender", "fields"),
    [
        pytest.param("MNG01", {}, id="another registry cannot acknowledge it"),
        pytest.param("JPN01", {"in_reply_to": uuid4()}, id="an unknown envelope"),
        pytest.param("JPN01", {"envelope_digest": "0" * 64}, id="other bytes"),
    ],
)
async def test_an_acknowledgement_of_nothing_is_refused_and_ends_nothing(
    exchange: Exchange, sender: str, fields: dict[str, object]
) -> None:
    await owe(exchange, build.transfer_outcome())
    jti, raw = await picked_up(exchange)
    good: dict[str, object] = {
        "in_reply_to": jti,
        "envelope_digest": sha256(raw).hexdigest(),
        "received_at": exchange.now(),
    }
    acknowledgement = Acknowledgement(message_id=uuid4(), **(good | fields))  # type: ignore[arg-type]
    receipt = await exchange.send(sender, acknowledgement)
    assert [one.code for one in receipt.results[0].refusals] == [RefusalCode.RECORD_UNKNOWN]
    assert await states(exchange) == ["waiting"]
