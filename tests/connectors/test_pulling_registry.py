"""A registry that cannot be called reads the hub's outbox, and answers by messages of its own."""

from pathlib import Path

from schema.messages import Acknowledgement, DiscrepancyNotice, Receipt
from tests.builders import discrepancy_notice
from tests.connectors.fake_hub import FakeHub
from tests.processes import profile_file, simulated_registries


async def test_what_lies_in_the_outbox_is_read_kept_and_acknowledged_once(
    tmp_path: Path, hub: FakeHub
) -> None:
    notices = [discrepancy_notice() for _ in range(25)]
    sealed = [hub.seal(notice, "MNG01") for notice in notices]
    hub.outbox += [outgoing.envelope for outgoing in sealed]
    async with simulated_registries(tmp_path, profile_file(tmp_path, "MNG01", pulls=True)) as (
        registry,
    ):
        await hub.admit(registry)
        await hub.until(lambda: len(hub.messages(Acknowledgement)) == 25)
        await registry.kill()
        hub.outbox.append(hub.seal(notices[0], "MNG01").envelope)
        await registry.start()
        await hub.until(lambda: len(hub.messages(Acknowledgement)) == 26)
        state = await registry.settled()
    acknowledged = {each.in_reply_to for each in hub.messages(Acknowledgement)}
    assert {outgoing.envelope_id for outgoing in sealed} < acknowledged
    assert len(state.incoming) == 26
    assert len({each.message_id for each in state.incoming}) == 25
    assert all(isinstance(each, DiscrepancyNotice) for each in notices)


async def test_a_receipt_may_come_as_a_message_when_the_hub_has_read_the_outbox(
    tmp_path: Path, hub: FakeHub
) -> None:
    async with simulated_registries(tmp_path, profile_file(tmp_path, "MNG01")) as (registry,):
        await hub.admit(registry)
        hub.busy = 1_000_000
        blocks = [{"vintage": 2021, "tonnes": 5}]
        await registry.order("issue", wait_seconds=0, account="A", activity="B", blocks=blocks)
        connector = hub.connector(registry)
        (envelope,) = (await connector.fetch(None)).envelopes
        receipt = hub.receipt_for(envelope)
        assert isinstance(receipt, Receipt)
        await connector.deliver(hub.seal(receipt, "MNG01"))
        state = await registry.settled()
        await connector.close()
    assert [letter.state for letter in state.outgoing] == ["receipted"]
