from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from hub.domain.reconciliation.trail import Agreement, Touch, agreements
from schema.identifiers import ItmoBlock, SerialRange
from tests.domain.reconciliation.worlds import SERIES

DISPUTED = ItmoBlock(SERIES[0], SerialRange(10, 19))


def touch(message: int, first: int, last: int, *, series: int = 0) -> Touch:
    return Touch(
        message_id=UUID(int=message), series=SERIES[series], serials=SerialRange(first, last)
    )


def test_the_last_agreed_message_is_the_one_before_the_histories_part() -> None:
    ours = [touch(1, 1, 99), touch(2, 5, 50), touch(3, 10, 19)]
    theirs = [touch(1, 1, 99), touch(2, 5, 50), touch(4, 10, 19)]
    assert agreements(DISPUTED, ours, theirs) == [
        Agreement(
            serials=SerialRange(10, 19),
            last_agreed=UUID(int=2),
            ours_next=UUID(int=3),
            theirs_next=UUID(int=4),
        )
    ]


def test_a_message_that_one_side_missed_is_named() -> None:
    (found,) = agreements(DISPUTED, [touch(1, 1, 99), touch(2, 1, 99)], [touch(1, 1, 99)])
    assert (found.ours_next, found.theirs_next) == (UUID(int=2), None)


def test_parts_of_the_disputed_serials_may_have_parted_at_different_messages() -> None:
    ours = [touch(1, 1, 99), touch(2, 10, 14)]
    theirs = [touch(1, 1, 99), touch(3, 13, 19)]
    found = agreements(DISPUTED, ours, theirs)
    assert [(one.serials, one.ours_next, one.theirs_next) for one in found] == [
        (SerialRange(10, 12), UUID(int=2), None),
        (SerialRange(13, 14), UUID(int=2), UUID(int=3)),
        (SerialRange(15, 19), None, UUID(int=3)),
    ]


def test_histories_that_share_nothing_agree_on_nothing() -> None:
    (found,) = agreements(DISPUTED, [], [touch(1, 10, 19), touch(2, 10, 19, series=1)])
    assert (found.last_agreed, found.ours_next) == (None, None)


@st.composite
def touches(draw: st.DrawFn) -> Touch:
    first = draw(st.integers(1, 25))
    return touch(draw(st.integers(1, 3)), first, draw(st.integers(first, 25)))


histories = st.lists(touches(), max_size=5)


@given(histories, histories)
def test_every_disputed_serial_has_its_own_answer(ours: list[Touch], theirs: list[Touch]) -> None:
    def history(side: list[Touch], serial: int) -> list[UUID]:
        return [one.message_id for one in side if one.serials.first <= serial <= one.serials.last]

    found = agreements(DISPUTED, ours, theirs)
    by_serial = {
        serial: one for one in found for serial in range(one.serials.first, one.serials.last + 1)
    }
    assert sorted(by_serial) == list(range(10, 20))
    for serial, one in by_serial.items():
        here, there = history(ours, serial), history(theirs, serial)
        shared = 0
        while here[shared : shared + 1] == there[shared : shared + 1] != []:
            shared += 1
        assert one.last_agreed == (here[shared - 1] if shared else None)
        assert one.ours_next == next(iter(here[shared:]), None)
        assert one.theirs_next == next(iter(there[shared:]), None)
