"""What the demo's registries state: the real decision about MN004, and an illustrative project.

Real figures: JCM project MN004 (10 MW solar power in Darkhan City), decision of 24 October 2017 for
1 January to 31 July 2017: 7,158 t to Japan and 1,789 t to Mongolia (published list of issuances on
jcm.go.jp, Mongolia). No serial numbers are published; those of the demo are illustrative, and so is
project MN901.
"""

from datetime import date
from typing import Final
from uuid import UUID, uuid5

from schema.authorization import AuthorizationRecord, Dates, Elements, FirstTransferDefinition
from schema.codes import (
    AuthorizationStatus,
    AuthorizationStep,
    AuthorizedUse,
    DecisionKind,
    FirstTransferForNdc,
    Metric,
)
from schema.messages import Allotment, InitialReportNotice, JointCommitteeDecision

APPROACH: Final = "CA0007"
PROJECT: Final = "MN901"
_NAMESPACE: Final = UUID("3a1f4a3e-6f56-5d1c-9c07-3c8f2f6d5b10")


def record_id(name: str) -> UUID:
    """Return the id of a record of the story, the same in every run."""
    return uuid5(_NAMESPACE, name)


REAL_DECISION: Final = JointCommitteeDecision(
    message_id=record_id("MN004 issuance"),
    decision_id="MN-JP 2017-10-24 MN004",
    decision=DecisionKind.ISSUANCE,
    approach=APPROACH,
    first_party="MNG",
    activity="MN004",
    activity_title="10MW Solar Power Project in Darkhan City",
    sectors=("Energy generation",),
    activity_types=("Solar",),
    decided_on=date(2017, 10, 24),
    period_from=date(2017, 1, 1),
    period_to=date(2017, 7, 31),
    allotments=(
        Allotment(registry="JPN01", vintage=2017, tonnes=7_158),
        Allotment(registry="MNG01", vintage=2017, tonnes=1_789),
    ),
    source="https://www.jcm.go.jp/jc/mn-projects-issues",
)

REGISTRATION: Final = JointCommitteeDecision(
    message_id=record_id("MN901 registration"),
    decision_id="MN-JP illustrative registration",
    decision=DecisionKind.REGISTRATION,
    approach=APPROACH,
    first_party="MNG",
    activity=PROJECT,
    activity_title="Illustrative solar power project",
    sectors=("Energy generation",),
    activity_types=("Solar",),
    decided_on=date(2021, 5, 17),
    period_from=None,
    period_to=None,
    allotments=(),
    source="illustrative",
)

ISSUANCE: Final = JointCommitteeDecision(
    message_id=record_id("MN901 issuance"),
    decision_id="MN-JP illustrative issuance",
    decision=DecisionKind.ISSUANCE,
    approach=APPROACH,
    first_party="MNG",
    activity=PROJECT,
    activity_title="Illustrative solar power project",
    sectors=("Energy generation",),
    activity_types=("Solar",),
    decided_on=date(2023, 3, 8),
    period_from=date(2021, 7, 1),
    period_to=date(2022, 12, 31),
    allotments=(
        Allotment(registry="JPN01", vintage=2021, tonnes=2_000),
        Allotment(registry="JPN01", vintage=2022, tonnes=4_000),
        Allotment(registry="MNG01", vintage=2021, tonnes=1_500),
        Allotment(registry="MNG01", vintage=2022, tonnes=3_000),
    ),
    source="illustrative",
)


def initial_report(party: str) -> InitialReportNotice:
    """Return a Party's initial report."""
    return InitialReportNotice(
        message_id=record_id(f"{party} initial report"),
        party=party,
        approach=APPROACH,
        submitted_on=date(2022, 12, 30),
        document_digest=None,
    )


def authorization(
    party: str,
    name: str,
    step: AuthorizationStep,
    *,
    tonnes: int | None = None,
    first_transfer: FirstTransferForNdc | None = None,
    confirms: str | None = None,
) -> AuthorizationRecord:
    """Return the first version of an authorization for use towards an NDC."""
    of_quantity = step is not AuthorizationStep.APPROACH
    return AuthorizationRecord(
        authorization_id=name,
        party=party,
        version=1,
        step=step,
        status=AuthorizationStatus.IN_FORCE,
        activity=PROJECT if of_quantity else None,
        confirms=confirms,
        decision=ISSUANCE.decision_id if confirms else None,
        elements=Elements(
            approach=APPROACH,
            parties=("JPN",) if of_quantity else (),
            entities=(),
            dates=Dates(
                authorized_on=date(2021, 5, 17),
                from_day=None,
                until_day=None,
                last_issuance=None,
                last_use=None,
                last_cancellation=None,
            ),
            first_transfer=FirstTransferDefinition(for_ndc=first_transfer, for_oimp=None),
            uses=AuthorizedUse.NDC if of_quantity else None,
            rules=("JCM rules of implementation",),
            change_terms="No change touches what was first transferred.",
            change_grounds=(),
            quantity=tonnes,
            tracking_registry=None,
            underlying_registry="JCM",
            vintages=(2021, 2022) if of_quantity else (),
            metric=Metric.GHG,
            non_ghg_unit=None,
            gwp_values="AR5",
            sectors=("Energy generation",) if of_quantity else (),
            activity_types=("Solar",) if of_quantity else (),
        ),
        document_digest=None,
        approval=None,
    )
