"""The life of a discrepancy as one transition table. Nothing is repaired by overwriting.

A discrepancy is opened by a run or by admission, told to the registries concerned, and closed in
one of three ways: both sides state the same again, all registries concerned sign that they accept
a correction, or two people close it by hand with a reason. What comes back is reopened, with its
whole history.
"""

from datetime import datetime
from enum import StrEnum, unique
from typing import Final
from uuid import UUID

import msgspec

from hub.domain.reconciliation.codes import Aspect, FindingCode, Severity
from schema.identifiers import ItmoSeries
from schema.refusals import Refusal, RefusalCode, refuse
from schema.serials import SerialSet

REASON_CHARS_MAX: Final = 2_000


@unique
class DiscrepancyState(StrEnum):
    """Where a discrepancy stands; the last three are closed, but may be reopened."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    ACCEPTED_BY_BOTH = "accepted by both"
    RESOLVED_MANUALLY = "resolved manually"


@unique
class DiscrepancyEvent(StrEnum):
    """What can happen to a discrepancy."""

    FOUND_AGAIN = "found again"
    FOUND_CHANGED = "found changed"
    """Found again, but over other serials or with other statements."""
    NOT_FOUND = "not found any more"
    ACKNOWLEDGED = "acknowledged"
    ACCEPTED_BY_ALL = "accepted by all registries concerned"
    CLOSED_BY_HAND = "closed by hand"


S, E = DiscrepancyState, DiscrepancyEvent
CLOSED_STATES: Final = frozenset({S.RESOLVED, S.ACCEPTED_BY_BOTH, S.RESOLVED_MANUALLY})

TRANSITIONS: Final[dict[DiscrepancyState, dict[DiscrepancyEvent, DiscrepancyState]]] = {
    S.OPEN: {
        E.FOUND_AGAIN: S.OPEN,
        E.FOUND_CHANGED: S.OPEN,
        E.NOT_FOUND: S.RESOLVED,
        E.ACKNOWLEDGED: S.ACKNOWLEDGED,
        E.ACCEPTED_BY_ALL: S.ACCEPTED_BY_BOTH,
        E.CLOSED_BY_HAND: S.RESOLVED_MANUALLY,
    },
    S.ACKNOWLEDGED: {
        E.FOUND_AGAIN: S.ACKNOWLEDGED,
        E.FOUND_CHANGED: S.OPEN,
        E.NOT_FOUND: S.RESOLVED,
        E.ACKNOWLEDGED: S.ACKNOWLEDGED,
        E.ACCEPTED_BY_ALL: S.ACCEPTED_BY_BOTH,
        E.CLOSED_BY_HAND: S.RESOLVED_MANUALLY,
    },
    S.RESOLVED: {
        E.FOUND_AGAIN: S.OPEN,
        E.FOUND_CHANGED: S.OPEN,
        E.NOT_FOUND: S.RESOLVED,
    },
    S.ACCEPTED_BY_BOTH: {
        E.FOUND_AGAIN: S.OPEN,
        E.FOUND_CHANGED: S.OPEN,
        E.NOT_FOUND: S.RESOLVED,
    },
    # Closed by hand means that this difference is borne with; another one, or the same one after
    # it was gone, is not.
    S.RESOLVED_MANUALLY: {
        E.FOUND_AGAIN: S.RESOLVED_MANUALLY,
        E.FOUND_CHANGED: S.OPEN,
        E.NOT_FOUND: S.RESOLVED,
    },
}
"""All that is allowed; whatever is missing is refused as `not_allowed_in_state`."""


def next_state(state: DiscrepancyState, event: DiscrepancyEvent) -> DiscrepancyState | RefusalCode:
    """Return the state after `event`, or the code with which it is refused."""
    return TRANSITIONS[state].get(event, RefusalCode.NOT_ALLOWED_IN_STATE)


class Dispute(msgspec.Struct, frozen=True, order=True):
    """What is disputed, by whom: the same across runs, whatever the serials and the words.

    `sources` are sorted. They are left out of double claims, where a further registry may join.
    """

    aspect: Aspect
    sources: tuple[str, ...]
    series: ItmoSeries | None
    """None only for what admission found and no serials are at stake."""


class Discrepancy(msgspec.Struct, frozen=True, kw_only=True):
    """A disagreement that is followed to its end. Times are aware UTC."""

    discrepancy_id: UUID
    dispute: Dispute
    sources: tuple[str, ...]
    """Whose statements disagree, sorted."""
    code: FindingCode
    severity: Severity
    serials: SerialSet
    evidence_digest: str
    """What both sides stated, as a digest: tells whether the same is found again."""
    concerned: frozenset[str]
    """The registries that are told, and that must accept."""
    state: DiscrepancyState
    opened_at: datetime
    changed_at: datetime
    closed_at: datetime | None = None
    recurrences: int = 0
    acknowledged_by: frozenset[str] = frozenset()
    accepted_by: frozenset[str] = frozenset()

    @property
    def is_closed(self) -> bool:
        """Whether nothing is asked of anybody."""
        return self.state in CLOSED_STATES


class ClosingByHand(msgspec.Struct, frozen=True, kw_only=True):
    """The decision of two people to bear with a difference."""

    approvers: tuple[str, ...]
    reason: str


def advance(
    discrepancy: Discrepancy, event: DiscrepancyEvent, *, at: datetime
) -> Discrepancy | Refusal:
    """Return the discrepancy after an event; whoever may cause it is the caller's to check."""
    following = next_state(discrepancy.state, event)
    if isinstance(following, RefusalCode):
        return refuse(following, f"{event} while {discrepancy.state}")
    reopened = discrepancy.is_closed and following is S.OPEN
    changed = reopened or event is E.FOUND_CHANGED
    if following is discrepancy.state and not changed:
        return discrepancy
    nobody: frozenset[str] = frozenset()
    return msgspec.structs.replace(
        discrepancy,
        state=following,
        changed_at=at,
        closed_at=at if following in CLOSED_STATES else None,
        recurrences=discrepancy.recurrences + reopened,
        # Who acknowledged or accepted something else has not done so for what is found now.
        acknowledged_by=nobody if changed else discrepancy.acknowledged_by,
        accepted_by=nobody if changed else discrepancy.accepted_by,
    )


