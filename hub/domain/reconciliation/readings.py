"""Blocks whose own identifier, read in the format of its registry, says something else.

Registries print serials of their own beside the ITMO identifier. `schema.formats` reads them; here
it is compared what was read with the block for which it was stated.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from hub.domain.reconciliation.codes import MEANING, FindingCode
from hub.domain.reconciliation.findings import Evidence, Finding, Statement, in_order
from schema.identifiers import ItmoBlock, SerialRange


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """An identifier as the source wrote it, the block it was stated for, and what it reads as."""

    source: str
    stated: ItmoBlock
    identifier: str
    read: ItmoBlock


def misreadings(readings: Iterable[Reading]) -> list[Finding]:
    """Return the blocks whose identifier reads as another series or other serials.

    Adjacent blocks of one source that are off in the same way are told once.
    """
    wrong = sorted(
        {one for one in readings if one.read != one.stated},
        key=lambda one: (one.source, one.stated, one.read, one.identifier),
    )
    groups: list[list[Reading]] = []
    for one in wrong:
        if groups and _carries_on(groups[-1][-1], one):
            groups[-1].append(one)
        else:
            groups.append([one])
    return in_order(_finding(group) for group in groups)


def _carries_on(before: Reading, after: Reading) -> bool:
    return (
        before.source == after.source
        and before.stated.series == after.stated.series
        and before.read.series == after.read.series
        and before.stated.serials.last + 1 == after.stated.serials.first
        and _shift(before) == _shift(after)
    )


def _shift(reading: Reading) -> tuple[int, int]:
    """Return by how many serials the reading is off at either end."""
    read, stated = reading.read.serials, reading.stated.serials
    return read.first - stated.first, read.last - stated.last


def _finding(group: list[Reading]) -> Finding:
    first, last = group[0], group[-1]
    code = FindingCode.OTHER_IDENTIFIER_READING
    series, other = first.stated.series, first.read.series
    return Finding(
        code=code,
        severity=MEANING[code].severity,
        sources=(first.source,),
        series=series,
        serials=SerialRange(first.stated.serials.first, last.stated.serials.last),
        other_series=None if other == series else other,
        evidence=tuple(
            Evidence(
                serials=one.stated.serials,
                statements=(
                    Statement(source=one.source, state=None, words=one.stated.display()),
                    Statement(source=one.source, state=None, words=one.identifier),
                ),
            )
            for one in group
        ),
    )
