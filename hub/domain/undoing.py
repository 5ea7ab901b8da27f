"""What all corrections share: only what is untouched is undone, and counters are undone with it."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

import msgspec

from hub.domain.admission import Desk
from hub.domain.blocks import reference_to_interval
from hub.domain.state import (
    AuthorizationKey,
    Correction,
    Interval,
    Units,
)
from schema.codes import AccountKind
from schema.messages import CorrectionNotice
from schema.refusals import Refusal, RefusalCode, refuse

HOLDING: Final = (AccountKind.HOLDING, AccountKind.PENDING)
"""The kinds of account from which units are moved, and to which they come back."""


def untouched_refusals(
    desk: Desk, intervals: Iterable[Interval], message: CorrectionNotice
) -> Iterator[Refusal]:
    """Yield why units cannot be undone: a later record moved them, or a transfer reserved them."""
    for interval in intervals:
        units = desk.ledger.overlapping(interval)
        reference = reference_to_interval(interval)
        later = sorted({str(each.last_record) for each in units} - {str(message.corrects)})
        if later:
            words = f"changed since by {', '.join(later)}"
            yield refuse(RefusalCode.UNITS_CHANGED_SINCE, words, reference)
        if any(each.reserved_by is not None for each in units):
            words = "reserved by a transfer under way"
            yield refuse(RefusalCode.UNITS_RESERVED, words, reference)


def keep(desk: Desk, message: CorrectionNotice) -> None:
    """Record the correction."""
    desk.ledger.corrections[message.message_id] = Correction(
        message_id=message.message_id,
        registry=desk.moment.sender,
        kind=message.correction,
        corrects=message.corrects,
        replacement=message.replacement,
        approvers=message.approvers,
        reason=message.reason,
    )


def clearing(record: object, change: Callable[[Units], Units]) -> Callable[[Units], Units]:
    """Return `change`, which also clears a first transfer that was `record` itself."""

    def cleared(units: Units) -> Units:
        changed = change(units)
        if changed.first_transfer != record:
            return changed
        return msgspec.structs.replace(changed, first_transfer=None)

    return cleared


def carve_all(
    desk: Desk, intervals: Iterable[Interval], change: Callable[[Units], Units]
) -> list[Units]:
    """Change the units of all intervals; return the pieces as they were."""
    return [units for interval in intervals for units in desk.ledger.carve(interval, change)]


def uncount(
    desk: Desk, key: AuthorizationKey | None, before: Iterable[Units], record: object, used: int = 0
) -> None:
    """Take what is undone out of the authorization's counters."""
    cleared = sum(units.count for units in before if units.first_transfer == record)
    if key is None or not (cleared or used):
        return
    authorization = desk.ledger.authorizations[key]
    desk.ledger.authorizations[key] = msgspec.structs.replace(
        authorization,
        first_transferred=authorization.first_transferred - cleared,
        used=authorization.used - used,
    )
