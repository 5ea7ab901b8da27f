"""The words of the JCM Registry Common Specifications, ver01.0, and what they are here.

Paragraphs 1 to 8 are known; what follows is not public. The specifications know no transfer from
one registry to another: between registries, signed envelopes of the hub's protocol are used.
"""

from enum import StrEnum, unique
from typing import NamedTuple, assert_never

from connectors.jcm.accounts import AccountMap
from schema.codes import ActionKind
from schema.messages import MessageKind


@unique
class Term(StrEnum):
    """What a registry of the scheme records."""

    ISSUANCE = "issuance"
    """The manager records an increase in holding accounts, after the Joint Committee decided."""
    TRANSFER = "transfer"
    """Out of an own holding account, within the same registry."""
    ACQUISITION = "acquisition"
    """Receipt in an own account, within the same registry."""
    CANCELLATION = "cancellation"
    """Into a cancellation account; what for depends on the account."""
    RETIREMENT = "retirement"
    """Into a retirement account, counted for the country's pledge; no further transfer."""


class Understood(NamedTuple):
    """What a record means to the hub."""

    message: MessageKind | None
    """The message that says it; None: it stays inside the registry, and its next statement
    shows it."""
    action: ActionKind | None
    certain: bool
    """False: taken from the word alone, because the map does not name the account."""


def understand(term: Term, to_account: str, accounts: AccountMap) -> Understood:
    """Say what a record is, by the account it leads to and not by its word."""
    match term:
        case Term.ISSUANCE:
            return Understood(MessageKind.ISSUANCE, None, certain=True)
        case Term.TRANSFER | Term.ACQUISITION:
            return Understood(None, None, certain=True)
        case Term.CANCELLATION:
            word = ActionKind.VOLUNTARY_CANCELLATION
        case Term.RETIREMENT:
            word = ActionKind.USE_TOWARDS_NDC
        case never:
            assert_never(never)
    action = accounts.action_into(to_account)
    if action is None:
        return Understood(MessageKind.ACTION, word, certain=False)
    return Understood(MessageKind.ACTION, action, certain=True)
