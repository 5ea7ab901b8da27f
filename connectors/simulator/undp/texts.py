"""The exact words of the registry; misspellings and missing texts are its own."""

from typing import Final

TRANSFERRED: Final = "Credits transferred successfully"
RETIREMENT_REQUESTED: Final = "Credit retirement request created."
RETIREMENT_DECIDED: Final = {
    "ACCEPT": "Credit retirement request accepted",
    "REJECT": "Credit retirement request rejected",
    "CANCEL": "Credit retirement request canceled",
}
NO_BLOCK: Final = "The specified credit block does not exist."
NOT_OWNER: Final = "The sender does not own the credit block."
NOT_ENOUGH: Final = "Not enough credit amount available for the transfer."
MAY_NOT_TRANSFER: Final = "You do not have permission to transfer credits."
MAY_NOT_RETIRE: Final = "You do not have permission to retire credits."
MAY_NOT_DECIDE: Final = (
    "You do not have permission to approve or reject credit retirement requests."
)
NO_RECEIVER: Final = "No reciever company exists in the system"
NOT_PARTICIPANT: Final = "Not authorized project participant"
DEACTIVATED: Final = "Organisation is Deactivated, Action is Unauthorised"
# Texts that are missing in its language file: the key itself is sent.
NO_REQUEST: Final = "project.creditRetirementRequestNotExists"
NOT_PENDING: Final = "project.creditRetirementRequestNotPending"
NOT_OWN_REQUEST: Final = "project.notOwnRetirementRequest"
MAY_NOT_SEE: Final = "creditTransaction.unauthorized"

BAD_REQUEST: Final = "Bad request"
UNAUTHORIZED: Final = "Unauthorized"
JWT_EXPIRED: Final = "jwt expired"
TOO_MANY: Final = "ThrottlerException: Too Many Requests"
