"""Reversals and corrections: every reason to refuse them."""

from typing import Any
from uuid import UUID

from schema.codes import AccountStatus, ActionKind, Answer, CorrectionKind
from schema.refusals import RefusalCode as C
from tests.builders import (
    ACQUIRER_REGISTRY,
    HOST_REGISTRY,
    account_ref,
    action_notice,
    correction_notice,
    issuance_notice,
    issued_block,
    transfer_answer,
    transfer_proposal,
    unit_block,
)
from tests.domain.federation import THIRD_REGISTRY, Federation, ready_federation
from tests.domain.refusal_tables.row import (
    BACK,
    TRANSFER,
    Table,
    account,
    applied,
    frozen,
    proposed,
    registry,
    transferred_federation,
)

USED = UUID("7a000000-0000-4000-8000-000000000003")
NEXT = UUID("7a000000-0000-4000-8000-000000000004")


def used_federation() -> Federation:
    """Serials 1 to 40 are used towards Japan's NDC."""
    world = transferred_federation()
    world.apply(ACQUIRER_REGISTRY, action_notice(message_id=USED))
    return world


def taken_back(world: Federation) -> None:
    """Both sides have agreed to take the transfer back."""
    world.apply(HOST_REGISTRY, correction_notice(message_id=BACK, corrects=TRANSFER))
    world.apply(ACQUIRER_REGISTRY, transfer_answer(transfer_id=BACK))


def rejected(world: Federation) -> None:
    """The acquirer rejected the way back."""
    world.apply(HOST_REGISTRY, correction_notice(message_id=BACK, corrects=TRANSFER))
    world.apply(ACQUIRER_REGISTRY, transfer_answer(transfer_id=BACK, answer=Answer.REJECT))


USE = Table(
    good=lambda _: correction_notice(corrects=USED),
    sender=ACQUIRER_REGISTRY,
    world=used_federation,
)
TRANSFERRED = Table(
    good=lambda _: correction_notice(corrects=TRANSFER), world=transferred_federation
)
PROPOSED = Table(good=lambda _: correction_notice(corrects=TRANSFER))


def plain_cancelled_federation() -> Federation:
    """A credit that no Party authorized is cancelled."""
    world = ready_federation()
    plain: dict[str, Any] = {"authorization_party": None, "authorization_id": None}
    world.apply(
        HOST_REGISTRY,
        issuance_notice(**plain, blocks=(issued_block(201, 210),)),
        action_notice(
            message_id=USED,
            action=ActionKind.VOLUNTARY_CANCELLATION,
            account="MN-100",
            to_account="MN-230",
            purpose=None,
            using_party=None,
            blocks=(unit_block(201, 210),),
            **plain,
        ),
    )
    return world


ACTIONS = (
    Table(good=USE.good, world=plain_cancelled_federation).fine(
        "the cancellation of a credit is taken back"
    ),
    USE.fine("a registry takes back its action"),
    USE.fine(
        "an action is corrected by another", correction=CorrectionKind.CORRECTION, replacement=NEXT
    ),
    USE.fine("disputed serials are corrected", frozen),
    USE.row("nobody knows the record", C.RECORD_UNKNOWN, corrects=NEXT),
    USE.row("another registry takes the action back", C.SENDER_NOT_ENTITLED, sender=HOST_REGISTRY),
    USE.row("one approver is named twice", C.APPROVERS_NOT_DISTINCT, approvers=("First", "FIRST")),
    USE.row("one approver is named", C.SECOND_APPROVER_MISSING, approvers=("First",)),
    USE.row("no reason is given", C.SECOND_APPROVER_MISSING, reason=" "),
    USE.row(
        "a correction names no replacement",
        C.REPLACEMENT_INCONSISTENT,
        correction=CorrectionKind.CORRECTION,
    ),
    USE.row("a reversal names a replacement", C.REPLACEMENT_INCONSISTENT, replacement=NEXT),
    USE.row(
        "the action was taken back before",
        C.ALREADY_CORRECTED,
        applied(ACQUIRER_REGISTRY, lambda: correction_notice(corrects=USED)),
    ),
    USE.row(
        "the account that would get the units back is closed",
        C.ACCOUNT_CLOSED,
        account(ACQUIRER_REGISTRY, "JP-100", AccountStatus.CLOSED),
    ),
    USE.row(
        "an unknown record is corrected by one approver",
        (C.RECORD_UNKNOWN, C.SECOND_APPROVER_MISSING),
        corrects=NEXT,
        approvers=(),
    ),
)
TRANSFERS = (
    TRANSFERRED.fine("the proposer asks for its units back"),
    TRANSFERRED.fine("the acquirer offers the units back", sender=ACQUIRER_REGISTRY),
    TRANSFERRED.fine("a rejected way back is asked for again", rejected),
    TRANSFERRED.row(
        "a third registry asks for units back", C.SENDER_NOT_ENTITLED, sender=THIRD_REGISTRY
    ),
    TRANSFERRED.row(
        "the other side is suspended",
        C.REGISTRY_SUSPENDED,
        registry(ACQUIRER_REGISTRY, suspended=True),
    ),
    TRANSFERRED.row(
        "the id of the correction is that of a transfer",
        C.TRANSFER_ID_REUSED,
        applied(
            HOST_REGISTRY, lambda: transfer_proposal(transfer_id=NEXT, blocks=(unit_block(61, 70),))
        ),
        message_id=NEXT,
    ),
    PROPOSED.row("a transfer under way is taken back", C.NOT_ALLOWED_IN_STATE, proposed),
    TRANSFERRED.row("a transfer is taken back twice", C.ALREADY_CORRECTED, taken_back),
    TRANSFERRED.row("a way back is taken back", C.ALREADY_CORRECTED, taken_back, corrects=BACK),
    TRANSFERRED.row(
        "the way back is under way",
        C.UNITS_RESERVED,
        applied(HOST_REGISTRY, lambda: correction_notice(corrects=TRANSFER)),
    ),
    TRANSFERRED.row(
        "the units were used since",
        C.UNITS_CHANGED_SINCE,
        applied(ACQUIRER_REGISTRY, action_notice),
    ),
    TRANSFERRED.row(
        "the units were sent on since",
        C.UNITS_CHANGED_SINCE,
        applied(
            ACQUIRER_REGISTRY,
            lambda: transfer_proposal(
                transfer_id=NEXT,
                from_account="JP-100",
                to=account_ref(registry=HOST_REGISTRY, account="MN-100"),
                blocks=(unit_block(60, 60),),
            ),
        ),
        applied(HOST_REGISTRY, lambda: transfer_answer(transfer_id=NEXT)),
    ),
    TRANSFERRED.row(
        "the account that would give the units back may only receive",
        C.ACCOUNT_RESTRICTED,
        account(ACQUIRER_REGISTRY, "JP-100", AccountStatus.RECEIVE_ONLY),
    ),
    TRANSFERRED.row(
        "the account that the units left is closed",
        C.ACCOUNT_CLOSED,
        account(HOST_REGISTRY, "MN-100", AccountStatus.CLOSED),
    ),
)
ROWS = (*ACTIONS, *TRANSFERS)
