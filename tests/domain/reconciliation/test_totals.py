from collections import Counter
from unittest.mock import patch

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.reconciliation import totals as engine
from hub.domain.reconciliation.contradictions import TotalStated
from hub.domain.reconciliation.totals import (
    TotalDifference,
    TotalKey,
    differing_totals,
    totals_of,
    totals_stated,
)
from hub.domain.reconciliation.vocabulary import Field, Vocabulary, kind_number, pack, status_number
from schema.codes import AccountKind
from tests.domain.reconciliation.naive import World
from tests.domain.reconciliation.test_comparison import HELD
from tests.domain.reconciliation.worlds import SERIES, snapshot_of, worlds


@given(worlds(), st.integers(0, 9), st.integers(1, 5))
def test_totals_count_the_serials_of_each_series_in_each_account(
    world: World, seed: int, window: int
) -> None:
    expected = Counter(
        TotalKey(series, state.account or "", state.account_kind)
        for (series, _), state in world.items()
    )
    with patch.object(engine, "_WINDOW_ROWS", window):
        assert totals_of(snapshot_of(world, vocabulary=Vocabulary(), seed=seed)) == expected


def test_totals_are_compared_both_ways() -> None:
    def stated(account: str, units: int) -> TotalStated:
        return TotalStated(
            series=SERIES[0], account=account, account_kind=AccountKind.HOLDING, units=units
        )

    def key(account: str) -> TotalKey:
        return TotalKey(SERIES[0], account, AccountKind.HOLDING)

    ours = totals_stated([stated("A-1", 5), stated("A-1", 1), stated("A-2", 7), stated("A-3", 1)])
    theirs = totals_stated([stated("A-1", 6), stated("A-3", 2), stated("A-4", 3)])
    assert differing_totals(ours, theirs) == [
        TotalDifference(key("A-2"), 7, None),
        TotalDifference(key("A-3"), 1, 2),
        TotalDifference(key("A-4"), None, 3),
    ]


def test_words_packed_from_columns_are_those_of_the_states() -> None:
    vocabulary = Vocabulary()
    word = vocabulary.word(HELD)
    assert HELD.account is not None
    assert HELD.authorization is not None
    assert HELD.account_kind is not None
    assert HELD.status is not None
    packed = pack(
        {
            Field.REGISTRY: vocabulary.registries.number(HELD.registry),
            Field.ACCOUNT: np.array([vocabulary.accounts.number(HELD.account)] * 3),
            Field.ACCOUNT_KIND: kind_number(HELD.account_kind),
            Field.STATUS: np.array([status_number(HELD.status)] * 3),
            Field.AUTHORIZATION: vocabulary.authorizations.number(HELD.authorization),
            Field.MEASURE: vocabulary.ghg,
        }
    )
    assert packed.tolist() == [word] * 3
