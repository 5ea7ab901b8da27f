"""Serials that two or more registries claim, searched over all registries at once.

All claims are put on one axis and sorted by where they begin. A claim conflicts only if it begins
before the furthest end of those before it, so one pass leaves aside everything that nobody
disputes; the number of pairs of registries does not matter.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from hub.domain.reconciliation.axis import SERIAL_MASK, Bools, Int64s, empty, runs, series_id_of
from hub.domain.reconciliation.codes import MEANING, FindingCode
from hub.domain.reconciliation.columns import Snapshot
from hub.domain.reconciliation.findings import Evidence, Finding, Statement, in_order
from hub.domain.reconciliation.sweep import Blocks
from hub.domain.reconciliation.vocabulary import (
    MASK,
    SHIFT,
    SPENT_NUMBERS,
    Field,
    Vocabulary,
    field_numbers,
)
from schema.identifiers import SerialRange

WINDOW_CLAIMS: Final = 1 << 19
"""Claims looked at together, over all registries."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Conflicts:
    """Intervals that several registries claim; who claims each lies in `claimant` and `word`.

    The claims of interval i are those from `offset[i]` up to `offset[i + 1]`, in the order of
    registries; adjacent intervals never have equal claims.
    """

    start: Int64s
    end: Int64s
    offset: Int64s
    claimant: Int64s
    """Place in the sequence of statements."""
    word: Int64s

    def __len__(self) -> int:
        """Return the number of intervals."""
        return len(self.start)


def double_claims(statements: Sequence[Snapshot]) -> list[Finding]:
    """Return the serials that two or more registries state as their own.

    Each statement is the whole of one registry, and `source` is its id. What a registry states
    about the holdings of others is no claim.

    Raises:
        ValueError: the statements have vocabularies of their own, or a registry stands twice.
    """
    if not statements:
        return []
    vocabulary = statements[0].vocabulary
    if any(one.vocabulary is not vocabulary for one in statements):
        raise ValueError("statements can be compared only when they share one vocabulary")
    sources = [one.source for one in statements]
    if len(set(sources)) != len(sources):
        raise ValueError("a registry has one statement")
    conflicts = find_conflicts(statements)
    return in_order(_findings_of(conflicts, vocabulary, sources))


def find_conflicts(statements: Sequence[Snapshot]) -> Conflicts:
    """Return every interval with two or more claims, window by window along the axis."""
    own = [one.vocabulary.registries.number(one.source) for one in statements]
    parts = []
    for low, high in _windows(statements):
        claims = [
            _claims_in(one, low, high, own_number)
            for one, own_number in zip(statements, own, strict=True)
        ]
        found = _conflicts_among(claims)
        if found is not None:
            parts.append(found)
    return _joined(parts)


def _windows(statements: Sequence[Snapshot]) -> Iterator[tuple[int, int]]:
    """Cut the axis so that each window holds about `WINDOW_CLAIMS` claims."""
    step = max(1, WINDOW_CLAIMS // max(1, len(statements)))
    samples = np.sort(np.concatenate([empty(), *(one.start[::step] for one in statements)]))
    per_window = max(1, WINDOW_CLAIMS // step)
    cuts = np.unique(samples[per_window::per_window]).tolist()
    yield from pairwise([0, *cuts, int(np.iinfo(np.int64).max)])


def _claims_in(statement: Snapshot, low: int, high: int, own_number: int) -> Blocks:
    """Return what a registry states as its own in a window."""
    begin = int(np.searchsorted(statement.end, low, side="right"))
    stop = int(np.searchsorted(statement.start, high, side="left"))
    word = np.asarray(statement.word[begin:stop])
    start = np.maximum(statement.start[begin:stop], low)
    end = np.minimum(statement.end[begin:stop], high)
    foreign = (word & MASK[Field.REGISTRY]) != own_number << SHIFT[Field.REGISTRY]
    if not foreign.any():
        return Blocks(start=start, end=end, word=word)
    rows = np.flatnonzero(~foreign)
    return Blocks(start=start[rows], end=end[rows], word=word[rows])


def _conflicts_among(claims: Sequence[Blocks]) -> Conflicts | None:
    start = np.concatenate([one.start for one in claims])
    order = np.argsort(start, kind="stable")
    start = start[order]
    end = np.concatenate([one.end for one in claims])[order]
    reach = np.maximum.accumulate(end)
    apart = np.ones(len(start) + 1, dtype=np.bool_)
    apart[1:-1] = start[1:] >= reach[:-1]
    # A claim is undisputed when it is apart from all before it and all after it.
    disputed = np.flatnonzero(~(apart[:-1] & apart[1:]))
    if len(disputed) == 0:
        return None
    chosen = order[disputed]
    counts = np.array([len(one) for one in claims])
    claimant = np.searchsorted(np.cumsum(counts), chosen, side="right")
    word = np.concatenate([one.word for one in claims])[chosen]
    return _segments(start[disputed], end[disputed], claimant, word)


def _segments(start: Int64s, end: Int64s, claimant: Int64s, word: Int64s) -> Conflicts:
    """Cut disputed claims at all their edges and keep what two or more of them cover."""
    edges = np.unique(np.concatenate((start, end)))
    first, stop = np.searchsorted(edges, start), np.searchsorted(edges, end)
    begun = np.bincount(first, minlength=len(edges))
    ended = np.bincount(stop, minlength=len(edges))
    covered = np.flatnonzero(np.cumsum(begun - ended)[:-1] > 1)
    # Number the covered segments; a claim covers those numbered from `low` up to `high`.
    low, high = np.searchsorted(covered, first), np.searchsorted(covered, stop)
    row = np.repeat(np.arange(len(start)), high - low)
    offset = np.arange(len(row)) - np.repeat(np.cumsum(high - low) - (high - low), high - low)
    segment = low[row] + offset
    order = np.lexsort((claimant[row], segment))
    row, segment = row[order], segment[order]
    bounds = np.searchsorted(segment, np.arange(len(covered) + 1))
    return _merged(
        Conflicts(
            start=edges[covered],
            end=edges[covered + 1],
            offset=bounds,
            claimant=claimant[row],
            word=word[row],
        )
    )


def _merged(found: Conflicts) -> Conflicts:
    """Join adjacent intervals with equal claims."""
    if len(found) <= 1:
        return found
    breaks = np.ones(len(found), dtype=np.bool_)
    breaks[1:] = (found.start[1:] != found.end[:-1]) | _claims_differ(found)
    begins, ends = runs(breaks)
    count = np.diff(found.offset)[begins]
    offset = np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(count)))
    kept = np.repeat(found.offset[begins] - offset[:-1], count) + np.arange(offset[-1])
    return Conflicts(
        start=found.start[begins],
        end=found.end[ends - 1],
        offset=offset,
        claimant=found.claimant[kept],
        word=found.word[kept],
    )


