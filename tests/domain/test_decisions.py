"""A decision of a Joint Committee is one decision, whoever reports it."""

from hub.domain.state import CaseKind, DecisionKey
from schema.codes import DecisionKind
from schema.messages import IssuanceNotice
from schema.refusals import RefusalCode as C
from tests.builders import (
    ACQUIRER_REGISTRY,
    HOST_REGISTRY,
    allotment,
    issuance_notice,
    issued_block,
    joint_committee_decision,
    unit_block,
)
from tests.domain.federation import Federation, ready_federation

KEY = DecisionKey("CA0007", "MNG", "JC-MN-2025-01")


def share(first: int, last: int) -> IssuanceNotice:
    block = unit_block(first, last, registry=ACQUIRER_REGISTRY)
    return issuance_notice(
        account="JP-100",
        decision="JC-MN-2025-01",
        authorization_party=None,
        authorization_id=None,
        blocks=(issued_block(block=block),),
    )


def decided() -> Federation:
    world = ready_federation()
    world.apply(HOST_REGISTRY, joint_committee_decision())
    world.apply(ACQUIRER_REGISTRY, joint_committee_decision())
    return world


def test_what_both_sides_report_allots_once() -> None:
    world = decided()
    assert world.send(ACQUIRER_REGISTRY, share(1, 4_000)).refusals == ()
    assert world.codes(ACQUIRER_REGISTRY, share(4_001, 4_001)) == [C.DECISION_ALLOCATION_EXCEEDED]
    assert world.ledger.decisions[KEY].issued == {(ACQUIRER_REGISTRY, 2021): 4_000}


def test_each_side_issues_its_own_share() -> None:
    """The whole of 4,000 t may be issued in parts, and takes nothing from the host's 1,000 t."""
    world = decided()
    world.apply(ACQUIRER_REGISTRY, share(1, 3_999), share(4_000, 4_000))
    home = issuance_notice(decision="JC-MN-2025-01", blocks=(issued_block(1_001, 2_000),))
    world.apply(HOST_REGISTRY, home)
    assert set(world.ledger.decisions[KEY].issued.values()) == {1_000, 4_000}
    assert [part.count for part in world.ledger.issued_under[KEY]] == [3_999, 1, 1_000]


def test_allotments_of_one_place_add_up() -> None:
    world = ready_federation()
    parts = (allotment(tonnes=30), allotment(tonnes=12))
    world.apply(HOST_REGISTRY, joint_committee_decision(allotments=parts))
    assert world.ledger.decisions[KEY].allotted == {(HOST_REGISTRY, 2021): 42}


def test_two_tales_of_one_decision_open_a_case() -> None:
    world = decided()
    other = joint_committee_decision(allotments=(allotment(tonnes=1_001),))
    told = world.send(ACQUIRER_REGISTRY, other)
    (case,) = told.cases
    assert case.kind is CaseKind.DECISION_DIFFERS
    assert case.registries == (ACQUIRER_REGISTRY, HOST_REGISTRY)
    assert case.message_id == other.message_id


def test_a_registration_allots_nothing_and_describes_the_activity() -> None:
    world = ready_federation()
    message = joint_committee_decision(decision=DecisionKind.REGISTRATION)
    world.apply(HOST_REGISTRY, message)
    assert world.ledger.decisions[KEY].allotted == {}
    activity = world.ledger.activities["CA0007", "MN099"]
    assert (activity.sectors, activity.activity_types) == (("Energy",), ("Renewable energy",))
