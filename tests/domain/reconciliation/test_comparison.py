from collections.abc import Callable
from dataclasses import replace as with_columns
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from hub.domain.reconciliation import comparison, series_mixups, sweep
from hub.domain.reconciliation.attributes import GHG, Facet, UnitState
from hub.domain.reconciliation.codes import MEANING, FindingCode
from hub.domain.reconciliation.columns import Snapshot, StatedRow
from hub.domain.reconciliation.comparison import TooManyDifferencesError, compare
from hub.domain.reconciliation.findings import Finding, in_order
from hub.domain.reconciliation.vocabulary import Vocabulary
from schema.codes import AccountKind, UnitStatus
from schema.identifiers import SERIAL_LIMIT, AccountId, ItmoBlock, ItmoSeries, SerialRange
from tests.domain.reconciliation.naive import World, naive_comparison, told
from tests.domain.reconciliation.worlds import (
    GHA,
    JPN,
    LETTER,
    MEGAWATT_HOURS,
    OTHER_LETTER,
    REVOKED_LETTER,
    SERIES,
    WIDER_LETTER,
    neighbouring_worlds,
    snapshot_of,
    units,
    worlds,
)

MNG_2021, MNG_2022, JPN_2022, GHA_2022 = SERIES
HELD = UnitState(
    registry=JPN,
    account=AccountId("A-1"),
    account_kind=AccountKind.HOLDING,
    status=UnitStatus.HELD,
    authorization=LETTER,
)


def compared(
    left: World, right: World, *, left_seed: int = 0, right_seed: int = 1
) -> list[Finding]:
    vocabulary = Vocabulary()
    return compare(
        snapshot_of(left, vocabulary=vocabulary, source="hub", seed=left_seed),
        snapshot_of(right, vocabulary=vocabulary, source="JPN01", seed=right_seed),
    )


@given(worlds(), worlds())
def test_the_findings_of_two_worlds_are_those_of_a_comparison_serial_by_serial(
    left: World, right: World
) -> None:
    assert told(compared(left, right)) == naive_comparison(left, right)


@settings(max_examples=300)
@given(neighbouring_worlds(), st.integers(0, 9), st.integers(0, 9))
def test_a_changed_world_differs_in_exactly_what_was_changed(
    pair: tuple[World, World], left_seed: int, right_seed: int
) -> None:
    found = compared(*pair, left_seed=left_seed, right_seed=right_seed)
    assert told(found) == naive_comparison(*pair)
    assert len(told(found)) == len(found)


@given(worlds(), st.integers(0, 9), st.integers(0, 9))
def test_a_world_has_no_findings_against_itself_however_it_is_split(
    world: World, left_seed: int, right_seed: int
) -> None:
    assert compared(world, world, left_seed=left_seed, right_seed=right_seed) == []


@given(neighbouring_worlds(), st.integers(0, 9), st.integers(0, 9))
def test_splits_and_order_change_no_finding(
    pair: tuple[World, World], left_seed: int, right_seed: int
) -> None:
    assert compared(*pair) == compared(*pair, left_seed=left_seed, right_seed=right_seed)


@given(neighbouring_worlds())
def test_the_other_side_finds_the_same_mirrored(pair: tuple[World, World]) -> None:
    vocabulary = Vocabulary()
    here = snapshot_of(pair[0], vocabulary=vocabulary, source="hub")
    there = snapshot_of(pair[1], vocabulary=vocabulary, source="JPN01")
    mirrored = in_order(finding.mirrored() for finding in compare(there, here))
    assert compare(here, there) == mirrored


@given(neighbouring_worlds(), st.integers(1, 4), st.integers(1, 4))
def test_windows_of_any_size_find_the_same(
    pair: tuple[World, World], window_rows: int, sweep_rows: int
) -> None:
    with (
        patch.object(sweep, "WINDOW_ROWS", window_rows),
        patch.object(sweep, "SWEEP_ROWS", sweep_rows),
    ):
        small = compared(*pair)
    assert small == compared(*pair)


def honest() -> World:
    return {unit: HELD for series in (MNG_2021, MNG_2022) for unit in units(series, 1, 100)}


