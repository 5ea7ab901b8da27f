"""Disagreements that come up while a message is admitted, as discrepancies like any other."""

from collections import defaultdict
from datetime import datetime
from hashlib import blake2b
from typing import Final
from uuid import UUID, uuid5

import msgspec

from hub.domain.reconciliation.codes import MEANING, FindingCode
from hub.domain.reconciliation.discrepancy import Discrepancy, DiscrepancyState, Dispute
from hub.domain.state import Case, CaseKind
from schema.identifiers import ItmoSeries, SerialRange
from schema.serials import SerialSet

_NAMESPACE: Final = UUID("c1f7b0de-2e5a-5b0c-8a55-6c1f3d0b9e42")
"""Fixed for ever: the ids of discrepancies from admission are derived in it."""

_CODE: Final[dict[CaseKind, FindingCode]] = {
    CaseKind.LATE_ANSWER: FindingCode.LATE_ANSWER,
    CaseKind.CANNOT_APPLY: FindingCode.CANNOT_APPLY,
    CaseKind.DOUBLE_ISSUANCE: FindingCode.DOUBLE_ISSUANCE,
}


def discrepancies_of(case: Case, *, at: datetime) -> list[Discrepancy]:
    """Return the discrepancies of a case, one for each series that it touches.

    Their ids are derived from the message, so that admitting it again opens nothing new. No run
    closes them: they end by acceptance or by hand.
    """
    by_series: dict[ItmoSeries, list[SerialRange]] = defaultdict(list)
    for interval in case.intervals:
        by_series[interval.series].append(SerialRange(interval.first, interval.last))
    code = _CODE[case.kind]
    sources = tuple(sorted(set(case.registries)))
    digest = blake2b(msgspec.json.encode(case), digest_size=32).hexdigest()
    return [
        Discrepancy(
            discrepancy_id=uuid5(
                _NAMESPACE, msgspec.json.encode([case.message_id, case.kind, series]).decode()
            ),
            dispute=Dispute(aspect=MEANING[code].aspect, sources=sources, series=series),
            sources=sources,
            code=code,
            severity=MEANING[code].severity,
            serials=SerialSet.of(ranges),
            evidence_digest=digest,
            concerned=frozenset(sources),
            state=DiscrepancyState.OPEN,
            opened_at=at,
            changed_at=at,
        )
        for series, ranges in sorted(by_series.items())
    ]
