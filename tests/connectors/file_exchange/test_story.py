"""A Party without a server takes part through a shared folder."""

from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from connectors.contract import Connector, Delivered, HealthState, LeftForPickUp, StatementScope
from connectors.errors import (
    AnswerNotTrusted,
    NotSupported,
    RegistryBusy,
    RegistryUnreachable,
)
from connectors.file_exchange.folder import FolderError, Marker
from schema.codes import StatementLevel
from schema.messages import MessageKind
from tests import builders
from tests.connectors.file_exchange.world import NOW, World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "shared")


def test_it_keeps_the_contract_of_connectors(world: World) -> None:
    connector: Connector = world.connector
    sheet = connector.capabilities
    assert MessageKind.TRANSFER_REQUEST in sheet.accepts
    assert sheet.data_loss


async def test_messages_are_read_in_order_and_kept_when_the_cursor_comes_back(
    world: World,
) -> None:
    envelopes = [world.put(builders.account_notice()) for _ in range(3)]
    first = await world.connector.fetch(None)
    assert first.envelopes == tuple(envelopes)
    assert first.complete
    second = await world.connector.fetch(first.cursor)
    assert (second.envelopes, second.cursor) == ((), first.cursor)
    assert len(list((world.root / "hub" / "kept").iterdir())) == 3


async def test_what_was_not_confirmed_is_offered_again_to_a_restarted_hub(world: World) -> None:
    envelope = world.put(builders.account_notice())
    assert (await world.connector.fetch(None)).envelopes == (envelope,)
    later = world.put(builders.account_notice())
    again = await world.new_connector().fetch(None)
    assert again.envelopes == (envelope, later)
    done = await world.new_connector().fetch(again.cursor)
    assert done.envelopes == ()


async def test_a_batch_is_bounded_and_the_rest_follows(world: World) -> None:
    small = World(world.root.with_name("small"), limits=world.limits)
    small.limits = type(world.limits)(batch_files_max=2)
    small.connector = small.new_connector()
    envelopes = [small.put(builders.account_notice()) for _ in range(5)]
    found: list[bytes] = []
    cursor, complete = None, False
    while not complete:
        fetched = await small.connector.fetch(cursor)
        assert len(fetched.envelopes) <= 2
        found += fetched.envelopes
        cursor, complete = fetched.cursor, fetched.complete
    assert found == envelopes


async def test_a_message_waits_until_the_registry_acknowledges_it(world: World) -> None:
    outgoing = world.outgoing(builders.transfer_request())
    assert isinstance(await world.connector.deliver(outgoing), LeftForPickUp)
    taken = world.desk.take(None)
    assert taken.envelopes == (outgoing.envelope,)
    assert isinstance(await world.connector.deliver(outgoing), LeftForPickUp)
    acknowledgement = world.acknowledge(outgoing)
    first = await world.connector.deliver(outgoing)
    again = await world.new_connector().deliver(outgoing)
    assert isinstance(first, Delivered)
    assert first == again
    assert (first.evidence.content, first.evidence.signed) == (acknowledgement, True)


async def test_delivering_again_puts_nothing_down_twice(world: World) -> None:
    outgoing = world.outgoing(builders.transfer_request())
    for _ in range(3):
        await world.connector.deliver(outgoing)
    first = world.desk.take(None)
    await world.new_connector().deliver(outgoing)
    second = world.desk.take(first.cursor)
    await world.new_connector().deliver(outgoing)
    assert (len(first.envelopes), len(second.envelopes)) == (1, 0)
    assert world.desk.take(second.cursor).envelopes == ()


async def test_a_newer_envelope_takes_the_place_of_one_that_still_waits(world: World) -> None:
    message, next_message = builders.transfer_request(), builders.transfer_outcome()
    old, after, new = (world.outgoing(each) for each in (message, next_message, message))
    for outgoing in (old, after, new):
        await world.connector.deliver(outgoing)
    assert world.desk.take(None).envelopes == (new.envelope, after.envelope)