def _claims_differ(found: Conflicts) -> Bools:
    """Tell for every interval but the first whether its claims differ from the one before."""
    count = np.diff(found.offset)
    same_count = count[1:] == count[:-1]
    # Compare each claim with the one that many places further on: the same one of the next
    # interval, where the counts are equal.
    here = np.arange(found.offset[-2])
    ahead = np.minimum(here + np.repeat(count[:-1], count[:-1]), len(found.word) - 1)
    equal = found.claimant[here] == found.claimant[ahead]
    equal &= found.word[here] == found.word[ahead]
    differ: Bools = ~(same_count & np.logical_and.reduceat(equal, found.offset[:-2]))
    return differ


def _joined(parts: list[Conflicts]) -> Conflicts:
    """Put windows together; what was cut between two windows is joined again."""
    counts = np.concatenate([empty(), *(np.diff(part.offset) for part in parts)])
    return _merged(
        Conflicts(
            start=np.concatenate([empty(), *(part.start for part in parts)]),
            end=np.concatenate([empty(), *(part.end for part in parts)]),
            offset=np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(counts))),
            claimant=np.concatenate([empty(), *(part.claimant for part in parts)]),
            word=np.concatenate([empty(), *(part.word for part in parts)]),
        )
    )


def _findings_of(
    found: Conflicts, vocabulary: Vocabulary, sources: Sequence[str]
) -> Iterator[Finding]:
    """Tell adjacent conflicts of one kind among the same registries once."""
    teller = _Teller(found, vocabulary, sources)
    begin = 0
    for index in range(1, len(found) + 1):
        if index == len(found) or not teller.continues(index):
            yield teller.finding(begin, index)
            begin = index


class _Teller:
    """Reads conflicts as plain lists and builds findings from them."""

    def __init__(self, found: Conflicts, vocabulary: Vocabulary, sources: Sequence[str]) -> None:
        self._start: list[int] = found.start.tolist()
        self._end: list[int] = found.end.tolist()
        self._offset: list[int] = found.offset.tolist()
        self._claimant: list[int] = found.claimant.tolist()
        self._word: list[int] = found.word.tolist()
        spent = np.isin(field_numbers(found.word, Field.STATUS), SPENT_NUMBERS)
        self._spent: list[bool] = spent.tolist()
        self._vocabulary = vocabulary
        self._sources = sources
        self._known: dict[tuple[int, int], Statement] = {}

    def continues(self, index: int) -> bool:
        """Tell whether a conflict carries on the one before it."""
        return (
            self._start[index] == self._end[index - 1]
            and self._claimants(index) == self._claimants(index - 1)
            and self._code(index) is self._code(index - 1)
        )

    def finding(self, begin: int, end: int) -> Finding:
        """Build the finding of adjacent conflicts."""
        evidence = tuple(self._evidence(index) for index in range(begin, end))
        code = self._code(begin)
        return Finding(
            code=code,
            severity=MEANING[code].severity,
            sources=tuple(self._sources[place] for place in self._claimants(begin)),
            series=self._vocabulary.series.value(series_id_of(self._start[begin])),
            serials=SerialRange(evidence[0].serials.first, evidence[-1].serials.last),
            evidence=evidence,
        )

    def _claims(self, index: int) -> slice:
        return slice(self._offset[index], self._offset[index + 1])

    def _claimants(self, index: int) -> list[int]:
        return self._claimant[self._claims(index)]

    def _code(self, index: int) -> FindingCode:
        both = len(set(self._spent[self._claims(index)])) > 1
        return FindingCode.USED_AND_STILL_HELD if both else FindingCode.DOUBLE_CLAIM

    def _evidence(self, index: int) -> Evidence:
        claims = self._claims(index)
        first, last = self._start[index] & SERIAL_MASK, (self._end[index] - 1) & SERIAL_MASK
        return Evidence(
            serials=SerialRange(first, last),
            statements=tuple(
                self._statement(place, word)
                for place, word in zip(self._claimant[claims], self._word[claims], strict=True)
            ),
        )

    def _statement(self, place: int, word: int) -> Statement:
        known = self._known.get((place, word))
        if known is None:
            state = self._vocabulary.state(word)
            known = self._known[place, word] = Statement(source=self._sources[place], state=state)
        return known
