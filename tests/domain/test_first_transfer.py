"""Which event makes an ITMO, as each authorization says (decision 2/CMA.3 annex para. 2)."""

from collections.abc import Callable
from typing import Any

import pytest

from schema.codes import (
    ActionKind,
    AuthorizationStep,
    AuthorizedUse,
    FirstTransferForNdc,
    FirstTransferForOimp,
    Purpose,
)
from schema.messages import RegistryMessage
from tests.builders import (
    ACQUIRER_REGISTRY,
    HOST_REGISTRY,
    action_notice,
    authorization_notice,
    authorization_record,
    elements,
    first_transfer_definition,
    issuance_notice,
    issued_block,
    joint_committee_decision,
    transfer_answer,
    transfer_proposal,
    unit_block,
)
from tests.domain.federation import Federation, all_units, ready_federation

BLOCK = unit_block(201, 210)
JAPANS = unit_block(1, 10, registry=ACQUIRER_REGISTRY)
NDC, OIMP, BOTH = AuthorizedUse.NDC, AuthorizedUse.OIMP, AuthorizedUse.NDC_AND_OIMP
ABROAD = FirstTransferForNdc.INTERNATIONAL_TRANSFER
THERE = FirstTransferForNdc.ISSUANCE_TO_ACQUIRING_PARTY
NDC_USE = FirstTransferForNdc.USE
LETTER = FirstTransferForOimp.AUTHORIZATION
BIRTH = FirstTransferForOimp.ISSUANCE
END = FirstTransferForOimp.USE_OR_CANCELLATION


def authorize(world: Federation, uses: AuthorizedUse, **definition: Any) -> None:
    record = authorization_record(
        authorization_id="OTHER",
        elements=elements(uses=uses, first_transfer=first_transfer_definition(**definition)),
    )
    world.apply(HOST_REGISTRY, authorization_notice(authorization=record))


def issue(world: Federation) -> None:
    notice = issuance_notice(authorization_id="OTHER", blocks=(issued_block(block=BLOCK),))
    world.apply(HOST_REGISTRY, notice)


def issue_in_japan(world: Federation) -> None:
    notice = issuance_notice(
        account="JP-100", authorization_id="OTHER", blocks=(issued_block(block=JAPANS),)
    )
    world.apply(ACQUIRER_REGISTRY, notice)


def transfer(purpose: Purpose) -> Callable[[Federation], None]:
    def act(world: Federation) -> None:
        proposal = transfer_proposal(authorization_id="OTHER", purpose=purpose, blocks=(BLOCK,))
        world.apply(HOST_REGISTRY, proposal)
        world.apply(ACQUIRER_REGISTRY, transfer_answer(transfer_id=proposal.transfer_id))

    return act


def end(action: ActionKind, to_account: str, purpose: Purpose | None) -> Callable[..., None]:
    def act(world: Federation) -> None:
        world.apply(HOST_REGISTRY, _action(action, to_account, purpose))

    return act


def _action(action: ActionKind, to_account: str | None, purpose: Purpose | None) -> RegistryMessage:
    return action_notice(
        action=action,
        account="MN-100",
        to_account=to_account,
        authorization_id="OTHER",
        purpose=purpose,
        using_party=None,
        year_of_use=2025 if purpose is Purpose.NDC else None,
        blocks=(BLOCK,),
    )


def use_in_japan(world: Federation) -> None:
    world.apply(ACQUIRER_REGISTRY, action_notice(authorization_id="OTHER", blocks=(JAPANS,)))


to_ndc, to_oimp = transfer(Purpose.NDC), transfer(Purpose.OP)
oimp_use = end(ActionKind.USE_FOR_OIMP, "MN-310", Purpose.IMP)
cancellation = end(ActionKind.VOLUNTARY_CANCELLATION, "MN-230", None)
omge = end(ActionKind.CANCELLATION_FOR_OMGE, "MN-240", None)
adaptation = end(ActionKind.ADAPTATION_SHARE, "MN-250", None)
retirement = end(ActionKind.RETIREMENT, "MN-310", Purpose.OIMP)
own_use = end(ActionKind.USE_TOWARDS_NDC, "MN-300", Purpose.NDC)

Case = tuple[AuthorizedUse, Any, Any, list[Callable[[Federation], None]], int | None]
CASES: dict[str, Case] = {
    # uses, for NDC, for other purposes, what happens, index of the first transfer in it
    "NDC: the issuance is none": (NDC, ABROAD, None, [issue], None),
    "NDC: the first international transfer": (NDC, ABROAD, None, [issue, to_ndc], 1),
    "NDC: the share issued in the acquirer's registry": (NDC, THERE, None, [issue_in_japan], 0),
    "NDC: the share issued at home is none": (NDC, THERE, None, [issue], None),
    "NDC: the use abroad": (NDC, NDC_USE, None, [issue_in_japan, use_in_japan], 1),
    "NDC: a Party's use of its own is none": (NDC, NDC_USE, None, [issue, own_use], None),
    "NDC: an event for other purposes is none": (NDC, ABROAD, BIRTH, [issue], None),
    "OIMP: the authorization": (OIMP, None, LETTER, [issue], 0),
    "OIMP: the issuance": (OIMP, None, BIRTH, [issue], 0),
    "OIMP: the international transfer is none": (OIMP, ABROAD, END, [issue, to_oimp], None),
    "OIMP: the use": (OIMP, None, END, [issue, oimp_use], 1),
    "OIMP: the voluntary cancellation": (OIMP, None, END, [issue, cancellation], 1),
    "OIMP: the cancellation for overall mitigation": (OIMP, None, END, [issue, omge], 1),
    "OIMP: the share for adaptation": (OIMP, None, END, [issue, adaptation], 1),
    "OIMP: the retirement": (OIMP, None, END, [issue, retirement], 1),
    "both: the transfer came earlier": (BOTH, ABROAD, END, [issue, to_oimp], 1),
    "both: the use came earlier": (BOTH, ABROAD, END, [issue, oimp_use], 1),
    "both: the issuance came earlier": (BOTH, ABROAD, BIRTH, [issue, to_ndc], 0),
}


