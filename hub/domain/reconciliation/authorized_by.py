"""Units for use towards an NDC that one Party alone has authorized.

Awaiting the other Party is ordinary at first; it becomes grave once the units are first transferred
or used towards an NDC.
"""

from typing import Final

import numpy as np

from hub.domain.reconciliation.attributes import AuthorizationView, Facet
from hub.domain.reconciliation.axis import SERIAL_MASK, series_id_of
from hub.domain.reconciliation.classification import adjacent_runs
from hub.domain.reconciliation.codes import FindingCode, Severity
from hub.domain.reconciliation.columns import Snapshot
from hub.domain.reconciliation.findings import Evidence, Finding, Statement, in_order
from hub.domain.reconciliation.sweep import Differences, joined
from hub.domain.reconciliation.vocabulary import Field, field_numbers
from schema.codes import AuthorizationStatus, UnitStatus
from schema.identifiers import SerialRange

_STANDING: Final = frozenset({AuthorizationStatus.IN_FORCE, AuthorizationStatus.CONSUMED})
_NEEDED: Final = frozenset({Facet.PURPOSE, Facet.TRANSFERRING_STATUS, Facet.ACQUIRING_STATUS})
_RANK: Final = (Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL)


def authorized_by_one_party(snapshot: Snapshot) -> list[Finding]:
    """Return the serials whose NDC use is authorized by exactly one of the two Parties.

    Nothing is returned for a source that does not state what both Parties have said.
    """
    if not snapshot.facets >= _NEEDED:
        return []
    views = snapshot.vocabulary.authorizations.values
    one_sided = np.array([False, *(_by_one_party(view) for view in views)])
    rows = np.flatnonzero(one_sided[field_numbers(snapshot.word, Field.AUTHORIZATION)])
    word = snapshot.word[rows]
    found = joined(
        [
            Differences(
                start=snapshot.start[rows],
                end=snapshot.end[rows],
                left=word,
                right=np.zeros_like(word),
            )
        ]
    )
    begins, ends = adjacent_runs(found, (field_numbers(found.left, Field.AUTHORIZATION),))
    return in_order(
        _finding(snapshot, found, range(begin, end))
        for begin, end in zip(begins.tolist(), ends.tolist(), strict=True)
    )


def _by_one_party(view: AuthorizationView) -> bool:
    standing = (view.transferring in _STANDING, view.acquiring in _STANDING)
    return view.covers_ndc() and standing[0] != standing[1]


def _finding(snapshot: Snapshot, found: Differences, rows: range) -> Finding:
    vocabulary = snapshot.vocabulary
    evidence = tuple(
        Evidence(
            serials=SerialRange(
                int(found.start[row]) & SERIAL_MASK, (int(found.end[row]) - 1) & SERIAL_MASK
            ),
            statements=(
                Statement(source=snapshot.source, state=vocabulary.state(int(found.left[row]))),
            ),
        )
        for row in rows
    )
    states = [statement.state for part in evidence for statement in part.statements]
    view = states[0].authorization if states[0] else None
    missing = view is not None and view.transferring in _STANDING
    return Finding(
        code=FindingCode.NDC_AUTHORIZED_BY_ONE_PARTY,
        severity=max((_severity(part) for part in evidence), key=_RANK.index),
        sources=(snapshot.source,),
        series=vocabulary.series.value(series_id_of(int(found.start[rows[0]]))),
        serials=SerialRange(evidence[0].serials.first, evidence[-1].serials.last),
        facets=frozenset({Facet.ACQUIRING_STATUS if missing else Facet.TRANSFERRING_STATUS}),
        evidence=evidence,
    )


def _severity(part: Evidence) -> Severity:
    state = part.statements[0].state
    if state is None:
        return Severity.MEDIUM
    if state.status is UnitStatus.USED_NDC:
        return Severity.CRITICAL
    return Severity.HIGH if state.first_transferred else Severity.MEDIUM
