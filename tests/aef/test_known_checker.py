"""The compatibility mode says what the known checker says, right or wrong."""

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pytest

from config.aef import latest_nomenclature, load_profiles
from hub.domain.aef.check import check
from hub.domain.aef.codes import FindingCode
from hub.domain.aef.fields import FieldRules
from hub.domain.aef.known_checker import NOT_TESTED, predict
from hub.domain.aef.known_syntax import TESTS, judge_cell, read_file_name
from hub.domain.aef.known_verdicts import KnownAnswer, Verdict
from schema.aef.fields import Table
from schema.aef.records import ActionRecord, HoldingRecord, Submission
from schema.aef.tables import SHEETS, SPEC
from schema.aef.values import Value
from tests.aef.bilateral import filed, japan, mongolia
from tests.aef.samples import build

replace = msgspec.structs.replace


Row = TypeVar("Row", ActionRecord, HoldingRecord)


def _without_units(row: Row) -> Row:
    return replace(row, unit_registry_id=None, first_unit_id=None, last_unit_id=None)


def passing(submission: Submission) -> Submission:
    """Fill what the tool does not allow to be empty, and avoid what it cannot compare."""
    return replace(
        submission,
        actions=tuple(map(_without_units, submission.actions)),
        holdings=tuple(map(_without_units, submission.holdings)),
        authorizations=tuple(
            replace(
                row,
                sectors=("Energy generation",),
                authorized_entities=row.authorized_entities or ("T-100",),
            )
            for row in submission.authorizations
        ),
    )


def answers(
    folder: Path, *submissions: Submission, sheets: tuple[str, ...] | None = SHEETS
) -> KnownAnswer:
    first, *others = [filed(submission, folder).report for submission in submissions]
    return predict(first, others, sheets)


def test_a_submission_made_for_the_tool_passes(tmp_path: Path) -> None:
    answer = answers(tmp_path, passing(japan()), passing(mongolia()))
    told = (*answer.structure, *answer.syntax)
    assert told == ()
    assert {one.check for one in answer.consistency} == set(NOT_TESTED)
    assert answer.passes


def test_what_the_tool_does_not_test_is_said(tmp_path: Path) -> None:
    answer = answers(tmp_path, passing(japan()))
    for name in NOT_TESTED:
        assert answer.verdict(name) is Verdict.NOT_TESTED
    assert Verdict.NOT_TESTED.value == "the known checker does not test this"


def test_consistency_is_not_reached_while_the_syntax_fails() -> None:
    answer = predict(build())
    assert not answer.passes
    assert answer.verdict("II01") is Verdict.NOT_REACHED


def test_the_published_sample_fails_the_tool_in_these_cells() -> None:
    failed = {
        f"{one.locus.table.value}.{one.locus.field.name}"
        for one in predict(build()).syntax
        if one.locus is not None and one.locus.field is not None
    }
    assert failed == {
        "t1Submission.submitted_on", "t1Submission.review_status", "t1Submission.check_result",
        "t2Authorizations.authorized_on", "t2Authorizations.quantity",
        "t2Authorizations.activity_types", "t2Authorizations.authorized_parties",
        "t2Authorizations.authorized_entities", "t3Actions.date", "t3Actions.first_id",
        "t3Actions.last_id", "t4Holdings.first_id", "t4Holdings.last_id",
    }  # fmt: skip


CELLS: list[tuple[Table, str, Value, Verdict]] = [
    (Table.SUBMISSION, "party", "Viet Nam", Verdict.PASSES),
    (Table.SUBMISSION, "party", "Côte d'Ivoire", Verdict.FAILS),
    (Table.SUBMISSION, "submitted_on", dt.date(2026, 4, 1), Verdict.PASSES),
    (Table.SUBMISSION, "submitted_on", "01/04/2026", Verdict.FAILS),
    (Table.SUBMISSION, "review_status", None, Verdict.FAILS),
    (Table.SUBMISSION, "reported_year", 2025, Verdict.PASSES),
    (Table.AUTHORIZATIONS, "sectors", "Cross-sectoral mechanisms", Verdict.FAILS),
    (Table.AUTHORIZATIONS, "sectors", "Agriculture, Energy generation", Verdict.FAILS),
    (Table.AUTHORIZATIONS, "activity_types", "Coal bed/mine methane", Verdict.FAILS),
    (Table.AUTHORIZATIONS, "activity_types", "Solar + Wind", Verdict.PASSES),
    (Table.AUTHORIZATIONS, "authorized_parties", None, Verdict.FAILS),
    (Table.AUTHORIZATIONS, "authorized_parties", "JPN , MNG", Verdict.PASSES),
    (Table.AUTHORIZATIONS, "quantity", None, Verdict.FAILS),
    (Table.AUTHORIZATIONS, "timeframe", None, Verdict.PASSES),
    (Table.AUTHORIZATIONS, "timeframe", "2021 - 2030", Verdict.FAILS),
    (Table.AUTHORIZATIONS, "timeframe", "Occurred: from 2021 to 12/2030", Verdict.PASSES),
    (Table.AUTHORIZATIONS, "first_transfer_definition", "Use or Cancellation", Verdict.FAILS),
    (Table.AUTHORIZATIONS, "first_transfer_definition", "Use of cancellation", Verdict.PASSES),
    (Table.ACTIONS, "type", "Voluntary Cancellation", Verdict.FAILS),
    (Table.ACTIONS, "type", "First Transfer", Verdict.FAILS),
    (Table.ACTIONS, "authorization_id", "MNG/1", Verdict.DEPENDS),
    (Table.ACTIONS, "first_id", "CA0007-JPN01-VNM-1,000-2023", Verdict.PASSES),
    (Table.ACTIONS, "first_id", "CA0007-JPN01-VNM-01-2023", Verdict.FAILS),
    (Table.ACTIONS, "first_id", "CA0001-CHE01-GHA-1-1000-2021", Verdict.FAILS),
    (Table.ACTIONS, "quantity_tco2e", Decimal("1.5"), Verdict.FAILS),
    (Table.ACTIONS, "vintage", "NA", Verdict.DEPENDS),
    (Table.HOLDINGS, "quantity_tco2e", "NA", Verdict.PASSES),
    (Table.ENTITIES, "country", "JPN", Verdict.PASSES),
    (Table.ENTITIES, "country", "Korea, Republic of", Verdict.FAILS),
]


