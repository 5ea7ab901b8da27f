"""The sample submission is clean, and one change to it yields exactly one finding."""

import pytest

from config.aef import latest_nomenclature
from hub.domain.aef.fields import FieldRules
from hub.domain.aef.findings import is_submittable
from hub.domain.aef.validate import validate
from schema.aef.nomenclature import Nomenclature
from schema.aef.rows import Report
from tests.aef.samples import LIBRARY, USE, Keyed, build


def findings_of(
    report: Report, *, draft: bool = False, nomenclature: Nomenclature | None = None
) -> list[tuple[str, str]]:
    rules = FieldRules(
        nomenclature=nomenclature or latest_nomenclature(), profile=LIBRARY, draft=draft
    )
    return [
        (finding.code.value, (finding.locus.key or "").removeprefix("aef")[2:])
        for finding in validate(report, rules)
    ]


def test_the_sample_submission_is_clean_and_can_be_submitted() -> None:
    rules = FieldRules(nomenclature=latest_nomenclature(), profile=LIBRARY)
    found = validate(build(), rules)
    assert found == ()
    assert is_submittable(found)


ONE_CHANGE: dict[str, tuple[Keyed, str, str]] = {
    "a missing metric is required": ({"Metric": None}, "required", "ActionsMetric"),
    "NA counts as a missing metric": ({"Metric": "NA"}, "required", "ActionsMetric"),
    "a serial given as text has the wrong type": (
        {"ItmoFirstId": "1"}, "wrong-type", "ActionsItmoFirstId",
    ),
    "a Party of two letters has the wrong form": (
        {"FirstTransferringPartyId": "VU"}, "format", "ActionsFirstTransferringPartyId",
    ),
    "a metric outside the list is unknown": (
        {"Metric": "tCO2e"}, "unknown-controlled-value", "ActionsMetric",
    ),
    "an approach of one digit has the wrong form": (
        {"CooperativeApproachId": "CA4"}, "format", "ActionsCooperativeApproachId",
    ),
    "an acquisition names no acquiring Party": (
        {"Type": "Acquisition", "Subtype": None, "TransferringPartyId": "CHE"},
        "not-applicable", "ActionsAcquiringPartyId",
    ),
    "a first transfer names no transferring Party": (
        {"TransferringPartyId": "VUT"}, "not-applicable", "ActionsTransferringPartyId",
    ),
    "a transfer has no year of use": (
        {"ItmoUsedYear": 2025}, "not-applicable", "ActionsItmoUsedYear",
    ),
    "a GHG row has no non-GHG quantity": (
        {"QuantityNonGhg": "1200 MWh"}, "not-applicable", "ActionsQuantityNonGhg",
    ),
    "a transfer is no first transfer": (
        {"Type": "Transfer"}, "not-applicable", "ActionsSubtype",
    ),
    "a registry leaves the result of the check to CARP": (
        {"ConsistencyCheckResult": "Passed"}, "carp-populated", "ActionsConsistencyCheckResult",
    ),
    "an authorization outside Table 2 is missing": (
        {"AuthorizationId": "VUT9999"}, "missing-authorization", "ActionsAuthorizationId",
    ),
    "a block never runs backwards": (
        {"ItmoFirstId": 400, "ItmoLastId": 1}, "invalid-block-range", "ActionsItmoFirstId",
    ),
    "an entity outside Table 5 is missing": (
        {"UsingAuthorizedEntityId": "X-1"}, "missing-entity", "ActionsUsingAuthorizedEntityId",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "code", "field"), ONE_CHANGE.values(), ids=list(ONE_CHANGE))
def test_one_change_to_the_action_yields_exactly_its_finding(
    changes: Keyed, code: str, field: str
) -> None:
    assert findings_of(build(changes)) == [(code, field)]


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param(
            {"Metric": "non-GHG", "ApplicableNonGhgMetric": "MWh", "QuantityNonGhg": "1200 MWh"},
            id="a non-GHG row has a metric text and a quantity",
        ),
        pytest.param(
            {
                "Type": "Transfer",
                "Subtype": "Voluntary transfer to the Adaptation Fund (A6.4 ERs)",
            },
            id="a transfer may go to the Adaptation Fund",
        ),
        pytest.param(
            {"Type": "Transfer", "Subtype": "Not yet defined"},
            id="a transfer may have a subtype that is not yet defined",
        ),
    ],
)
def test_a_valid_change_yields_nothing(changes: Keyed) -> None:
    assert findings_of(build(changes)) == []


def test_an_approach_is_unknown_only_where_an_operator_supplied_a_list() -> None:
    supplied = latest_nomenclature().with_approaches(["CA0001"])
    found = set(findings_of(build(), nomenclature=supplied))
    assert ("unknown-controlled-value", "ActionsCooperativeApproachId") in found
    assert {code for code, _ in found} == {"unknown-controlled-value"}


def test_a_unit_is_held_in_one_row_only() -> None:
    report = build(second_holding={"ItmoFirstId": 500, "ItmoLastId": 600, "QuantityTCo2": 101})
    assert findings_of(report) == [("overlapping-block", "HoldingsItmoFirstId")]


def test_serials_may_start_anew_for_each_vintage() -> None:
    report = build(second_holding={"VintageYear": 2023})
    assert findings_of(report) == []


def test_used_units_are_not_held_at_year_end() -> None:
    use = USE | {"ItmoFirstId": 401, "ItmoLastId": 500, "QuantityTCo2": 100, "ItmoUsedYear": 2025}
    assert findings_of(build(use)) == [("inconsistent-block", "HoldingsItmoFirstId")]


def test_an_action_and_a_holding_of_one_unit_have_one_vintage() -> None:
    report = build(
        {"ItmoFirstId": 401, "ItmoLastId": 600, "QuantityTCo2": 200}, holding={"VintageYear": 2023}
    )
    assert findings_of(report) == [("inconsistent-block", "HoldingsVintageYear")]


def test_a_draft_may_be_half_filled_but_not_wrong() -> None:
    half_filled = build({"Metric": "tCO2e", "QuantityTCo2": None, "AuthorizationId": None})
    assert findings_of(half_filled, draft=True) == [("unknown-controlled-value", "ActionsMetric")]


def test_conditional_fields_are_asked_for_without_standing_in_the_way() -> None:
    rules = FieldRules(nomenclature=latest_nomenclature(), profile=LIBRARY)
    found = validate(build({"AcquiringPartyId": None}), rules)
    assert [finding.code.value for finding in found] == ["conditional-required"]
    assert is_submittable(found)
