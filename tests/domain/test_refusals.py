"""Every reason to refuse, one by one and in precedence, each for the one thing that trips it."""

import pytest

from schema.refusals import RefusalCode, precedence
from tests.domain.refusal_tables.all_tables import TABLES
from tests.domain.refusal_tables.row import Row

ROWS = [row for rows in TABLES for row in rows]


@pytest.mark.parametrize("row", [pytest.param(row, id=row.sentence) for row in ROWS])
def test_a_message_is_refused_for_what_is_wrong_and_for_nothing_else(row: Row) -> None:
    world = row.world()
    for prepare in row.prepare:
        prepare(world)
    told = world.codes(row.sender, row.build(world))
    assert told == list(row.codes)
    assert told == sorted(told, key=precedence)


def test_no_two_rows_say_the_same() -> None:
    sentences = [row.sentence for row in ROWS]
    assert len(set(sentences)) == len(sentences)


ELSEWHERE = {
    "signing: envelopes before they are opened": {
        code for code in RefusalCode if precedence(code) <= precedence(RefusalCode.BODY_MALFORMED)
    },
    "services: idempotency, batches and outages": {
        RefusalCode.MESSAGE_ID_REUSED,
        RefusalCode.BATCH_TOO_LARGE,
        RefusalCode.TRY_AGAIN_LATER,
    },
    "reconciliation: freezes": {
        RefusalCode.FREEZE_NOT_ENTITLED,
        RefusalCode.FREEZE_LIMIT_REACHED,
    },
}


def test_every_code_is_tripped_by_a_row_or_tested_elsewhere() -> None:
    here = {code for row in ROWS for code in row.codes}
    elsewhere = set().union(*ELSEWHERE.values())
    assert here | elsewhere == set(RefusalCode)
    assert not here & elsewhere