@pytest.mark.parametrize(("table", "name", "value", "verdict"), CELLS, ids=str)
def test_a_cell_is_judged_by_the_expression_of_the_tool(
    table: Table, name: str, value: Value, verdict: Verdict
) -> None:
    assert judge_cell(TESTS[table][name], value) is verdict


def test_the_last_field_of_every_table_is_never_tested() -> None:
    for table, tests in TESTS.items():
        assert SPEC[table].fields[-1].name not in tests


def _changed(submission: Submission, table: str, row: int, **values: Any) -> Submission:
    rows = list(getattr(submission, table))
    rows[row] = replace(rows[row], **values)
    return replace(submission, **{table: tuple(rows)})


def _with_second_sector(submission: Submission) -> Submission:
    (first,) = submission.authorizations
    other = replace(first, authorization_id="JPN 2", sectors=("Transportation",))
    return replace(submission, authorizations=(first, other))


FLAWS: dict[str, tuple[Submission, tuple[Submission, ...], str, Verdict, FindingCode | None]] = {
    "a multi-sector approach fails, and is right": (
        _with_second_sector(passing(japan())), (), "II03", Verdict.FAILS, None,
    ),
    "two equal actions at two times of one day fail, and are right when the times differ": (
        _changed(
            passing(mongolia()), "actions", 1, first_id=1, last_id=600,
            quantity_tco2e=Decimal(600),
        ),
        (), "II02", Verdict.FAILS, FindingCode.II02,
    ),
    "a block of one unit fails, and is right": (
        _changed(
            passing(mongolia()), "holdings", 0, last_id=1001, quantity_tco2e=Decimal(1),
            first_unit_id="MN-8001", last_unit_id="MN-8001",
        ),
        (), "II05", Verdict.FAILS, None,
    ),
    "unit numbers that share digits in between fail, and are right": (
        replace(passing(japan()), actions=japan().actions), (), "II05", Verdict.FAILS, None,
    ),
    "an entity of an open list fails, and is right": (
        _changed(passing(japan()), "actions", 3, using_entity="T-200"),
        (), "II06", Verdict.FAILS, FindingCode.II06,
    ),
    "a use without a using Party fails, and is right": (
        _changed(passing(japan()), "actions", 3, using_party=None),
        (), "II06", Verdict.FAILS, None,
    ),
    "a metric that differs from another authorization of the approach fails": (
        passing(japan()),
        (_changed(passing(mongolia()), "authorizations", 0, metric="non-GHG"),),
        "II04", Verdict.FAILS, None,
    ),
    "a Party that no authorization names fails": (
        _changed(passing(japan()), "authorizations", 0, approach_id="CA0009"),
        (_changed(passing(mongolia()), "authorizations", 0, authorized_parties=("CHE",)),),
        "II01", Verdict.FAILS, FindingCode.II01,
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("subject", "others", "name", "verdict", "rightly"), FLAWS.values(), ids=list(FLAWS)
)
def test_a_flaw_is_predicted_and_not_copied(
    subject: Submission,
    others: tuple[Submission, ...],
    name: str,
    verdict: Verdict,
    rightly: FindingCode | None,
    tmp_path: Path,
) -> None:
    ours, *theirs = [filed(submission, tmp_path) for submission in (subject, *others)]
    assert predict(ours.report, [one.report for one in theirs]).verdict(name) is verdict
    rules = FieldRules(nomenclature=latest_nomenclature(), profile=load_profiles()["carp"])
    found = {finding.code for finding in check(ours, rules, theirs)}
    expected = FindingCode(name) if rightly is not None else None
    assert (FindingCode(name) in found) is (expected is not None)


def test_the_tool_breaks_on_an_authorization_open_to_any_party(tmp_path: Path) -> None:
    open_to_all = _changed(passing(mongolia()), "authorizations", 0, authorized_parties=())
    ours, theirs = (filed(one, tmp_path) for one in (passing(japan()), open_to_all))
    answer = predict(ours.report, [theirs.report])
    assert answer.verdict("II01") is Verdict.BREAKS
    assert not answer.passes


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("JPN_2025_1_0_final.xlsx", ("JPN", "2025", "1.0")),
        ("JPN-2025-1.0.xlsx", ("JPN", "2025", "1.0")),
        ("JPN-2025-1.10.xlsx", ("JPN", "2025", "1.1")),
        ("jpn-2025-1.0.xlsx", None),
        ("AEF JPN 2025.xlsx", None),
    ],
)
def test_a_file_name_is_read_where_the_tool_looks(
    name: str, expected: tuple[str, str, str] | None
) -> None:
    read = read_file_name(name)
    assert (None if read is None else (read.party, read.year, read.version)) == expected


def test_sheets_out_of_order_are_a_fault_of_structure(tmp_path: Path) -> None:
    answer = answers(tmp_path, passing(japan()), sheets=SHEETS[1:])
    assert [one.verdict for one in answer.structure] == [Verdict.FAILS]
