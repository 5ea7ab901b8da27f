"""The published sample submission, and ways to change it."""

from collections.abc import Mapping
from typing import Any

from schema.aef.fields import Table
from schema.aef.profile import Profile
from schema.aef.rows import Report, report_from_rows, row_from_keys
from schema.aef.tables import SPEC

Keyed = dict[str, Any]

SUBMISSION: Keyed = {
    "aefT1SubmissionParty": "VUT",
    "aefT1SubmissionVersion": "1.0",
    "aefT1SubmissionReportYear": 2025,
    "aefT1SubmissionSubmissionDate": "14/04/2026",
    "aefT1SubmissionNdcFirstYear": 2021,
    "aefT1SubmissionNdcLastYear": 2030,
}
AUTHORIZATION: Keyed = {
    "aefT2AuthorizationsId": "VUT0001",
    "aefT2AuthorizationsDate": "15/01/2025",
    "aefT2AuthorizationsCooperativeApproachId": "CA0004",
    "aefT2AuthorizationsVersion": 1,
    "aefT2AuthorizationsMetric": "GHG",
    "aefT2AuthorizationsSector": "Energy generation",
    "aefT2AuthorizationsPurposesForAuthorization": "NDC",
}
ACTION: Keyed = {
    "aefT3ActionsDate": "2025-06-01T10:30:00.000Z",
    "aefT3ActionsType": "First transfer",
    "aefT3ActionsSubtype": "First transfer to another Party",
    "aefT3ActionsCooperativeApproachId": "CA0004",
    "aefT3ActionsAuthorizationId": "VUT0001",
    "aefT3ActionsFirstTransferringPartyId": "VUT",
    "aefT3ActionsPartyItmoRegistryId": "VUT01",
    "aefT3ActionsItmoFirstId": 1,
    "aefT3ActionsItmoLastId": 400,
    "aefT3ActionsMetric": "GHG",
    "aefT3ActionsQuantityTCo2": 400,
    "aefT3ActionsMitigationType": "Emission reductions",
    "aefT3ActionsVintageYear": 2024,
    "aefT3ActionsAcquiringPartyId": "CHE",
}
HOLDING: Keyed = {
    "aefT4HoldingsCooperativeApproachId": "CA0004",
    "aefT4HoldingsAuthorizationId": "VUT0001",
    "aefT4HoldingsFirstTransferringPartyId": "VUT",
    "aefT4HoldingsPartyItmoRegistryId": "VUT01",
    "aefT4HoldingsItmoFirstId": 401,
    "aefT4HoldingsItmoLastId": 600,
    "aefT4HoldingsMetric": "GHG",
    "aefT4HoldingsQuantityTCo2": 200,
    "aefT4HoldingsMitigationType": "Emission reductions",
    "aefT4HoldingsVintageYear": 2024,
}
LIBRARY = Profile(name="library", title="Common nomenclature")
USE: Keyed = {"Type": "Use", "Subtype": None, "AcquiringPartyId": None}


def build(
    action: Mapping[str, Any] | None = None,
    *,
    second_holding: Mapping[str, Any] | None = None,
    holding: Mapping[str, Any] | None = None,
) -> Report:
    holdings = [HOLDING | _keyed("aefT4Holdings", holding or {})]
    if second_holding is not None:
        holdings.append(HOLDING | _keyed("aefT4Holdings", second_holding))
    keyed: dict[Table, list[Keyed]] = {
        Table.SUBMISSION: [SUBMISSION],
        Table.AUTHORIZATIONS: [AUTHORIZATION],
        Table.ACTIONS: [ACTION | _keyed("aefT3Actions", action or {})],
        Table.HOLDINGS: holdings,
    }
    return report_from_rows(
        {
            table: [row_from_keys(SPEC[table], keys) for keys in rows]
            for table, rows in keyed.items()
        }
    )


def _keyed(prefix: str, changes: Mapping[str, Any]) -> Keyed:
    return {prefix + suffix: value for suffix, value in changes.items()}
