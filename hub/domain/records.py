"""Records that move no unit and decide nothing: accounts, initial reports and statements.

Rules: decision 6/CMA.4 annex I (accounts), decision 2/CMA.3 annex para. 18 (initial report).
"""

from collections.abc import Iterator

from hub.domain.admission import (
    Admission,
    Desk,
    check_approach,
    check_parties,
    refused,
    speaks_for,
)
from hub.domain.state import Account, AccountKey, DiscrepancyReply, InitialReport
from schema.codes import AccountStatus
from schema.messages import (
    AccountNotice,
    DiscrepancyAnswer,
    InitialReportNotice,
    StatementNotice,
)
from schema.refusals import Refusal, RefusalCode, refuse


def announce_account(desk: Desk, message: AccountNotice) -> Admission:
    """Record an account of the sender, or its new status; its kind never changes."""
    key = AccountKey(desk.moment.sender, message.account)
    refusals = [
        *check_parties(message.holder_party),
        *_account_changes(desk.ledger.accounts.get(key), message),
    ]
    if refusals:
        return refused(refusals)
    desk.ledger.accounts[key] = Account(
        key=key,
        kind=message.account_kind,
        status=message.status,
        holder_party=message.holder_party,
        holder_entity=message.holder_entity,
    )
    return Admission()


def _account_changes(known: Account | None, message: AccountNotice) -> Iterator[Refusal]:
    if known is None:
        return
    name = known.key.account
    if known.status is AccountStatus.CLOSED:
        yield refuse(RefusalCode.ACCOUNT_CLOSED, f"account {name} is closed")
    if known.kind is not message.account_kind:
        yield refuse(RefusalCode.ACCOUNT_KIND_WRONG, f"account {name} is a {known.kind} account")


def report_initially(desk: Desk, message: InitialReportNotice) -> Admission:
    """Record that the sender's Party has submitted its initial report on an approach."""
    refusals = check_approach(desk, message.approach)
    if not speaks_for(desk, message.party):
        words = f"{desk.moment.sender} does not speak for {message.party}"
        refusals.append(refuse(RefusalCode.SENDER_NOT_ENTITLED, words))
    if refusals:
        return refused(refusals)
    desk.ledger.initial_reports[message.party, message.approach] = InitialReport(
        party=message.party,
        approach=message.approach,
        submitted_on=message.submitted_on.isoformat(),
    )
    return Admission()


def state(desk: Desk, message: StatementNotice) -> Admission:
    """Admit a registry's statement about itself; reconciliation reads it."""
    if message.statement.registry != desk.moment.sender:
        words = f"{desk.moment.sender} does not speak for {message.statement.registry}"
        return refused([refuse(RefusalCode.SENDER_NOT_ENTITLED, words)])
    return Admission()


def reply(desk: Desk, message: DiscrepancyAnswer) -> Admission:
    """Admit an answer to a discrepancy; the reconciliation service acts on it."""
    return Admission(
        replies=(
            DiscrepancyReply(
                discrepancy_id=message.discrepancy_id,
                registry=desk.moment.sender,
                accepts=message.accepts,
                words=message.words,
                message_id=message.message_id,
            ),
        )
    )
