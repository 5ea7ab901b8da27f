from dataclasses import replace as with_columns

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from hub.domain.reconciliation.attributes import AuthorizationView, Facet, UnitState
from hub.domain.reconciliation.authorized_by import authorized_by_one_party
from hub.domain.reconciliation.codes import FindingCode, Severity
from hub.domain.reconciliation.findings import Finding
from hub.domain.reconciliation.vocabulary import Vocabulary
from schema.codes import AccountKind, AuthorizationStatus, AuthorizedUse, UnitStatus
from schema.identifiers import AccountId, SerialRange
from tests.domain.reconciliation.naive import World
from tests.domain.reconciliation.worlds import (
    JPN,
    LETTER,
    REVOKED_LETTER,
    SERIES,
    snapshot_of,
    units,
    worlds,
)

AWAITED = replace(LETTER, acquiring=None)
HELD = UnitState(
    registry=JPN,
    account=AccountId("A-1"),
    account_kind=AccountKind.HOLDING,
    status=UnitStatus.HELD,
    authorization=AWAITED,
)


def found_in(world: World, seed: int = 0) -> list[Finding]:
    return authorized_by_one_party(snapshot_of(world, vocabulary=Vocabulary(), seed=seed))


@pytest.mark.parametrize(
    ("view", "facet"),
    [
        pytest.param(AWAITED, Facet.ACQUIRING_STATUS, id="the acquiring Party is awaited"),
        pytest.param(
            replace(LETTER, transferring=None),
            Facet.TRANSFERRING_STATUS,
            id="the transferring Party is awaited",
        ),
        pytest.param(
            REVOKED_LETTER, Facet.TRANSFERRING_STATUS, id="the transferring Party has revoked"
        ),
        pytest.param(
            replace(AWAITED, use=AuthorizedUse.NDC_AND_OIMP),
            Facet.ACQUIRING_STATUS,
            id="other purposes beside do not help",
        ),
    ],
)
def test_ndc_use_by_the_word_of_one_party_is_found(view: AuthorizationView, facet: Facet) -> None:
    (found,) = found_in(dict.fromkeys(units(SERIES[0], 1, 9), replace(HELD, authorization=view)))
    assert found.code is FindingCode.NDC_AUTHORIZED_BY_ONE_PARTY
    assert (found.facets, found.serials) == ({facet}, SerialRange(1, 9))


@pytest.mark.parametrize(
    "view",
    [
        pytest.param(LETTER, id="both Parties have authorized"),
        pytest.param(
            replace(LETTER, acquiring=AuthorizationStatus.CONSUMED),
            id="what is used up was authorized",
        ),
        pytest.param(
            replace(LETTER, transferring=None, acquiring=None), id="neither Party has authorized"
        ),
        pytest.param(
            replace(AWAITED, use=AuthorizedUse.OIMP), id="other purposes need one Party only"
        ),
    ],
)
def test_ndc_use_by_both_parties_and_other_uses_are_in_order(view: AuthorizationView) -> None:
    world = dict.fromkeys(units(SERIES[0], 1, 9), replace(HELD, authorization=view))
    assert found_in(world) == []


@pytest.mark.parametrize(
    ("state", "severity"),
    [
        pytest.param(HELD, Severity.MEDIUM, id="before the first transfer"),
        pytest.param(
            replace(HELD, first_transferred=True), Severity.HIGH, id="once first transferred"
        ),
        pytest.param(
            replace(HELD, first_transferred=True, status=UnitStatus.USED_NDC),
            Severity.CRITICAL,
            id="once used towards an NDC",
        ),
    ],
)
def test_it_is_graver_the_further_the_units_have_gone(state: UnitState, severity: Severity) -> None:
    world = dict.fromkeys(units(SERIES[0], 1, 9), HELD)
    world.update(dict.fromkeys(units(SERIES[0], 4, 5), state))
    (found,) = found_in(world)
    assert found.severity is severity


def test_a_source_that_does_not_state_both_parties_is_not_judged() -> None:
    snapshot = snapshot_of(dict.fromkeys(units(SERIES[0], 1, 9), HELD), vocabulary=Vocabulary())
    silent = with_columns(snapshot, facets=snapshot.facets - {Facet.ACQUIRING_STATUS})
    assert authorized_by_one_party(silent) == []


@given(worlds(), st.integers(0, 9))
def test_exactly_the_serials_with_one_authorization_are_found(world: World, seed: int) -> None:
    def wrong(view: AuthorizationView | None) -> bool:
        return (
            view is not None
            and view.covers_ndc()
            and (view.transferring is AuthorizationStatus.IN_FORCE)
            != (view.acquiring is AuthorizationStatus.IN_FORCE)
        )

    found = found_in(world, seed)
    told = [
        (one.series, serial)
        for one in found
        for serial in range(one.serials.first, one.serials.last + 1)
    ]
    assert sorted(told) == sorted(u for u, state in world.items() if wrong(state.authorization))
    assert found == found_in(world)
