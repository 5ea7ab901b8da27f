"""Validation of one submission by itself: fields, references and blocks (4/CMA.6, annex II)."""

from itertools import chain, islice

from hub.domain.aef.blocks import check_blocks, check_references
from hub.domain.aef.fields import FieldRules, check_fields
from hub.domain.aef.findings import FINDINGS_MAX, Finding
from schema.aef.interpret import Interpreter
from schema.aef.records import Submission
from schema.aef.rows import Report


def validate(
    report: Report, rules: FieldRules, submission: Submission | None = None
) -> tuple[Finding, ...]:
    """Return everything wrong with a submission by itself, at most `FINDINGS_MAX` findings.

    `submission` is the interpreted report, when the caller has it already.
    """
    typed = submission or Interpreter(rules.nomenclature).submission(report)
    found = chain(
        check_fields(report, rules), check_references(report, typed), check_blocks(report, typed)
    )
    return tuple(islice(found, FINDINGS_MAX))
