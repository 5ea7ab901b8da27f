"""A slice of the ledger is enough: every message fares on it as on the whole."""

import pytest

from hub.domain.admission import Moment
from hub.domain.admit import admit, expire
from hub.domain.needs import Needs, further_needs, needs_of_transfer
from tests.builders import ACQUIRER_REGISTRY, HOST_REGISTRY, correction_notice, transfer_answer
from tests.domain.federation import shallow_snapshot
from tests.domain.refusal_tables.all_tables import TABLES
from tests.domain.refusal_tables.row import BACK, TRANSFER, Row, transferred_federation
from tests.domain.slicing import assert_same_where_loaded, load, needs_for

ROWS = [row for rows in TABLES for row in rows]


@pytest.mark.parametrize("row", [pytest.param(row, id=row.sentence) for row in ROWS])
def test_a_message_needs_no_more_than_it_says(row: Row) -> None:
    world = row.world()
    for prepare in row.prepare:
        prepare(world)
    message = row.build(world)
    needs = needs_for(world.ledger, message, row.sender)
    part = load(world.ledger, needs)
    before = shallow_snapshot(part)
    moment = Moment(sender=row.sender, received_at=world.now)

    told = admit(part, message, moment, world.policy)

    assert told == world.send(row.sender, message)
    assert_same_where_loaded(part, world.ledger, needs)
    if told.refusals:
        assert shallow_snapshot(part) == before


def test_an_expiry_needs_what_its_transfer_needs() -> None:
    world = transferred_federation()
    world.apply(HOST_REGISTRY, correction_notice(message_id=BACK, corrects=TRANSFER))
    needs = Needs(transfers={BACK})
    needs.merge(further_needs(needs, load(world.ledger, needs)))
    part = load(world.ledger, needs)
    world.wait(world.policy.answer_within)
    told = expire(part, BACK, world.now, world.policy)
    assert told == world.expire(world.ledger.transfers[BACK])
    assert_same_where_loaded(part, world.ledger, needs)


def test_the_answer_to_a_way_back_needs_the_transfer_that_it_takes_back() -> None:
    world = transferred_federation()
    world.apply(HOST_REGISTRY, correction_notice(message_id=BACK, corrects=TRANSFER))
    assert needs_of_transfer(world.ledger.transfers[BACK]).transfers == {TRANSFER}
    message = transfer_answer(transfer_id=BACK)
    needs = needs_for(world.ledger, message, ACQUIRER_REGISTRY)
    part = load(world.ledger, needs)
    moment = Moment(sender=ACQUIRER_REGISTRY, received_at=world.now)
    assert admit(part, message, moment, world.policy).refusals == ()
    assert part.transfers[TRANSFER].corrected_by == BACK
