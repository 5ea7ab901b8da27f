"""Two statements in, findings out."""

from typing import Final

from hub.domain.reconciliation.classification import classify
from hub.domain.reconciliation.columns import Snapshot
from hub.domain.reconciliation.findings import Finding, in_order
from hub.domain.reconciliation.quantities import other_quantities
from hub.domain.reconciliation.series_mixups import take_mixups
from hub.domain.reconciliation.sweep import differences

DIFFERENCES_MAX: Final = 2_000_000
"""More intervals than this are no list of disagreements but another book."""


class TooManyDifferencesError(Exception):
    """Two statements differ throughout: a mapping or a scope is wrong, not single units."""

    def __init__(self, intervals: int, units: int) -> None:
        """Keep how much differs."""
        super().__init__(f"{intervals} intervals with {units} serials differ")
        self.intervals = intervals
        self.units = units


def compare(left: Snapshot, right: Snapshot) -> list[Finding]:
    """Return every disagreement between two statements about the same scope, each cause once.

    The left side is "here". The result is empty against itself, does not depend on how either side
    splits its blocks, and compared the other way round is the same, mirrored.

    Raises:
        ValueError: the snapshots have vocabularies of their own.
        TooManyDifferencesError: there is no use in telling them one by one.
    """
    sources = (left.source, right.source)
    found = differences(left, right)
    if len(found) > DIFFERENCES_MAX:
        raise TooManyDifferencesError(len(found), found.units)
    rest, mixups = take_mixups(found, left.vocabulary, sources)
    amounts = other_quantities(left, right, found)
    return in_order([*mixups, *classify(rest, left.vocabulary, sources), *amounts])
