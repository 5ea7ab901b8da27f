"""A consistent year of two Parties is found consistent; each planted error is found in its cell."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from config.aef import latest_nomenclature, load_profiles
from hub.domain.aef.check import check
from hub.domain.aef.codes import Severity
from hub.domain.aef.compare import compare
from hub.domain.aef.fields import FieldRules
from hub.domain.aef.findings import Finding
from hub.domain.aef.world import Filed
from hub.domain.aef.written_report import write_check_report, write_comparison_report
from schema.aef.records import Submission
from tests.aef.bilateral import filed, japan, mongolia

Found = set[tuple[str, str]]


def found_in(parties: list[Filed], profile_name: str) -> list[Finding]:
    profile = load_profiles()[profile_name]
    rules = FieldRules(nomenclature=latest_nomenclature(), profile=profile)
    checked = [finding for one in parties for finding in check(one, rules)]
    return [*checked, *compare(parties).findings]


def cells_of(findings: list[Finding]) -> Found:
    return {
        (finding.code.value, f"{finding.locus.source[:3]} {finding.locus}")
        for finding in findings
        if finding.severity is Severity.ERROR
    }


@pytest.mark.parametrize("profile_name", ["carp", "library", "undp"])
def test_a_consistent_year_is_found_consistent(profile_name: str, tmp_path: Path) -> None:
    both = [filed(submission(), tmp_path, profile_name) for submission in (japan, mongolia)]
    assert found_in(both, profile_name) == []
    comparison = compare(both)
    assert comparison.is_consistent
    (flow,) = comparison.flows
    assert (flow.seller, flow.buyer) == ("MNG", "JPN")
    assert flow.transferred == flow.acquired == Decimal(1000)


@dataclass(frozen=True, kw_only=True)
class Planted:
    party: Callable[[], Submission]
    table: str
    row: int
    values: dict[str, Any] | None
    expected: Found


def _planted(submission: Submission, error: Planted) -> Submission:
    rows = list(getattr(submission, error.table))
    if error.values is None:
        del rows[error.row]
    else:
        rows[error.row] = msgspec.structs.replace(rows[error.row], **error.values)
    return msgspec.structs.replace(submission, **{error.table: tuple(rows)})


J3, M3, J4 = "JPN Table 3 Actions!", "MNG Table 3 Actions!", "JPN Table 4 Holdings!"
PLANTED: dict[str, Planted] = {
    "an acquisition is missing, and the holding has no origin": Planted(
        party=japan, table="actions", row=2, values=None,
        expected={("unpaired-transfer", M3 + "Z10")},
    ),
    "a transfer is missing": Planted(
        party=mongolia, table="actions", row=1, values=None,
        expected={("unpaired-acquisition", J3 + "Y11")},
    ),
    "the acquired quantity is another": Planted(
        party=japan, table="actions", row=1, values={"quantity_tco2e": Decimal(351)},
        expected={("quantity-mismatch", J3 + "S10"), ("serial-count", J3 + "S10")},
    ),
    "the metric is another": Planted(
        party=mongolia, table="actions", row=1,
        values={"metric": "non-GHG", "non_ghg_metric": "MWh", "quantity_non_ghg": "400"},
        expected={
            ("II04", M3 + "P10"), ("II04", J3 + "P11"), ("II04", J4 + "M8"),
            ("attribute-mismatch", J3 + "R11"),
        },
    ),
    "the underlying units are others": Planted(
        party=mongolia, table="actions", row=0,
        values={"first_unit_id": "MN-90001", "last_unit_id": "MN-90600"},
        expected={("II05", cell) for cell in (J3 + "M9", J3 + "M10", J3 + "M12", J4 + "J8")},
    ),
    "two ITMOs stand on one underlying unit": Planted(
        party=mongolia, table="holdings", row=0,
        values={"first_unit_id": "MN-7001", "last_unit_id": "MN-7200"},
        expected={("unit-backs-two", cell) for cell in
                  ("MNG Table 4 Holdings!J8", J3 + "M9", J3 + "M12")},
    ),
    "an underlying unit ID is left out": Planted(
        party=japan, table="actions", row=0, values={"last_unit_id": None},
        expected={("II05", J3 + "N9")},
    ),
    "the acquiring Party is another": Planted(
        party=mongolia, table="actions", row=0, values={"acquiring_party": "CHE"},
        expected={("attribute-mismatch", M3 + "Z9")},
    ),
    "units are used by both": Planted(
        party=mongolia, table="actions", row=1,
        values={"type": "Cancellation", "subtype": "Other cancellations", "acquiring_party": None,
                "first_id": 1, "last_id": 100, "quantity_tco2e": Decimal(100),
                "first_unit_id": "MN-7001", "last_unit_id": "MN-7100"},
        expected={("double-use", J3 + "I12"), ("unpaired-acquisition", J3 + "Y11"),
                  ("roll-forward", M3 + "I10")},
    ),
    "units are held by both": Planted(
        party=mongolia, table="holdings", row=0,
        values={"first_id": 900, "last_id": 1200, "quantity_tco2e": Decimal(301),
                "first_unit_id": "MN-7900", "last_unit_id": "MN-8200"},
        expected={("held-twice", J4 + "F8"), ("ISC01", "MNG Table 4 Holdings!F8")},
    ),
    "a holding is missing": Planted(
        party=japan, table="holdings", row=0, values=None,
        expected={("ISC01", J3 + f"I{row}") for row in (10, 11)},
    ),
    "a used block is still held": Planted(
        party=japan, table="holdings", row=0,
        values={"first_id": 201, "quantity_tco2e": Decimal(800), "first_unit_id": "MN-7201"},
        expected={("inconsistent-block", J4 + "F8")},
    ),
    "an action is of another year": Planted(
        party=japan, table="actions", row=3, values={"date": dt.date(2024, 11, 30)},
        expected={("STC01", J3 + "B12")},
    ),
    "an action is reported twice": Planted(
        party=mongolia, table="actions", row=1,
        values={"first_id": 1, "last_id": 600, "quantity_tco2e": Decimal(600),
                "first_unit_id": "MN-7001", "last_unit_id": "MN-7600"},
        expected={("II02", M3 + "I10"), ("unpaired-transfer", M3 + "Z10"),
                  ("unpaired-acquisition", J3 + "Y11")},
    ),
    "the year of use is outside the NDC period": Planted(
        party=japan, table="actions", row=3, values={"ndc_use_year": 2031},
        expected={("STC03", J3 + "AE12")},
    ),
    "the using Party is not authorized": Planted(
        party=japan, table="actions", row=3, values={"using_party": "CHE"},
        expected={("II06", J3 + "AC12")},
    ),
    "the first transfer is an event that was not defined": Planted(
        party=mongolia, table="actions", row=0, values={"subtype": "Authorization"},
        expected={("STC04", M3 + "D9")},
    ),
    "the purpose is not authorized": Planted(
        party=japan, table="authorizations", row=0,
        values={"purposes": "OIMP"},
        expected={("STC02", J3 + "AE12")},
    ),
    "the authorization has other sectors": Planted(
        party=japan, table="authorizations", row=0, values={"sectors": ("Agriculture",)},
        expected={("II03", f"{sheet}{row}") for sheet, row in
                  ((J3 + "F", 9), (J3 + "F", 10), (J3 + "F", 11), (J3 + "F", 12), (J4 + "C", 8))},
    ),
    "the approach takes no part": Planted(
        party=japan, table="authorizations", row=0, values={"approach_id": "CA0009"},
        expected={("II01", J3 + "E9"), ("II07", J3 + "E9"), ("II07", J3 + "E10"),
                  ("II07", J3 + "E11"), ("II07", J3 + "E12"), ("II07", J4 + "B8")},
    ),
    "a cited authorization is not reported": Planted(
        party=japan, table="actions", row=0, values={"authorization_id": "JPN 9"},
        expected={("missing-authorization", J3 + "F9")},
    ),
    "more is transferred than authorized": Planted(
        party=mongolia, table="authorizations", row=0, values={"quantity": 999},
        expected={("authorized-quantity", M3 + "S10")},
    ),
    "the column names another vintage than the identifiers": Planted(
        party=japan, table="actions", row=2, values={"vintage": 2025},
        expected={("II07", J3 + "W11"), ("inconsistent-block", J4 + "T8")},
    ),
}  # fmt: skip


@pytest.mark.parametrize("error", PLANTED.values(), ids=list(PLANTED))
def test_a_planted_error_is_found_in_its_cell(error: Planted, tmp_path: Path) -> None:
    submissions = [
        _planted(party(), error) if party is error.party else party() for party in (japan, mongolia)
    ]
    both = [filed(submission, tmp_path) for submission in submissions]
    assert cells_of(found_in(both, "carp")) == error.expected


def test_bare_serials_with_another_vintage_are_told_as_one_wrong_cell(tmp_path: Path) -> None:
    wrong = Planted(party=japan, table="actions", row=2, values={"vintage": 2023}, expected=set())
    both = [
        filed(_planted(japan(), wrong), tmp_path, "library"),
        filed(mongolia(), tmp_path, "library"),
    ]
    findings = list(compare(both).findings)
    assert cells_of(findings) == {
        ("attribute-mismatch", J3 + "W11"),
        ("unit-backs-two", J3 + "M11"),
    }


def test_the_written_reports_name_both_sides_and_what_to_do(tmp_path: Path) -> None:
    wrong = PLANTED["the acquired quantity is another"]
    both = [filed(_planted(japan(), wrong), tmp_path), filed(mongolia(), tmp_path)]
    text = write_comparison_report(compare(both))
    assert "The submissions differ." in text
    assert "| MNG | JPN | 1,000 | 1,001 | 2 / 3 | yes |" in text
    assert "Japan: Table 3 Actions!S10 (351): 951" not in text
    assert "compare with Mongolia: Table 3 Actions!S9 (600)" in text
    rules = FieldRules(nomenclature=latest_nomenclature(), profile=load_profiles()["carp"])
    checked = write_check_report("JPN 2025", check(both[0], rules))
    assert "cannot be submitted yet" in checked
    assert "serial-count" in checked
