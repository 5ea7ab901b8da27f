"""From the findings of a run to discrepancies: what is new, what stays, what is gone or back.

A finding belongs to the discrepancy of the same dispute with which it shares a serial. So a dispute
that grows, shrinks or falls apart is still the same one, and what a run finds again is not opened
twice.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Final
from uuid import UUID, uuid5

import msgspec

from hub.domain.reconciliation.codes import Aspect, Severity
from hub.domain.reconciliation.concerned import registries_concerned
from hub.domain.reconciliation.discrepancy import (
    Discrepancy,
    DiscrepancyEvent,
    DiscrepancyState,
    Dispute,
    advance,
)
from hub.domain.reconciliation.findings import Finding, in_order
from schema.identifiers import ItmoSeries, RegistryId, SerialRange
from schema.refusals import Refusal
from schema.serials import SerialSet

_NAMESPACE: Final = UUID("5a3c0d4e-61a7-5d0f-9f0e-3b1f6f0a7c11")
"""Fixed for ever: the ids of discrepancies are derived in it."""
_GONE: Final = frozenset({DiscrepancyState.RESOLVED, DiscrepancyState.ACCEPTED_BY_BOTH})
_SEVERITIES: Final = tuple(Severity)


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """What one run has compared, and the instant of which its statements speak."""

    run_id: UUID
    sources: tuple[str, ...]
    """Whose statements were compared."""
    among_all: bool
    """Whether all were compared with all (double claims, movements), or two with one another."""
    aspects: frozenset[Aspect]
    series: frozenset[ItmoSeries] | None
    """None for all series."""
    at: datetime
    known_registries: frozenset[RegistryId]

    def dispute_of(self, finding: Finding) -> Dispute:
        """Return what a finding of this run is about, whatever its serials and words."""
        if not self.among_all:
            sources = self.sources
        elif finding.aspect is Aspect.CLAIM:
            sources = ()
        else:
            sources = finding.sources
        return Dispute(aspect=finding.aspect, sources=tuple(sorted(sources)), series=finding.series)

    def answers(self, discrepancy: Discrepancy) -> bool:
        """Tell whether the run would have found a discrepancy if it were there.

        It says nothing about what it did not compare, nor about what admission found, nor, its
        statements being too old, about what was opened or closed after its instant.
        """
        dispute, closed_at = discrepancy.dispute, discrepancy.closed_at
        return (
            dispute.aspect in self.aspects - {Aspect.MESSAGE}
            and (self.series is None or dispute.series in self.series)
            and self._compares(discrepancy)
            and discrepancy.opened_at <= self.at
            and (closed_at is None or closed_at <= self.at)
        )

    def _compares(self, discrepancy: Discrepancy) -> bool:
        dispute = discrepancy.dispute
        if not self.among_all:
            return dispute.sources == tuple(sorted(self.sources))
        of_all = not dispute.sources if dispute.aspect is Aspect.CLAIM else True
        return of_all and set(discrepancy.sources) <= set(self.sources)


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What a run does to a discrepancy that is known."""

    before: Discrepancy
    event: DiscrepancyEvent
    after: Discrepancy


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a run does to all discrepancies that it covers."""

    opened: tuple[Discrepancy, ...]
    changes: tuple[Change, ...]


Share = tuple[Finding, SerialSet]
"""A finding, and the part of its serials that belongs to one discrepancy."""


def settle(findings: Iterable[Finding], known: Iterable[Discrepancy], run: Run) -> Outcome:
    """Match the findings of a run with the discrepancies that are known, closed ones included."""
    found: dict[Dispute, list[Finding]] = defaultdict(list)
    for finding in findings:
        found[run.dispute_of(finding)].append(finding)
    answered: dict[Dispute, list[Discrepancy]] = defaultdict(list)
    left_alone: dict[Dispute, list[Discrepancy]] = defaultdict(list)
    for discrepancy in known:
        answers = run.answers(discrepancy)
        (answered if answers else left_alone)[discrepancy.dispute].append(discrepancy)
    opened: list[Discrepancy] = []
    changes: list[Change] = []
    for dispute in sorted(found.keys() | answered.keys()):
        shares, rest = _shared_out(found[dispute], answered[dispute])
        told = _overlapping(rest, left_alone[dispute])
        opened.extend(
            _opened(dispute, finding, run)
            for finding, told_before in zip(rest, told, strict=True)
            if not told_before
        )
        for discrepancy in answered[dispute]:
            change = _changed(discrepancy, shares[discrepancy.discrepancy_id], run)
            if change is not None:
                changes.append(change)
    return Outcome(opened=tuple(opened), changes=tuple(changes))


def _shared_out(
    findings: list[Finding], known: list[Discrepancy]
) -> tuple[dict[UUID, list[Share]], list[Finding]]:
    """Give each finding to the discrepancies it overlaps; return the rest."""
    ordered = sorted(findings, key=lambda one: one.serials)
    live = [one for one in known if one.state not in _GONE]
    gone = [one for one in known if one.state in _GONE]
    shares: dict[UUID, list[Share]] = defaultdict(list)
    new: list[Finding] = []
    for finding, ours, former in zip(
        ordered, _overlapping(ordered, live), _overlapping(ordered, gone), strict=True
    ):
        if ours:
            for discrepancy, part in _parts(finding, ours):
                shares[discrepancy.discrepancy_id].append((finding, part))
        elif former:
            latest = max(former, key=lambda one: (one.changed_at, one.discrepancy_id))
            shares[latest.discrepancy_id].append((finding, SerialSet((finding.serials,))))
        else:
            new.append(finding)
    return shares, new


def _parts(
    finding: Finding, overlapped: list[Discrepancy]
) -> Iterable[tuple[Discrepancy, SerialSet]]:
    """Give each discrepancy its own serials, and what is left to the oldest one still open."""
    rest = SerialSet((finding.serials,))
    oldest_first = sorted(
        overlapped, key=lambda one: (one.is_closed, one.opened_at, one.discrepancy_id)
    )
    parts = []
    for discrepancy in oldest_first:
        parts.append(rest & discrepancy.serials)
        rest = rest - discrepancy.serials
    parts[0] = parts[0] | rest
    return zip(oldest_first, parts, strict=True)


def _overlapping(
    findings: list[Finding], discrepancies: Sequence[Discrepancy]
) -> list[list[Discrepancy]]:
    """Return, per finding, the discrepancies that share a serial; findings come sorted."""
    ranges = sorted(
        (
            (serials, place)
            for place, one in enumerate(discrepancies)
            for serials in one.serials.ranges
        ),
        key=lambda item: item[0],
    )
    active: list[tuple[SerialRange, int]] = []
    upcoming = 0
    overlapped: list[list[Discrepancy]] = []
    for finding in findings:
        while upcoming < len(ranges) and ranges[upcoming][0].first <= finding.serials.last:
            active.append(ranges[upcoming])
            upcoming += 1
        active = [item for item in active if item[0].last >= finding.serials.first]
        places = {place for serials, place in active if serials.first <= finding.serials.last}
        overlapped.append([discrepancies[place] for place in sorted(places)])
    return overlapped


def _opened(dispute: Dispute, finding: Finding, run: Run) -> Discrepancy:
    share = (finding, SerialSet((finding.serials,)))
    # Derived, so that a run that is repeated after a crash opens the same ones again.
    name = msgspec.json.encode([run.run_id, dispute, finding.code, finding.serials])
    return Discrepancy(
        discrepancy_id=uuid5(_NAMESPACE, name.decode()),
        dispute=dispute,
        sources=tuple(sorted(finding.sources)),
        code=finding.code,
        severity=finding.severity,
        serials=share[1],
        evidence_digest=evidence_digest([share]),
        concerned=frozenset(registries_concerned(finding, run.known_registries)),
        state=DiscrepancyState.OPEN,
        opened_at=run.at,
        changed_at=run.at,
    )


def _changed(discrepancy: Discrepancy, shares: list[Share], run: Run) -> Change | None:
    if not shares:
        if discrepancy.state is DiscrepancyState.RESOLVED:
            return None
        return _change(discrepancy, discrepancy, DiscrepancyEvent.NOT_FOUND, run)
    serials = SerialSet.of(serials for _, part in shares for serials in part.ranges)
    digest = evidence_digest(shares)
    same = serials == discrepancy.serials and digest == discrepancy.evidence_digest
    findings = in_order(finding for finding, _ in shares)
    gravest = min(findings, key=lambda one: _SEVERITIES.index(one.severity))
    concerned = [registries_concerned(one, run.known_registries) for one in findings]
    restated = msgspec.structs.replace(
        discrepancy,
        sources=tuple(sorted({source for finding in findings for source in finding.sources})),
        code=gravest.code,
        severity=gravest.severity,
        serials=serials,
        evidence_digest=digest,
        concerned=frozenset().union(*concerned),
    )
    event = DiscrepancyEvent.FOUND_AGAIN if same else DiscrepancyEvent.FOUND_CHANGED
    return _change(discrepancy, restated, event, run)


def _change(
    before: Discrepancy, restated: Discrepancy, event: DiscrepancyEvent, run: Run
) -> Change:
    after = advance(restated, event, at=run.at)
    if isinstance(after, Refusal):
        raise TypeError(f"a run is never refused: {event} while {before.state}")
    return Change(before=before, event=event, after=after)


def evidence_digest(shares: Iterable[Share]) -> str:
    """Return a digest of what is stated about some serials: equal when the same is found again."""
    lines = sorted(
        msgspec.json.encode([finding.code, finding.sources, serials, part.statements])
        for finding, own in shares
        for part in finding.evidence
        for serials in (SerialSet((part.serials,)) & own).ranges
    )
    return blake2b(b"\n".join(lines), digest_size=32).hexdigest()