def say(**what: object) -> Callable[[World], None]:
    def lie(world: World) -> None:
        for unit in units(MNG_2022, 40, 59):
            world[unit] = replace(world[unit], **what)  # type: ignore[arg-type]

    return lie


def drop(world: World) -> None:
    for unit in units(MNG_2022, 40, 59):
        del world[unit]


def invent(world: World) -> None:
    world.update(dict.fromkeys(units(MNG_2022, 140, 159), HELD))


@pytest.mark.parametrize(
    ("lie", "code", "facets"),
    [
        pytest.param(drop, FindingCode.MISSING_THERE, set(), id="units are left out"),
        pytest.param(invent, FindingCode.MISSING_HERE, set(), id="units are invented"),
        pytest.param(
            say(account=AccountId("A-9")),
            FindingCode.OTHER_HOLDER,
            {Facet.ACCOUNT},
            id="units stand in another account",
        ),
        pytest.param(
            say(registry=GHA),
            FindingCode.OTHER_HOLDER,
            {Facet.REGISTRY},
            id="units are said to be in another registry",
        ),
        pytest.param(
            say(account_kind=AccountKind.RETIREMENT_OIMP),
            FindingCode.OTHER_ACCOUNT_KIND,
            {Facet.ACCOUNT_KIND},
            id="the account is of another kind",
        ),
        pytest.param(
            say(status=UnitStatus.RESERVED),
            FindingCode.OTHER_STATUS,
            {Facet.STATUS},
            id="held units are said to be reserved",
        ),
        pytest.param(
            say(
                status=UnitStatus.USED_NDC,
                account=AccountId("R-1"),
                account_kind=AccountKind.RETIREMENT_NDC,
            ),
            FindingCode.OTHER_STATUS,
            {Facet.STATUS, Facet.ACCOUNT, Facet.ACCOUNT_KIND},
            id="a use that moves the units to a retirement account is one finding",
        ),
        pytest.param(
            say(status=UnitStatus.USED_NDC, registry=GHA),
            FindingCode.USED_AND_STILL_HELD,
            {Facet.STATUS, Facet.REGISTRY},
            id="held here and used in another registry",
        ),
        pytest.param(
            say(first_transferred=True),
            FindingCode.FIRST_TRANSFER_ON_ONE_SIDE,
            {Facet.FIRST_TRANSFER},
            id="first transferred on one side only",
        ),
        pytest.param(
            say(authorization=OTHER_LETTER),
            FindingCode.OTHER_AUTHORIZATION,
            {
                Facet.AUTHORIZATION,
                Facet.PURPOSE,
                Facet.TRANSFERRING_STATUS,
                Facet.ACQUIRING_STATUS,
            },
            id="another authorization",
        ),
        pytest.param(
            say(authorization=WIDER_LETTER),
            FindingCode.OTHER_PURPOSE,
            {Facet.PURPOSE},
            id="the authorization covers another use",
        ),
        pytest.param(
            say(authorization=REVOKED_LETTER),
            FindingCode.OTHER_AUTHORIZATION_STATUS,
            {Facet.TRANSFERRING_STATUS},
            id="the transferring Party's authorization stands otherwise",
        ),
        pytest.param(
            say(measure=MEGAWATT_HOURS),
            FindingCode.OTHER_METRIC,
            {Facet.METRIC},
            id="another metric",
        ),
    ],
)
def test_one_lie_is_one_finding_of_its_kind(
    lie: Callable[[World], None], code: FindingCode, facets: set[Facet]
) -> None:
    world = honest()
    lie(world)
    (finding,) = compared(honest(), world)
    assert finding.code is code
    assert finding.facets == facets
    assert finding.series == MNG_2022
    assert finding.units == finding.tonnes == 20
    assert finding.severity is MEANING[code].severity
    assert finding.sources == ("hub", "JPN01")


