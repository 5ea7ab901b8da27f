"""What a completed transfer takes out of its sender's registry."""

from connectors.undp.planning import CrossBorderOrder
from hub.services.leaving import orders_of
from tests import builders as build
from tests.services.conftest import Exchange
from tests.services.test_receive import open_accounts_and_issue


async def orders(exchange: Exchange, registry: str) -> tuple[CrossBorderOrder, ...]:
    blocks = (build.unit_block(1, 20), build.unit_block(41, 60), build.unit_block(21, 30))
    await open_accounts_and_issue(exchange)
    proposal = build.transfer_proposal(blocks=blocks)
    await exchange.send("MNG01", proposal)
    await exchange.send("JPN01", build.transfer_answer(transfer_id=proposal.transfer_id))
    outcome = build.transfer_outcome(transfer_id=proposal.transfer_id)
    found = await orders_of(exchange.database, registry, outcome)
    assert [order.key for order in found] == [
        f"{outcome.message_id}/{number}" for number in range(1, len(found) + 1)
    ]
    return found


async def test_neighbouring_blocks_leave_as_one(exchange: Exchange) -> None:
    found = await orders(exchange, "MNG01")
    assert [order.block.serials.display() for order in found] == ["1-30", "41-60"]
    assert {(order.acquiring_party, order.organization) for order in found} == {("JPN", "JPN01")}


async def test_nothing_leaves_the_receiver(exchange: Exchange) -> None:
    assert await orders(exchange, "JPN01") == ()