def acknowledge(discrepancy: Discrepancy, registry: str, *, at: datetime) -> Discrepancy | Refusal:
    """Record that a registry concerned has taken note."""
    if registry not in discrepancy.concerned:
        return refuse(RefusalCode.SENDER_NOT_ENTITLED, f"{registry} is not concerned")
    after = advance(discrepancy, E.ACKNOWLEDGED, at=at)
    if isinstance(after, Refusal):
        return after
    return msgspec.structs.replace(after, acknowledged_by=after.acknowledged_by | {registry})


def accept(discrepancy: Discrepancy, registry: str, *, at: datetime) -> Discrepancy | Refusal:
    """Record that a registry has signed its agreement to a correction.

    The discrepancy is closed when every registry concerned has; until then it is acknowledged.
    """
    after = acknowledge(discrepancy, registry, at=at)
    if isinstance(after, Refusal):
        return after
    after = msgspec.structs.replace(after, accepted_by=after.accepted_by | {registry})
    if after.accepted_by >= after.concerned:
        return advance(after, E.ACCEPTED_BY_ALL, at=at)
    return after


def close_by_hand(
    discrepancy: Discrepancy, closing: ClosingByHand, *, at: datetime
) -> Discrepancy | Refusal:
    """Close a discrepancy on the word of two different people, with a reason."""
    approvers = {name.strip().casefold() for name in closing.approvers} - {""}
    if len(closing.approvers) < 2:  # noqa: PLR2004 -- two approvers are the rule itself
        return refuse(RefusalCode.SECOND_APPROVER_MISSING, "two approvers close by hand")
    if len(approvers) != len(closing.approvers):
        return refuse(RefusalCode.APPROVERS_NOT_DISTINCT, "the approvers must be two people")
    if not closing.reason.strip() or len(closing.reason) > REASON_CHARS_MAX:
        return refuse(
            RefusalCode.BODY_MALFORMED, f"a reason of 1 to {REASON_CHARS_MAX} characters is needed"
        )
    return advance(discrepancy, E.CLOSED_BY_HAND, at=at)
