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


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeEntry:
    """What a code stands for. `severity` is the usual one; a check may lower it."""

    rule: str
    advice: str
    severity: Severity = Severity.ERROR


_ANNEX = "4/CMA.6, annex II"

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
}
