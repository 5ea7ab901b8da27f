"""The findings themselves: what is told about one disagreement, with both sides' words.

A finding is about adjacent serials of one series and about one aspect, so that two independent
lies about one serial are two findings, and one lie that changes account, kind and status together
is one.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

import msgspec

from hub.domain.reconciliation.attributes import Facet, UnitState
from hub.domain.reconciliation.codes import MEANING, Aspect, FindingCode, Severity
from schema.codes import Metric
from schema.identifiers import ItmoSeries, SerialRange


class Statement(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What one source states about some serials; `state` is None where it states nothing."""

    source: str
    state: UnitState | None
    quantity: Decimal | None = None
    """In the unit of the metric, where quantities are what differs."""
    words: str | None = None
    """What the source wrote, where identifiers are what differs."""


class Evidence(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A part of a finding on which every source states one thing."""

    serials: SerialRange
    statements: tuple[Statement, ...]


class Finding(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One disagreement about adjacent serials of one series.

    `sources` are the two sides in the order of the comparison, or every registry that claims the
    serials. `other_series` is where the second source has the serials, when it is not `series`.
    """

    code: FindingCode
    severity: Severity
    sources: tuple[str, ...]
    series: ItmoSeries
    serials: SerialRange
    facets: frozenset[Facet] = frozenset()
    evidence: tuple[Evidence, ...]
    other_series: ItmoSeries | None = None

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
        """Return the finding as the other side of the same comparison has it."""
        return msgspec.structs.replace(
            self,
            code=_MIRRORED_CODE.get(self.code, self.code),
            sources=self.sources[::-1],
            series=self.other_series or self.series,
            other_series=self.series if self.other_series else None,
            evidence=tuple(
                msgspec.structs.replace(part, statements=part.statements[::-1])
                for part in self.evidence
            ),
        )


_MIRRORED_CODE: Final = {
    FindingCode.MISSING_HERE: FindingCode.MISSING_THERE,
    FindingCode.MISSING_THERE: FindingCode.MISSING_HERE,
    FindingCode.TRANSFER_WITHOUT_ACQUISITION: FindingCode.ACQUISITION_WITHOUT_TRANSFER,
    FindingCode.ACQUISITION_WITHOUT_TRANSFER: FindingCode.TRANSFER_WITHOUT_ACQUISITION,
}
_CODE_RANK: Final = {code: rank for rank, code in enumerate(FindingCode)}


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings by code, series and serials."""
    return sorted(
        findings, key=lambda one: (_CODE_RANK[one.code], one.series, one.serials, one.sources)
    )


def _in_tonnes(part: Evidence) -> bool:
    states = [one.state for one in part.statements if one.state is not None]
    return not states or any(state.measure.metric is Metric.GHG for state in states)