@pytest.mark.parametrize(
    ("other", "code"),
    [
        pytest.param(MNG_2021, FindingCode.OTHER_VINTAGE, id="another vintage"),
        pytest.param(JPN_2022, FindingCode.OTHER_SERIES_PART, id="another originating registry"),
    ],
)
def test_serials_stated_in_a_neighbouring_series_are_told_once(
    other: object, code: FindingCode
) -> None:
    world = dict.fromkeys(units(MNG_2022, 1, 100), HELD)
    mixed_up = dict(world)
    for _, serial in units(MNG_2022, 40, 59):
        mixed_up[other, serial] = mixed_up.pop((MNG_2022, serial))  # type: ignore[index]
    (finding,) = compared(world, mixed_up)
    assert finding.code is code
    assert (finding.series, finding.serials) == (MNG_2022, SerialRange(40, 59))
    assert finding.other_series == other


def test_serials_in_a_series_that_differs_in_two_parts_are_missing_and_extra() -> None:
    world = dict.fromkeys(units(MNG_2022, 1, 100), HELD)
    elsewhere = dict.fromkeys(units(GHA_2022, 1, 100), HELD)
    found = compared(world, elsewhere)
    assert [one.code for one in found] == [FindingCode.MISSING_HERE, FindingCode.MISSING_THERE]


def test_what_one_side_does_not_state_is_not_compared() -> None:
    vocabulary = Vocabulary()
    world = dict.fromkeys(units(MNG_2022, 1, 10), HELD)
    bare = dict.fromkeys(
        units(MNG_2022, 1, 10), replace(HELD, account=None, authorization=None, account_kind=None)
    )
    here = snapshot_of(world, vocabulary=vocabulary)
    there = with_columns(
        snapshot_of(bare, vocabulary=vocabulary, source="JPN01"),
        facets=frozenset({Facet.REGISTRY, Facet.STATUS, Facet.FIRST_TRANSFER, Facet.METRIC}),
    )
    assert compare(here, there) == []
    assert compare(there, here) == []


def test_an_authorization_is_compared_as_far_as_both_sides_know_it() -> None:
    vocabulary = Vocabulary()
    world = dict.fromkeys(units(MNG_2022, 1, 10), HELD)
    revoked = dict.fromkeys(units(MNG_2022, 1, 10), replace(HELD, authorization=REVOKED_LETTER))
    here = snapshot_of(world, vocabulary=vocabulary)
    there = snapshot_of(revoked, vocabulary=vocabulary, source="JPN01")
    without_status = there.facets - {Facet.TRANSFERRING_STATUS}
    assert len(compare(here, there)) == 1
    assert compare(here, with_columns(there, facets=without_status)) == []


def test_the_highest_serial_of_a_series_does_not_touch_the_next_series() -> None:
    last = SERIAL_LIMIT - 1
    vocabulary = Vocabulary()
    rows = [
        StatedRow(series=MNG_2021, first=last - 9, last=last, state=HELD),
        StatedRow(series=MNG_2022, first=1, last=10, state=HELD),
    ]
    here = Snapshot.of_rows(vocabulary, "hub", rows)
    there = Snapshot.of_rows(vocabulary, "JPN01", [])
    found = compare(here, there)
    assert [(one.series, one.serials) for one in found] == [
        (MNG_2021, SerialRange(last - 9, last)),
        (MNG_2022, SerialRange(1, 10)),
    ]


def test_snapshots_of_different_vocabularies_are_refused() -> None:
    here = snapshot_of({}, vocabulary=Vocabulary())
    there = snapshot_of({}, vocabulary=Vocabulary())
    with pytest.raises(ValueError, match="one vocabulary"):
        compare(here, there)


def test_two_books_that_differ_throughout_are_not_told_unit_by_unit() -> None:
    here = {(MNG_2021, serial): HELD for serial in range(1, 100, 2)}
    there = {(MNG_2022, serial): HELD for serial in range(1, 100, 2)}
    with (
        patch.object(comparison, "DIFFERENCES_MAX", 99),
        pytest.raises(TooManyDifferencesError) as caught,
    ):
        compared(here, there)
    assert (caught.value.intervals, caught.value.units) == (100, 100)


