"""The small pieces that all rules share."""

from uuid import UUID, uuid5

import pytest
from hypothesis import given

from hub.domain.admission import check_approvers, hub_message_id, party_of
from hub.domain.state import AccountKey
from schema.codes import RegistryKind
from schema.refusals import RefusalCode as C
from tests.builders import ACQUIRER_REGISTRY, HOST_REGISTRY, account_notice
from tests.domain.federation import ready_federation
from tests.strategies import uuids

HUB_NAMESPACE = UUID("5a3c3f0e-6a0c-5d0b-9a51-0d7a8b6a2c10")


@given(uuids)
def test_what_the_hub_says_twice_has_one_id(transfer_id: UUID) -> None:
    expected = uuid5(HUB_NAMESPACE, f"{transfer_id}/outcome/JPN01")
    assert hub_message_id(transfer_id, "outcome", "JPN01") == expected


APPROVERS = {
    "two persons and a reason": (("First", "Second"), "why", []),
    "three persons": (("First", "Second", "Third"), "why", []),
    "one person": (("First",), "why", [C.SECOND_APPROVER_MISSING]),
    "nobody": ((), "why", [C.SECOND_APPROVER_MISSING]),
    "no reason": (("First", "Second"), " ", [C.SECOND_APPROVER_MISSING]),
    "one person twice": (("First", "First"), "why", [C.APPROVERS_NOT_DISTINCT]),
    "one person in two spellings": (("First One", " FIRST  one "), "y", [C.APPROVERS_NOT_DISTINCT]),
}


@pytest.mark.parametrize(("approvers", "reason", "codes"), APPROVERS.values(), ids=APPROVERS)
def test_a_grave_change_has_two_approvers_and_a_reason(
    approvers: tuple[str, ...], reason: str, codes: list[C]
) -> None:
    assert [refusal.code for refusal in check_approvers(approvers, reason)] == codes


def test_in_a_registry_of_many_parties_the_holder_of_the_account_counts() -> None:
    world = ready_federation()
    world.enrol("UN01", "", RegistryKind.INTERNATIONAL)
    world.apply("UN01", account_notice(account="RW-1", holder_party="RWA"))
    foreign = account_notice(account="JP-77", holder_party="RWA")
    world.apply(ACQUIRER_REGISTRY, foreign)
    assert party_of(world.ledger, AccountKey("UN01", "RW-1")) == "RWA"
    assert party_of(world.ledger, AccountKey("UN01", "RW-2")) is None
    assert party_of(world.ledger, AccountKey(ACQUIRER_REGISTRY, "JP-77")) == "JPN"
    assert party_of(world.ledger, AccountKey(HOST_REGISTRY, "unheard of")) == "MNG"
    assert party_of(world.ledger, AccountKey("GHA01", "A")) is None
