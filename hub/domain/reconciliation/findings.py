"""What a difference means: differences become findings, each cause told once.

A finding is about adjacent serials of one series. It is found per aspect (existence, position,
first transfer, authorization, measure), so that two independent lies about one serial are two
findings, and one lie that changes account, kind and status together is one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from hub.domain.reconciliation.attributes import (
    MASK,
    SHIFT,
    SPENT_NUMBERS,
    AuthorizationView,
    Facet,
    Field,
    UnitState,
    Vocabulary,
    field_numbers,
)
from hub.domain.reconciliation.axis import Int64s, runs, serial_of, series_id_of
from hub.domain.reconciliation.codes import MEANING, Aspect, FindingCode, Severity
from hub.domain.reconciliation.sweep import Differences, row_slice, taken
from schema.codes import Metric
from schema.identifiers import ItmoSeries, SerialRange


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What one source states about some serials; `state` is None where it states nothing."""

    source: str
    state: UnitState | None
    series: ItmoSeries
    """The series under which this source states them."""
    quantity_micro: int | None = None
    """Millionths of the unit of the metric, where quantities are compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A part of a finding on which every source states one thing."""

    serials: SerialRange
    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One disagreement about adjacent serials of one series.

    `sources` are the two sides in the order of the comparison, or every registry that claims the
    serials. `series` is the series of the first source that states the serials.
    """

    code: FindingCode
    severity: Severity
    sources: tuple[str, ...]
    series: ItmoSeries
    serials: SerialRange
    facets: frozenset[Facet]
    evidence: tuple[Evidence, ...]

    @property
    def aspect(self) -> Aspect:
        """What is disputed."""
        return MEANING[self.code].aspect

    @property
    def units(self) -> int:
        """Number of serials in dispute."""
        return self.serials.count

    @property
    def tonnes(self) -> int:
        """Tonnes of CO2 equivalent at stake; units in another metric count nothing here."""
        return sum(part.serials.count for part in self.evidence if _in_tonnes(part))

    def mirrored(self) -> "Finding":
        """Return the finding as the other side of the same comparison would have it."""
        opposite = _MIRRORED_CODE.get(self.code, self.code)
        parts = tuple(replace(part, statements=part.statements[::-1]) for part in self.evidence)
        stated = [one for one in parts[0].statements if one.state is not None]
        return replace(
            self,
            code=opposite,
            sources=self.sources[::-1],
            series=stated[0].series if stated else self.series,
            evidence=parts,
        )


_MIRRORED_CODE: Final = {
    FindingCode.MISSING_HERE: FindingCode.MISSING_THERE,
    FindingCode.MISSING_THERE: FindingCode.MISSING_HERE,
}

_POSITION_FIELDS: Final = (Field.REGISTRY, Field.ACCOUNT, Field.ACCOUNT_KIND, Field.STATUS)
_FACET_OF_FIELD: Final[dict[Field, Facet]] = {
    Field.REGISTRY: Facet.REGISTRY,
    Field.ACCOUNT: Facet.ACCOUNT,
    Field.ACCOUNT_KIND: Facet.ACCOUNT_KIND,
    Field.STATUS: Facet.STATUS,
    Field.AUTHORIZATION: Facet.AUTHORIZATION,
    Field.FIRST_TRANSFER: Facet.FIRST_TRANSFER,
    Field.MEASURE: Facet.METRIC,
}
_FIELDS_OF_ASPECT: Final[dict[Aspect, tuple[Field, ...]]] = {
    Aspect.POSITION: _POSITION_FIELDS,
    Aspect.FIRST_TRANSFER: (Field.FIRST_TRANSFER,),
    Aspect.AUTHORIZATION: (Field.AUTHORIZATION,),
    Aspect.MEASURE: (Field.MEASURE,),
}


def classify(found: Differences, vocabulary: Vocabulary, sources: tuple[str, str]) -> list[Finding]:
    """Turn differences into findings, in the order of codes and serials.

    Missing serials that stand in another series on the other side are `series_mixups`' business,
    before this.
    """
    maker = FindingMaker(vocabulary, sources)
    findings = [
        *maker.existence(found, FindingCode.MISSING_HERE),
        *maker.existence(found, FindingCode.MISSING_THERE),
    ]
    for aspect, fields in _FIELDS_OF_ASPECT.items():
        findings.extend(maker.aspect(found, aspect, fields))
    return in_order(findings)


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings by code, series and serials."""
    return sorted(
        findings, key=lambda one: (_CODE_RANK[one.code], one.series, one.serials, one.sources)
    )


_CODE_RANK: Final = {code: rank for rank, code in enumerate(FindingCode)}


