"""Reconciliation serial by serial, without columns: slow, and plainly right."""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from itertools import combinations

from hub.domain.reconciliation.attributes import AuthorizationView, UnitState
from hub.domain.reconciliation.codes import FindingCode
from hub.domain.reconciliation.findings import Finding
from schema.identifiers import ItmoSeries

World = dict[tuple[ItmoSeries, int], UnitState]
"""What one side states about each serial."""
Told = tuple[FindingCode, ItmoSeries, int, int, tuple[Hashable, ...]]
"""A finding without its wording: code, series, first, last, and the parts of the evidence."""

PARTS = ("vintage", "first_party", "registry", "approach")


@dataclass(frozen=True)
class Label:
    """What is wrong with one serial; neighbours with one cause are told together."""

    code: FindingCode
    cause: Hashable
    left: tuple[ItmoSeries, UnitState | None]
    right: tuple[ItmoSeries, UnitState | None]


def naive_comparison(left: World, right: World) -> set[Told]:
    labels: dict[tuple[ItmoSeries, int], list[Label]] = {}
    only_left = {unit: state for unit, state in left.items() if unit not in right}
    only_right = {unit: state for unit, state in right.items() if unit not in left}
    for unit, label in _mixups(only_left, only_right):
        labels.setdefault(unit, []).append(label)
    for unit, state in only_left.items():
        series = unit[0]
        label = Label(FindingCode.MISSING_THERE, state.registry, (series, state), (series, None))
        labels.setdefault(unit, []).append(label)
    for unit, state in only_right.items():
        series = unit[0]
        label = Label(FindingCode.MISSING_HERE, state.registry, (series, None), (series, state))
        labels.setdefault(unit, []).append(label)
    for unit in left.keys() & right.keys():
        labels.setdefault(unit, []).extend(_disagreements(unit[0], left[unit], right[unit]))
    return _told(labels)


def _mixups(only_left: World, only_right: World) -> Iterable[tuple[tuple[ItmoSeries, int], Label]]:
    """Match what is missing with what is extra, and take both away."""
    all_series = sorted({series for series, _ in (*only_left, *only_right)})
    for part in PARTS:
        for one, other in combinations(all_series, 2):
            if any(getattr(one, name) != getattr(other, name) for name in PARTS if name != part):
                continue
            for ours, theirs in ((one, other), (other, one)):
                for serial in sorted({serial for _, serial in only_left}):
                    here, there = only_left.get((ours, serial)), only_right.get((theirs, serial))
                    if here is None or here != there:
                        continue
                    del only_left[ours, serial], only_right[theirs, serial]
                    code = (
                        FindingCode.OTHER_VINTAGE
                        if part == "vintage"
                        else FindingCode.OTHER_SERIES_PART
                    )
                    yield (
                        (ours, serial),
                        Label(code, (theirs, here.registry), (ours, here), (theirs, there)),
                    )


def _disagreements(series: ItmoSeries, left: UnitState, right: UnitState) -> Iterable[Label]:
    def label(code: FindingCode, names: Iterable[str]) -> Label:
        values = tuple((name, getattr(left, name), getattr(right, name)) for name in names)
        return Label(code, values, (series, left), (series, right))

    position = _differing(left, right, ("registry", "account", "account_kind", "status"))
    if position:
        yield label(_position_code(left, right, position), position)
    if left.first_transferred != right.first_transferred:
        yield label(FindingCode.FIRST_TRANSFER_ON_ONE_SIDE, ("first_transferred",))
    if left.measure != right.measure:
        yield label(FindingCode.OTHER_METRIC, ("measure",))
    if left.authorization != right.authorization:
        yield label(_authorization_code(left, right), ("authorization",))


def _differing(left: UnitState, right: UnitState, names: Iterable[str]) -> tuple[str, ...]:
    return tuple(name for name in names if getattr(left, name) != getattr(right, name))


def _position_code(left: UnitState, right: UnitState, differing: tuple[str, ...]) -> FindingCode:
    if "status" in differing:
        if "registry" in differing and left.spent != right.spent:
            return FindingCode.USED_AND_STILL_HELD
        return FindingCode.OTHER_STATUS
    if "registry" in differing or "account" in differing:
        return FindingCode.OTHER_HOLDER
    return FindingCode.OTHER_ACCOUNT_KIND


def _authorization_code(left: UnitState, right: UnitState) -> FindingCode:
    nothing = AuthorizationView(reference=None)
    ours, theirs = left.authorization or nothing, right.authorization or nothing
    if ours.reference != theirs.reference:
        return FindingCode.OTHER_AUTHORIZATION
    if ours.use != theirs.use:
        return FindingCode.OTHER_PURPOSE
    return FindingCode.OTHER_AUTHORIZATION_STATUS


def _told(labels: dict[tuple[ItmoSeries, int], list[Label]]) -> set[Told]:
    """Join neighbouring serials with one cause, and inside them those with equal statements."""
    kinds = {(label.code, label.cause) for found in labels.values() for label in found}
    told: set[Told] = set()
    for code, cause in kinds:
        units = [
            (unit, label)
            for unit in sorted(labels)
            for label in labels[unit]
            if (label.code, label.cause) == (code, cause)
        ]
        for run in _runs(units, lambda _one, _other: True):
            parts = tuple(
                (part[0][0][1], part[-1][0][1], part[0][1].left, part[0][1].right)
                for part in _runs(
                    run,
                    lambda one, other: (
                        (one[1].left, one[1].right) == (other[1].left, other[1].right)
                    ),
                )
            )
            told.add((code, run[0][0][0], run[0][0][1], run[-1][0][1], parts))
    return told


Unit = tuple[tuple[ItmoSeries, int], Label]


def _runs(units: list[Unit], together: Callable[[Unit, Unit], bool]) -> list[list[Unit]]:
    runs: list[list[Unit]] = []
    for unit in units:
        (series, serial), _ = unit
        previous = runs[-1][-1] if runs else None
        if previous and previous[0] == (series, serial - 1) and together(previous, unit):
            runs[-1].append(unit)
        else:
            runs.append([unit])
    return runs


def told(findings: Iterable[Finding]) -> set[Told]:
    """Return the findings of the engine in the form of the naive ones."""
    return {
        (
            one.code,
            one.series,
            one.serials.first,
            one.serials.last,
            tuple(
                (
                    part.serials.first,
                    part.serials.last,
                    (one.series, part.statements[0].state),
                    (one.other_series or one.series, part.statements[1].state),
                )
                for part in one.evidence
            ),
        )
        for one in findings
    }
