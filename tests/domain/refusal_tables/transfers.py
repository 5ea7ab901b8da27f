"""Proposal, answer, withdrawal and outcome: every reason to refuse them."""

from datetime import date, timedelta
from typing import Any

from schema.codes import (
    AccountStatus,
    Answer,
    AuthorizationStatus,
    AuthorizationStep,
    AuthorizedUse,
    Metric,
    OutcomeResult,
    Purpose,
)
from schema.messages import UnitBlock
from schema.refusals import RefusalCode as C
from schema.wire import MAX_BLOCKS
from tests.builders import (
    ACQUIRER_REGISTRY,
    HOST_REGISTRY,
    account_ref,
    approval,
    authorization_notice,
    authorization_record,
    change_ground,
    dates,
    elements,
    initial_report_notice,
    issuance_notice,
    issued_block,
    outcome_answer,
    transfer_answer,
    transfer_proposal,
    transfer_withdrawal,
    unit_block,
)
from tests.domain.federation import THIRD_REGISTRY, Federation
from tests.domain.refusal_tables.row import (
    TRANSFER,
    Prepare,
    Table,
    account,
    applied,
    frozen,
    policy,
    proposed,
    registry,
    transferred,
)

TABLE = Table(good=lambda _: transfer_proposal(transfer_id=TRANSFER))


def block(first: int = 1, last: int = 60, **fields: Any) -> tuple[UnitBlock, ...]:
    return (unit_block(first, last, **fields),)


def amended(**fields: Any) -> Prepare:
    """Version 2 of the authorization of the units."""
    record = {name: fields.pop(name) for name in ("status",) if name in fields}
    return applied(
        HOST_REGISTRY,
        lambda: authorization_notice(
            authorization=authorization_record(
                version=2, approval=approval(), elements=elements(**fields), **record
            )
        ),
    )


def another_authorization(**fields: Any) -> Prepare:
    return applied(
        HOST_REGISTRY,
        lambda: authorization_notice(
            authorization=authorization_record(authorization_id="OTHER", **fields)
        ),
    )


def without_host_approach(world: Federation) -> None:
    del world.ledger.approach_authorizations["MNG", "CA0007"]


def without_acquirer_approach(world: Federation) -> None:
    del world.ledger.approach_authorizations["JPN", "CA0007"]


def power_issued(world: Federation) -> None:
    """Serials 201 to 204 carry 2 MWh and belong to no authorization."""
    blocks = (issued_block(block=power(201, 204, "2")),)
    fields: dict[str, Any] = {"authorization_party": None, "authorization_id": None}
    world.apply(HOST_REGISTRY, issuance_notice(blocks=blocks, **fields))


def power(first: int, last: int, quantity: str, unit: str = "MWh") -> UnitBlock:
    return unit_block(first, last, metric=Metric.NON_GHG, unit=unit, quantity=quantity)


_for_power = another_authorization(
    elements=elements(metric=Metric.NON_GHG, non_ghg_unit="MWh", vintages=())
)
_under_other: dict[str, Any] = {"authorization_id": "OTHER"}
_more = (issued_block(301, 310),)
_to_host: dict[str, Any] = {"to": account_ref(registry=HOST_REGISTRY, account="MN-110")}
_to_third: dict[str, Any] = {"to": account_ref(registry=THIRD_REGISTRY, account="KE-100")}

