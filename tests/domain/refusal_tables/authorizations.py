"""Authorizations, their versions and steps, decisions and initial reports: every refusal."""

from typing import Any

from schema.authorization import AuthorizationRecord
from schema.codes import (
    AuthorizationStatus,
    AuthorizationStep,
    AuthorizedUse,
    DecisionKind,
    Metric,
)
from schema.refusals import RefusalCode as C
from tests.builders import (
    ACQUIRER_REGISTRY,
    HOST_REGISTRY,
    approval,
    authorization_notice,
    authorization_record,
    change_ground,
    elements,
    first_transfer_definition,
    initial_report_notice,
    issuance_notice,
    issued_block,
    joint_committee_decision,
)
from tests.domain.federation import THIRD_REGISTRY, Federation, ready_federation
from tests.domain.refusal_tables.row import (
    Build,
    Prepare,
    Table,
    applied,
    policy,
    proposed,
    transferred,
)

GROUND = change_ground()


def granted() -> Federation:
    """60 of 100 units are first transferred; false information is a declared ground."""
    world = ready_federation(elements=elements(change_grounds=(GROUND,)))
    transferred(world)
    return world


def stating(record: AuthorizationRecord) -> Build:
    return lambda _: authorization_notice(authorization=record)


def version_2(**fields: Any) -> Build:
    """A second version of the authorization, with other elements."""
    names = ("version", "status", "approval", "step", "activity", "party")
    record = {name: fields.pop(name) for name in names if name in fields}
    defaults: dict[str, Any] = {"version": 2, "approval": approval()}
    return stating(
        authorization_record(
            **(defaults | record), elements=elements(**({"change_grounds": (GROUND,)} | fields))
        )
    )


def step_2a(quantity: int | None = 1_000) -> AuthorizationRecord:
    return authorization_record(
        authorization_id="2A",
        step=AuthorizationStep.ESTIMATED_QUANTITY,
        elements=elements(quantity=quantity),
    )


def step_2b(name: str = "2B", quantity: int | None = 600, **fields: Any) -> AuthorizationRecord:
    defaults: dict[str, Any] = {
        "authorization_id": name,
        "step": AuthorizationStep.ACTUAL_QUANTITY,
        "confirms": "2A",
        "elements": elements(quantity=quantity),
    }
    return authorization_record(**(defaults | fields))


def stated(record: AuthorizationRecord) -> Prepare:
    return applied(HOST_REGISTRY, lambda: authorization_notice(authorization=record))


def revoked(world: Federation) -> None:
    world.apply(HOST_REGISTRY, version_2(status=AuthorizationStatus.REVOKED)(world))


FIRST = Table(good=stating(authorization_record(authorization_id="NEW")))
CHANGE = Table(good=version_2())
AFTER = Table(good=version_2(), world=granted)
REVOKED = AuthorizationStatus.REVOKED
TOUCHES = C.CHANGE_TOUCHES_FIRST_TRANSFERRED
FALSE_INFORMATION = approval(ground=GROUND.ground)
_for_issued: dict[str, Any] = {"authorization_party": None, "authorization_id": None}
_issued_under_decision = (
    applied(HOST_REGISTRY, joint_committee_decision),
    applied(
        HOST_REGISTRY,
        lambda: issuance_notice(
            **_for_issued, decision="JC-MN-2025-01", blocks=(issued_block(201, 300),)
        ),
    ),
)
_of_decision: dict[str, Any] = {"decision": "JC-MN-2025-01"}

