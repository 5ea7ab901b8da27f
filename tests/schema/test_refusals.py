from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from schema.refusal_rules import REFUSAL_RULES
from schema.refusals import RefusalCode, RefusalFamily, in_precedence, precedence, refuse


def test_every_code_has_one_rule_and_the_table_is_in_precedence_order() -> None:
    assert list(REFUSAL_RULES) == list(RefusalCode)


def test_families_follow_each_other_without_gaps() -> None:
    order = list(RefusalFamily)
    ranks = [order.index(rule.family) for rule in REFUSAL_RULES.values()]
    assert all(earlier <= later for earlier, later in pairwise(ranks))
    assert set(ranks) == set(range(len(order)))


@given(st.lists(st.sampled_from(RefusalCode)))
def test_refusals_are_told_in_precedence_and_once_each(codes: list[RefusalCode]) -> None:
    told = in_precedence([refuse(code, "x") for code in codes])
    assert [refusal.code for refusal in told] == sorted(set(codes), key=precedence)
