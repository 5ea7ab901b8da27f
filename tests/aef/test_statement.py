"""A submission states what its Party holds and what it used, row by row or with a reason."""

import datetime as dt
from decimal import Decimal

import msgspec

from hub.domain.reconciliation.stated import read_statement
from schema.aef.statement import state_submission
from schema.codes import UnitStatus
from schema.identifiers import ItmoSeries
from schema.statements import Statement
from tests.aef.bilateral import SERIES, japan, mongolia

AT = dt.datetime(2025, 12, 31, 23, 59, 59, 999_000, tzinfo=dt.UTC)
replace = msgspec.structs.replace


def test_holdings_and_uses_become_blocks_of_the_registry() -> None:
    stated = state_submission(japan(), AT)
    (statement,) = stated.statements
    assert stated.unstated == ()
    assert (statement.registry, statement.stated_at) == ("JPN01", AT)
    rows = [(row.first, row.last, row.status, row.first_transferred) for row in statement.blocks]
    assert rows == [(301, 1000, UnitStatus.HELD, True), (1, 300, UnitStatus.USED_NDC, True)]
    assert statement.authorizations[0].authorization_id == "JPN 1"


def test_what_the_first_party_still_holds_is_first_transferred_only_as_its_actions_say() -> None:
    (statement,) = state_submission(mongolia(), AT).statements
    assert [row.first_transferred for row in statement.blocks] == [False]
    issued = replace(
        mongolia().actions[0], first_id=1001, last_id=1200, subtype="Issuance", acquiring_party=None
    )
    (statement,) = state_submission(replace(mongolia(), actions=(issued,)), AT).statements
    assert [row.first_transferred for row in statement.blocks] == [True]


def test_bare_serials_are_stated_only_when_somebody_vouches_for_their_series() -> None:
    bare = replace(
        mongolia(), holdings=tuple(replace(row, series=None) for row in mongolia().holdings)
    )
    stated = state_submission(bare, AT)
    assert stated.statements == ()
    assert [one.reason for one in stated.unstated] == ["the originating registry is not reported"]

    def vouched(_: object) -> ItmoSeries:
        return SERIES

    assert len(state_submission(bare, AT, vouched).statements) == 1


def test_a_row_that_no_statement_can_hold_is_told() -> None:
    (holding,) = mongolia().holdings
    rows = (
        replace(holding, last_id=None),
        replace(holding, last_id=5),
        replace(holding, quantity_tco2e=Decimal("1.1234567")),
        replace(holding, registry_id="XXX01"),
    )
    stated = state_submission(replace(mongolia(), holdings=rows), AT)
    assert [one.row_index for one in stated.unstated] == [0, 1, 2, 3]


def test_reconciliation_reads_the_statements() -> None:
    stated = state_submission(japan(), AT)
    encoded = [msgspec.json.encode(page) for page in stated.statements]
    pages = [msgspec.json.decode(page, type=Statement) for page in encoded]
    read = read_statement(pages)
    assert read.contradictions == []
    assert [(row.series, row.first, row.last) for row in read.rows] == [
        (SERIES, 301, 1000),
        (SERIES, 1, 300),
    ]
