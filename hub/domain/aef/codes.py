"""The catalogue of findings: every code with its rule, its source and what to do about it.

One table drives messages, documentation and the tests that no code is left without advice.
"""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """What a finding means for the submission."""

    ERROR = "error"
    """The submission cannot be made, or would be found inconsistent."""
    WARNING = "warning"
    """A person should look; the submission can be made."""
    NOTE = "note"
    """Nothing is wrong; something could not be compared, or was read leniently."""


class FindingCode(StrEnum):
    """Every kind of finding; a new member needs an entry in the catalogue."""

    REQUIRED = "required"
    CONDITIONAL_REQUIRED = "conditional-required"
    NOT_APPLICABLE = "not-applicable"
    WRONG_TYPE = "wrong-type"
    FORMAT = "format"
    UNKNOWN_CONTROLLED_VALUE = "unknown-controlled-value"
    CARP_POPULATED = "carp-populated"
    MISSING_AUTHORIZATION = "missing-authorization"
    MISSING_ENTITY = "missing-entity"
    INVALID_BLOCK_RANGE = "invalid-block-range"
    OVERLAPPING_BLOCK = "overlapping-block"
    INCONSISTENT_BLOCK = "inconsistent-block"
    UNRESOLVED_REGISTRY_REF = "unresolved-registry-ref"
    II01 = "II01"
    II02 = "II02"
    II03 = "II03"
    II04 = "II04"
    II05 = "II05"
    II06 = "II06"
    II07 = "II07"
    STC01 = "STC01"
    STC02 = "STC02"
    STC03 = "STC03"
    STC04 = "STC04"
    ISC01 = "ISC01"
    ROLL_FORWARD = "roll-forward"
    SERIAL_COUNT = "serial-count"
    AUTHORIZED_QUANTITY = "authorized-quantity"
    VINTAGE_BEFORE_2021 = "vintage-before-2021"
    VINTAGE_OUTSIDE_TIMEFRAME = "vintage-outside-timeframe"
    DOUBLE_USE = "double-use"
    HELD_TWICE = "held-twice"
    SECOND_FIRST_TRANSFER = "second-first-transfer"
    REGISTRY_PREFIX = "registry-prefix"
    SECTOR_CHANGED = "sector-changed"
    UNIT_BACKS_TWO = "unit-backs-two"
    UNPAIRED_TRANSFER = "unpaired-transfer"
    UNPAIRED_ACQUISITION = "unpaired-acquisition"
    QUANTITY_MISMATCH = "quantity-mismatch"
    ATTRIBUTE_MISMATCH = "attribute-mismatch"
    AUTHORIZATION_MISMATCH = "authorization-mismatch"
    DUPLICATE_SUBMISSION = "duplicate-submission"
    OBSOLETE_SUBMISSION = "obsolete-submission"
    NOT_COMPARABLE = "not-comparable"


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeEntry:
    """What a code stands for. `severity` is the usual one; a check may lower it."""

    rule: str
    advice: str
    severity: Severity = Severity.ERROR


_ANNEX = "4/CMA.6, annex II"
_MANUAL = "Reference Manual, version 3,"

