"""However either side cuts its blocks, the same units are the same units."""

from decimal import Decimal
from typing import TypeVar

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from config.aef import latest_nomenclature, load_profiles
from hub.domain.aef.check import check
from hub.domain.aef.codes import FindingCode, Severity
from hub.domain.aef.compare import compare
from hub.domain.aef.fields import FieldRules
from hub.domain.aef.world import Filed, file_report
from schema.aef.fields import Table
from schema.aef.records import ActionRecord, BlockRecord, HoldingRecord, Submission
from schema.aef.render import Renderer
from schema.aef.rows import report_from_rows
from tests.aef.bilateral import japan, mongolia

replace = msgspec.structs.replace
Row = TypeVar("Row", bound=BlockRecord)
RULES = FieldRules(nomenclature=latest_nomenclature(), profile=load_profiles()["carp"])


def cut(rows: tuple[Row, ...], at: list[int]) -> tuple[Row, ...]:
    """Cut blocks after the given serials; quantities and unit numbers are cut with them."""
    pieces: list[Row] = []
    for row in rows:
        first, last = row.first_id or 0, row.last_id or 0
        ends = sorted({serial for serial in at if first <= serial < last} | {last})
        for end in ends:
            pieces.append(
                replace(
                    row,
                    first_id=first,
                    last_id=end,
                    quantity_tco2e=Decimal(end - first + 1),
                    first_unit_id=f"MN-{first + 7000}",
                    last_unit_id=f"MN-{end + 7000}",
                )
            )
            first = end + 1
    return tuple(pieces)


def file_in_memory(submission: Submission) -> Filed:
    renderer = Renderer(RULES.profile)
    rows = {
        Table.SUBMISSION: [renderer.row(submission.submission)],
        Table.AUTHORIZATIONS: map(renderer.row, submission.authorizations),
        Table.ACTIONS: map(renderer.row, submission.actions),
        Table.HOLDINGS: map(renderer.row, submission.holdings),
        Table.ENTITIES: map(renderer.row, submission.entities),
    }
    return file_report(report_from_rows(rows), latest_nomenclature())


cuts = st.lists(st.integers(1, 1199), max_size=6)


@given(of_actions=cuts, of_holdings=cuts, of_others=cuts)
def test_cuts_never_make_a_difference(
    of_actions: list[int], of_holdings: list[int], of_others: list[int]
) -> None:
    ours = replace(
        japan(),
        actions=cut(japan().actions, of_actions),
        holdings=cut(japan().holdings, of_holdings),
    )
    theirs = replace(mongolia(), actions=cut(mongolia().actions, of_others))
    both = [file_in_memory(ours), file_in_memory(theirs)]
    assert compare(both).findings == ()
    assert [finding for one in both for finding in check(one, RULES)] == []


@given(of_actions=cuts, missing=st.integers(0, 10))
def test_a_missing_piece_is_found_whatever_the_cut(of_actions: list[int], missing: int) -> None:
    pieces = cut(mongolia().actions, of_actions)
    kept = tuple(row for index, row in enumerate(pieces) if index != missing % len(pieces))
    both = [file_in_memory(japan()), file_in_memory(replace(mongolia(), actions=kept))]
    found = compare(both).findings
    assert {finding.code for finding in found} == {FindingCode.UNPAIRED_ACQUISITION}


@given(of_holdings=cuts, lost=st.integers(0, 10))
def test_a_lost_holding_is_found_whatever_the_cut(of_holdings: list[int], lost: int) -> None:
    pieces = cut(japan().holdings, of_holdings)
    kept = tuple(row for index, row in enumerate(pieces) if index != lost % len(pieces))
    found = check(file_in_memory(replace(japan(), holdings=kept)), RULES)
    assert {finding.code for finding in found} == {FindingCode.ISC01}
    assert all(finding.severity is Severity.ERROR for finding in found)


def _with_year(submission: Submission, year: int) -> Submission:
    return replace(submission, submission=replace(submission.submission, reported_year=year))


def test_holdings_of_the_year_before_roll_forward() -> None:
    held = japan().holdings[0]
    before = _with_year(replace(japan(), actions=(), holdings=(held,)), 2024)
    kept = replace(japan(), actions=(), holdings=(held,))
    lost = replace(japan(), actions=(), holdings=())
    new = replace(
        japan(),
        actions=(),
        holdings=(*cut((held,), [500]), *_shifted((held,))),
    )
    earlier = file_in_memory(before)

    def codes(submission: Submission) -> list[FindingCode]:
        return [finding.code for finding in check(file_in_memory(submission), RULES, [earlier])]

    assert codes(kept) == []
    assert codes(lost) == [FindingCode.ROLL_FORWARD]
    assert codes(new) == [FindingCode.ROLL_FORWARD]


def _shifted(rows: tuple[HoldingRecord, ...]) -> tuple[HoldingRecord, ...]:
    shifted = tuple(replace(row, first_id=2001, last_id=2100) for row in rows)
    return cut(shifted, [])


def test_units_that_come_back_are_held_again() -> None:
    bought, sold, bought_back = (
        replace(
            japan().actions[0],
            type=kind,
            date=japan().actions[0].date.replace(month=month),  # type: ignore[union-attr]
            transferring_party="MNG" if kind == "Acquisition" else None,
            acquiring_party="MNG" if kind == "Transfer" else None,
        )
        for month, kind in ((2, "Acquisition"), (3, "Transfer"), (4, "Acquisition"))
    )
    holding = cut((replace(japan().holdings[0], first_id=1, last_id=250),), [])

    def codes(*actions: ActionRecord, holdings: tuple[HoldingRecord, ...]) -> set[FindingCode]:
        submission = replace(japan(), actions=actions, holdings=holdings)
        return {finding.code for finding in check(file_in_memory(submission), RULES)}

    assert codes(bought, sold, bought_back, holdings=holding) == set()
    assert codes(bought, sold, holdings=()) == set()
    assert codes(bought, sold, holdings=holding) == {FindingCode.ISC01}
    assert codes(bought, sold, bought_back, holdings=()) == {FindingCode.ISC01}
