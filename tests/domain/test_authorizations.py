"""Authorizations over time: which statuses follow, what still holds, who covers an approach."""

from datetime import date
from itertools import product

import pytest

from hub.domain.authorizations import NEXT_STATUSES, narrowed
from schema.codes import AuthorizationStatus, AuthorizedUse
from schema.refusals import RefusalCode as C
from tests.builders import (
    ACQUIRER_REGISTRY,
    HOST_REGISTRY,
    action_notice,
    approval,
    authorization_notice,
    authorization_record,
    change_ground,
    dates,
    elements,
    transfer_proposal,
    unit_block,
)
from tests.domain.federation import ready_federation
from tests.domain.refusal_tables.row import transferred

S = AuthorizationStatus
GROUND = change_ground()
EXPECTED = """
after      draft  in force  suspended  revoked  expired  consumed
draft      yes    yes       -          yes      -        -
in force   -      yes       yes        yes      yes      yes
suspended  -      yes       yes        yes      yes      yes
revoked    -      -         -          -        -        -
expired    -      yes       -          yes      yes      -
consumed   -      yes       -          yes      -        yes
"""


def test_which_status_may_follow_which() -> None:
    heading, *lines = EXPECTED.strip().splitlines()
    names = [name.strip() for name in heading.split("  ")[1:] if name.strip()]
    for line in lines:
        before, *cells = (cell.strip() for cell in line.split("  ") if cell.strip())
        allowed = {S(name) for name, cell in zip(names, cells, strict=True) if cell == "yes"}
        assert NEXT_STATUSES[S(before)] == allowed
    assert NEXT_STATUSES.keys() == set(S)


@pytest.mark.parametrize(("before", "after"), list(product(S, S)))
def test_a_version_goes_only_where_the_table_says(
    before: AuthorizationStatus, after: AuthorizationStatus
) -> None:
    world = ready_federation()
    first = authorization_record(authorization_id="X", status=before)
    second = authorization_record(
        authorization_id="X", status=after, version=2, approval=approval()
    )
    world.apply(HOST_REGISTRY, authorization_notice(authorization=first))
    told = world.codes(HOST_REGISTRY, authorization_notice(authorization=second))
    assert told == ([] if after in NEXT_STATUSES[before] else [C.NOT_ALLOWED_IN_STATE])


STILL = {
    "suspended": ({"status": S.SUSPENDED}, True),
    "expired": ({"status": S.EXPIRED}, True),
    "consumed": ({"status": S.CONSUMED}, True),
    "out of its duration": ({"elements": elements(dates=dates(until_day=date(2026, 3, 1)))}, True),
    "without a quantity left": ({"elements": elements(quantity=60)}, True),
    "revoked on a declared ground": (
        {"status": S.REVOKED, "approval": approval(ground=GROUND.ground)},
        False,
    ),
}


@pytest.mark.parametrize(("change", "usable"), STILL.values(), ids=STILL)
def test_what_was_first_transferred_stays_usable_unless_it_is_revoked(
    *, change: dict[str, object], usable: bool
) -> None:
    world = ready_federation(elements=elements(change_grounds=(GROUND,)))
    transferred(world)
    another = authorization_record(authorization_id="OTHER")
    fields: dict[str, object] = {"version": 2, "approval": approval(), **change}
    changed = authorization_record(**fields)
    world.apply(
        HOST_REGISTRY,
        authorization_notice(authorization=another),
        authorization_notice(authorization=changed),
    )
    used = world.codes(ACQUIRER_REGISTRY, action_notice())
    assert used == ([] if usable else [C.AUTHORIZATION_NOT_IN_FORCE])
    fresh = transfer_proposal(blocks=(unit_block(61, 70),))
    assert world.codes(HOST_REGISTRY, fresh) != []


def test_an_approach_stays_covered_as_long_as_one_authorization_covers_it() -> None:
    world = ready_federation()

    def state(name: str, version: int, status: AuthorizationStatus) -> None:
        record = authorization_record(
            authorization_id=name,
            version=version,
            status=status,
            approval=None if version == 1 else approval(),
        )
        world.apply(HOST_REGISTRY, authorization_notice(authorization=record))

    def covering() -> list[str]:
        permits = world.ledger.approach_authorizations.get(("MNG", "CA0007"), ())
        return [permit.authorization.authorization_id for permit in permits]

    state("B", 1, S.IN_FORCE)
    assert covering() == ["B", "MNG-2025-001"]
    state("B", 2, S.SUSPENDED)
    assert covering() == ["MNG-2025-001"]
    state("MNG-2025-001", 2, S.REVOKED)
    assert covering() == []
    state("B", 3, S.IN_FORCE)
    assert covering() == ["B"]


def test_widening_touches_nothing() -> None:
    was = authorization_record(elements=elements(uses=AuthorizedUse.OIMP, quantity=100))
    wider = elements(
        uses=AuthorizedUse.NDC_AND_OIMP,
        quantity=None,
        parties=(),
        vintages=(),
        entities=(),
    )
    assert narrowed(was, authorization_record(elements=wider), 100) == ()
