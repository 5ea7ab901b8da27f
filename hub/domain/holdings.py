"""Whether serials can leave an account, block by block, and which of them are still no ITMOs.

Rules: one serial is one unit and has one holder; disputed, reserved and used units stay where they
are; a unit belongs to one authorization (decision 4/CMA.6 annex II Table 3).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

from hub.domain.admission import Desk
from hub.domain.blocks import reference_to_interval
from hub.domain.first_transfer import Trigger, fired_at_issuance
from hub.domain.ledger import share_of
from hub.domain.state import (
    AccountKey,
    Authorization,
    AuthorizationKey,
    Freeze,
    Interval,
    MovedBlock,
    State,
    Units,
)
from schema.codes import UnitStatus
from schema.identifiers import ItmoSeries
from schema.refusals import Refusal, RefusalCode, refuse


class Found(State, frozen=True):
    """A block of a message with the units that the ledger knows in it, uncut and in order."""

    block: MovedBlock
    units: tuple[Units, ...]


Fires = Callable[[Units], frozenset[Trigger]]
"""Which possible first transfers an act is, for these units."""


def find(desk: Desk, blocks: Iterable[MovedBlock]) -> tuple[Found, ...]:
    """Look the blocks up in the ledger."""
    overlapping = desk.ledger.overlapping
    return tuple(Found(block=block, units=tuple(overlapping(block.interval))) for block in blocks)


def series_in(found: Sequence[Found]) -> tuple[ItmoSeries, ...]:
    """Return the series of the blocks, each once."""
    return tuple(dict.fromkeys(each.block.interval.series for each in found))


def measures_in(found: Sequence[Found]) -> tuple[str | None, ...]:
    """Return the units of measurement that the blocks name, each once; None is tCO2e."""
    return tuple(dict.fromkeys(each.block.unit for each in found))


def activities_coming_under(found: Sequence[Found]) -> tuple[str, ...]:
    """Return the activities of the units that belong to no authorization yet."""
    names = (
        units.activity for each in found for units in each.units if units.authorization is None
    )
    return tuple(sorted(set(names)))


def is_settled(found: Sequence[Found]) -> bool:
    """Tell whether every unit was first transferred before."""
    return all(units.first_transfer is not None for each in found for units in each.units)


def pending_first_transfers(
    found: Sequence[Found],
    authorization: Authorization | None,
    possible: frozenset[Trigger],
    fires: frozenset[Trigger],
) -> tuple[Interval, ...]:
    """Return the serials for which an act under `authorization` is the first transfer.

    `possible` are the events that count as first transfer, `fires` those that the act is. Units
    that come under the authorization by this act also meet the events of their birth.
    """
    if authorization is None or not possible:
        return ()
    record = authorization.record
    pending = []
    for each in found:
        interval = each.block.interval
        for units in each.units:
            if units.first_transfer is not None:
                continue
            fired = fires
            if units.authorization != authorization.key:
                fired |= fired_at_issuance(record, units.series.registry)
            if fired & possible:
                pending.append(clip(units, interval))
    return tuple(pending)


def clip(units: Units, interval: Interval) -> Interval:
    """Return the part of `units` that lies in `interval`."""
    return Interval(units.series, max(units.first, interval.first), min(units.last, interval.last))


def unit_refusals(
    desk: Desk, account: AccountKey, key: AuthorizationKey | None, found: Sequence[Found]
) -> Iterator[Refusal]:
    """Yield why these serials cannot leave `account` under `key` now, block by block."""
    estimate = _confirmed_estimate(desk, key)
    for each in found:
        interval = each.block.interval
        objections = dict.fromkeys(
            objection
            for units in each.units
            for objection in _objections(units, account, key, estimate)
        )
        missing = gaps(each.units, interval)
        if missing:
            words = ", ".join(f"{first}-{last}" for first, last in missing)
            objections[RefusalCode.UNITS_UNKNOWN, f"never issued: {words}"] = None
        if is_frozen(desk, desk.ledger.frozen(interval)):
            objections[RefusalCode.UNITS_FROZEN, "the serials are disputed"] = None
        for objection in _quantity_objections(each):
            objections[objection] = None
        for code, detail in objections:
            yield refuse(code, detail, reference_to_interval(interval))


def is_frozen(desk: Desk, freezes: Iterable[Freeze]) -> bool:
    """Tell whether one of the freezes is still in force by the hub's clock."""
    return any(freeze.until > desk.moment.received_at for freeze in freezes)


def gaps(pieces: Sequence[Units], interval: Interval) -> list[tuple[int, int]]:
    """Return the parts of `interval` that sorted `pieces` leave uncovered."""
    missing = []
    expected = interval.first
    for units in pieces:
        if units.first > expected:
            missing.append((expected, units.first - 1))
        expected = max(expected, units.last + 1)
    if expected <= interval.last:
        missing.append((expected, interval.last))
    return missing


Objection = tuple[RefusalCode, str]


def _objections(
    units: Units,
    account: AccountKey,
    key: AuthorizationKey | None,
    estimate: AuthorizationKey | None,
) -> Iterator[Objection]:
    if units.status is not UnitStatus.HELD:
        yield RefusalCode.UNITS_ALREADY_USED, f"the serials are {units.status}"
    elif units.account != account:
        words = f"{account.registry} {account.account} does not hold all of the serials"
        yield RefusalCode.UNITS_NOT_HELD, words
    elif units.reserved_by is not None:
        yield RefusalCode.UNITS_RESERVED, f"reserved by transfer {units.reserved_by}"
    if units.authorization is not None and units.authorization not in {key, estimate}:
        other = f"{units.authorization.party} {units.authorization.authorization_id}"
        yield RefusalCode.AUTHORIZATION_DIFFERS, f"the serials belong to {other}"


def _confirmed_estimate(desk: Desk, key: AuthorizationKey | None) -> AuthorizationKey | None:
    """Return the step 2a whose units may be moved under the step 2b that confirms it."""
    authorization = None if key is None else desk.ledger.authorizations.get(key)
    if authorization is None or authorization.record.confirms is None:
        return None
    return AuthorizationKey(authorization.record.party, authorization.record.confirms)


def _quantity_objections(found: Found) -> Iterator[Objection]:
    block = found.block
    if any(units.unit != block.unit for units in found.units):
        measures = {units.unit or "tCO2e" for units in found.units}
        words = f"{block.unit or 'tCO2e'}, issued in {', '.join(sorted(measures))}"
        yield RefusalCode.METRIC_DIFFERS, words
    elif block.quantity is not None and found.units:
        held = sum(
            share_of(units.quantity, units.count, clip(units, block.interval).count) or 0
            for units in found.units
        )
        if block.quantity > held:
            words = f"{block.quantity} of {held} held"
            yield RefusalCode.QUANTITY_EXCEEDS_HOLDING, words
        elif block.quantity < held:
            words = f"{block.quantity} {block.unit} for serials that carry {held}"
            yield RefusalCode.QUANTITY_MISMATCH, words
