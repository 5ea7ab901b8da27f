"""Units: cut for life, written and read back, whatever the holdings are."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.cadtrust.drafts import carried, holds
from connectors.cadtrust.placing import place
from connectors.cadtrust.resources import V1_UNIT, DataModel
from connectors.cadtrust.units import (
    PublishedUnits,
    cut_for_life,
    is_ours,
    status_of,
    unit_draft,
    unit_there,
)
from connectors.vouched import VouchedProject, VouchedSerials
from schema.codes import MitigationType, UnitStatus
from schema.identifiers import (
    ApproachId,
    ItmoBlock,
    ItmoSeries,
    PartyId,
    RegistryId,
    SerialRange,
)

SERIES = ItmoSeries(ApproachId("CA0007"), RegistryId("MNG01"), PartyId("MNG"), 2023)
NOBODY = VouchedSerials()


def units(first: int, last: int, status: UnitStatus | None = UnitStatus.HELD) -> PublishedUnits:
    return PublishedUnits(
        block=ItmoBlock(SERIES, SerialRange(first, last)),
        status=status,
        holder=PartyId("MNG"),
        mitigation=MitigationType.REMOVALS,
        technical=False,
        link="https://registry.example",
        owner="Somebody",
        issuance="issuance-1",
    )


@st.composite
def holdings(draw: st.DrawFn) -> list[PublishedUnits]:
    """Disjoint blocks, some side by side, in any order."""
    edges = sorted(draw(st.sets(st.integers(1, 60), min_size=2, max_size=10)))
    pairs = list(itertools.pairwise(edges))
    chosen = draw(st.lists(st.sampled_from(pairs), unique=True))
    return [units(first, last - 1) for first, last in chosen]


def serials(blocks: list[PublishedUnits], *, gone: bool = False) -> list[int]:
    return sorted(
        serial
        for each in blocks
        if (each.status is None) == gone
        for serial in range(each.block.serials.first, each.block.serials.last + 1)
    )


@given(st.lists(holdings(), min_size=1, max_size=5))
def test_units_are_only_ever_cut_and_each_serial_is_in_exactly_one(
    history: list[list[PublishedUnits]],
) -> None:
    there: list[PublishedUnits] = []
    ever: set[int] = set()
    for wanted in history:
        pieces = cut_for_life(wanted, there)
        ever |= set(serials(wanted))
        assert serials(pieces) == serials(wanted)
        assert serials(pieces, gone=True) == sorted(ever - set(serials(wanted)))
        firsts = {each.block.serials.first for each in pieces}
        assert firsts >= {each.block.serials.first for each in there}
        there = pieces


@pytest.mark.parametrize("model", DataModel)
@given(
    status=st.sampled_from([*UnitStatus, None]),
    first=st.integers(1, 10**6),
    count=st.integers(1, 99),
)
def test_what_is_written_is_read_back(
    model: DataModel, status: UnitStatus | None, first: int, count: int
) -> None:
    published = units(first, first + count - 1, status)
    record = dict(unit_draft(model, published).body)
    assert place(model, record, NOBODY) == published.block
    assert status_of(record) == status
    there = unit_there(model, record, NOBODY)
    assert there is not None
    assert unit_draft(model, there).body == record


def test_a_unit_of_somebody_elses_making_is_not_ours() -> None:
    assert not is_ours(DataModel.V1, {"unitBlockStart": "AXJJFSLGHSHEJ1000"})
    assert (
        unit_there(DataModel.V1, {"unitBlockStart": "AXJJ1", "unitBlockEnd": "AXJJ2"}, NOBODY)
        is None
    )


def test_a_state_that_contradicts_its_reason_is_the_state() -> None:
    assert status_of({"unitStatus": "Held", "unitStatusReason": "retired"}) is UnitStatus.HELD
    assert status_of({"unitStatus": "heard"}) is None


def test_a_change_names_the_issuance_and_the_labels_again() -> None:
    record = {
        "warehouseUnitId": "u1",
        "unitOwner": None,
        "issuance": {"id": "i1", "startDate": "2023-01-01", "orgUid": "x"},
        "issuanceId": "i1",
        "labels": [{"id": "l1", "label": "A"}],
        "timeStaged": 1,
    }
    assert carried(V1_UNIT, record) == {"issuance": {"id": "i1"}, "labels": [{"id": "l1"}]}


def test_numbers_told_as_text_are_the_same_numbers() -> None:
    assert holds({"unitCount": "100", "more": True}, {"unitCount": 100})
    assert not holds({"unitCount": 100}, {"unitCount": 101})


def test_one_project_has_one_statement() -> None:
    one = VouchedProject(
        approach="CA0004",
        country="VU",
        first_party="CH",
        project="356",
        registry=RegistryId("VUT01"),
        serial_offset=0,
    )
    with pytest.raises(ValueError, match="two statements"):
        VouchedSerials([one, one])
