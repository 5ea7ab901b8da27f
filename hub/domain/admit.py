"""The one door of the rules: a decoded message in, an admission out, the ledger changed or not.

A refused message leaves the ledger as it was. The same ledger, message, moment and policy always
give the same admission: the audit replays the journal through this function.
"""

from datetime import datetime
from typing import assert_never
from uuid import UUID

from hub.domain import transfers
from hub.domain.actions import act
from hub.domain.administration import announce_key, announce_maintenance, revoke_key, suspend
from hub.domain.admission import Admission, Desk, Moment, refused
from hub.domain.authorizations import authorize
from hub.domain.corrections import correct
from hub.domain.decisions import decide
from hub.domain.issuance import issue
from hub.domain.ledger import Ledger
from hub.domain.proposals import propose
from hub.domain.records import announce_account, reply, report_initially, state
from hub.domain.state import Policy
from schema.messages import (
    AccountNotice,
    ActionNotice,
    AuthorizationNotice,
    CorrectionNotice,
    DiscrepancyAnswer,
    InitialReportNotice,
    IssuanceNotice,
    JointCommitteeDecision,
    KeyAnnouncement,
    KeyRevocation,
    MaintenanceWindow,
    OutcomeAnswer,
    RegistryMessage,
    RegistrySuspension,
    StatementNotice,
    TransferAnswer,
    TransferProposal,
    TransferWithdrawal,
)
from schema.refusals import RefusalCode, refuse


def admit(ledger: Ledger, message: RegistryMessage, moment: Moment, policy: Policy) -> Admission:
    """Apply `message` to `ledger`, or refuse it with every reason in precedence order."""
    registry = ledger.registries.get(moment.sender)
    if registry is None:
        return refused([refuse(RefusalCode.REGISTRY_UNKNOWN, f"{moment.sender} is not registered")])
    if registry.suspended:
        return refused([refuse(RefusalCode.REGISTRY_SUSPENDED, f"{moment.sender} is suspended")])
    return _dispatch(Desk(ledger=ledger, moment=moment, policy=policy), message)


def expire(ledger: Ledger, transfer_id: UUID, at: datetime, policy: Policy) -> Admission:
    """Expire a transfer whose deadline has passed at `at` by the hub's clock, else do nothing.

    No message causes it: the hub alone does, and keeps a record of its own in the journal.
    """
    moment = Moment(sender="", received_at=at)
    desk = Desk(ledger=ledger, moment=moment, policy=policy)
    return transfers.expire(desk, ledger.transfers[transfer_id])


def _dispatch(desk: Desk, message: RegistryMessage) -> Admission:  # noqa: C901, PLR0911, PLR0912 - one a kind
    match message:
        case TransferProposal():
            return propose(desk, message)
        case TransferAnswer():
            return transfers.answer(desk, message)
        case OutcomeAnswer():
            return transfers.record_outcome(desk, message)
        case TransferWithdrawal():
            return transfers.withdraw(desk, message)
        case ActionNotice():
            return act(desk, message)
        case IssuanceNotice():
            return issue(desk, message)
        case CorrectionNotice():
            return correct(desk, message)
        case AuthorizationNotice():
            return authorize(desk, message)
        case JointCommitteeDecision():
            return decide(desk, message)
        case AccountNotice():
            return announce_account(desk, message)
        case InitialReportNotice():
            return report_initially(desk, message)
        case StatementNotice():
            return state(desk, message)
        case DiscrepancyAnswer():
            return reply(desk, message)
        case KeyAnnouncement():
            return announce_key(desk, message)
        case KeyRevocation():
            return revoke_key(desk, message)
        case RegistrySuspension():
            return suspend(desk, message)
        case MaintenanceWindow():
            return announce_maintenance(desk, message)
        case _:
            assert_never(message)
