"""Which slice of the state a message needs, so that storage can load it in a few statements.

A message that names a transfer or an older record needs that record's intervals as well; they are
known only once the record is loaded, hence the second step `needs_of_transfer`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from hub.domain.blocks import intervals_of
from hub.domain.state import AccountKey, AuthorizationKey, Interval, Transfer
from schema.messages import (
    AccountNotice,
    ActionNotice,
    AuthorizationNotice,
    CorrectionNotice,
    InitialReportNotice,
    IssuanceNotice,
    JointCommitteeDecision,
    OutcomeAnswer,
    RegistryMessage,
    TransferAnswer,
    TransferProposal,
    TransferWithdrawal,
    UnitBlock,
)


@dataclass(slots=True, kw_only=True)
class Needs:
    """The keys to load; sets are merged over a batch."""

    intervals: set[Interval] = field(default_factory=set)
    accounts: set[AccountKey] = field(default_factory=set)
    authorizations: set[AuthorizationKey] = field(default_factory=set)
    approaches: set[tuple[str, str]] = field(default_factory=set)
    """(Party, approach): the authorization of the approach that is in force."""
    transfers: set[UUID] = field(default_factory=set)
    decisions: set[UUID] = field(default_factory=set)
    records: set[UUID] = field(default_factory=set)
    """Ids of transfers or actions that a correction names."""
    reports: set[tuple[str, str]] = field(default_factory=set)
    """(Party, approach) of initial reports."""

    def merge(self, other: "Needs") -> None:
        """Add the keys of `other`."""
        self.intervals |= other.intervals
        self.accounts |= other.accounts
        self.authorizations |= other.authorizations
        self.approaches |= other.approaches
        self.transfers |= other.transfers
        self.decisions |= other.decisions
        self.records |= other.records
        self.reports |= other.reports


def needs_of(message: RegistryMessage, sender: str, parties: dict[str, str]) -> Needs:
    """Return what admitting `message` from registry `sender` reads or writes.

    `parties` maps registries to their Parties.
    """
    needs = Needs()
    match message:
        case AccountNotice():
            needs.accounts.add(AccountKey(sender, message.account))
        case AuthorizationNotice():
            _of_authorization(needs, message)
        case InitialReportNotice():
            needs.reports.add((message.party, message.approach))
        case JointCommitteeDecision():
            needs.decisions.add(message.message_id)
        case IssuanceNotice():
            _of_issuance(needs, message, sender)
        case TransferProposal():
            _of_proposal(needs, message, sender, parties)
        case TransferAnswer() | TransferWithdrawal() | OutcomeAnswer():
            needs.transfers.add(message.transfer_id)
        case ActionNotice():
            _of_action(needs, message, sender, parties)
        case CorrectionNotice():
            needs.records.add(message.corrects)
            needs.transfers.add(message.corrects)
        case _:
            pass
    return needs


def needs_of_transfer(transfer: Transfer) -> Needs:
    """Return what any event of an existing transfer reads or writes."""
    return Needs(
        intervals={block.interval for block in transfer.blocks},
        accounts={transfer.from_account, transfer.to_account},
        authorizations={transfer.authorization},
    )


def _of_blocks(needs: Needs, blocks: Iterable[UnitBlock], *parties: str | None) -> None:
    for interval in intervals_of(blocks):
        needs.intervals.add(interval)
        series = interval.series
        needs.approaches.add((series.first_party, series.approach))
        needs.reports.add((series.first_party, series.approach))
        needs.approaches.update((party, series.approach) for party in parties if party)


def _of_authorization(needs: Needs, message: AuthorizationNotice) -> None:
    record = message.authorization
    needs.authorizations.add(AuthorizationKey(record.party, record.authorization_id))
    if record.confirms is not None:
        needs.authorizations.add(AuthorizationKey(record.party, record.confirms))
    if record.decision is not None:
        needs.decisions.add(record.decision)
    needs.approaches.add((record.party, record.elements.approach))


def _of_issuance(needs: Needs, message: IssuanceNotice, sender: str) -> None:
    _of_blocks(needs, (issued.block for issued in message.blocks))
    needs.accounts.add(AccountKey(sender, message.account))
    if message.decision is not None:
        needs.decisions.add(message.decision)
    if message.authorization_party is not None and message.authorization_id is not None:
        needs.authorizations.add(
            AuthorizationKey(message.authorization_party, message.authorization_id)
        )


def _of_proposal(
    needs: Needs, message: TransferProposal, sender: str, parties: dict[str, str]
) -> None:
    _of_blocks(needs, message.blocks, parties.get(message.to.registry))
    needs.transfers.add(message.transfer_id)
    needs.accounts.add(AccountKey(sender, message.from_account))
    needs.accounts.add(AccountKey(message.to.registry, message.to.account))
    needs.authorizations.add(
        AuthorizationKey(message.authorization_party, message.authorization_id)
    )


def _of_action(needs: Needs, message: ActionNotice, sender: str, parties: dict[str, str]) -> None:
    _of_blocks(needs, message.blocks, message.using_party, parties.get(sender))
    needs.accounts.add(AccountKey(sender, message.account))
    if message.to_account is not None:
        needs.accounts.add(AccountKey(sender, message.to_account))
    needs.authorizations.add(
        AuthorizationKey(message.authorization_party, message.authorization_id)
    )
