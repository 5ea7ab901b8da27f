"""A slice of a ledger as storage would load it, and what a message does to it."""

from typing import TypeVar

from hub.domain.ledger import Ledger, SeriesUnits
from hub.domain.needs import Needs, activities_of, further_needs, needs_of
from hub.domain.state import Interval, Units
from schema.codes import TransferState
from schema.identifiers import ItmoSeries
from schema.messages import RegistryMessage
from tests.domain.federation import joined

Key = TypeVar("Key")
Value = TypeVar("Value")


def needs_for(full: Ledger, message: RegistryMessage, sender: str) -> Needs:
    """Follow the two steps of loading."""
    parties = {name: registry.party for name, registry in full.registries.items()}
    needs = needs_of(message, sender, parties)
    first = load(full, needs)
    needs.merge(further_needs(needs, first))
    return needs


def load(full: Ledger, needs: Needs) -> Ledger:
    """Return only what `needs` names, and all registries."""
    part = Ledger()
    part.registries = dict(full.registries)
    part.accounts = _only(full.accounts, needs.accounts)
    part.authorizations = _only(full.authorizations, needs.authorizations)
    part.approach_authorizations = _only(full.approach_authorizations, needs.approaches)
    part.decisions = _only(full.decisions, needs.decisions)
    part.issued_under = {
        key: list(full.issued_under[key]) for key in needs.issued_under if key in full.issued_under
    }
    part.transfers = _only(full.transfers, needs.transfers) | {
        transfer_id: transfer
        for transfer_id, transfer in full.transfers.items()
        if transfer.state is TransferState.CHECKED and transfer.asked in needs.waiting_for
    }
    part.actions = _only(full.actions, needs.records)
    part.keys = _only(full.keys, needs.keys)
    part.maintenance = _only(full.maintenance, needs.maintenance)
    part.initial_reports = _only(full.initial_reports, needs.reports)
    part.freezes = [
        freeze
        for freeze in full.freezes
        if any(_touch(freeze.interval, interval) for interval in needs.intervals)
    ]
    part.units = _units(full, needs)
    part.activities = _only(full.activities, needs.activities | activities_of(part))
    return part


def _only(full: dict[Key, Value], keys: set[Key]) -> dict[Key, Value]:
    return {key: full[key] for key in keys if key in full}


def _touch(one: Interval, other: Interval) -> bool:
    return one.series == other.series and one.first <= other.last and other.first <= one.last


def _units(full: Ledger, needs: Needs) -> dict[ItmoSeries, SeriesUnits]:
    found: dict[ItmoSeries, dict[int, Units]] = {}
    for interval in needs.intervals:
        rows = found.setdefault(interval.series, {})
        rows.update({units.first: units for units in full.overlapping(interval)})
    return {series: SeriesUnits(rows.values()) for series, rows in found.items() if rows}


def assert_same_where_loaded(part: Ledger, full: Ledger, needs: Needs) -> None:
    """What the slice holds after a message must be what the whole ledger holds."""
    for name in (
        "registries",
        "accounts",
        "authorizations",
        "approach_authorizations",
        "activities",
        "decisions",
        "transfers",
        "actions",
        "keys",
        "maintenance",
        "initial_reports",
    ):
        ours, theirs = getattr(part, name), getattr(full, name)
        assert {key: theirs.get(key) for key in ours} == ours, name
    for interval in needs.intervals:
        assert _inside(part, interval) == _inside(full, interval)


def _inside(ledger: Ledger, interval: Interval) -> list[Units]:
    return list(joined(ledger.overlapping(interval)))
