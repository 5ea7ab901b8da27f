"""The life of a transfer as one transition table.

Every pair of state and event is either a transition or a coded refusal. Final states are final: a
late answer is recorded, changes nothing and, where it disagrees, opens a reconciliation case.
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
    ACCEPTED = "accepted by the asked registry"
    REJECTED = "rejected by the asked registry"
    WITHDRAWN = "withdrawn by the proposer"
    COMPLETED = "completed by the hub"
    EXPIRED = "expired by the hub"
    OUTCOME_REPORTED = "a side reported what it did"
    REVERSAL_ASKED = "a side asked to take it back"


E = TransferEvent

TRANSITIONS: Final[dict[tuple[TransferState, TransferEvent], TransferState]] = {
    (S.PROPOSED, E.CHECKS_PASSED): S.CHECKED,
    (S.PROPOSED, E.CHECKS_FAILED): S.REFUSED,
    (S.CHECKED, E.ACCEPTED): S.ACCEPTED,
    (S.CHECKED, E.REJECTED): S.REJECTED,
    (S.CHECKED, E.WITHDRAWN): S.WITHDRAWN,
    (S.CHECKED, E.EXPIRED): S.EXPIRED,
    (S.ACCEPTED, E.COMPLETED): S.COMPLETED,
    (S.COMPLETED, E.OUTCOME_REPORTED): S.COMPLETED,
    (S.COMPLETED, E.REVERSAL_ASKED): S.COMPLETED,
}
"""All that is allowed; whatever is missing is refused by `refusal_for`."""

_OF_COMPLETED_ONLY: Final = frozenset({E.OUTCOME_REPORTED, E.REVERSAL_ASKED})


def next_state(state: TransferState, event: TransferEvent) -> TransferState | RefusalCode:
    """Return the state after `event`, or the code with which it is refused."""
    following = TRANSITIONS.get((state, event))
    return refusal_for(state, event) if following is None else following


def refusal_for(state: TransferState, event: TransferEvent) -> RefusalCode:
    """Return the code for an event that `state` does not allow."""
    if state in FINAL_TRANSFER_STATES and event not in _OF_COMPLETED_ONLY:
        return RefusalCode.TRANSFER_ALREADY_FINAL
    return RefusalCode.NOT_ALLOWED_IN_STATE
