"""What admission of a message yields, and the small pieces that all rules share."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import sha1
from typing import Final
from uuid import UUID

from hub.domain.ledger import Ledger
from hub.domain.state import AccountKey, Case, DiscrepancyReply, Outgoing, Policy, State
from schema.codes import AccountKind, AccountStatus, RegistryKind
from schema.identifiers import IdentifierError, parse_approach_id, parse_party_id
from schema.refusals import Refusal, RefusalCode, in_precedence, refuse

_HUB_NAMESPACE: Final = UUID("5a3c3f0e-6a0c-5d0b-9a51-0d7a8b6a2c10")
_UUID_FREE_BITS: Final = ~(0xF000 << 64 | 0xC000 << 48)
_UUID_VERSION_5: Final = 5 << 76 | 0x8000 << 48
_OF_ONE_PARTY: Final = frozenset({RegistryKind.PARTY, RegistryKind.JCM})


class Moment(State, frozen=True):
    """Who sent the message and when the hub received it (the hub's clock)."""

    sender: str
    received_at: datetime
    envelope: str = ""
    """The envelope as received, handed on to the counterparty."""


class Admission(State, frozen=True):
    """The answer to one message: applied without refusals, or refused with at least one."""

    refusals: tuple[Refusal, ...] = ()
    outgoing: tuple[Outgoing, ...] = ()
    cases: tuple[Case, ...] = ()
    """Disagreements to open for reconciliation, of refused messages too."""
    replies: tuple[DiscrepancyReply, ...] = ()
    """Answers to discrepancies, for the reconciliation service to act on."""


class Desk(State, frozen=True):
    """What every rule works with."""

    ledger: Ledger
    moment: Moment
    policy: Policy


def refused(refusals: Iterable[Refusal], *cases: Case) -> Admission:
    """Refuse with all reasons, in precedence order."""
    told = in_precedence(list(refusals))
    assert told, "a refusal needs a reason"
    return Admission(refusals=told, cases=cases)


def hub_message_id(*parts: object) -> UUID:
    """Return the id of a message of the hub, the same whenever the same thing is said again.

    It is `uuid5(_HUB_NAMESPACE, "/".join(parts))` (RFC 9562 section 5.5), at a third of its cost.
    """
    name = "/".join(map(str, parts)).encode()
    digest = sha1(_HUB_NAMESPACE.bytes + name, usedforsecurity=False).digest()
    number = int.from_bytes(digest[:16], "big")
    return UUID(int=number & _UUID_FREE_BITS | _UUID_VERSION_5)


def is_operator(desk: Desk) -> bool:
    """Tell whether the sender speaks for the operator of the hub."""
    return desk.moment.sender == desk.policy.operator


def speaks_for(desk: Desk, party: str) -> bool:
    """Tell whether the sender may state what `party` decides."""
    sender = desk.moment.sender
    own = desk.ledger.registries[sender].party
    return party == own or party in desk.policy.speaks_for.get(sender, ())


def party_of(ledger: Ledger, key: AccountKey) -> str | None:
    """Return the Party whose units an account holds; None when the registry or account is unknown.

    A Party's registry acts for its Party, whoever holds the account; in a registry of many Parties
    (decision 6/CMA.4 annex I) the Party of the account's holder counts.
    """
    registry = ledger.registries.get(key.registry)
    if registry is None or registry.kind in _OF_ONE_PARTY:
        return None if registry is None else registry.party
    account = ledger.accounts.get(key)
    return None if account is None else account.holder_party


def check_account(
    ledger: Ledger, key: AccountKey, kinds: Sequence[AccountKind], *, receives: bool
) -> list[Refusal]:
    """Return why the account cannot send (or receive) here."""
    account = ledger.accounts.get(key)
    if account is None:
        return [refuse(RefusalCode.ACCOUNT_UNKNOWN, f"account {_named(key)} is not known")]
    if account.status is AccountStatus.CLOSED:
        return [refuse(RefusalCode.ACCOUNT_CLOSED, f"account {_named(key)} is closed")]
    refusals = []
    if account.status is AccountStatus.RESTRICTED or (
        account.status is AccountStatus.RECEIVE_ONLY and not receives
    ):
        words = f"account {_named(key)}: {account.status}"
        refusals.append(refuse(RefusalCode.ACCOUNT_RESTRICTED, words))
    if account.kind not in kinds:
        words = f"account {_named(key)} is a {account.kind} account, not {' or '.join(kinds)}"
        refusals.append(refuse(RefusalCode.ACCOUNT_KIND_WRONG, words))
    return refusals


def _named(key: AccountKey) -> str:
    return f"{key.registry} {key.account}"


def check_parties(*parties: str) -> list[Refusal]:
    """Return why these are not codes of Parties."""
    refusals = []
    for party in parties:
        try:
            parse_party_id(party)
        except IdentifierError as error:
            refusals.append(refuse(RefusalCode.PARTY_UNKNOWN, str(error)))
    return refusals


def check_approach(desk: Desk, approach: str) -> list[Refusal]:
    """Return why this is not a cooperative approach that the operator lists."""
    try:
        parse_approach_id(approach)
    except IdentifierError as error:
        return [refuse(RefusalCode.IDENTIFIER_MALFORMED, str(error))]
    known = desk.policy.known_approaches
    if known is not None and approach not in known:
        return [refuse(RefusalCode.APPROACH_UNKNOWN, f"{approach} is not on the operator's list")]
    return []


def check_approvers(approvers: Sequence[str], reason: str) -> list[Refusal]:
    """Return why the record lacks its reason or its two distinct approvers."""
    refusals = []
    names = [" ".join(name.split()).casefold() for name in approvers]
    if len(set(names)) < len(names):
        words = "an approver is named twice"
        refusals.append(refuse(RefusalCode.APPROVERS_NOT_DISTINCT, words))
    if len(names) < 2 or not reason.strip():  # noqa: PLR2004 - two approvers
        words = f"{len(names)} approvers and {'a' if reason.strip() else 'no'} reason"
        refusals.append(refuse(RefusalCode.SECOND_APPROVER_MISSING, words))
    return refusals


def check_time(desk: Desk, happened_at: datetime) -> list[Refusal]:
    """Return why an event cannot have happened at this time: the future is not reported."""
    if happened_at <= desk.moment.received_at + desk.policy.clock_skew:
        return []
    words = f"dated {happened_at.isoformat()}, received {desk.moment.received_at.isoformat()}"
    return [refuse(RefusalCode.EVENT_FROM_THE_FUTURE, words)]
