"""What the rules have changed in a ledger since it was loaded."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from hub.domain.ledger import Ledger
from hub.domain.state import (
    Account,
    AccountKey,
    ActionRecord,
    Activity,
    ApproachPermit,
    Authorization,
    AuthorizationKey,
    Correction,
    Decision,
    DecisionKey,
    InitialReport,
    Key,
    Maintenance,
    Registry,
    Transfer,
    Units,
)
from schema.identifiers import ItmoSeries

Name = TypeVar("Name")
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A ledger as it was loaded; its values are immutable, so that keeping them is enough."""

    registries: Mapping[str, Registry]
    units: Mapping[ItmoSeries, Mapping[int, Units]]
    """By series and first serial."""
    accounts: Mapping[AccountKey, Account]
    authorizations: Mapping[AuthorizationKey, Authorization]
    approach_authorizations: Mapping[tuple[str, str], tuple[ApproachPermit, ...]]
    activities: Mapping[tuple[str, str], Activity]
    decisions: Mapping[DecisionKey, Decision]
    transfers: Mapping[UUID, Transfer]
    actions: Mapping[UUID, ActionRecord]
    corrections: Mapping[UUID, Correction]
    keys: Mapping[str, Key]
    maintenance: Mapping[str, tuple[Maintenance, ...]]
    initial_reports: Mapping[tuple[str, str], InitialReport]


def snapshot(ledger: Ledger) -> Snapshot:
    """Remember a ledger as it is now."""
    return Snapshot(
        registries=dict(ledger.registries),
        units={
            series: {units.first: units for units in blocks.rows}
            for series, blocks in ledger.units.items()
        },
        accounts=dict(ledger.accounts),
        authorizations=dict(ledger.authorizations),
        approach_authorizations=dict(ledger.approach_authorizations),
        activities=dict(ledger.activities),
        decisions=dict(ledger.decisions),
        transfers=dict(ledger.transfers),
        actions=dict(ledger.actions),
        corrections=dict(ledger.corrections),
        keys=dict(ledger.keys),
        maintenance=dict(ledger.maintenance),
        initial_reports=dict(ledger.initial_reports),
    )


def changed(
    before: Mapping[Name, Value], after: Mapping[Name, Value]
) -> Iterator[tuple[Value | None, Value]]:
    """Yield the new and the changed values, each with what it was; nothing may disappear."""
    assert before.keys() <= after.keys(), "a record disappeared"
    for key, value in after.items():
        old = before.get(key)
        if old is not value and old != value:
            yield old, value


@dataclass(slots=True, kw_only=True)
class UnitChanges:
    """Blocks to remove (by series and first serial), to change in place and to add."""

    removed: list[tuple[ItmoSeries, int]]
    changed: list[Units]
    added: list[Units]

    def __bool__(self) -> bool:
        """Tell whether there is anything to write."""
        return bool(self.removed or self.changed or self.added)


def unit_changes(before: Snapshot, after: Ledger) -> UnitChanges:
    """Compare the blocks of both; a block is known by its series and its first serial."""
    found = UnitChanges(removed=[], changed=[], added=[])
    assert before.units.keys() <= after.units.keys(), "a series disappeared"
    for series, blocks in after.units.items():
        old = before.units.get(series, {})
        kept = 0
        for units in blocks.rows:
            was = old.get(units.first)
            kept += was is not None
            if was is None:
                found.added.append(units)
            elif was is not units and was != units:
                found.changed.append(units)
        if kept < len(old):
            firsts = {units.first for units in blocks.rows}
            found.removed.extend((series, first) for first in old if first not in firsts)
    return found