AUTHORIZATIONS = (
    FIRST.fine("a Party authorizes"),
    CHANGE.fine("a Party amends before any first transfer"),
    FIRST.fine(
        "an authorization is about no single activity",
        build=stating(authorization_record(authorization_id="NEW", activity=None)),
    ),
    FIRST.row(
        "another Party's registry authorizes", C.SENDER_NOT_ENTITLED, sender=ACQUIRER_REGISTRY
    ),
    FIRST.fine(
        "a registry speaks for a Party without one of its own",
        policy(speaks_for={THIRD_REGISTRY: frozenset({"MNG"})}),
        sender=THIRD_REGISTRY,
    ),
    FIRST.row(
        "a Party named in the authorization is unknown",
        C.PARTY_UNKNOWN,
        build=stating(
            authorization_record(authorization_id="NEW", elements=elements(parties=("JPX",)))
        ),
    ),
    FIRST.row(
        "the approach has no number",
        C.IDENTIFIER_MALFORMED,
        build=stating(
            authorization_record(authorization_id="NEW", elements=elements(approach="JCM"))
        ),
    ),
    FIRST.row(
        "the approach is not on the operator's list",
        C.APPROACH_UNKNOWN,
        policy(known_approaches=frozenset({"CA0001"})),
    ),
    FIRST.fine(
        "the approach is on the operator's list", policy(known_approaches=frozenset({"CA0007"}))
    ),
    # sequence
    FIRST.row(
        "the first version is not 1",
        C.VERSION_OUT_OF_SEQUENCE,
        build=stating(authorization_record(authorization_id="NEW", version=2)),
    ),
    CHANGE.row("a version is left out", C.VERSION_OUT_OF_SEQUENCE, build=version_2(version=3)),
    CHANGE.row("a version comes twice", C.VERSION_OUT_OF_SEQUENCE, build=version_2(version=1)),
    CHANGE.row(
        "an authorization in force becomes a draft",
        C.NOT_ALLOWED_IN_STATE,
        build=version_2(status=AuthorizationStatus.DRAFT),
    ),
    CHANGE.row(
        "a revoked authorization comes back",
        C.NOT_ALLOWED_IN_STATE,
        revoked,
        build=version_2(version=3),
    ),
    CHANGE.row(
        "a version is of another step",
        C.NOT_ALLOWED_IN_STATE,
        build=version_2(step=AuthorizationStep.APPROACH),
    ),
    CHANGE.row(
        "a version is about another activity",
        C.NOT_ALLOWED_IN_STATE,
        build=version_2(activity="MN001"),
    ),
    CHANGE.row(
        "a version has no reason", C.SECOND_APPROVER_MISSING, build=version_2(approval=None)
    ),
    CHANGE.row(
        "a version has an empty reason",
        C.SECOND_APPROVER_MISSING,
        build=version_2(approval=approval(reason="  ")),
    ),
    CHANGE.fine(
        "one approver is enough before the first transfer",
        build=version_2(approval=approval(approvers=("First",))),
    ),
    # what was first transferred
    AFTER.fine(
        "the authorization is widened after first transfers", build=version_2(quantity=200_000)
    ),
    AFTER.fine("no quantity is left, and none is taken back", build=version_2(quantity=60)),
    AFTER.fine(
        "the authorization is suspended after first transfers",
        build=version_2(status=AuthorizationStatus.SUSPENDED),
    ),
    AFTER.row(
        "less is authorized than was first transferred", TOUCHES, build=version_2(quantity=59)
    ),
    AFTER.row(
        "the authorization is revoked without a ground", TOUCHES, build=version_2(status=REVOKED)
    ),
    AFTER.row("a Party is struck out", TOUCHES, build=version_2(parties=("GHA",))),
    AFTER.row("a use is struck out", TOUCHES, build=version_2(uses=AuthorizedUse.NDC)),
    AFTER.row("a vintage is struck out", TOUCHES, build=version_2(vintages=(2022,))),
    AFTER.row(
        "sectors are named where any was authorized", TOUCHES, build=version_2(sectors=("Energy",))
    ),
    AFTER.row("types of activity are named", TOUCHES, build=version_2(activity_types=("Solar",))),
    AFTER.row(
        "the metric changes", TOUCHES, build=version_2(metric=Metric.NON_GHG, non_ghg_unit="MWh")
    ),
    AFTER.row(
        "another event becomes the first transfer",
        TOUCHES,
        build=version_2(first_transfer=first_transfer_definition(for_oimp=None)),
    ),
    CHANGE.row(
        "the reserved quantity of a transfer under way is taken back",
        TOUCHES,
        proposed,
        build=version_2(quantity=59),
    ),
    AFTER.fine(
        "a declared ground allows it, with a reason and two approvers",
        build=version_2(status=REVOKED, approval=FALSE_INFORMATION),
    ),
    AFTER.row(
        "the ground was not declared",
        C.CHANGE_GROUND_NOT_DECLARED,
        build=version_2(status=REVOKED, approval=approval(ground="second thoughts")),
    ),
    AFTER.row(
        "the second approver is missing",
        C.SECOND_APPROVER_MISSING,
        build=version_2(
            status=REVOKED, approval=approval(ground=GROUND.ground, approvers=("First",))
        ),
    ),
    AFTER.row(
        "both approvers are one person",
        C.APPROVERS_NOT_DISTINCT,
        build=version_2(
            status=REVOKED, approval=approval(ground=GROUND.ground, approvers=("First", " first "))
        ),
    ),
    AFTER.row(
        "a touching change has no approval at all",
        (TOUCHES, C.SECOND_APPROVER_MISSING),
        build=version_2(status=REVOKED, approval=None),
    ),
    # steps 2a and 2b
    FIRST.fine("step 2b confirms 2a", stated(step_2a()), build=stating(step_2b())),
    FIRST.fine("the estimate was open", stated(step_2a(None)), build=stating(step_2b())),
    FIRST.row(
        "step 2b confirms nothing", C.AUTHORIZATION_UNKNOWN, build=stating(step_2b(confirms=None))
    ),
    FIRST.row("the estimate is unknown", C.AUTHORIZATION_UNKNOWN, build=stating(step_2b())),
    FIRST.row(
        "what step 2b confirms is no estimate",
        C.AUTHORIZATION_UNKNOWN,
        build=stating(step_2b(confirms="MNG-2025-001")),
    ),
    FIRST.row(
        "step 2b states no quantity",
        C.QUANTITY_NOT_CONFIRMED,
        stated(step_2a()),
        build=stating(step_2b(quantity=None)),
    ),
    FIRST.row(
        "step 2b is more than the estimate",
        C.AUTHORIZED_QUANTITY_EXCEEDED,
        stated(step_2a()),
        build=stating(step_2b(quantity=1_001)),
    ),
    FIRST.row(
        "two steps 2b together are more than the estimate",
        C.AUTHORIZED_QUANTITY_EXCEEDED,
        stated(step_2a()),
        stated(step_2b()),
        build=stating(step_2b("2B-2", 401)),
    ),
    FIRST.fine(
        "an amended step 2b counts once",
        stated(step_2a()),
        stated(step_2b()),
        build=stating(step_2b(quantity=1_000, version=2, approval=approval())),
    ),
    FIRST.fine(
        "a revoked step 2b gives its part of the estimate back",
        stated(step_2a()),
        stated(step_2b()),
        stated(step_2b(status=REVOKED, version=2, approval=approval())),
        build=stating(step_2b("2B-2", 1_000)),
    ),
    FIRST.fine(
        "a draft of step 2b takes nothing of the estimate",
        stated(step_2a()),
        stated(step_2b(status=AuthorizationStatus.DRAFT)),
        build=stating(step_2b("2B-2", 1_000)),
    ),
    FIRST.row(
        "a draft of step 2b comes into force when the estimate is taken up",
        C.AUTHORIZED_QUANTITY_EXCEEDED,
        stated(step_2a()),
        stated(step_2b(status=AuthorizationStatus.DRAFT)),
        stated(step_2b("2B-2", 1_000)),
        build=stating(step_2b(version=2, approval=approval())),
    ),
    FIRST.row(
        "step 2b is about another activity than 2a",
        C.AUTHORIZATION_DIFFERS,
        stated(step_2a()),
        build=stating(step_2b(activity="MN001")),
    ),
    FIRST.row(
        "the decision is about another activity than step 2b",
        C.DECISION_UNKNOWN,
        applied(HOST_REGISTRY, lambda: joint_committee_decision(activity="MN001")),
        stated(step_2a()),
        build=stating(step_2b(**_of_decision)),
    ),
    FIRST.row(
        "the decision of step 2b is unknown",
        C.DECISION_UNKNOWN,
        stated(step_2a()),
        build=stating(step_2b(**_of_decision)),
    ),
    FIRST.row(
        "more was issued under the decision than step 2b authorizes",
        C.AUTHORIZED_QUANTITY_EXCEEDED,
        *_issued_under_decision,
        stated(step_2a()),
        build=stating(step_2b(quantity=99, **_of_decision)),
    ),
)

