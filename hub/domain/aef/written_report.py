"""The readable reports: one submission that was checked, and several that were compared.

Plain Markdown, the same text for every Party that takes part.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from hub.domain.aef.codes import CATALOGUE, FindingCode, Severity
from hub.domain.aef.compare import Comparison
from hub.domain.aef.findings import Finding, is_submittable

SHOWN_MAX = 200
"""Findings of one code that are listed; the rest is counted."""

_SEVERITIES = (Severity.ERROR, Severity.WARNING, Severity.NOTE)


def write_check_report(title: str, findings: Sequence[Finding]) -> str:
    """Tell what a check found: the verdict, then every finding by severity and code."""
    verdict = "can be submitted" if is_submittable(findings) else "cannot be submitted yet"
    lines = [f"# {_plain(title)}", "", f"The submission {verdict}.", "", *_counts(findings), ""]
    return "\n".join([*lines, *_sections(findings)]).rstrip() + "\n"


def write_comparison_report(comparison: Comparison) -> str:
    """Tell both sides how their submissions fit together: flows, verdict, differences."""
    parties = " and ".join(comparison.parties)
    years = ", ".join(map(str, comparison.years))
    verdict = "agree" if comparison.is_consistent else "differ"
    lines = [
        f"# AEF submissions of {parties} for {years}",
        "",
        f"The submissions {verdict}.",
        "",
        *_counts(comparison.findings),
        "",
        "| from | to | transferred (t CO2 eq) | acquired (t CO2 eq) | rows | compared |",
        "|---|---|---:|---:|---:|---|",
    ]
    for flow in comparison.flows:
        compared = "yes" if flow.is_compared else "no: one side has not reported"
        lines.append(
            f"| {flow.seller} | {flow.buyer} | {flow.transferred:,} | {flow.acquired:,} "
            f"| {flow.rows_out} / {flow.rows_in} | {compared} |"
        )
    return "\n".join([*lines, "", *_sections(comparison.findings)]).rstrip() + "\n"


def _counts(findings: Iterable[Finding]) -> Iterator[str]:
    counted: dict[Severity, int] = defaultdict(int)
    for finding in findings:
        counted[finding.severity] += 1
    told = [f"{counted[severity]} {severity.value}s" for severity in _SEVERITIES]
    yield ", ".join(told) + "."


def _sections(findings: Iterable[Finding]) -> Iterator[str]:
    groups: dict[tuple[Severity, FindingCode], list[Finding]] = defaultdict(list)
    for finding in findings:
        groups[finding.severity, finding.code].append(finding)
    ordered = sorted(
        groups.items(), key=lambda group: (_SEVERITIES.index(group[0][0]), group[0][1].value)
    )
    for (severity, code), found in ordered:
        yield from (f"## {severity.value.capitalize()}: {code.value}", "")
        entry = CATALOGUE[code]
        yield from (f"Rule: {entry.rule}.", "", f"What to do: {entry.advice}", "")
        for finding in found[:SHOWN_MAX]:
            yield f"- {_plain(finding.locus.describe())}: {_plain(finding.message)}"
            for related in finding.related:
                yield f"  - compare with {_plain(related.describe())}"
        if len(found) > SHOWN_MAX:
            yield f"- and {len(found) - SHOWN_MAX} more"
        yield ""


def _plain(text: str) -> str:
    """Keep foreign text from being read as markup or from breaking the line."""
    escaped = "".join(f"\\{mark}" if mark in "\\`*_[]<>|#" else mark for mark in text)
    return " ".join(escaped.split())
