"""Whom a finding concerns: the registries that are told, and by when they must answer."""

from datetime import datetime, timedelta
from typing import Final

from hub.domain.reconciliation.codes import Aspect, Severity
from hub.domain.reconciliation.findings import Finding
from schema.identifiers import PartyId, RegistryId, registry_party

ANSWER_WITHIN: Final[dict[Severity, timedelta]] = {
    Severity.CRITICAL: timedelta(days=1),
    Severity.HIGH: timedelta(days=5),
    Severity.MEDIUM: timedelta(days=15),
}
"""How long the registries concerned have; an operator may set other times."""

_FIRST_PARTY_CONCERNED: Final = frozenset(
    {
        Aspect.EXISTENCE,
        Aspect.CLAIM,
        Aspect.FIRST_TRANSFER,
        Aspect.AUTHORIZATION,
        Aspect.AUTHORIZED_BY,
    }
)
"""The disputes that touch the first transferring Party's adjustment or its authorization."""


def registries_concerned(
    finding: Finding, known_registries: frozenset[RegistryId]
) -> frozenset[RegistryId]:
    """Return the registries to tell: who states it, who is said to hold, whose adjustment it is.

    Only registries that take part in the hub can be told; `known_registries` names them.
    """
    named = set(finding.sources)
    for part in finding.evidence:
        named.update(one.state.registry for one in part.statements if one.state is not None)
    series = [one for one in (finding.series, finding.other_series) if one is not None]
    parties: set[PartyId] = set()
    if finding.aspect in _FIRST_PARTY_CONCERNED:
        parties.update(one.first_party for one in series)
        named.update(one.registry for one in series)
    return frozenset(
        registry
        for registry in known_registries
        if registry in named or registry_party(registry) in parties
    )


def holders_stated(finding: Finding, source: str) -> frozenset[RegistryId]:
    """Return the registries that hold the serials by the word of one source."""
    return frozenset(
        one.state.registry
        for part in finding.evidence
        for one in part.statements
        if one.source == source and one.state is not None
    )


def answer_due_at(
    severity: Severity,
    told_at: datetime,
    answer_within: dict[Severity, timedelta] = ANSWER_WITHIN,
) -> datetime:
    """Return when the registries concerned must have answered."""
    return told_at + answer_within[severity]