async def test_a_receipt_lies_beside_the_message_it_answers(world: World) -> None:
    jti = uuid4()
    outgoing = world.outgoing(builders.receipt(in_reply_to=jti))
    assert isinstance(await world.connector.deliver(outgoing), Delivered)
    assert isinstance(await world.connector.deliver(outgoing), Delivered)
    assert world.desk.receipts(jti) == (outgoing.envelope,)
    assert world.desk.receipts(uuid4()) == ()


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"in_reply_to": uuid4()}, id="of another envelope"),
        pytest.param({"envelope_digest": "0" * 64}, id="of other bytes"),
    ],
)
async def test_a_false_acknowledgement_is_not_believed(
    world: World, changes: dict[str, object]
) -> None:
    outgoing = world.outgoing(builders.transfer_request())
    world.acknowledge(outgoing, **changes)
    with pytest.raises(AnswerNotTrusted):
        await world.connector.deliver(outgoing)


async def test_an_acknowledgement_by_another_key_is_not_believed(world: World) -> None:
    outgoing = world.outgoing(builders.transfer_request())
    world.registry_key = world.hub_key
    world.acknowledge(outgoing)
    with pytest.raises(AnswerNotTrusted):
        await world.connector.deliver(outgoing)


async def test_the_newest_whole_statement_is_read(world: World) -> None:
    def pages(count: int, hours: int, drop: int = 0) -> list[bytes]:
        return [
            world.from_registry(
                builders.statement_notice(
                    statement=builders.statement(
                        registry="MNG01",
                        stated_at=NOW - timedelta(hours=hours),
                        page=number,
                        pages=count,
                    )
                )
            )
            for number in range(1, count + 1 - drop)
        ]

    level = StatementScope(level=builders.statement().level)
    with pytest.raises(RegistryBusy):
        _ = [page async for page in world.connector.statement(level)]
    world.desk.state(pages(2, hours=5), at=NOW - timedelta(hours=5))
    for number, page in enumerate(pages(3, hours=1, drop=1)):
        (world.folder.statements / f"late-{number}.jws").write_bytes(page)
    found = [page async for page in world.connector.statement(level)]
    assert [page.statement.page for page in found] == [1, 2]
    assert {page.statement.stated_at for page in found} == {NOW - timedelta(hours=5)}
    past = StatementScope(level=StatementLevel.BLOCKS, at=NOW)
    with pytest.raises(RegistryBusy):
        _ = [page async for page in world.connector.statement(past)]


async def test_a_statement_is_narrowed_to_the_series_asked_for(world: World) -> None:
    rows = (builders.stated_block(1, 10, vintage=2021), builders.stated_block(1, 5, vintage=2022))
    stated = builders.statement(
        registry="MNG01", level=StatementLevel.BLOCKS, blocks=rows, totals=(), authorizations=()
    )
    world.desk.state([world.from_registry(builders.statement_notice(statement=stated))], at=NOW)
    scope = StatementScope(level=StatementLevel.BLOCKS, vintage=2022)
    (page,) = [page async for page in world.connector.statement(scope)]
    assert page.statement.blocks == rows[1:]


async def test_an_unmounted_folder_is_away_and_takes_nothing(world: World) -> None:
    world.root.rename(world.root.with_name("elsewhere"))
    world.root.mkdir()
    outgoing = world.outgoing(builders.transfer_request())
    with pytest.raises(RegistryUnreachable):
        await world.connector.deliver(outgoing)
    with pytest.raises(RegistryUnreachable):
        await world.connector.fetch(None)
    assert (await world.connector.health()).state is HealthState.DOWN
    assert list(world.root.iterdir()) == []


async def test_health_says_what_waits(world: World) -> None:
    world.put(builders.account_notice())
    await world.connector.deliver(world.outgoing(builders.transfer_request()))
    health = await world.connector.health()
    assert health.state is HealthState.UP
    assert health.words == "1 wait for the hub, 1 for the registry"


def test_the_folder_of_others_is_left_alone(world: World) -> None:
    with pytest.raises(FolderError, match="MNG01"):
        world.folder.prepare(Marker(hub="HUB01", registry="KHM01"))


async def test_a_cursor_of_something_else_is_refused(world: World) -> None:
    with pytest.raises(NotSupported):
        await world.connector.fetch("../../etc/passwd")