DECISION = Table(good=lambda _: joint_committee_decision())
REPORT = Table(good=lambda _: initial_report_notice())
DECISIONS = (
    DECISION.fine("the host reports a decision"),
    DECISION.fine("the partner reports a decision", sender=ACQUIRER_REGISTRY),
    DECISION.fine(
        "both sides report the same decision",
        applied(ACQUIRER_REGISTRY, joint_committee_decision),
    ),
    DECISION.row(
        "the other side has reported it otherwise",
        C.DECISION_DIFFERS,
        applied(ACQUIRER_REGISTRY, lambda: joint_committee_decision(allotments=())),
    ),
    DECISION.row(
        "a registry without a part reports a decision",
        C.SENDER_NOT_ENTITLED,
        lambda world: world.ledger.approach_authorizations.pop(("KEN", "CA0007")),
        sender=THIRD_REGISTRY,
    ),
    DECISION.row(
        "the host is no Party",
        (C.SENDER_NOT_ENTITLED, C.PARTY_UNKNOWN),
        first_party="MNX",
        allotments=(),
        sender=THIRD_REGISTRY,
        approach="CA0008",
    ),
    DECISION.row(
        "the approach of a decision is not on the list",
        C.APPROACH_UNKNOWN,
        policy(known_approaches=frozenset({"CA0001"})),
        decision=DecisionKind.REGISTRATION,
    ),
    REPORT.fine("a Party reports initially"),
    REPORT.row("another Party's initial report is stated", C.SENDER_NOT_ENTITLED, party="JPN"),
    REPORT.row(
        "the initial report is on no approach",
        (C.SENDER_NOT_ENTITLED, C.IDENTIFIER_MALFORMED),
        party="JPN",
        approach="CA-7",
    ),
)
ROWS = (*AUTHORIZATIONS, *DECISIONS)