def run(world: Federation, case: Case) -> int | None:
    """Let everything happen; return in which step the first transfer came, and check it once."""
    uses, for_ndc, for_oimp, steps, _ = case
    authorize(world, uses, for_ndc=for_ndc, for_oimp=for_oimp)
    came = None
    for index, step in enumerate(steps):
        step(world)
        flagged = [
            units
            for units in all_units(world.ledger)
            if units.authorization is not None
            and units.authorization.authorization_id == "OTHER"
            and units.first_transfer is not None
        ]
        if flagged and came is None:
            came = index
    (counted,) = (
        each.first_transferred
        for key, each in world.ledger.authorizations.items()
        if key.authorization_id == "OTHER"
    )
    assert counted == (0 if came is None else 10)
    return came


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_first_transfer_is_the_event_that_the_authorization_names(case: Case) -> None:
    assert run(ready_federation(), case) == case[-1]


STRICT: dict[str, Case] = {
    "the transfer for an NDC counts": (BOTH, ABROAD, END, [issue, to_ndc], 1),
    "the transfer for other purposes does not": (BOTH, ABROAD, END, [issue, to_oimp], None),
    "the issuance does not": (BOTH, ABROAD, BIRTH, [issue], None),
    "the cancellation counts": (BOTH, ABROAD, END, [issue, cancellation], 1),
}


@pytest.mark.parametrize("case", STRICT.values(), ids=STRICT)
def test_where_the_operator_does_not_let_the_earlier_event_count_the_purpose_decides(
    case: Case,
) -> None:
    world = ready_federation()
    world.set_policy(earlier_event_counts=False)
    assert run(world, case) == case[-1]


def test_a_declaration_follows_where_the_purpose_came_later() -> None:
    world = ready_federation()
    world.set_policy(earlier_event_counts=False)
    authorize(world, BOTH, for_ndc=ABROAD, for_oimp=BIRTH)
    issue(world)
    world.apply(HOST_REGISTRY, _action(ActionKind.FIRST_TRANSFER, None, Purpose.OP))
    assert all_units(world.ledger)[-1].first_transfer is not None
    assert world.holders() == {(1, 100): "MN-100", (201, 210): "MN-100"}


@pytest.mark.parametrize("decision", [None, "JC-MN-2025-01"], ids=["later moves", "the decision"])
@pytest.mark.parametrize("estimated", [False, True], ids=["before any step", "under step 2a"])
def test_units_issued_before_step_2b_come_under_it(
    *, decision: str | None, estimated: bool
) -> None:
    """In the JCM either may be reported first; what names the decision takes its units in."""
    world = ready_federation()
    born = elements(
        uses=NDC,
        first_transfer=first_transfer_definition(for_ndc=THERE, for_oimp=None),
        tracking_registry=ACQUIRER_REGISTRY,
    )
    estimate = authorization_record(
        authorization_id="2A", step=AuthorizationStep.ESTIMATED_QUANTITY, elements=born
    )
    confirmation = authorization_record(
        authorization_id="2B",
        step=AuthorizationStep.ACTUAL_QUANTITY,
        confirms="2A",
        decision=decision,
        elements=born,
    )
    world.apply(
        HOST_REGISTRY,
        joint_committee_decision(),
        authorization_notice(authorization=estimate),
        issuance_notice(
            authorization_party=None,
            authorization_id=None,
            decision="JC-MN-2025-01",
            blocks=(issued_block(201, 210),),
        ),
    )
    share = unit_block(1, 10, registry=ACQUIRER_REGISTRY)
    world.apply(
        ACQUIRER_REGISTRY,
        issuance_notice(
            account="JP-100",
            authorization_party="MNG" if estimated else None,
            authorization_id="2A" if estimated else None,
            decision="JC-MN-2025-01",
            blocks=(issued_block(block=share),),
        ),
    )
    assert all(units.first_transfer is None for units in all_units(world.ledger))

    world.apply(HOST_REGISTRY, authorization_notice(authorization=confirmation))

    (japans, *hosts) = sorted(all_units(world.ledger), key=lambda units: units.account)
    assert all(units.first_transfer is None for units in hosts)
    if decision is None:
        assert japans.first_transfer is None
        used = action_notice(authorization_id="2B", blocks=(share,))
        assert world.codes(ACQUIRER_REGISTRY, used) == []
        (japans, *hosts) = sorted(all_units(world.ledger), key=lambda units: units.account)
    assert japans.authorization is not None
    assert japans.authorization.authorization_id == "2B"
    assert japans.first_transfer is not None
    counters = {
        key.authorization_id: (each.issued, each.first_transferred, each.confirmed)
        for key, each in world.ledger.authorizations.items()
    }
    assert counters["2A"] == (10 if estimated else 0, 0, 100_000)
    assert counters["2B"] == (0 if decision is None else 10, 10, 0)