CATALOGUE: dict[FindingCode, CodeEntry] = {
    FindingCode.REQUIRED: CodeEntry(
        rule=f"A required field is filled in; NA counts as empty. {_ANNEX}",
        advice="Fill in the field.",
    ),
    FindingCode.CONDITIONAL_REQUIRED: CodeEntry(
        rule=f"A conditional field is filled in when its condition holds. {_ANNEX}",
        advice="Fill in the field, or correct the field its condition depends on.",
        severity=Severity.WARNING,
    ),
    FindingCode.NOT_APPLICABLE: CodeEntry(
        rule=f"A field stays empty when its condition does not hold. {_ANNEX}",
        advice="Write NA or leave the field blank, or correct the field it depends on.",
    ),
    FindingCode.WRONG_TYPE: CodeEntry(
        rule=f"A value has the type of its field. {_ANNEX}",
        advice="Write a number as a number and a date as a date, not as other text.",
    ),
    FindingCode.FORMAT: CodeEntry(
        rule=f"A value has the form of its field. {_ANNEX}",
        advice="Correct the spelling of the value to the form shown.",
    ),
    FindingCode.UNKNOWN_CONTROLLED_VALUE: CodeEntry(
        rule="A value is in the code list valid at the date of the report. "
        "UNFCCC, list of common nomenclatures under Article 6.2",
        advice="Choose a value of the list, letter by letter.",
    ),
    FindingCode.CARP_POPULATED: CodeEntry(
        rule=f"A field that CARP fills is left alone. {_ANNEX}; 2/CMA.3, annex, para 35",
        advice="Leave the field as the template has it.",
    ),
    FindingCode.MISSING_AUTHORIZATION: CodeEntry(
        rule=f"The authorization of an action or holding is in Table 2. {_ANNEX}",
        advice="Add the authorization to Table 2, or correct its ID in this row.",
    ),
    FindingCode.MISSING_ENTITY: CodeEntry(
        rule=f"The entity named by an action is in Table 5. {_ANNEX}",
        advice="Add the entity to Table 5, or correct its number in this row.",
    ),
    FindingCode.INVALID_BLOCK_RANGE: CodeEntry(
        rule="The first ID of a block is not above its last ID. 6/CMA.4, annex I, paras 5-6",
        advice="Exchange or correct the two IDs.",
    ),
    FindingCode.OVERLAPPING_BLOCK: CodeEntry(
        rule="Two holdings of one registry do not share a unit. 6/CMA.4, annex I, paras 5-6",
        advice="Correct the block of one of the two rows; a unit is held once.",
    ),
    FindingCode.INCONSISTENT_BLOCK: CodeEntry(
        rule="What is used or cancelled is not held, and the same unit has the same attributes "
        "in both tables. 2/CMA.3, annex, para 20",
        advice="Compare the two rows with the registry and correct the wrong one.",
    ),
    FindingCode.UNRESOLVED_REGISTRY_REF: CodeEntry(
        rule="A referenced unit or project exists in the registry that is named",
        advice="Correct the reference, or name the registry that holds the unit.",
    ),
    FindingCode.II01: CodeEntry(
        rule=f"{_MANUAL} II01: a Party reports only on approaches in which it takes part. "
        "4/CMA.6, paras 2-5",
        advice="Report the Party's authorization for this approach, or correct the approach.",
    ),
    FindingCode.II02: CodeEntry(
        rule=f"{_MANUAL} II02: an action is reported once. 2/CMA.3, annex, para 20",
        advice="Remove the repeated row, or correct its date or block.",
    ),
    FindingCode.II03: CodeEntry(
        rule=f"{_MANUAL} II03: the sectors and activity types of an ITMO do not change. "
        "Compared are the authorizations that the rows of the same units cite, not all "
        "authorizations of the approach",
        advice="Compare the two authorizations, and correct the one with the wrong sector.",
    ),
    FindingCode.II04: CodeEntry(
        rule=f"{_MANUAL} II04: the metric of an ITMO does not change. 2/CMA.3, annex, para 1",
        advice="Correct the metric in the wrong row or authorization.",
    ),
    FindingCode.II05: CodeEntry(
        rule=f"{_MANUAL} II05: an ITMO stands on the same underlying unit in every report",
        advice="Compare the unit numbers with the underlying registry and correct the wrong row.",
    ),
    FindingCode.II06: CodeEntry(
        rule=f"{_MANUAL} II06: the using Party and entity are authorized. 4/CMA.6, para 5(b)",
        advice="Correct the Party or entity, or report the authorization that covers it.",
    ),
    FindingCode.II07: CodeEntry(
        rule=f"{_MANUAL} II07: the approach of an ITMO is the same everywhere. "
        "6/CMA.4, annex I, paras 5-6",
        advice="Correct the column, or the identifier, that names another approach.",
    ),
    FindingCode.STC01: CodeEntry(
        rule=f"{_MANUAL} STC01: an action is reported in the year in which it happened. "
        "2/CMA.3, annex, para 20",
        advice="Move the action to the submission of its own year, or correct its date.",
    ),
    FindingCode.STC02: CodeEntry(
        rule=f"{_MANUAL} STC02: what an ITMO is used for is authorized; an authorization for "
        "several purposes covers each of them. 4/CMA.6, para 5(e)",
        advice="Correct the purpose, or cite the authorization that covers it.",
    ),
    FindingCode.STC03: CodeEntry(
        rule=f"{_MANUAL} STC03: an ITMO is used in the NDC period in which it occurred",
        advice="Correct the vintage, the year of use or the NDC period of Table 1.",
    ),
    FindingCode.STC04: CodeEntry(
        rule=f"{_MANUAL} STC04: a first transfer is the event that the authorization defines. "
        "2/CMA.3, annex, para 2",
        advice="Correct the subtype of the action, or the definition in Table 2.",
    ),
    FindingCode.ISC01: CodeEntry(
        rule=f"{_MANUAL} ISC01: what was acquired and not passed on is held at year end. "
        "2/CMA.3, annex, para 20",
        advice="Add the missing holding, or the action by which the units left.",
    ),
    FindingCode.ROLL_FORWARD: CodeEntry(
        rule="Holdings of a year are those of the year before, plus what came in, less what went "
        "out. 2/CMA.3, annex, para 20",
        advice="Add the missing action or holding, or correct its block.",
    ),
    FindingCode.SERIAL_COUNT: CodeEntry(
        rule="A block in t CO2 eq has as many tonnes as serial numbers. 6/CMA.4, annex I, "
        "paras 5-6 (that one ITMO is one tonne is assumed by every known registry)",
        advice="Correct the quantity or the block.",
    ),
    FindingCode.AUTHORIZED_QUANTITY: CodeEntry(
        rule="First transfers stay within the authorized quantity. 4/CMA.6, para 5(h)",
        advice="Correct the rows, or report the version of the authorization with the quantity.",
    ),
    FindingCode.VINTAGE_BEFORE_2021: CodeEntry(
        rule="Only mitigation from 2021 onward can become an ITMO. 2/CMA.3, annex, para 1",
        advice="Correct the vintage; such units are no ITMOs.",
    ),
    FindingCode.VINTAGE_OUTSIDE_TIMEFRAME: CodeEntry(
        rule="The vintage lies in the authorized timeframe. 4/CMA.6, paras 5(c) and 5(k)",
        advice="Correct the vintage, or cite the authorization that covers it.",
    ),
    FindingCode.DOUBLE_USE: CodeEntry(
        rule="A unit is used or cancelled once, by whomever. 2/CMA.3, annex, para 29",
        advice="Settle with the other Party which use stands; withdraw the other.",
    ),
    FindingCode.HELD_TWICE: CodeEntry(
        rule="A unit is held in one registry at year end. 2/CMA.3, annex, para 20",
        advice="Settle with the other Party where the units are; correct the other report.",
    ),
    FindingCode.SECOND_FIRST_TRANSFER: CodeEntry(
        rule="A unit is first transferred once. 2/CMA.3, annex, para 2",
        advice="Report the later action as a transfer.",
    ),
    FindingCode.REGISTRY_PREFIX: CodeEntry(
        rule="The ID of a Party ITMO registry begins with the code of its Party. "
        "6/CMA.4, annex I, paras 5-6",
        advice="Correct the registry ID.",
        severity=Severity.WARNING,
    ),
    FindingCode.SECTOR_CHANGED: CodeEntry(
        rule="The sectors of an authorization stay the same once its units are first "
        "transferred. 4/CMA.6, paras 5(g) and 5(m)",
        advice="Give the changed authorization its own ID, or restore the sectors.",
        severity=Severity.WARNING,
    ),
    FindingCode.UNIT_BACKS_TWO: CodeEntry(
        rule="An underlying unit stands behind one ITMO. 2/CMA.3, annex, para 1",
        advice="Compare the unit numbers with the underlying registry.",
    ),
    FindingCode.UNPAIRED_TRANSFER: CodeEntry(
        rule="What one Party transfers, the other acquires. 2/CMA.3, annex, paras 20 and 32-34",
        advice="Ask the acquiring Party for its acquisition, or correct this action.",
    ),
    FindingCode.UNPAIRED_ACQUISITION: CodeEntry(
        rule="What one Party acquires, the other transferred. 2/CMA.3, annex, paras 20 and 32-34",
        advice="Ask the transferring Party for its action, or correct this acquisition.",
    ),
    FindingCode.QUANTITY_MISMATCH: CodeEntry(
        rule="Both Parties report the same quantity. 2/CMA.3, annex, paras 20 and 32-34",
        advice="Compare with both registries and correct the wrong quantity.",
    ),
    FindingCode.ATTRIBUTE_MISMATCH: CodeEntry(
        rule="Both Parties describe the same units alike. 2/CMA.3, annex, paras 20 and 32-34",
        advice="Compare with both registries and correct the wrong value.",
    ),
    FindingCode.AUTHORIZATION_MISMATCH: CodeEntry(
        rule="Both Parties describe an authorization alike. 4/CMA.6, paras 2-5",
        advice="Compare with the text of the authorization and correct the wrong table.",
        severity=Severity.WARNING,
    ),
    FindingCode.DUPLICATE_SUBMISSION: CodeEntry(
        rule="A Party submits one version of a year once. 4/CMA.6, annex II",
        advice="Give the submission the next version.",
    ),
    FindingCode.OBSOLETE_SUBMISSION: CodeEntry(
        rule="A version is higher than those submitted before. 4/CMA.6, annex II",
        advice="Give the submission a version above the last one.",
    ),
    FindingCode.NOT_COMPARABLE: CodeEntry(
        rule="What cannot be compared is said, not counted as inconsistent",
        advice="Report full identifiers, or the format of the underlying units.",
        severity=Severity.NOTE,
    ),
}


def describe_findings() -> str:
    """Return every finding with its usual severity, rule and remedy as Markdown."""
    lines = [
        "# What an AEF check can find",
        "",
        "Printed from `hub/domain/aef/codes.py`; do not edit it by hand. An error stands in the",
        "way of submitting; a warning is worth a look; a note says what could not be compared.",
        "",
        "| code | severity | rule | what to do |",
        "|---|---|---|---|",
    ]
    for code, entry in CATALOGUE.items():
        lines.append(f"| `{code.value}` | {entry.severity.value} | {entry.rule} | {entry.advice} |")
    return "\n".join(lines) + "\n"
