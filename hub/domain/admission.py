"""What admission of a message yields, and the small pieces that all rules share."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID, uuid5

from hub.domain.ledger import Ledger
from hub.domain.state import AccountKey, Case, Outgoing, Policy, State, Units
from schema.codes import AccountKind, AccountStatus
from schema.refusals import Refusal, RefusalCode, in_precedence, refuse

_HUB_NAMESPACE = UUID("5a3c3f0e-6a0c-5d0b-9a51-0d7a8b6a2c10")


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
    """Return the id of a message of the hub, the same whenever the same thing is said again."""
    return uuid5(_HUB_NAMESPACE, "/".join(map(str, parts)))


def check_account(
    ledger: Ledger, key: AccountKey, kinds: Sequence[AccountKind], *, receives: bool
) -> list[Refusal]:
    """Return why the account cannot send (or receive) here."""
    account = ledger.accounts.get(key)
    name = f"{key.registry} {key.account}"
    if account is None:
        return [refuse(RefusalCode.ACCOUNT_UNKNOWN, f"account {name} is not known")]
    if account.status is AccountStatus.CLOSED:
        return [refuse(RefusalCode.ACCOUNT_CLOSED, f"account {name} is closed")]
    blocked = {AccountStatus.RESTRICTED} | (set() if receives else {AccountStatus.RECEIVE_ONLY})
    refusals = []
    if account.status in blocked:
        refusals.append(refuse(RefusalCode.ACCOUNT_RESTRICTED, f"account {name}: {account.status}"))
    if account.kind not in kinds:
        words = f"account {name} is a {account.kind} account, not {' or '.join(kinds)}"
        refusals.append(refuse(RefusalCode.ACCOUNT_KIND_WRONG, words))
    return refusals


def gaps(pieces: Sequence[Units], first: int, last: int) -> list[tuple[int, int]]:
    """Return the parts of `first` to `last` that sorted `pieces` leave uncovered."""
    missing = []
    expected = first
    for units in pieces:
        if units.first > expected:
            missing.append((expected, units.first - 1))
        expected = max(expected, units.last + 1)
    if expected <= last:
        missing.append((expected, last))
    return missing
