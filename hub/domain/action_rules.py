"""What each kind of action does to units, as one table.

Rules: decision 2/CMA.3 annex paras. 8 (use), 29 (what a registry records), 37 and 39 (cancellation
for overall mitigation and the share for adaptation, both voluntary in Article 6.2).
"""

from typing import Final

from hub.domain.first_transfer import OIMP, Trigger
from hub.domain.intents import Act
from hub.domain.state import EventKind, State
from schema.codes import AccountKind, ActionKind, Purpose, UnitStatus


class ActionRule(State, frozen=True):
    """What one kind of action does to units."""

    act: Act
    event: EventKind
    status: UnitStatus
    account_kinds: tuple[AccountKind, ...]
    """The kinds of account that may receive the units; none for a declaration."""
    purposes: frozenset[Purpose | None]
    """The purposes that the action may state; None: it states none."""
    needs_authorization: bool
    """Whether credits that no Party authorized are kept out."""
    needs_first_transfer: bool
    """Whether the units must be ITMOs, before the action or by it."""


_OTHER_PURPOSES: Final[frozenset[Purpose | None]] = OIMP | {None}


def _cancellation(event: EventKind, status: UnitStatus, kind: AccountKind) -> ActionRule:
    return ActionRule(
        act=Act.CANCELLATION,
        event=event,
        status=status,
        account_kinds=(kind,),
        purposes=_OTHER_PURPOSES,
        needs_authorization=False,
        needs_first_transfer=False,
    )


ACTION_RULES: Final[dict[ActionKind, ActionRule]] = {
    ActionKind.FIRST_TRANSFER: ActionRule(
        act=Act.TRANSFER,
        event=EventKind.FIRST_TRANSFER,
        status=UnitStatus.HELD,
        account_kinds=(),
        purposes=frozenset({*Purpose, None}),
        needs_authorization=True,
        needs_first_transfer=False,
    ),
    ActionKind.USE_TOWARDS_NDC: ActionRule(
        act=Act.USE,
        event=EventKind.USE_TOWARDS_NDC,
        status=UnitStatus.USED_NDC,
        account_kinds=(AccountKind.RETIREMENT_NDC,),
        purposes=frozenset({Purpose.NDC}),
        needs_authorization=True,
        needs_first_transfer=True,
    ),
    ActionKind.USE_FOR_OIMP: ActionRule(
        act=Act.USE,
        event=EventKind.USE_FOR_OIMP,
        status=UnitStatus.USED_OIMP,
        account_kinds=(AccountKind.RETIREMENT_OIMP,),
        purposes=frozenset(OIMP),
        needs_authorization=True,
        needs_first_transfer=True,
    ),
    ActionKind.VOLUNTARY_CANCELLATION: _cancellation(
        EventKind.VOLUNTARY_CANCELLATION,
        UnitStatus.CANCELLED,
        AccountKind.CANCELLATION_VOLUNTARY,
    ),
    ActionKind.CANCELLATION_FOR_OMGE: _cancellation(
        EventKind.CANCELLATION_FOR_OMGE,
        UnitStatus.CANCELLED_OMGE,
        AccountKind.CANCELLATION_OMGE,
    ),
    ActionKind.ADAPTATION_SHARE: _cancellation(
        EventKind.ADAPTATION_SHARE,
        UnitStatus.CANCELLED_ADAPTATION,
        AccountKind.CANCELLATION_ADAPTATION,
    ),
    ActionKind.RETIREMENT: ActionRule(
        act=Act.CANCELLATION,
        event=EventKind.RETIREMENT,
        status=UnitStatus.RETIRED,
        account_kinds=(AccountKind.RETIREMENT_NDC, AccountKind.RETIREMENT_OIMP),
        purposes=frozenset({*Purpose, None}),
        needs_authorization=False,
        needs_first_transfer=False,
    ),
}


def fired_by_end(purpose: Purpose | None) -> frozenset[Trigger]:
    """Return which possible first transfer the use, cancellation or retirement of units is."""
    if purpose is Purpose.NDC:
        return frozenset({Trigger.USE_TOWARDS_NDC})
    return frozenset({Trigger.USE_OR_CANCELLATION})