PROPOSALS = (
    TABLE.fine("a transfer is proposed"),
    TABLE.fine("an authorized entity acquires", acquiring_entity="JPN-0001"),
    # sequence
    TABLE.row(
        "the transfer id was used before, and the serials with it",
        (C.TRANSFER_ID_REUSED, C.UNITS_RESERVED),
        proposed,
    ),
    TABLE.row(
        "the transfer id was used before", C.TRANSFER_ID_REUSED, proposed, blocks=block(61, 70)
    ),
    # identifiers
    TABLE.row("a transfer of nothing is proposed", C.NO_BLOCKS, blocks=()),
    TABLE.row(
        "a transfer of 3,001 blocks is proposed",
        C.TOO_MANY_BLOCKS,
        blocks=tuple(unit_block(n, n) for n in range(1, 2 + MAX_BLOCKS)),
    ),
    TABLE.row(
        "two blocks of a proposal overlap",
        C.BLOCKS_OVERLAP_IN_MESSAGE,
        blocks=(*block(1, 10), *block(10, 20)),
    ),
    # holdings
    TABLE.row("a serial beyond the issuance is named", C.UNITS_UNKNOWN, blocks=block(90, 101)),
    TABLE.row(
        "another registry's serials are named", C.UNITS_UNKNOWN, blocks=block(registry="KEN01")
    ),
    TABLE.row(
        "the sender transferred the units before",
        C.UNITS_NOT_HELD,
        transferred,
        build=lambda _: transfer_proposal(blocks=block(60, 70)),
    ),
    TABLE.row(
        "the units are in another account of the sender",
        (C.UNITS_NOT_HELD),
        from_account="MN-110",
    ),
    TABLE.row(
        "another transfer has reserved some of the units",
        C.UNITS_RESERVED,
        proposed,
        build=lambda _: transfer_proposal(blocks=block(60, 70)),
    ),
    TABLE.row("some of the units are disputed", C.UNITS_FROZEN, frozen),
    TABLE.fine(
        "the freeze has run out",
        frozen,
        lambda world: world.wait(timedelta(seconds=1)),
    ),
    TABLE.fine("other serials are disputed", frozen, blocks=block(7, 60)),
    TABLE.row(
        "the metric is not that of the issuance",
        (C.METRIC_DIFFERS, C.METRIC_NOT_AUTHORIZED),
        blocks=(power(1, 60, "60"),),
    ),
    TABLE.fine(
        "non-GHG units are transferred with their quantity",
        power_issued,
        _for_power,
        **_under_other,
        blocks=(power(201, 203, "1.5"),),
    ),
    TABLE.row(
        "the unit is not that of the issuance",
        (C.METRIC_DIFFERS, C.METRIC_NOT_AUTHORIZED),
        power_issued,
        _for_power,
        **_under_other,
        blocks=(power(201, 203, "1.5", "kWh"),),
    ),
    TABLE.row(
        "more is stated than the serials carry",
        C.QUANTITY_EXCEEDS_HOLDING,
        power_issued,
        _for_power,
        **_under_other,
        blocks=(power(201, 203, "1.8"),),
    ),
    TABLE.row(
        "less is stated than the serials carry",
        C.QUANTITY_MISMATCH,
        power_issued,
        _for_power,
        **_under_other,
        blocks=(power(201, 203, "1.2"),),
    ),
    # accounts
    TABLE.row(
        "the giving account is unknown", (C.UNITS_NOT_HELD, C.ACCOUNT_UNKNOWN), from_account="NONE"
    ),
    TABLE.row(
        "the giving account may only receive",
        C.ACCOUNT_RESTRICTED,
        account(HOST_REGISTRY, "MN-100", AccountStatus.RECEIVE_ONLY),
    ),
    TABLE.row(
        "the giving account is for cancelled units",
        (C.UNITS_NOT_HELD, C.ACCOUNT_KIND_WRONG),
        from_account="MN-230",
    ),
    TABLE.row(
        "the receiving account is unknown", C.ACCOUNT_UNKNOWN, to=account_ref(account="NONE")
    ),
    TABLE.row(
        "the receiving account is closed",
        C.ACCOUNT_CLOSED,
        account(ACQUIRER_REGISTRY, "JP-100", AccountStatus.CLOSED),
    ),
    TABLE.row(
        "the receiving account is restricted",
        C.ACCOUNT_RESTRICTED,
        account(ACQUIRER_REGISTRY, "JP-100", AccountStatus.RESTRICTED),
    ),
    TABLE.fine(
        "the receiving account may only receive",
        account(ACQUIRER_REGISTRY, "JP-100", AccountStatus.RECEIVE_ONLY),
    ),
    TABLE.row(
        "the receiving account is for used units",
        C.ACCOUNT_KIND_WRONG,
        to=account_ref(account="JP-300"),
    ),
    TABLE.row("both accounts are in one registry", C.REGISTRIES_MUST_DIFFER, **_to_host),
    TABLE.row(
        "the other registry is unknown", C.COUNTERPARTY_UNKNOWN, to=account_ref(registry="GHA01")
    ),
    TABLE.row(
        "the other registry is suspended",
        C.REGISTRY_SUSPENDED,
        registry(ACQUIRER_REGISTRY, suspended=True),
    ),
    # authorization
    TABLE.row(
        "the host has not authorized the approach", C.APPROACH_NOT_AUTHORIZED, without_host_approach
    ),
    TABLE.row(
        "the host's authorization of the approach has run out",
        (C.APPROACH_NOT_AUTHORIZED, C.AUTHORIZATION_NOT_IN_FORCE),
        amended(dates=dates(until_day=date(2026, 3, 1))),
    ),
    TABLE.row(
        "no such authorization is recorded",
        (C.AUTHORIZATION_UNKNOWN, C.AUTHORIZATION_DIFFERS),
        authorization_id="NONE",
    ),
    TABLE.row(
        "the authorization is suspended",
        (C.APPROACH_NOT_AUTHORIZED, C.AUTHORIZATION_NOT_IN_FORCE),
        amended(status=AuthorizationStatus.SUSPENDED),
    ),
    TABLE.row(
        "the authorization is suspended, another covers the approach",
        C.AUTHORIZATION_NOT_IN_FORCE,
        another_authorization(),
        amended(status=AuthorizationStatus.SUSPENDED),
    ),
    TABLE.row(
        "the authorization is revoked",
        C.AUTHORIZATION_NOT_IN_FORCE,
        another_authorization(),
        amended(status=AuthorizationStatus.REVOKED),
    ),
    TABLE.row(
        "the authorization is not yet in force",
        (C.APPROACH_NOT_AUTHORIZED, C.AUTHORIZATION_NOT_IN_FORCE),
        amended(dates=dates(from_day=date(2026, 3, 3))),
    ),
    TABLE.row(
        "the serials belong to another authorization",
        C.AUTHORIZATION_DIFFERS,
        another_authorization(),
        **_under_other,
    ),
    TABLE.row("the acquiring Party is not authorized", C.COUNTERPARTY_NOT_AUTHORIZED, **_to_third),
    TABLE.fine("any Party may acquire where none is named", amended(parties=()), **_to_third),
    TABLE.row(
        "the acquiring Party has not authorized the approach",
        C.USING_PARTY_APPROACH_NOT_AUTHORIZED,
        without_acquirer_approach,
    ),
    TABLE.fine(
        "for other purposes the acquirer's authorization is not needed",
        without_acquirer_approach,
        purpose=Purpose.OIMP,
    ),
    TABLE.row(
        "the purpose is not authorized", C.PURPOSE_NOT_AUTHORIZED, amended(uses=AuthorizedUse.OP)
    ),
    TABLE.row(
        "the vintage is not authorized any more",
        C.VINTAGE_NOT_AUTHORIZED,
        amended(vintages=(2022,)),
    ),
    TABLE.row("the entity is not authorized", C.ENTITY_NOT_AUTHORIZED, acquiring_entity="JPN-9999"),
    TABLE.fine("no entity is named anywhere", amended(entities=()), acquiring_entity="JPN-9999"),
    TABLE.row(
        "the quantity is an estimate",
        C.QUANTITY_NOT_CONFIRMED,
        another_authorization(step=AuthorizationStep.ESTIMATED_QUANTITY),
        applied(HOST_REGISTRY, lambda: issuance_notice(**_under_other, blocks=_more)),
        **_under_other,
        blocks=block(301, 310),
    ),
    TABLE.row(
        "the authorized quantity is exceeded",
        C.AUTHORIZED_QUANTITY_EXCEEDED,
        amended(quantity=59),
    ),
    TABLE.row(
        "the reservations of other transfers count",
        C.AUTHORIZED_QUANTITY_EXCEEDED,
        amended(quantity=60),
        applied(HOST_REGISTRY, lambda: transfer_proposal(blocks=block(61, 61))),
    ),
    TABLE.fine("the authorized quantity is used up exactly", amended(quantity=60)),
    TABLE.row(
        "the vintage lies outside the acquirer's NDC period",
        C.OUTSIDE_NDC_PERIOD,
        policy(ndc_periods={"JPN": (2022, 2030)}),
    ),
    TABLE.row(
        "the vintage lies after the acquirer's NDC period",
        C.OUTSIDE_NDC_PERIOD,
        policy(default_ndc_period=(2011, 2020)),
    ),
    TABLE.fine(
        "for other purposes no NDC period is asked",
        policy(default_ndc_period=(2011, 2020)),
        purpose=Purpose.OP,
    ),
    # policy
    TABLE.row(
        "the host's policy asks for the initial report first",
        C.INITIAL_REPORT_MISSING,
        policy(initial_report_required=frozenset({"MNG"})),
    ),
    TABLE.fine(
        "the initial report is there",
        policy(initial_report_required=frozenset({"MNG"})),
        applied(HOST_REGISTRY, initial_report_notice),
    ),
    # precedence
    TABLE.row(
        "identifiers come before holdings, accounts and authorization",
        (
            C.QUANTITY_MISMATCH,
            C.UNITS_UNKNOWN,
            C.COUNTERPARTY_UNKNOWN,
            C.PURPOSE_NOT_AUTHORIZED,
        ),
        amended(uses=AuthorizedUse.OP),
        to=account_ref(registry="GHA01"),
        blocks=(*block(1, 10, quantity="9"), *block(90, 101)),
    ),
)

