"""Which slice of the state a message needs, so that storage can load it in a few statements.

Loading takes two steps: `needs_of` is known from the messages alone; `further_needs` follows from
the records that the first step loaded (the intervals of a transfer that an answer names, the
transfer that it takes back). Only `activities_of` asks for the units of both.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from uuid import UUID

from hub.domain.blocks import intervals_of
from hub.domain.ledger import Ledger
from hub.domain.public_keys import announced_key
from hub.domain.state import (
    AccountKey,
    ActionRecord,
    AuthorizationKey,
    DecisionKey,
    Interval,
    Transfer,
)
from schema.messages import (
    AccountNotice,
    ActionNotice,
    AuthorizationNotice,
    CorrectionNotice,
    InitialReportNotice,
    IssuanceNotice,
    JointCommitteeDecision,
    KeyAnnouncement,
    KeyRevocation,
    MaintenanceWindow,
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
    decisions: set[DecisionKey] = field(default_factory=set)
    issued_under: set[DecisionKey] = field(default_factory=set)
    """Decisions whose issued intervals are read, with the units in them."""
    activities: set[tuple[str, str]] = field(default_factory=set)
    """(approach, activity) as decisions describe them."""
    records: set[UUID] = field(default_factory=set)
    """Ids of actions that a correction names."""
    keys: set[str] = field(default_factory=set)
    """Ids of public keys."""
    maintenance: set[str] = field(default_factory=set)
    """Registries whose maintenance windows are read."""
    waiting_for: set[str] = field(default_factory=set)
    """Registries whose unanswered transfers are read: state CHECKED and `asked` is the registry."""
    reports: set[tuple[str, str]] = field(default_factory=set)
    """(Party, approach) of initial reports."""

    def merge(self, other: "Needs") -> None:
        """Add the keys of `other`."""
        for member in fields(self):
            getattr(self, member.name).update(getattr(other, member.name))


def needs_of(  # noqa: C901, PLR0912 - one case a kind
    message: RegistryMessage, sender: str, parties: dict[str, str]
) -> Needs:
    """Return what admitting `message` from registry `sender` reads or writes: the first step.

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
            _of_decision(needs, message, sender, parties)
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
            needs.transfers.update((message.corrects, message.message_id))
        case KeyAnnouncement():
            _of_announced_key(needs, message)
        case KeyRevocation():
            needs.keys.add(message.key_id)
        case MaintenanceWindow():
            needs.maintenance.add(message.registry)
            needs.waiting_for.add(message.registry)
        case _:
            pass
    return needs


def further_needs(needs: Needs, ledger: Ledger) -> Needs:
    """Return what the records that the first step loaded into `ledger` need in turn."""
    further = Needs()
    for transfer_id in needs.transfers:
        transfer = ledger.transfers.get(transfer_id)
        if transfer is not None:
            further.merge(needs_of_transfer(transfer))
    for action_id in needs.records:
        _of_record(further, ledger.actions.get(action_id))
    for key in needs.issued_under:
        further.intervals.update(ledger.issued_under.get(key, ()))
    approaches = {approach for _, approach in needs.approaches}
    for account_key in needs.accounts:
        # In a registry of many Parties the Party of the account counts.
        account = ledger.accounts.get(account_key)
        if account is not None:
            further.approaches.update((account.holder_party, each) for each in approaches)
    return further


def needs_of_transfer(transfer: Transfer) -> Needs:
    """Return what any event of an existing transfer reads or writes, expiry included."""
    accounts = {transfer.from_account, transfer.to_account}
    return Needs(
        intervals={block.interval for block in transfer.blocks},
        accounts=accounts,
        authorizations={transfer.authorization},
        transfers=set() if transfer.reverses is None else {transfer.reverses},
        maintenance={account.registry for account in accounts},
    )


def activities_of(ledger: Ledger) -> set[tuple[str, str]]:
    """Return the activities of loaded units that belong to no authorization: the last step.

    They may come under one now, and the activity must be covered by it.
    """
    return {
        (series.approach, units.activity)
        for series, rows in ledger.units.items()
        for units in rows.rows
        if units.authorization is None
    }


def _of_record(needs: Needs, action: ActionRecord | None) -> None:
    if action is None:
        return
    needs.intervals.update(action.intervals)
    needs.accounts.update((action.from_account, action.to_account))
    if action.authorization is not None:
        needs.authorizations.add(action.authorization)


def _of_blocks(needs: Needs, blocks: Iterable[UnitBlock], *parties: str | None) -> None:
    for interval in intervals_of(blocks):
        needs.intervals.add(interval)
        series = interval.series
        needs.approaches.add((series.first_party, series.approach))
        needs.reports.add((series.first_party, series.approach))
        needs.approaches.update((party, series.approach) for party in parties if party)


def _of_authorization(needs: Needs, message: AuthorizationNotice) -> None:
    record = message.authorization
    approach = record.elements.approach
    needs.authorizations.add(AuthorizationKey(record.party, record.authorization_id))
    needs.approaches.add((record.party, approach))
    if record.confirms is not None:
        needs.authorizations.add(AuthorizationKey(record.party, record.confirms))
    if record.decision is not None:
        key = DecisionKey(approach, record.party, record.decision)
        needs.decisions.add(key)
        needs.issued_under.add(key)
    if record.activity is not None:
        needs.activities.add((approach, record.activity))


def _of_decision(
    needs: Needs, message: JointCommitteeDecision, sender: str, parties: dict[str, str]
) -> None:
    needs.decisions.add(DecisionKey(message.approach, message.first_party, message.decision_id))
    needs.activities.add((message.approach, message.activity))
    needs.approaches.add((parties.get(sender, ""), message.approach))


def _of_issuance(needs: Needs, message: IssuanceNotice, sender: str) -> None:
    _of_blocks(needs, (issued.block for issued in message.blocks))
    needs.accounts.add(AccountKey(sender, message.account))
    for issued in message.blocks:
        block = issued.block
        needs.activities.add((block.approach, message.activity))
        if message.decision is not None:
            needs.decisions.add(DecisionKey(block.approach, block.first_party, message.decision))
    _of_named(needs, message.authorization_party, message.authorization_id)


def _of_proposal(
    needs: Needs, message: TransferProposal, sender: str, parties: dict[str, str]
) -> None:
    _of_blocks(needs, message.blocks, parties.get(message.to.registry))
    needs.transfers.add(message.transfer_id)
    needs.maintenance.add(message.to.registry)
    needs.accounts.add(AccountKey(sender, message.from_account))
    needs.accounts.add(AccountKey(message.to.registry, message.to.account))
    _of_named(needs, message.authorization_party, message.authorization_id)


def _of_action(needs: Needs, message: ActionNotice, sender: str, parties: dict[str, str]) -> None:
    _of_blocks(needs, message.blocks, message.using_party, parties.get(sender))
    needs.accounts.add(AccountKey(sender, message.account))
    if message.to_account is not None:
        needs.accounts.add(AccountKey(sender, message.to_account))
    _of_named(needs, message.authorization_party, message.authorization_id)


def _of_named(needs: Needs, party: str | None, authorization_id: str | None) -> None:
    if party is not None and authorization_id is not None:
        needs.authorizations.add(AuthorizationKey(party, authorization_id))


def _of_announced_key(needs: Needs, message: KeyAnnouncement) -> None:
    key = announced_key(message.jwk)
    if key is not None:
        needs.keys.add(key.key_id)
