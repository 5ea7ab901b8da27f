"""What a disagreement can be: the closed list of finding codes and one table that explains them."""

from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Final


@unique
class FindingCode(StrEnum):
    """One kind of disagreement. The order is the order in which findings are told."""

    DOUBLE_CLAIM = "double_claim"
    USED_AND_STILL_HELD = "used_and_still_held"
    MISSING_HERE = "missing_here"
    MISSING_THERE = "missing_there"
    OTHER_VINTAGE = "other_vintage"
    OTHER_SERIES_PART = "other_series_part"
    OTHER_IDENTIFIER_READING = "other_identifier_reading"
    OTHER_HOLDER = "other_holder"
    OTHER_STATUS = "other_status"
    OTHER_ACCOUNT_KIND = "other_account_kind"
    FIRST_TRANSFER_ON_ONE_SIDE = "first_transfer_on_one_side"
    TRANSFER_WITHOUT_ACQUISITION = "transfer_without_acquisition"
    ACQUISITION_WITHOUT_TRANSFER = "acquisition_without_transfer"
    NDC_AUTHORIZED_BY_ONE_PARTY = "ndc_authorized_by_one_party"
    OTHER_AUTHORIZATION = "other_authorization"
    OTHER_PURPOSE = "other_purpose"
    OTHER_AUTHORIZATION_STATUS = "other_authorization_status"
    OTHER_METRIC = "other_metric"
    OTHER_QUANTITY = "other_quantity"
    DOUBLE_ISSUANCE = "double_issuance"
    DECISION_DIFFERS = "decision_differs"
    CANNOT_APPLY = "cannot_apply"
    LATE_ANSWER = "late_answer"


@unique
class Severity(StrEnum):
    """How much harm a disagreement can do while it stands."""

    CRITICAL = "critical"
    """A tonne may be counted twice."""
    HIGH = "high"
    """Holdings or a first transfer are in doubt."""
    MEDIUM = "medium"
    """The units are where they should be; what is said about them differs."""


@unique
class Aspect(StrEnum):
    """What is disputed. With the sources and the serials it identifies a dispute across runs."""

    EXISTENCE = "existence"
    POSITION = "position"
    CLAIM = "claim"
    FIRST_TRANSFER = "first transfer"
    PAIRING = "pairing"
    AUTHORIZATION = "authorization"
    AUTHORIZED_BY = "authorized by"
    MEASURE = "measure"
    QUANTITY = "quantity"
    IDENTIFIER = "identifier"
    MESSAGE = "message"


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """The documentation of one code."""

    aspect: Aspect
    severity: Severity
    what: str
    concerned: str
    """Which registries and Parties are told."""
    rule: str
    remedy: str


_IDENTIFIER_RULE: Final = "Decision 6/CMA.4, annex I, paras. 5-6: an ITMO identifier is unique."
_RECORD_RULE: Final = (
    "Decision 2/CMA.3, annex, para. 29: each Party's registry records and tracks its ITMOs."
)
_FIRST_TRANSFER_RULE: Final = "Decision 2/CMA.3, annex, para. 2: there is one first transfer."
_AUTHORIZATION_RULE: Final = "Decision 4/CMA.6, para. 5: the elements of an authorization."
_PAIRING_RULE: Final = (
    "Decision 2/CMA.3, annex, paras. 20 and 29: transfer and acquisition are both recorded."
)

