from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from hub.domain.reconciliation.codes import FindingCode
from hub.domain.reconciliation.findings import Finding
from hub.domain.reconciliation.pairing import Movement, unpaired
from schema.identifiers import SerialRange
from tests.domain.reconciliation.worlds import GHA, JPN, MEGAWATT_HOURS, MNG, SERIES


@st.composite
def movements(draw: st.DrawFn) -> Movement:
    first = draw(st.integers(1, 15))
    giver, taker = draw(st.sampled_from(((JPN, MNG), (MNG, JPN), (MNG, GHA))))
    return Movement(
        series=draw(st.sampled_from(SERIES[:2])),
        serials=SerialRange(first, draw(st.integers(first, 15))),
        giver=giver,
        taker=taker,
    )


many = st.lists(movements(), max_size=6)


def serial_by_serial(findings: list[Finding]) -> set[tuple[object, ...]]:
    return {
        (one.code, one.series, serial, one.sources)
        for one in findings
        for serial in range(one.serials.first, one.serials.last + 1)
    }


@given(many, many)
def test_movements_are_paired_serial_by_serial(
    transfers: list[Movement], acquisitions: list[Movement]
) -> None:
    surplus: Counter[tuple[object, ...]] = Counter()
    for sign, side in ((1, transfers), (-1, acquisitions)):
        for one in side:
            for serial in range(one.serials.first, one.serials.last + 1):
                surplus[one.series, serial, (one.giver, one.taker)] += sign
    expected = {
        (
            FindingCode.TRANSFER_WITHOUT_ACQUISITION
            if count > 0
            else FindingCode.ACQUISITION_WITHOUT_TRANSFER,
            *unit,
        )
        for unit, count in surplus.items()
        if count
    }
    found = unpaired(transfers, acquisitions)
    assert serial_by_serial(found) == expected
    assert sum(one.units for one in found) == len(expected)


@given(many)
def test_what_both_sides_record_is_paired_however_it_is_split(both: list[Movement]) -> None:
    one_by_one = [
        Movement(
            series=one.series,
            serials=SerialRange(serial, serial),
            giver=one.giver,
            taker=one.taker,
        )
        for one in both
        for serial in range(one.serials.first, one.serials.last + 1)
    ]
    assert unpaired(both, one_by_one) == unpaired(one_by_one, both) == []


def test_a_unit_that_went_back_and_forth_needs_every_acquisition() -> None:
    def moved(giver: object, taker: object) -> Movement:
        return Movement(
            series=SERIES[0],
            serials=SerialRange(1, 10),
            giver=giver,  # type: ignore[arg-type]
            taker=taker,  # type: ignore[arg-type]
        )

    transfers = [moved(MNG, JPN), moved(JPN, MNG), moved(MNG, JPN)]
    (found,) = unpaired(transfers, [moved(MNG, JPN), moved(JPN, MNG)])
    assert found.code is FindingCode.TRANSFER_WITHOUT_ACQUISITION
    assert (found.sources, found.serials) == ((MNG, JPN), SerialRange(1, 10))
    assert [one.state is None for one in found.evidence[0].statements] == [False, True]


def test_units_in_another_metric_are_no_tonnes() -> None:
    movement = Movement(
        series=SERIES[0],
        serials=SerialRange(1, 10),
        giver=MNG,
        taker=JPN,
        measure=MEGAWATT_HOURS,
    )
    (found,) = unpaired([], [movement])
    assert found.code is FindingCode.ACQUISITION_WITHOUT_TRANSFER
    assert (found.units, found.tonnes) == (10, 0)


def test_nothing_moved_is_nothing_found() -> None:
    assert unpaired([], []) == []