@pytest.mark.parametrize("limit", ["NEIGHBOURS_MAX", "PAIRS_MAX"])
def test_beyond_the_limits_a_mixed_up_series_is_told_as_missing_and_extra(limit: str) -> None:
    here = dict.fromkeys(units(MNG_2021, 1, 9), HELD)
    there = dict.fromkeys(units(MNG_2022, 1, 9), HELD)
    with patch.object(series_mixups, limit, 0):
        found = compared(here, there)
    assert [one.code for one in found] == [FindingCode.MISSING_HERE, FindingCode.MISSING_THERE]


def test_every_code_has_its_meaning() -> None:
    assert set(MEANING) == set(FindingCode)


@given(worlds(), st.integers(0, 9), st.sets(st.sampled_from(range(1, 25)), max_size=8))
def test_a_cut_states_the_chosen_serials_and_nothing_else(
    world: World, seed: int, chosen: set[int]
) -> None:
    snapshot = snapshot_of(world, vocabulary=Vocabulary(), seed=seed)
    blocks = [ItmoBlock(MNG_2022, SerialRange(serial, serial)) for serial in chosen]
    cut = snapshot.within(blocks)
    assert (cut.end > cut.start).all()
    stated = {
        (cut.vocabulary.series.value(series), serial): cut.vocabulary.state(word)
        for series, first, last, word in zip(
            cut.series_id.tolist(),
            cut.first.tolist(),
            cut.last.tolist(),
            cut.word.tolist(),
            strict=True,
        )
        for serial in range(first, last + 1)
    }
    assert stated == {
        unit: state for unit, state in world.items() if unit[0] == MNG_2022 and unit[1] in chosen
    }


@given(worlds())
def test_a_word_stands_for_exactly_one_state(world: World) -> None:
    vocabulary = Vocabulary()
    for state in world.values():
        known = replace(state, measure=state.measure or GHG)
        assert vocabulary.state(vocabulary.word(known)) == known


LIES: dict[FindingCode, Callable[[UnitState], UnitState | None]] = {
    FindingCode.MISSING_THERE: lambda _state: None,
    FindingCode.OTHER_HOLDER: lambda state: replace(state, account=AccountId("A-9")),
    FindingCode.OTHER_STATUS: lambda state: replace(state, status=UnitStatus.CANCELLED),
    FindingCode.OTHER_ACCOUNT_KIND: lambda state: replace(
        state, account_kind=AccountKind.CANCELLATION_OMGE
    ),
    FindingCode.USED_AND_STILL_HELD: lambda state: replace(
        state, status=UnitStatus.RETIRED, registry=GHA
    ),
    FindingCode.FIRST_TRANSFER_ON_ONE_SIDE: lambda state: replace(state, first_transferred=True),
    FindingCode.OTHER_AUTHORIZATION: lambda state: replace(state, authorization=None),
    FindingCode.OTHER_PURPOSE: lambda state: replace(state, authorization=WIDER_LETTER),
    FindingCode.OTHER_AUTHORIZATION_STATUS: lambda state: replace(
        state, authorization=REVOKED_LETTER
    ),
    FindingCode.OTHER_METRIC: lambda state: replace(state, measure=MEGAWATT_HOURS),
}


@given(
    st.lists(
        st.tuples(
            st.sampled_from(sorted(LIES)),
            st.sampled_from(SERIES),
            st.integers(1, 6),
            st.integers(1, 9),
        ),
        max_size=12,
    ),
    st.integers(0, 9),
)
def test_the_findings_are_exactly_the_lies(
    planted: list[tuple[FindingCode, ItmoSeries, int, int]], seed: int
) -> None:
    """Lies one after the other, with a little truth between them."""
    truth = {unit: HELD for series in SERIES for unit in units(series, 1, 200)}
    told_there, expected = dict(truth), set()
    at = dict.fromkeys(SERIES, 1)
    for code, series, gap, length in planted:
        first = at[series] + gap
        at[series] = first + length
        expected.add((code, series, first, first + length - 1))
        for unit in units(series, first, first + length - 1):
            lie = LIES[code](truth[unit])
            if lie is None:
                del told_there[unit]
            else:
                told_there[unit] = lie
    found = compared(truth, told_there, right_seed=seed)
    assert expected == {
        (one.code, one.series, one.serials.first, one.serials.last) for one in found
    }
    assert len(found) == len(expected)
