"""The annual information adds up the rows, and the adjustment figures stand in the right years."""

import datetime as dt
from decimal import Decimal

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.aef.annual_summary import Line, summarise
from schema.aef.records import Submission
from tests.aef import strategies
from tests.aef.bilateral import japan, mongolia

replace = msgspec.structs.replace


def test_the_seller_books_by_vintage_and_the_buyer_by_year_of_use() -> None:
    seller, buyer = summarise(mongolia()), summarise(japan())
    assert seller.first_transferred == {2024: Decimal(1000)}
    assert seller.used == {}
    assert buyer.used == {2025: Decimal(300)}
    assert buyer.totals[Line.ACQUIRED] == Decimal(1000)
    assert buyer.totals[Line.HELD] == Decimal(700)
    assert (buyer.authorizations_for_ndc, buyer.authorizations_for_oimp) == (1, 1)


def test_a_first_transfer_under_oimp_alone_is_counted_apart() -> None:
    (authorization,) = mongolia().authorizations
    for_oimp = replace(mongolia(), authorizations=(replace(authorization, purposes="OIMP"),))
    summary = summarise(for_oimp)
    assert summary.first_transferred == {}
    assert summary.first_transferred_for_oimp == {2024: Decimal(1000)}


def test_cancellations_are_told_apart() -> None:
    action = japan().actions[3]
    rows = [
        replace(action, type="Cancellation", subtype="Other cancellations"),
        replace(action, type="Voluntary Cancellation", subtype=None),
        replace(action, type="Cancellation", subtype="Voluntary cancellation to deliver OMGE"),
        replace(action, oimp_purpose="CORSIA", ndc_use_year=None),
        replace(action, metric="non-GHG"),
        replace(action, quantity_tco2e=None),
    ]
    summary = summarise(replace(japan(), actions=tuple(rows)))
    lines = (
        Line.CANCELLED,
        Line.VOLUNTARILY_CANCELLED,
        Line.CANCELLED_FOR_OMGE,
        Line.USED_FOR_OTHER_PURPOSES,
    )
    assert [summary.totals[line] for line in lines] == [Decimal(300)] * 4
    assert (summary.in_other_metrics, summary.uncounted) == (1, 1)


@given(actions=st.lists(strategies.actions, max_size=8))
def test_no_tonne_is_lost_or_counted_twice(actions: list[strategies.ActionRecord]) -> None:
    submission = Submission(submission=japan().submission, actions=tuple(actions))
    counted = [
        action.quantity_tco2e or 0
        for action in actions
        if action.metric == "GHG" and action.type != "Authorization"
    ]
    assert sum(summarise(submission).totals.values()) == sum(counted)
    assert all(isinstance(action.date, dt.date) for action in actions)
