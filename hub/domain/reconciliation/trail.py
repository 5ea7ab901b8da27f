"""The third level: up to which message two histories of the disputed serials agree.

A history is the sequence of messages that touched a serial. Both sides' histories are followed from
the beginning; the last message they share is the last on which both agreed, and the next one of
either side is where the dispute began.
"""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise
from uuid import UUID

import msgspec

from schema.identifiers import ItmoBlock, ItmoSeries, SerialRange


class Touch(msgspec.Struct, frozen=True, kw_only=True):
    """One message that touched some serials, in the history of one side."""

    message_id: UUID
    series: ItmoSeries
    serials: SerialRange


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    """How far two histories of some serials agree."""

    serials: SerialRange
    last_agreed: UUID | None
    """None when they agree on nothing."""
    ours_next: UUID | None
    """Our first message that the other side does not have there; None when we have no more."""
    theirs_next: UUID | None


def agreements(
    disputed: ItmoBlock, ours: Sequence[Touch], theirs: Sequence[Touch]
) -> list[Agreement]:
    """Return, for the disputed serials in order, the last message on which both agreed.

    Both histories come in the order in which their side booked them. Adjacent serials with one
    answer are one.
    """
    sides = [[one for one in side if _meets(one, disputed)] for side in (ours, theirs)]
    edges = _edges(disputed.serials, [one for side in sides for one in side])
    our_history, their_history = (_histories(edges, side) for side in sides)
    found: list[Agreement] = []
    for place, (first, stop) in enumerate(pairwise(edges)):
        one = _agreement(SerialRange(first, stop - 1), our_history[place], their_history[place])
        if found and _alike(found[-1], one):
            joined = SerialRange(found[-1].serials.first, one.serials.last)
            found[-1] = msgspec.structs.replace(one, serials=joined)
        else:
            found.append(one)
    return found


def _meets(touch: Touch, disputed: ItmoBlock) -> bool:
    return (
        touch.series == disputed.series
        and touch.serials.first <= disputed.serials.last
        and disputed.serials.first <= touch.serials.last
    )


def _edges(disputed: SerialRange, touches: list[Touch]) -> list[int]:
    """Return where any history changes, from the first disputed serial to past the last."""
    edges = {disputed.first, disputed.last + 1}
    for touch in touches:
        edges.update((touch.serials.first, touch.serials.last + 1))
    return sorted(edge for edge in edges if disputed.first <= edge <= disputed.last + 1)


def _histories(edges: list[int], touches: list[Touch]) -> list[list[UUID]]:
    """Return the messages of each stretch between two edges, in order."""
    histories: list[list[UUID]] = [[] for _ in range(len(edges) - 1)]
    for touch in touches:
        begin = bisect_left(edges, max(touch.serials.first, edges[0]))
        stop = bisect_left(edges, min(touch.serials.last + 1, edges[-1]))
        for place in range(begin, stop):
            histories[place].append(touch.message_id)
    return histories


def _agreement(serials: SerialRange, ours: list[UUID], theirs: list[UUID]) -> Agreement:
    shared = 0
    while shared < min(len(ours), len(theirs)) and ours[shared] == theirs[shared]:
        shared += 1
    return Agreement(
        serials=serials,
        last_agreed=ours[shared - 1] if shared else None,
        ours_next=ours[shared] if shared < len(ours) else None,
        theirs_next=theirs[shared] if shared < len(theirs) else None,
    )


def _alike(one: Agreement, other: Agreement) -> bool:
    return (one.last_agreed, one.ours_next, one.theirs_next) == (
        other.last_agreed,
        other.ours_next,
        other.theirs_next,
    )