MEANING: Final[dict[FindingCode, Meaning]] = {
    FindingCode.DOUBLE_CLAIM: Meaning(
        aspect=Aspect.CLAIM,
        severity=Severity.CRITICAL,
        what="Two or more registries state that they hold the same serials.",
        concerned="Every registry that claims the serials, and the first transferring Party.",
        rule=_IDENTIFIER_RULE,
        remedy="The registry that cannot show the acquisition removes the units by a correction.",
    ),
    FindingCode.USED_AND_STILL_HELD: Meaning(
        aspect=Aspect.CLAIM,
        severity=Severity.CRITICAL,
        what="One registry has used, cancelled or retired serials that another still holds.",
        concerned="Both registries, and the first transferring Party.",
        rule=f"{_RECORD_RULE} What is used is not held.",
        remedy="The registry that still holds the units removes them, or the use is reversed.",
    ),
    FindingCode.MISSING_HERE: Meaning(
        aspect=Aspect.EXISTENCE,
        severity=Severity.HIGH,
        what="The other side states serials that this side does not know at that source.",
        concerned="The registry that states them; the registry named in the series.",
        rule=_RECORD_RULE,
        remedy="The registry sends the issuance or transfer that is missing, or corrects itself.",
    ),
    FindingCode.MISSING_THERE: Meaning(
        aspect=Aspect.EXISTENCE,
        severity=Severity.HIGH,
        what="This side knows serials that the other side does not state.",
        concerned="The registry that should hold them.",
        rule=_RECORD_RULE,
        remedy="The registry applies the outstanding message again, or sends what moved them.",
    ),
    FindingCode.OTHER_VINTAGE: Meaning(
        aspect=Aspect.EXISTENCE,
        severity=Severity.HIGH,
        what="The same serials with the same state stand under another vintage.",
        concerned="Both sides; the first transferring Party, whose adjustment is by vintage.",
        rule="Decision 6/CMA.4, annex I, para. 5(e): the vintage is part of the identifier.",
        remedy="The side with the wrong year corrects its record.",
    ),
    FindingCode.OTHER_SERIES_PART: Meaning(
        aspect=Aspect.EXISTENCE,
        severity=Severity.HIGH,
        what="The same serials with the same state stand under another approach, originating "
        "registry or first transferring Party.",
        concerned="Both sides, and both Parties that are named.",
        rule=_IDENTIFIER_RULE,
        remedy="The side with the wrong part corrects its record.",
    ),
    FindingCode.OTHER_IDENTIFIER_READING: Meaning(
        aspect=Aspect.IDENTIFIER,
        severity=Severity.HIGH,
        what="The registry's own identifier of the block reads as another series or range than "
        "the block it is stated for.",
        concerned="The registry that states the identifier.",
        rule=_IDENTIFIER_RULE,
        remedy="The registry corrects the identifier, or the mapping of its format is corrected.",
    ),
    FindingCode.OTHER_HOLDER: Meaning(
        aspect=Aspect.POSITION,
        severity=Severity.HIGH,
        what="The serials are in another registry or account than the other side states.",
        concerned="The registries of both stated holders.",
        rule=_RECORD_RULE,
        remedy="The side that missed or doubled a transfer applies or reverses it.",
    ),
    FindingCode.OTHER_STATUS: Meaning(
        aspect=Aspect.POSITION,
        severity=Severity.HIGH,
        what="The serials are held, reserved, used, cancelled or retired on one side and "
        "something else on the other.",
        concerned="The holder's registry.",
        rule=_RECORD_RULE,
        remedy="The side that missed the action records it; a use is never undone silently.",
    ),
    FindingCode.OTHER_ACCOUNT_KIND: Meaning(
        aspect=Aspect.POSITION,
        severity=Severity.MEDIUM,
        what="The same account is of another kind on the other side.",
        concerned="The registry that keeps the account.",
        rule=_RECORD_RULE,
        remedy="The registry announces the account anew.",
    ),
    FindingCode.FIRST_TRANSFER_ON_ONE_SIDE: Meaning(
        aspect=Aspect.FIRST_TRANSFER,
        severity=Severity.HIGH,
        what="One side counts the serials as first transferred, the other does not.",
        concerned="The first transferring Party, and the registry that differs.",
        rule=_FIRST_TRANSFER_RULE,
        remedy="Compare the event that the authorization defines; the other side corrects.",
    ),
    FindingCode.TRANSFER_WITHOUT_ACQUISITION: Meaning(
        aspect=Aspect.PAIRING,
        severity=Severity.HIGH,
        what="A registry records a transfer that the receiving registry did not record.",
        concerned="Both registries of the transfer.",
        rule=_PAIRING_RULE,
        remedy="The receiving registry records the acquisition, or the transfer is reversed.",
    ),
    FindingCode.ACQUISITION_WITHOUT_TRANSFER: Meaning(
        aspect=Aspect.PAIRING,
        severity=Severity.HIGH,
        what="A registry records an acquisition that the sending registry did not record.",
        concerned="Both registries of the transfer.",
        rule=_PAIRING_RULE,
        remedy="The sending registry records the transfer, or the acquisition is reversed.",
    ),
    FindingCode.NDC_AUTHORIZED_BY_ONE_PARTY: Meaning(
        aspect=Aspect.AUTHORIZED_BY,
        severity=Severity.MEDIUM,
        what="The units may be used towards an NDC by the authorization of one Party alone. "
        "High once they are first transferred, critical once they are used towards an NDC.",
        concerned="The Party that has not authorized, and the holder's registry.",
        rule="Decision 2/CMA.3, annex, paras. 1 and 2: use towards an NDC is authorized by the "
        "Parties that take part.",
        remedy="The other Party authorizes, or the units are not used towards an NDC.",
    ),
    FindingCode.OTHER_AUTHORIZATION: Meaning(
        aspect=Aspect.AUTHORIZATION,
        severity=Severity.MEDIUM,
        what="The sides name another authorization for the serials, or only one names any.",
        concerned="The authorizing Parties and the holder's registry.",
        rule=_AUTHORIZATION_RULE,
        remedy="The Party that gave the authorization says which one holds.",
    ),
    FindingCode.OTHER_PURPOSE: Meaning(
        aspect=Aspect.AUTHORIZATION,
        severity=Severity.MEDIUM,
        what="The authorization covers other uses on the other side.",
        concerned="The authorizing Parties and the holder's registry.",
        rule=_AUTHORIZATION_RULE,
        remedy="The Party that gave the authorization sends its version in force.",
    ),
    FindingCode.OTHER_AUTHORIZATION_STATUS: Meaning(
        aspect=Aspect.AUTHORIZATION,
        severity=Severity.MEDIUM,
        what="The authorization stands otherwise with one of its sources: the transferring "
        "Party, the acquiring Party, the reporting platform or the underlying registry.",
        concerned="The source whose status differs.",
        rule=_AUTHORIZATION_RULE,
        remedy="That source sends its version in force.",
    ),
    FindingCode.OTHER_METRIC: Meaning(
        aspect=Aspect.MEASURE,
        severity=Severity.MEDIUM,
        what="The serials are measured in another metric or unit.",
        concerned="Both sides.",
        rule="Decision 2/CMA.3, annex, para. 1(c): tCO2e or another metric.",
        remedy="The side that differs from the issuance corrects its record.",
    ),
    FindingCode.OTHER_QUANTITY: Meaning(
        aspect=Aspect.QUANTITY,
        severity=Severity.HIGH,
        what="The same serials stand for another quantity in the metric of the units.",
        concerned="Both sides.",
        rule="Decision 2/CMA.3, annex, para. 1(c): tCO2e or another metric.",
        remedy="The side that differs from the issuance corrects its record.",
    ),
    FindingCode.DOUBLE_ISSUANCE: Meaning(
        aspect=Aspect.MESSAGE,
        severity=Severity.CRITICAL,
        what="A registry has issued serials that exist already.",
        concerned="Both registries that issued.",
        rule=_IDENTIFIER_RULE,
        remedy="The later issuance is reversed by a correction; the hub has refused it.",
    ),
    FindingCode.DECISION_DIFFERS: Meaning(
        aspect=Aspect.MESSAGE,
        severity=Severity.HIGH,
        what="Two sides have recorded one decision of a Joint Committee with other content.",
        concerned="Every registry to which the decision allots.",
        rule="JCM rules of implementation: one decision of the Joint Committee binds both sides.",
        remedy="The sides compare the texts; the one that erred sends a correction.",
    ),
    FindingCode.CANNOT_APPLY: Meaning(
        aspect=Aspect.MESSAGE,
        severity=Severity.HIGH,
        what="A registry could not apply a transfer that the hub has completed.",
        concerned="Both registries of the transfer.",
        rule=_PAIRING_RULE,
        remedy="The registry applies it after all, or both sign a reversal.",
    ),
    FindingCode.LATE_ANSWER: Meaning(
        aspect=Aspect.MESSAGE,
        severity=Severity.MEDIUM,
        what="A registry answered a transfer that had reached a final state; its books may "
        "follow its answer.",
        concerned="Both registries of the transfer.",
        rule="Rule of this hub: final states are final, and only the hub expires a transfer.",
        remedy="The registry confirms that it has undone what it did; else propose it anew.",
    ),
}
"""Every code once; the documentation and the notices are written from this table."""
