from hub.domain.reconciliation.codes import FindingCode
from hub.domain.reconciliation.readings import Reading, misreadings
from schema.identifiers import ItmoBlock, ItmoSeries, SerialRange
from tests.domain.reconciliation.worlds import SERIES


def reading(first: int, last: int, *, series: ItmoSeries = SERIES[0], shift: int = 0) -> Reading:
    return Reading(
        source="VUT01",
        stated=ItmoBlock(SERIES[0], SerialRange(first, last)),
        identifier=f"CA0007-MN-7-{first}-{last}",
        read=ItmoBlock(series, SerialRange(first, last + shift)),
    )


def test_an_identifier_that_reads_as_its_block_is_in_order() -> None:
    assert misreadings([reading(1, 10), reading(11, 20)]) == []


def test_an_identifier_of_another_series_is_told_with_the_words_of_the_source() -> None:
    (found,) = misreadings([reading(1, 10, series=SERIES[1])])
    assert found.code is FindingCode.OTHER_IDENTIFIER_READING
    assert (found.series, found.other_series) == (SERIES[0], SERIES[1])
    assert [one.words for one in found.evidence[0].statements] == [
        "CA0007-MNG01-MNG-1-10-2021",
        "CA0007-MN-7-1-10",
    ]
    assert found.tonnes == 10


def test_an_identifier_that_is_off_by_one_is_told() -> None:
    (found,) = misreadings([reading(1, 10), reading(11, 20, shift=1)])
    assert (found.serials, found.other_series) == (SerialRange(11, 20), None)


def test_adjacent_blocks_that_are_off_alike_are_told_once() -> None:
    blocks = [reading(11, 20, series=SERIES[1]), reading(1, 10, series=SERIES[1])]
    (found,) = misreadings([*blocks, *blocks])
    assert found.serials == SerialRange(1, 20)
