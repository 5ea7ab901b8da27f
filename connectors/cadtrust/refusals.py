"""What a node's words mean: its refusals, all of them 400, as the typed tree of errors."""

from enum import StrEnum, unique
from typing import Final

import msgspec

from connectors.errors import NotSupported, RegistryBusy, RegistryError, RegistryRefused

FORBIDDEN: Final = 403


@unique
class NodeRefusal(StrEnum):
    """Codes of ours for what cannot succeed by being repeated; `other` keeps the node's words."""

    INVALID = "invalid"
    NO_HOME = "no_home"
    NOT_OURS = "not_ours"
    NOTHING_STAGED = "nothing_staged"
    NOTHING_MATCHES = "nothing_matches"
    UNKNOWN_RECORD = "unknown_record"
    KEY_REFUSED = "key_refused"
    WRONG_NETWORK = "wrong_network"
    OTHER = "other"


_READ_ONLY: Final = "You can not use this API in read-only mode"
_PASSING: Final = (
    "You currently have changes pending on the blockchain",
    "Your wallet is syncing",
    "Your wallet is not available",
    "Can not establish connection to Chia Datalayer",
    "Your organization data is still resyncing",
    "Your Home organization is still confirming",
    "cadt is currently syncing",
    "There is an active offer pending",
)
"""The beginnings of what goes away by itself, or when an operator there has looked."""
_LASTING: Final = (
    ("No Home organization found", NodeRefusal.NO_HOME),
    ("Restricted data", NodeRefusal.NOT_OURS),
    ("Cant commit empty staging table", NodeRefusal.NOTHING_STAGED),
    ("No records to send to DataLayer", NodeRefusal.NOTHING_MATCHES),
    ("Your node is on ", NodeRefusal.WRONG_NETWORK),
    ("Data Validation error", NodeRefusal.INVALID),
)
_UNKNOWN_ENDS: Final = "does not exist."


class _Words(msgspec.Struct):
    message: str = ""
    error: str = ""
    errors: list[str] = []


def translated(refused: RegistryRefused) -> RegistryError:
    """Return what a refusal of a node means for the caller; the words stay the node's."""
    try:
        words = msgspec.json.decode(refused.body, type=_Words)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return refused
    # Some calls put the detail into `message` and send no `error`.
    detail = "; ".join(words.errors) or words.error or words.message
    told = words.error or words.message
    if told.startswith(_READ_ONLY):
        return NotSupported(refused.registry, detail)
    if told.startswith(_PASSING):
        return RegistryBusy(refused.registry, detail)
    return RegistryRefused(
        refused.registry,
        status=refused.status,
        code=_code(refused.status, told),
        detail=detail,
        body=refused.body,
        headers=refused.headers,
    )


def _code(status: int, told: str) -> NodeRefusal:
    if status == FORBIDDEN:
        return NodeRefusal.KEY_REFUSED
    for beginning, code in _LASTING:
        if told.startswith(beginning):
            return code
    return NodeRefusal.UNKNOWN_RECORD if told.endswith(_UNKNOWN_ENDS) else NodeRefusal.OTHER
