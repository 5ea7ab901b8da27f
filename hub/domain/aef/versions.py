"""Versions of a submission: their order, what is refused, what is current, and what changed.

A submission is Party, reported year and version X.Y; the first is 1.0 (4/CMA.6, annex II). A
revision is a new submission that replaces the one before; nothing is ever changed in place.
"""

import re
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple, assert_never

from hub.domain.aef.codes import CATALOGUE, FindingCode
from hub.domain.aef.findings import Finding, locate
from hub.domain.aef.world import Filed
from schema.aef.fields import Table
from schema.aef.rows import Report
from schema.aef.tables import SUBMISSION

_VERSION = re.compile(r"([1-9][0-9]{0,5})\.([0-9]{1,6})")


class Version(NamedTuple):
    """X.Y as two numbers, so that 1.10 comes after 1.9."""

    major: int
    minor: int

    def print(self) -> str:
        """Print the version as Table 1 has it."""
        return f"{self.major}.{self.minor}"

    def next_minor(self) -> "Version":
        """Return the version of a correction."""
        return Version(self.major, self.minor + 1)

    def next_major(self) -> "Version":
        """Return the version of a revision as a whole."""
        return Version(self.major + 1, 0)


FIRST_VERSION = Version(1, 0)


def read_version(text: str | None) -> Version | None:
    """Read X.Y; None when the text is no version. X begins at 1, Y at 0."""
    found = _VERSION.fullmatch(text or "")
    return None if found is None else Version(int(found[1]), int(found[2]))


class SubmissionKey(NamedTuple):
    """What one submission is known by."""

    party: str
    year: int
    version: Version


def key_of(filed: Filed) -> SubmissionKey | None:
    """Return the key of a submission; None while Table 1 lacks a part of it."""
    heading = filed.submission.submission
    version = read_version(heading.version)
    if heading.party is None or heading.reported_year is None or version is None:
        return None
    return SubmissionKey(heading.party, heading.reported_year, version)


class Standing(StrEnum):
    """How a submission stands to those filed before it."""

    FIRST = "first of its year"
    SUPERSEDES = "replaces an earlier version"
    DUPLICATE = "the version was filed before"
    OBSOLETE = "a higher version was filed before"


class Admission(NamedTuple):
    """The standing of a submission, and the key it replaces or collides with."""

    standing: Standing
    other: SubmissionKey | None = None

    @property
    def is_admitted(self) -> bool:
        """Say whether the submission may be filed."""
        match self.standing:
            case Standing.FIRST | Standing.SUPERSEDES:
                return True
            case Standing.DUPLICATE | Standing.OBSOLETE:
                return False
            case _:
                assert_never(self.standing)


def admit_version(key: SubmissionKey, filed: Iterable[SubmissionKey]) -> Admission:
    """Judge a submission by those of the same Party and year that were filed before."""
    same = [one for one in filed if (one.party, one.year) == (key.party, key.year)]
    highest = max(same, key=lambda one: one.version, default=None)
    if highest is None:
        return Admission(Standing.FIRST)
    if key in same:
        return Admission(Standing.DUPLICATE, key)
    if highest.version > key.version:
        return Admission(Standing.OBSOLETE, highest)
    return Admission(Standing.SUPERSEDES, highest)


def version_findings(report: Report, admission: Admission) -> tuple[Finding, ...]:
    """Say a refused version as a finding in the cell of the version."""
    if admission.is_admitted or admission.other is None:
        return ()
    is_duplicate = admission.standing is Standing.DUPLICATE
    code = FindingCode.DUPLICATE_SUBMISSION if is_duplicate else FindingCode.OBSOLETE_SUBMISSION
    other = admission.other
    message = f"version {other.version.print()} of {other.party} for {other.year} was filed before"
    return (
        Finding(
            code=code,
            severity=CATALOGUE[code].severity,
            locus=locate(report, Table.SUBMISSION, 0, SUBMISSION["version"]),
            message=message,
        ),
    )


def current_of(filed: Iterable[Filed]) -> tuple[Filed, ...]:
    """Return the highest version of each Party and year, in order of Party and year.

    A submission without a key is left out: nobody could say what it replaces.
    """
    highest: dict[tuple[str, int], tuple[Version, Filed]] = {}
    for one in filed:
        key = key_of(one)
        if key is None:
            continue
        known = highest.get((key.party, key.year))
        if known is None or key.version > known[0]:
            highest[key.party, key.year] = (key.version, one)
    return tuple(highest[place][1] for place in sorted(highest))


def beside(subject: Filed, filed: Sequence[Filed]) -> tuple[Filed, ...]:
    """Return what a submission is checked with: all current ones but its own Party and year."""
    own = (subject.party, subject.year)
    return tuple(one for one in current_of(filed) if (one.party, one.year) != own)
