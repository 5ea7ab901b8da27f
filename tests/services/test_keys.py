"""Keys change by signed messages, and the change counts at once."""

from datetime import timedelta
from uuid import uuid4

import pytest

from hub.services.trusted_keys import TrustedKeys
from hub.storage.queries.messages import signed_since
from schema.codes import ReceiptResult
from schema.messages import KeyAnnouncement, Message, Receipt
from schema.refusals import RefusalCode
from tests import builders as build
from tests.services.conftest import Exchange, new_key


def told(receipt: Receipt) -> list[RefusalCode]:
    return [refusal.code for refusal in receipt.results[0].refusals]


async def rotate(exchange: Exchange, registry: str, **fields: object) -> KeyAnnouncement:
    """Announce a new key with the old one, and sign with the new one from now on."""
    fresh = new_key()
    announced = build.key_announcement(
        registry=registry,
        jwk=fresh.public.to_jwk(),
        valid_from=exchange.now(),
        **fields,
    )
    receipt = await exchange.send(registry, announced)
    assert told(receipt) == []
    exchange.keys[registry] = fresh
    return announced


async def test_an_announced_key_signs_at_once_and_the_old_one_still_does(
    exchange: Exchange,
) -> None:
    old = exchange.keys["MNG01"]
    await rotate(exchange, "MNG01")
    assert told(await exchange.send("MNG01", build.account_notice())) == []
    exchange.keys["MNG01"] = old
    assert told(await exchange.send("MNG01", build.account_notice(account="MN-200"))) == []


async def test_a_revoked_key_signs_no_more_from_its_moment_on(exchange: Exchange) -> None:
    old = exchange.keys["MNG01"]
    await rotate(exchange, "MNG01")
    exchange.pass_time(minutes=10)
    revocation = build.key_revocation(
        registry="MNG01", key_id=old.public.key_id, revoked_from=exchange.now()
    )
    assert told(await exchange.send("MNG01", revocation)) == []
    exchange.keys["MNG01"] = old
    raw = exchange.envelope("MNG01", build.account_notice())
    answer = await exchange.receiver.receive(raw)
    assert answer.refusal is not None
    assert answer.refusal.code is RefusalCode.KEY_REVOKED


async def test_a_message_that_waited_while_its_key_was_revoked_is_refused(
    exchange: Exchange,
) -> None:
    """Both were verified before the revocation was applied; the journal's order decides."""
    old = exchange.keys["MNG01"]
    revocation = build.key_revocation(
        registry="MNG01", key_id=old.public.key_id, revoked_from=exchange.now()
    )
    first = exchange.arrivals.open(exchange.envelope("MNG01", revocation))
    second = exchange.arrivals.open(exchange.envelope("MNG01", build.account_notice()))
    third = exchange.arrivals.open(exchange.envelope("MNG01", build.account_notice()))
    answers = await exchange.applier.apply([first, second])  # type: ignore[list-item]
    answers += await exchange.applier.apply([third])  # type: ignore[list-item]
    codes = [told(exchange.receipt(answer)) for answer in answers]
    # The revocation itself is signed by the key, and received when it was still in force.
    assert codes[1:] == [[RefusalCode.KEY_REVOKED]] * 2
    assert await exchange.scalar("SELECT count(*) FROM account") == 0


@pytest.mark.parametrize("operator", [False, True], ids=["a stranger", "the operator"])
async def test_only_the_registry_itself_and_the_operator_revoke_its_keys(
    exchange: Exchange,
    operator: bool,
) -> None:
    revocation = build.key_revocation(
        registry="MNG01",
        key_id=exchange.keys["MNG01"].public.key_id,
        revoked_from=exchange.now(),
    )
    sender = "OPR01" if operator else "JPN01"
    receipt = await exchange.send(sender, revocation)
    assert told(receipt) == ([] if operator else [RefusalCode.SENDER_NOT_ENTITLED])


async def test_a_suspended_registry_is_refused_until_the_suspension_is_lifted(
    exchange: Exchange,
) -> None:
    async def suspend(*, suspended: bool) -> None:
        message = build.registry_suspension(registry="MNG01", suspended=suspended)
        receipt = await exchange.send("OPR01", message)
        assert receipt.results[0].result is ReceiptResult.APPLIED

    await suspend(suspended=True)
    refused = await exchange.send("MNG01", build.account_notice())
    assert told(refused) == [RefusalCode.REGISTRY_SUSPENDED]
    await suspend(suspended=False)
    assert told(await exchange.send("MNG01", build.account_notice())) == []


async def test_every_process_follows_a_change_of_the_keys(exchange: Exchange) -> None:
    elsewhere = TrustedKeys(exchange.database)
    await elsewhere.refresh()
    announced = await rotate(exchange, "MNG01")
    await elsewhere.look_again()
    known = {entry.key.key_id for entry in elsewhere.keyring.entries}
    assert exchange.keys["MNG01"].public.key_id in known
    assert announced.registry == "MNG01"


async def test_a_maintenance_window_moves_deadlines_and_the_counterparty_is_told(
    exchange: Exchange,
) -> None:
    window = build.maintenance_window(
        registry="JPN01",
        starts_at=exchange.now() + timedelta(hours=1),
        ends_at=exchange.now() + timedelta(hours=5),
    )
    assert told(await exchange.send("JPN01", window)) == []
    assert await exchange.scalar("SELECT count(*) FROM maintenance_window") == 1
    assert await exchange.scalar("SELECT destination FROM outbox") == "JPN01"


async def test_what_a_lost_key_signed_is_listed_by_the_journal_not_by_its_own_words(
    exchange: Exchange,
) -> None:
    key_id = exchange.keys["MNG01"].public.key_id
    messages: list[Message] = [
        build.account_notice(message_id=uuid4(), account=f"MN-{number}") for number in range(4)
    ]
    await exchange.send("MNG01", messages[0])
    old_claim = exchange.envelope("MNG01", messages[3], lifetime=timedelta(hours=20))
    exchange.pass_time(hours=2)
    lost_at = exchange.now()
    for message in messages[1:3]:
        await exchange.send("MNG01", message)
    # Written with a time before the loss, and received after it.
    await exchange.receiver.receive(old_claim)
    async with exchange.database.reading() as connection:
        found = [one async for one in signed_since(connection, key_id, lost_at)]
    assert [one.message_id for one in found] == [one.message_id for one in messages[1:]]
    assert [one.leaf_index for one in found] == [1, 2, 3]
