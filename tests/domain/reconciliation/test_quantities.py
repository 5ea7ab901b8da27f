import itertools
from collections.abc import Sequence
from dataclasses import replace as with_columns
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from hub.domain.reconciliation.attributes import Facet, Measure, UnitState
from hub.domain.reconciliation.codes import FindingCode
from hub.domain.reconciliation.columns import Snapshot, StatedRow, micro_of, quantity_of
from hub.domain.reconciliation.comparison import compare
from hub.domain.reconciliation.findings import Finding
from hub.domain.reconciliation.vocabulary import Vocabulary
from schema.codes import AccountKind, Metric, UnitStatus
from schema.identifiers import AccountId, ItmoBlock, SerialRange
from tests.domain.reconciliation.worlds import JPN, MEGAWATT_HOURS, SERIES

IN_MWH = UnitState(
    registry=JPN,
    account=AccountId("A-1"),
    account_kind=AccountKind.HOLDING,
    status=UnitStatus.HELD,
    measure=MEGAWATT_HOURS,
)
Blocks = Sequence[tuple[int, int, str]]


def stated(blocks: Blocks, *, vocabulary: Vocabulary, source: str = "hub") -> Snapshot:
    rows = [
        StatedRow(
            series=SERIES[0], first=first, last=last, state=IN_MWH, quantity=Decimal(quantity)
        )
        for first, last, quantity in blocks
    ]
    return Snapshot.of_rows(vocabulary, source, rows)


def compared(left: Blocks, right: Blocks) -> list[Finding]:
    vocabulary = Vocabulary()
    return compare(
        stated(left, vocabulary=vocabulary),
        stated(right, vocabulary=vocabulary, source="JPN01"),
    )


@pytest.mark.parametrize(
    "other",
    [
        pytest.param([(1, 10, "7.5")], id="the same block"),
        pytest.param([(1, 4, "3"), (5, 10, "4.5")], id="a split that adds up"),
        pytest.param([(7, 10, "0.000001"), (1, 6, "7.499999")], id="any share, in any order"),
    ],
)
def test_quantities_that_add_up_between_common_edges_agree(other: Blocks) -> None:
    assert compared([(1, 10, "7.5")], other) == []
    assert compared(other, [(1, 10, "7.5")]) == []


def test_another_quantity_is_told_with_both_sums() -> None:
    here = [(1, 10, "7.5"), (11, 20, "5")]
    there = [(1, 4, "3"), (5, 10, "4.4"), (11, 20, "5")]
    (found,) = compared(here, there)
    assert (found.code, found.serials) == (FindingCode.OTHER_QUANTITY, SerialRange(1, 10))
    assert [one.quantity for one in found.evidence[0].statements] == [
        Decimal("7.5"),
        Decimal("7.4"),
    ]
    assert (found.tonnes, found.units) == (0, 10)


def test_adjacent_blocks_with_other_quantities_are_told_once() -> None:
    (found,) = compared([(1, 5, "1"), (6, 9, "2")], [(1, 5, "2"), (6, 9, "1")])
    assert [part.serials for part in found.evidence] == [SerialRange(1, 5), SerialRange(6, 9)]


def test_a_quantity_is_not_compared_where_serials_are_missing() -> None:
    (found,) = compared([(1, 10, "10")], [(1, 8, "8")])
    assert found.code is FindingCode.MISSING_THERE


def test_quantities_are_not_compared_when_one_side_states_none() -> None:
    vocabulary = Vocabulary()
    here = stated([(1, 10, "10")], vocabulary=vocabulary)
    there = stated([(1, 10, "9")], vocabulary=vocabulary, source="JPN01")
    silent = with_columns(there, facets=there.facets - {Facet.QUANTITY})
    assert compare(here, there)
    assert compare(here, silent) == []


def test_another_unit_is_told_as_another_metric_alone() -> None:
    vocabulary = Vocabulary()
    here = stated([(1, 10, "10")], vocabulary=vocabulary)
    in_tonnes = StatedRow(
        series=SERIES[0],
        first=1,
        last=10,
        state=UnitState(
            registry=JPN,
            account=IN_MWH.account,
            account_kind=IN_MWH.account_kind,
            status=IN_MWH.status,
        ),
    )
    there = Snapshot.of_rows(vocabulary, "JPN01", [in_tonnes])
    (found,) = compare(here, there)
    assert found.code is FindingCode.OTHER_METRIC


def test_another_unit_with_its_own_quantity_is_told_as_another_metric_alone() -> None:
    vocabulary = Vocabulary()
    here = stated([(1, 10, "10"), (11, 20, "5")], vocabulary=vocabulary)
    in_gigajoules = replace(IN_MWH, measure=Measure(metric=Metric.NON_GHG, unit="GJ"))
    rows = [
        StatedRow(series=SERIES[0], first=1, last=10, state=in_gigajoules, quantity=Decimal(36)),
        StatedRow(series=SERIES[0], first=11, last=20, state=IN_MWH, quantity=Decimal(6)),
    ]
    metric, quantity = compare(here, Snapshot.of_rows(vocabulary, "JPN01", rows))
    assert (metric.code, metric.serials) == (FindingCode.OTHER_METRIC, SerialRange(1, 10))
    assert (quantity.code, quantity.serials) == (
        FindingCode.OTHER_QUANTITY,
        SerialRange(11, 20),
    )


@given(
    st.lists(st.integers(0, 10**12), min_size=1, max_size=12),
    st.lists(st.integers(0, 10**12), min_size=1, max_size=12),
    st.sets(st.integers(1, 11)),
    st.sets(st.integers(1, 11)),
)
def test_quantities_differ_where_the_sums_between_common_edges_do(
    ours: list[int], theirs: list[int], our_cuts: set[int], their_cuts: set[int]
) -> None:
    length = min(len(ours), len(theirs))
    here, there = _blocks(ours[:length], our_cuts), _blocks(theirs[:length], their_cuts)
    edges = sorted(({0} | {last for _, last, _ in here}) & ({0} | {last for _, last, _ in there}))
    wrong = {
        serial
        for low, high in itertools.pairwise(edges)
        if sum(ours[low:high]) != sum(theirs[low:high])
        for serial in range(low + 1, high + 1)
    }
    found = compared(here, there)
    told = {serial for one in found for serial in range(one.serials.first, one.serials.last + 1)}
    assert told == wrong


def _blocks(micro: list[int], cuts: set[int]) -> list[tuple[int, int, str]]:
    edges = [0, *sorted(cut for cut in cuts if cut < len(micro)), len(micro)]
    return [
        (low + 1, high, str(quantity_of(sum(micro[low:high]))))
        for low, high in itertools.pairwise(edges)
    ]


@given(st.integers(0, 2**62 - 1))
def test_a_quantity_survives_in_millionths(micro: int) -> None:
    assert micro_of(quantity_of(micro)) == micro


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-1", "0.0000001", "1e30"])
def test_what_is_no_quantity_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a quantity"):
        micro_of(Decimal(text))


def test_a_cut_keeps_the_quantities_of_whole_blocks() -> None:
    snapshot = stated([(1, 5, "1"), (6, 9, "2"), (10, 19, "3")], vocabulary=Vocabulary())
    cut = snapshot.within([ItmoBlock(SERIES[0], SerialRange(4, 12))])
    assert cut.units == 9
    assert cut.quantities.micro.tolist() == [2_000_000]
