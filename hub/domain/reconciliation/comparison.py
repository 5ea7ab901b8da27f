"""Two statements in, findings out."""

from hub.domain.reconciliation.classification import classify
from hub.domain.reconciliation.columns import Snapshot
from hub.domain.reconciliation.findings import Finding, in_order
from hub.domain.reconciliation.quantities import other_quantities
from hub.domain.reconciliation.series_mixups import take_mixups
from hub.domain.reconciliation.sweep import differences


def compare(left: Snapshot, right: Snapshot) -> list[Finding]:
    """Return every disagreement between two statements about the same scope, each cause once.

    The left side is "here". The result is empty against itself, does not depend on how either side
    splits its blocks, and compared the other way round is the same, mirrored.

    Raises:
        ValueError: the snapshots have vocabularies of their own.
    """
    sources = (left.source, right.source)
    found = differences(left, right)
    rest, mixups = take_mixups(found, left.vocabulary, sources)
    amounts = other_quantities(left, right, found)
    return in_order([*mixups, *classify(rest, left.vocabulary, sources), *amounts])
