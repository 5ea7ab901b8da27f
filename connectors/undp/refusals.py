"""What the registry's words mean: 400 for nearly everything, as the typed tree of errors."""

from enum import StrEnum, unique
from http import HTTPStatus
from typing import Final

import msgspec

from connectors.errors import RegistryRefused


@unique
class UndpRefusal(StrEnum):
    """Codes of ours; `other` keeps the registry's words alone."""

    INVALID = "invalid"
    UNAUTHORIZED = "unauthorized"
    NO_BLOCK = "no_block"
    NOT_OWNER = "not_owner"
    NOT_ENOUGH = "not_enough"
    MAY_NOT_TRANSFER = "may_not_transfer"
    MAY_NOT_RETIRE = "may_not_retire"
    MAY_NOT_DECIDE = "may_not_decide"
    MAY_NOT_SEE = "may_not_see"
    NO_COMPANY = "no_company"
    NOT_PARTICIPANT = "not_participant"
    SUSPENDED = "suspended"
    BEYOND_BLOCK = "beyond_block"
    NO_REQUEST = "no_request"
    NOT_PENDING = "not_pending"
    NOT_OWN_REQUEST = "not_own_request"
    OTHER = "other"


_CODES: Final = {
    "Bad request": UndpRefusal.INVALID,
    "The specified credit block does not exist.": UndpRefusal.NO_BLOCK,
    "The sender does not own the credit block.": UndpRefusal.NOT_OWNER,
    "Not enough credit amount available for the transfer.": UndpRefusal.NOT_ENOUGH,
    "Sender does not have enough credit amount": UndpRefusal.NOT_ENOUGH,
    "You do not have permission to transfer credits.": UndpRefusal.MAY_NOT_TRANSFER,
    "You do not have permission to retire credits.": UndpRefusal.MAY_NOT_RETIRE,
    "You do not have permission to approve or reject credit retirement requests.": (
        UndpRefusal.MAY_NOT_DECIDE
    ),
    "No company exists in the system": UndpRefusal.NO_COMPANY,
    "No reciever company exists in the system": UndpRefusal.NO_COMPANY,
    "Credit reciever is not a project participant": UndpRefusal.NOT_PARTICIPANT,
    "Credit receiver is not an active project participant": UndpRefusal.NOT_PARTICIPANT,
    "Not authorized project participant": UndpRefusal.NOT_PARTICIPANT,
    "Organisation is Deactivated, Action is Unauthorised": UndpRefusal.SUSPENDED,
    "Transfer amount exceeds credit block size": UndpRefusal.BEYOND_BLOCK,
    "Project Id is out of range": UndpRefusal.BEYOND_BLOCK,
    # Texts that its language file lacks: the key itself comes.
    "project.creditRetirementRequestNotExists": UndpRefusal.NO_REQUEST,
    "project.creditRetirementRequestNotPending": UndpRefusal.NOT_PENDING,
    "project.notOwnRetirementRequest": UndpRefusal.NOT_OWN_REQUEST,
    "creditTransaction.unauthorized": UndpRefusal.MAY_NOT_SEE,
}


class _Words(msgspec.Struct):
    message: str = ""
    errors: list[dict[str, list[str]]] = []


def translated(refused: RegistryRefused) -> RegistryRefused:
    """Return the refusal with a code; the words stay the registry's."""
    try:
        words = msgspec.json.decode(refused.body, type=_Words)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return refused
    fields = [text for fault in words.errors for texts in fault.values() for text in texts]
    return RegistryRefused(
        refused.registry,
        status=refused.status,
        code=_code(refused.status, words),
        detail="; ".join([words.message, *fields]),
        body=refused.body,
        headers=refused.headers,
    )


def _code(status: int, words: _Words) -> UndpRefusal:
    if status == HTTPStatus.UNAUTHORIZED:
        return UndpRefusal.UNAUTHORIZED
    if words.errors:
        return UndpRefusal.INVALID
    return _CODES.get(words.message, UndpRefusal.OTHER)
