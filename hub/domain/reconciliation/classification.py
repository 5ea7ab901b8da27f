"""What a difference means: differences become findings, each cause told once."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from hub.domain.reconciliation.attributes import AuthorizationView, Facet
from hub.domain.reconciliation.axis import SERIAL_MASK, Int64s, runs, series_id_of
from hub.domain.reconciliation.codes import MEANING, Aspect, FindingCode
from hub.domain.reconciliation.findings import Evidence, Finding, Statement, in_order
from hub.domain.reconciliation.sweep import Differences, taken
from hub.domain.reconciliation.vocabulary import (
    MASK,
    SHIFT,
    SPENT_NUMBERS,
    Field,
    Vocabulary,
    field_numbers,
)
from schema.identifiers import ItmoSeries, SerialRange

_POSITION_FIELDS: Final = (Field.REGISTRY, Field.ACCOUNT, Field.ACCOUNT_KIND, Field.STATUS)
_FACETS_OF_POSITION: Final = (
    Facet.REGISTRY,
    Facet.ACCOUNT,
    Facet.ACCOUNT_KIND,
    Facet.STATUS,
)
_POSITION_FACETS: Final = tuple(
    frozenset(facet for place, facet in enumerate(_FACETS_OF_POSITION) if bits >> place & 1)
    for bits in range(1 << len(_FACETS_OF_POSITION))
)
"""Every set of facets of a position, by the bits that `_position_bits` returns."""
_FIRST_TRANSFER_FACETS: Final = frozenset({Facet.FIRST_TRANSFER})
_METRIC_FACETS: Final = frozenset({Facet.METRIC})
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


class FindingMaker:
    """Builds findings from the columns of one comparison."""

    def __init__(self, vocabulary: Vocabulary, sources: tuple[str, str]) -> None:
        """Remember whose words they are."""
        self._vocabulary = vocabulary
        self._sources = sources
        self._statements: tuple[dict[int, Statement], dict[int, Statement]] = ({}, {})

    def existence(self, found: Differences, code: FindingCode) -> list[Finding]:
        """Find serials that one side does not state, one finding per holding registry."""
        absent = found.left if code is FindingCode.MISSING_HERE else found.right
        return self.of_one_cause(taken(found, np.flatnonzero(absent == 0)), code)

    def of_one_cause(
        self, part: Differences, code: FindingCode, *, other_series: ItmoSeries | None = None
    ) -> list[Finding]:
        """Make one finding of adjacent rows of one holding registry."""
        holder = field_numbers(np.where(part.left != 0, part.left, part.right), Field.REGISTRY)
        rows = _Rows(part)
        begins, ends = adjacent_runs(part, (holder,))
        return [
            self._finding(code, frozenset(), rows, begin, end, other_series)
            for begin, end in zip(begins.tolist(), ends.tolist(), strict=True)
        ]

    def aspect(
        self, found: Differences, aspect: Aspect, fields: tuple[Field, ...]
    ) -> list[Finding]:
        """Find the serials that both sides state, but differently in one of `fields`."""
        mask = _differing_fields(found, fields)
        chosen = np.flatnonzero((mask != 0) & (found.left != 0) & (found.right != 0))
        part, mask = taken(found, chosen), mask[chosen]
        begins, ends = adjacent_runs(part, (mask, part.left & mask, part.right & mask))
        rows = _Rows(part)
        findings = []
        for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
            code, facets = self._code_of(aspect, rows.left[begin], rows.right[begin])
            findings.append(self._finding(code, facets, rows, begin, end))
        return findings

    def _code_of(
        self, aspect: Aspect, left: int, right: int
    ) -> tuple[FindingCode, frozenset[Facet]]:
        if aspect is Aspect.POSITION:
            return position_code(left, right), _POSITION_FACETS[_position_bits(left ^ right)]
        if aspect is Aspect.FIRST_TRANSFER:
            return FindingCode.FIRST_TRANSFER_ON_ONE_SIDE, _FIRST_TRANSFER_FACETS
        if aspect is Aspect.MEASURE:
            return FindingCode.OTHER_METRIC, _METRIC_FACETS
        return authorization_code(self._view(left), self._view(right))

    def _finding(
        self,
        code: FindingCode,
        facets: frozenset[Facet],
        rows: "_Rows",
        begin: int,
        end: int,
        other_series: ItmoSeries | None = None,
    ) -> Finding:
        evidence = tuple(self._evidence(rows, row) for row in range(begin, end))
        return Finding(
            code=code,
            severity=MEANING[code].severity,
            sources=self._sources,
            series=self._vocabulary.series.value(series_id_of(rows.start[begin])),
            serials=evidence[0].serials
            if len(evidence) == 1
            else SerialRange(evidence[0].serials.first, evidence[-1].serials.last),
            facets=facets,
            evidence=evidence,
            other_series=other_series,
        )

    def _evidence(self, rows: "_Rows", row: int) -> Evidence:
        return Evidence(
            serials=SerialRange(rows.start[row] & SERIAL_MASK, (rows.end[row] - 1) & SERIAL_MASK),
            statements=(
                self._statement(0, rows.left[row]),
                self._statement(1, rows.right[row]),
            ),
        )

    def _statement(self, side: int, word: int) -> Statement:
        known = self._statements[side].get(word)
        if known is None:
            state = self._vocabulary.state(word) if word else None
            known = Statement(source=self._sources[side], state=state)
            self._statements[side][word] = known
        return known

    def _view(self, word: int) -> AuthorizationView | None:
        number = (word & MASK[Field.AUTHORIZATION]) >> SHIFT[Field.AUTHORIZATION]
        return self._vocabulary.authorizations.value(number) if number else None


class _Rows:
    """Columns as plain lists: single values are read from them much faster."""

    __slots__ = ("end", "left", "right", "start")

    def __init__(self, part: Differences) -> None:
        self.start: list[int] = part.start.tolist()
        self.end: list[int] = part.end.tolist()
        self.left: list[int] = part.left.tolist()
        self.right: list[int] = part.right.tolist()


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


def _position_bits(differs: int) -> int:
    return sum(1 << place for place, field in enumerate(_POSITION_FIELDS) if differs & MASK[field])


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
