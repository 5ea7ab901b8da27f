"""The life of a transfer as one transition table.

Every pair of state and event is either a transition or a coded refusal. Final states are final: a
late answer is recorded, changes nothing and opens a reconciliation case.
"""

from enum import StrEnum, unique
from typing import Final

from schema.codes import FINAL_TRANSFER_STATES, TransferState
from schema.refusals import RefusalCode

S = TransferState


@unique
class TransferEvent(StrEnum):
    """What can happen to a transfer."""

    CHECKS_PASSED = "checks passed"
    CHECKS_FAILED = "checks failed"
    ACCEPTED_BY_ACQUIRER = "accepted by the acquirer"
    REJECTED_BY_ACQUIRER = "rejected by the acquirer"
    WITHDRAWN_BY_PROPOSER = "withdrawn by the proposer"
    COMPLETED_BY_HUB = "completed by the hub"
    EXPIRED_BY_HUB = "expired by the hub"


E = TransferEvent

TRANSITIONS: Final[dict[tuple[TransferState, TransferEvent], TransferState]] = {
    (S.PROPOSED, E.CHECKS_PASSED): S.CHECKED,
    (S.PROPOSED, E.CHECKS_FAILED): S.REFUSED,
    (S.CHECKED, E.ACCEPTED_BY_ACQUIRER): S.ACCEPTED,
    (S.CHECKED, E.REJECTED_BY_ACQUIRER): S.REJECTED,
    (S.CHECKED, E.WITHDRAWN_BY_PROPOSER): S.WITHDRAWN,
    (S.CHECKED, E.EXPIRED_BY_HUB): S.EXPIRED,
    (S.ACCEPTED, E.COMPLETED_BY_HUB): S.COMPLETED,
}
"""All that is allowed; whatever is missing is refused by `refusal_for`."""


def next_state(state: TransferState, event: TransferEvent) -> TransferState | RefusalCode:
    """Return the state after `event`, or the code with which it is refused."""
    following = TRANSITIONS.get((state, event))
    return refusal_for(state) if following is None else following


def refusal_for(state: TransferState) -> RefusalCode:
    """Return the code for an event that `state` does not allow."""
    if state in FINAL_TRANSFER_STATES:
        return RefusalCode.TRANSFER_ALREADY_FINAL
    return RefusalCode.NOT_ALLOWED_IN_STATE
