"""Records that move no unit and decide nothing: accounts, initial reports and statements.

Rules: decision 6/CMA.4 annex I (accounts), decision 2/CMA.3 annex para. 18 (initial report).
"""

from collections.abc import Iterator
from typing import Final

from hub.domain.admission import (
    Admission,
    Desk,
    check_approach,
    check_parties,
    refused,
    speaks_for,
)
from hub.domain.reconciliation.attributes import Measure
from hub.domain.reconciliation.contradictions import contradictions
from hub.domain.reconciliation.stated import read_statement
from hub.domain.state import Account, AccountKey, DiscrepancyReply, InitialReport
from schema.codes import AccountStatus, Metric
from schema.messages import (
    AccountNotice,
    DiscrepancyAnswer,
    InitialReportNotice,
    StatementNotice,
)
from schema.refusals import Refusal, RefusalCode, refuse
from schema.statements import Statement


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
    """Admit a page of a registry's statement about itself; reconciliation compares it.

    A page that names a serial twice, or none at all, is told row by row. Quantities are compared
    with the issuances later: a page does not say how its serials are measured.
    """
    refusals = list(_contradictions(message.statement))
    if message.statement.registry != desk.moment.sender:
        words = f"{desk.moment.sender} does not speak for {message.statement.registry}"
        refusals.append(refuse(RefusalCode.SENDER_NOT_ENTITLED, words))
    return refused(refusals) if refusals else Admission()


def _contradictions(page: Statement) -> Iterator[Refusal]:
    stated = read_statement([page], measure_of=lambda _series, _first: _NOT_MEASURED)
    for fault in (*stated.contradictions, *contradictions(stated.rows)):
        rows = " and ".join(str(row + 1) for row in fault.rows)
        words = f"row {rows}: {fault.detail}" if rows else fault.detail
        yield refuse(RefusalCode.STATEMENT_CONTRADICTS_ITSELF, words)


_NOT_MEASURED: Final = Measure(metric=Metric.NON_GHG, unit="")


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