ANSWER = Table(good=lambda _: transfer_answer(transfer_id=TRANSFER), sender=ACQUIRER_REGISTRY)
WITHDRAWAL = Table(good=lambda _: transfer_withdrawal(transfer_id=TRANSFER))
OUTCOME = Table(good=lambda _: outcome_answer(transfer_id=TRANSFER), sender=ACQUIRER_REGISTRY)


def waited(world: Federation) -> None:
    """The deadline has come, the hub has not yet looked."""
    world.wait(world.policy.answer_within)


def expired(world: Federation) -> None:
    waited(world)
    world.expire(world.ledger.transfers[TRANSFER])


def revoked_on_ground(world: Federation) -> None:
    record = authorization_record(
        version=3,
        status=AuthorizationStatus.REVOKED,
        approval=approval(ground=change_ground().ground),
        elements=elements(change_grounds=(change_ground(),)),
    )
    world.apply(HOST_REGISTRY, authorization_notice(authorization=record))


FOLLOWING = (
    ANSWER.fine("the acquirer accepts", proposed),
    ANSWER.fine("the acquirer rejects", proposed, answer=Answer.REJECT),
    ANSWER.row("a transfer that nobody proposed is answered", C.TRANSFER_UNKNOWN),
    ANSWER.row(
        "the proposer answers itself", C.SENDER_NOT_ENTITLED, proposed, sender=HOST_REGISTRY
    ),
    ANSWER.row("a third registry answers", C.SENDER_NOT_ENTITLED, proposed, sender=THIRD_REGISTRY),
    ANSWER.row("a completed transfer is accepted again", C.TRANSFER_ALREADY_FINAL, transferred),
    ANSWER.row("an expired transfer is accepted", C.TRANSFER_ALREADY_FINAL, proposed, expired),
    ANSWER.row("the acceptance comes with the deadline", C.DEADLINE_PASSED, proposed, waited),
    ANSWER.row(
        "the rejection comes after the deadline",
        C.DEADLINE_PASSED,
        proposed,
        waited,
        answer=Answer.REJECT,
    ),
    ANSWER.row(
        "the proposer was suspended meanwhile",
        C.REGISTRY_SUSPENDED,
        proposed,
        registry(HOST_REGISTRY, suspended=True),
    ),
    ANSWER.fine(
        "a suspended proposer is rejected",
        proposed,
        registry(HOST_REGISTRY, suspended=True),
        answer=Answer.REJECT,
    ),
    ANSWER.row(
        "the receiving account was closed meanwhile",
        C.ACCOUNT_CLOSED,
        proposed,
        account(ACQUIRER_REGISTRY, "JP-100", AccountStatus.CLOSED),
    ),
    ANSWER.row("the serials came into dispute meanwhile", C.UNITS_FROZEN, proposed, frozen),
    ANSWER.fine(
        "the dispute is over by the time of the acceptance",
        proposed,
        frozen,
        lambda world: world.wait(timedelta(seconds=1)),
    ),
    ANSWER.row(
        "the authorization was revoked meanwhile, on a declared ground",
        C.AUTHORIZATION_NOT_IN_FORCE,
        amended(change_grounds=(change_ground(),)),
        proposed,
        revoked_on_ground,
    ),
    WITHDRAWAL.fine("the proposer withdraws", proposed),
    WITHDRAWAL.row("a transfer that nobody proposed is withdrawn", C.TRANSFER_UNKNOWN),
    WITHDRAWAL.row(
        "the acquirer withdraws", C.SENDER_NOT_ENTITLED, proposed, sender=ACQUIRER_REGISTRY
    ),
    WITHDRAWAL.row("a completed transfer is withdrawn", C.TRANSFER_ALREADY_FINAL, transferred),
    OUTCOME.fine("the acquirer has applied the transfer", transferred),
    OUTCOME.fine("the proposer has applied the transfer", transferred, sender=HOST_REGISTRY),
    OUTCOME.fine(
        "a side says first that it cannot, then that it has",
        transferred,
        applied(
            ACQUIRER_REGISTRY,
            lambda: outcome_answer(transfer_id=TRANSFER, result=OutcomeResult.CANNOT_APPLY),
        ),
    ),
    OUTCOME.row("the outcome of an unknown transfer is told", C.TRANSFER_UNKNOWN),
    OUTCOME.row(
        "a third registry tells an outcome",
        C.SENDER_NOT_ENTITLED,
        transferred,
        sender=THIRD_REGISTRY,
    ),
    OUTCOME.row("an outcome comes before the completion", C.NOT_ALLOWED_IN_STATE, proposed),
    OUTCOME.row(
        "a side takes back that it has applied",
        C.NOT_ALLOWED_IN_STATE,
        transferred,
        applied(ACQUIRER_REGISTRY, lambda: outcome_answer(transfer_id=TRANSFER)),
        result=OutcomeResult.CANNOT_APPLY,
    ),
)
ROWS = (*PROPOSALS, *FOLLOWING)
