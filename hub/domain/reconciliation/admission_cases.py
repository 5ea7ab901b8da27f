"""Disagreements that come up while a message is admitted, as discrepancies like any other."""

from collections import defaultdict
from datetime import datetime
from hashlib import blake2b
from typing import Final, assert_never
from uuid import UUID, uuid5

import msgspec

from hub.domain.reconciliation.codes import MEANING, FindingCode
from hub.domain.reconciliation.discrepancy import Discrepancy, DiscrepancyState, Dispute
from hub.domain.state import Case, CaseKind
from schema.identifiers import ItmoSeries, SerialRange
from schema.serials import SerialSet

_NAMESPACE: Final = UUID("c1f7b0de-2e5a-5b0c-8a55-6c1f3d0b9e42")
"""Fixed for ever: the ids of discrepancies from admission are derived in it."""


def discrepancies_of(case: Case, *, at: datetime) -> list[Discrepancy]:
    """Return the discrepancies of a case, one for each series that it touches.

    Their ids are derived from the message, so that admitting it again opens nothing new. No run
    closes them: they end by acceptance or by hand. A case about no serials at all, such as two
    texts of one decision, is one discrepancy without a series.
    """
    by_series: dict[ItmoSeries | None, list[SerialRange]] = defaultdict(list)
    for interval in case.intervals:
        by_series[interval.series].append(SerialRange(interval.first, interval.last))
    if not by_series:
        return [_discrepancy(case, None, SerialSet(), at)]
    return [
        _discrepancy(case, series, SerialSet.of(ranges), at) for series, ranges in by_series.items()
    ]


def code_of(kind: CaseKind) -> FindingCode:
    """Return the code under which a case from admission is followed."""
    match kind:
        case CaseKind.LATE_ANSWER:
            return FindingCode.LATE_ANSWER
        case CaseKind.CANNOT_APPLY:
            return FindingCode.CANNOT_APPLY
        case CaseKind.DOUBLE_ISSUANCE:
            return FindingCode.DOUBLE_ISSUANCE
        case CaseKind.DECISION_DIFFERS:
            return FindingCode.DECISION_DIFFERS
        case _:
            assert_never(kind)


def _discrepancy(
    case: Case, series: ItmoSeries | None, serials: SerialSet, at: datetime
) -> Discrepancy:
    code = code_of(case.kind)
    sources = tuple(sorted(set(case.registries)))
    name = msgspec.json.encode([case.message_id, case.kind, series]).decode()
    return Discrepancy(
        discrepancy_id=uuid5(_NAMESPACE, name),
        dispute=Dispute(aspect=MEANING[code].aspect, sources=sources, series=series),
        sources=sources,
        code=code,
        severity=MEANING[code].severity,
        serials=serials,
        evidence_digest=blake2b(msgspec.json.encode(case), digest_size=32).hexdigest(),
        concerned=frozenset(sources),
        state=DiscrepancyState.OPEN,
        opened_at=at,
        changed_at=at,
    )
