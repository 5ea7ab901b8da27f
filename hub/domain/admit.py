"""The one door of the rules: a decoded message in, an admission out, the ledger changed or not.

A refused message leaves the ledger as it was. The same ledger, message, moment and policy always
give the same admission: the audit replays the journal through this function.
"""

from hub.domain.actions import act
from hub.domain.admission import Admission, Desk, Moment, refused
from hub.domain.issuance import issue
from hub.domain.ledger import Ledger
from hub.domain.records import announce_account, authorize, decide, report_initially
from hub.domain.state import Policy
from hub.domain.transfers import answer, propose, record_outcome, withdraw
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


def _dispatch(desk: Desk, message: RegistryMessage) -> Admission:  # noqa: C901, PLR0911 - one a kind
    match message:
        case AccountNotice():
            return announce_account(desk, message)
        case AuthorizationNotice():
            return authorize(desk, message)
        case InitialReportNotice():
            return report_initially(desk, message)
        case JointCommitteeDecision():
            return decide(desk, message)
        case IssuanceNotice():
            return issue(desk, message)
        case TransferProposal():
            return propose(desk, message)
        case TransferAnswer():
            return answer(desk, message)
        case TransferWithdrawal():
            return withdraw(desk, message)
        case OutcomeAnswer():
            return record_outcome(desk, message)
        case ActionNotice():
            return act(desk, message)
        case StatementNotice():
            return Admission()
        case (
            CorrectionNotice()
            | KeyAnnouncement()
            | KeyRevocation()
            | RegistrySuspension()
            | MaintenanceWindow()
            | DiscrepancyAnswer()
        ):
            words = f"{type(message).__name__} is not open yet"
            return refused([refuse(RefusalCode.KIND_UNKNOWN, words)])