class FindingMaker:
    """Builds findings from the columns of one comparison."""

    def __init__(self, vocabulary: Vocabulary, sources: tuple[str, str]) -> None:
        """Remember whose words they are."""
        self._vocabulary = vocabulary
        self._sources = sources
        self._states: dict[int, UnitState | None] = {0: None}

    def existence(self, found: Differences, code: FindingCode) -> list[Finding]:
        """Find serials that one side does not state, one finding per holding registry."""
        absent = found.left if code is FindingCode.MISSING_HERE else found.right
        rows = np.flatnonzero(absent == 0)
        part = taken(found, rows)
        holder = field_numbers(part.left | part.right, Field.REGISTRY)
        begins, ends = adjacent_runs(part, (holder,))
        return [
            self.finding(code, frozenset(), row_slice(part, begin, end))
            for begin, end in zip(begins.tolist(), ends.tolist(), strict=True)
        ]

    def aspect(
        self, found: Differences, aspect: Aspect, fields: tuple[Field, ...]
    ) -> list[Finding]:
        """Find the serials that both sides state, but differently in one of `fields`."""
        mask = _differing_fields(found, fields)
        rows = np.flatnonzero((mask != 0) & (found.left != 0) & (found.right != 0))
        part, mask = taken(found, rows), mask[rows]
        keys = (mask, part.left & mask, part.right & mask)
        begins, ends = adjacent_runs(part, keys)
        findings = []
        for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
            left, right = int(part.left[begin]), int(part.right[begin])
            code, facets = self._code_of(aspect, left, right)
            findings.append(self.finding(code, facets, row_slice(part, begin, end)))
        return findings

    def _code_of(
        self, aspect: Aspect, left: int, right: int
    ) -> tuple[FindingCode, frozenset[Facet]]:
        facets = frozenset(
            _FACET_OF_FIELD[field]
            for field in _FIELDS_OF_ASPECT[aspect]
            if (left ^ right) & MASK[field]
        )
        if aspect is Aspect.POSITION:
            return position_code(left, right), facets
        if aspect is Aspect.FIRST_TRANSFER:
            return FindingCode.FIRST_TRANSFER_ON_ONE_SIDE, facets
        if aspect is Aspect.MEASURE:
            return FindingCode.OTHER_METRIC, facets
        return authorization_code(self._view(left), self._view(right))

    def finding(
        self,
        code: FindingCode,
        facets: frozenset[Facet],
        part: Differences,
        *,
        right_series: ItmoSeries | None = None,
    ) -> Finding:
        """Build one finding from adjacent rows; `right_series` where the other side differs."""
        series = self._vocabulary.series.value(series_id_of(int(part.start[0])))
        evidence = tuple(
            Evidence(
                serials=_serials(start, end),
                statements=(
                    Statement(source=self._sources[0], state=self._state(left), series=series),
                    Statement(
                        source=self._sources[1],
                        state=self._state(right),
                        series=right_series or series,
                    ),
                ),
            )
            for start, end, left, right in zip(
                part.start.tolist(),
                part.end.tolist(),
                part.left.tolist(),
                part.right.tolist(),
                strict=True,
            )
        )
        return Finding(
            code=code,
            severity=MEANING[code].severity,
            sources=self._sources,
            series=series,
            serials=SerialRange(evidence[0].serials.first, evidence[-1].serials.last),
            facets=facets,
            evidence=evidence,
        )

    def _view(self, word: int) -> AuthorizationView | None:
        number = (word & MASK[Field.AUTHORIZATION]) >> SHIFT[Field.AUTHORIZATION]
        return self._vocabulary.authorizations.value(number) if number else None

    def _state(self, word: int) -> UnitState | None:
        if word not in self._states:
            self._states[word] = self._vocabulary.state(word)
        return self._states[word]


def position_code(left: int, right: int) -> FindingCode:
    """Name the difference between two stated positions: where a unit is and in which state.

    The graver one names the finding: used in one registry and held in another, then the status,
    then the holder, then the kind of the account.
    """
    differs = left ^ right
    if differs & MASK[Field.STATUS]:
        spent = [
            (word & MASK[Field.STATUS]) >> SHIFT[Field.STATUS] in SPENT_NUMBERS
            for word in (left, right)
        ]
        elsewhere = bool(differs & MASK[Field.REGISTRY])
        if elsewhere and spent[0] != spent[1]:
            return FindingCode.USED_AND_STILL_HELD
        return FindingCode.OTHER_STATUS
    if differs & (MASK[Field.REGISTRY] | MASK[Field.ACCOUNT]):
        return FindingCode.OTHER_HOLDER
    return FindingCode.OTHER_ACCOUNT_KIND


def authorization_code(
    left: AuthorizationView | None, right: AuthorizationView | None
) -> tuple[FindingCode, frozenset[Facet]]:
    """Name the difference between two views of an authorization, and all facets that differ."""
    nothing = AuthorizationView(reference=None)
    ours, theirs = left or nothing, right or nothing
    pairs = {
        Facet.AUTHORIZATION: (ours.reference, theirs.reference),
        Facet.PURPOSE: (ours.use, theirs.use),
        Facet.TRANSFERRING_STATUS: (ours.transferring, theirs.transferring),
        Facet.ACQUIRING_STATUS: (ours.acquiring, theirs.acquiring),
        Facet.PLATFORM_STATUS: (ours.platform, theirs.platform),
        Facet.UNDERLYING_STATUS: (ours.underlying, theirs.underlying),
    }
    facets = frozenset(facet for facet, (one, other) in pairs.items() if one != other)
    if Facet.AUTHORIZATION in facets:
        return FindingCode.OTHER_AUTHORIZATION, facets
    if Facet.PURPOSE in facets:
        return FindingCode.OTHER_PURPOSE, facets
    return FindingCode.OTHER_AUTHORIZATION_STATUS, facets


def _in_tonnes(part: Evidence) -> bool:
    states = [one.state for one in part.statements if one.state is not None]
    return any(state.measure.metric is Metric.GHG for state in states)


def _serials(start: int, end: int) -> SerialRange:
    return SerialRange(serial_of(start), serial_of(end - 1))


def _differing_fields(found: Differences, fields: Sequence[Field]) -> Int64s:
    """Return, per row, the mask of those fields in which the words differ."""
    differs = found.left ^ found.right
    mask = np.zeros_like(differs)
    for field in fields:
        mask |= np.where(differs & MASK[field], MASK[field], 0)
    return mask


def adjacent_runs(part: Differences, keys: tuple[Int64s, ...]) -> tuple[Int64s, Int64s]:
    """Return begin and end of each run of adjacent rows that share all keys."""
    breaks = np.ones(len(part), dtype=np.bool_)
    if len(part) > 1:
        breaks[1:] = part.start[1:] != part.end[:-1]
        for key in keys:
            breaks[1:] |= key[1:] != key[:-1]
    return runs(breaks)
