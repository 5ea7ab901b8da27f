"""Closed code lists of the exchange (the dated nomenclature of the AEF is data, not code).

Values are what stands on the wire. Terms follow decision 2/CMA.3, decision 4/CMA.6 and, where the
nomenclature of 17 February 2026 has a list, its spelling.
"""

from enum import StrEnum, unique
from typing import Final


@unique
class Metric(StrEnum):
    """How a mitigation outcome is measured (nomenclature table 12b)."""

    GHG = "GHG"
    NON_GHG = "non-GHG"


@unique
class AuthorizedUse(StrEnum):
    """The uses that an authorization covers (nomenclature 16b; decision 4/CMA.6 para. 5(e))."""

    NDC = "NDC"
    OIMP = "OIMP"
    IMP = "IMP"
    OP = "OP"
    NDC_AND_OIMP = "NDC and OIMP"
    NDC_AND_IMP = "NDC and IMP"
    NDC_AND_OP = "NDC and OP"


@unique
class Purpose(StrEnum):
    """One intended or real use of a unit; OIMP is IMP or OP without saying which."""

    NDC = "NDC"
    OIMP = "OIMP"
    IMP = "IMP"
    OP = "OP"


_COVERED: Final[dict[AuthorizedUse, frozenset[Purpose]]] = {
    AuthorizedUse.NDC: frozenset({Purpose.NDC}),
    AuthorizedUse.OIMP: frozenset({Purpose.OIMP, Purpose.IMP, Purpose.OP}),
    AuthorizedUse.IMP: frozenset({Purpose.IMP}),
    AuthorizedUse.OP: frozenset({Purpose.OP}),
    AuthorizedUse.NDC_AND_OIMP: frozenset(Purpose),
    AuthorizedUse.NDC_AND_IMP: frozenset({Purpose.NDC, Purpose.IMP}),
    AuthorizedUse.NDC_AND_OP: frozenset({Purpose.NDC, Purpose.OP}),
}


def purposes_covered(use: AuthorizedUse) -> frozenset[Purpose]:
    """Return the purposes that an authorization for `use` allows."""
    return _COVERED[use]


@unique
class FirstTransferForNdc(StrEnum):
    """Which event is the first transfer of units for NDC use (decision 2/CMA.3 annex para. 2(a)).

    `INTERNATIONAL_TRANSFER` is the text of the rule. The other two are this project's reading
    for schemes such as the JCM, where each Party issues its share in its own registry and no unit
    moves.
    """

    INTERNATIONAL_TRANSFER = "international transfer"
    ISSUANCE_TO_ACQUIRING_PARTY = "issuance in the acquiring Party's registry"
    USE = "use towards the NDC"


@unique
class FirstTransferForOimp(StrEnum):
    """Which event is the first transfer of units for OIMP (para. 2(b); nomenclature table 22b)."""

    AUTHORIZATION = "Authorisation"
    ISSUANCE = "Issuance"
    USE_OR_CANCELLATION = "Use or Cancellation"


@unique
class AuthorizationStep(StrEnum):
    """One consolidated process, or the steps of the JCM (decision 4/CMA.6 para. 4)."""

    CONSOLIDATED = "consolidated"
    APPROACH = "1"
    ESTIMATED_QUANTITY = "2a"
    ACTUAL_QUANTITY = "2b"


@unique
class AuthorizationStatus(StrEnum):
    """The life of an authorization."""

    DRAFT = "draft"
    IN_FORCE = "in force"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    EXPIRED = "expired"
    CONSUMED = "consumed"


@unique
class AccountKind(StrEnum):
    """What an account is for: the six kinds of Article 6.2 registries, and pending accounts."""

    PENDING = "pending"
    HOLDING = "holding"
    RETIREMENT_NDC = "retirement NDC"
    RETIREMENT_OIMP = "retirement OIMP"
    CANCELLATION_VOLUNTARY = "cancellation voluntary"
    CANCELLATION_OMGE = "cancellation OMGE"
    CANCELLATION_ADAPTATION = "cancellation adaptation share"


@unique
class AccountStatus(StrEnum):
    """Whether an account may send and receive."""

    OPEN = "open"
    RECEIVE_ONLY = "receive only"
    RESTRICTED = "restricted"
    CLOSED = "closed"


@unique
class UnitStatus(StrEnum):
    """The state of a unit as a registry states it."""

    HELD = "held"
    RESERVED = "reserved"
    USED_NDC = "used towards NDC"
    USED_OIMP = "used for OIMP"
    CANCELLED = "cancelled"
    CANCELLED_OMGE = "cancelled for OMGE"
    CANCELLED_ADAPTATION = "cancelled for adaptation"
    RETIRED = "retired"


@unique
class ActionKind(StrEnum):
    """What is done with units besides issuance and transfer (decision 2/CMA.3 annex para. 29)."""

    FIRST_TRANSFER = "first transfer"
    USE_TOWARDS_NDC = "use towards NDC"
    USE_FOR_OIMP = "use for OIMP"
    VOLUNTARY_CANCELLATION = "voluntary cancellation"
    CANCELLATION_FOR_OMGE = "cancellation for OMGE"
    ADAPTATION_SHARE = "adaptation share"
    RETIREMENT = "retirement"


@unique
class DecisionKind(StrEnum):
    """What a Joint Committee decides about a project."""

    REGISTRATION = "registration"
    ISSUANCE = "issuance"


@unique
class Answer(StrEnum):
    """The acquiring registry's answer to a transfer request."""

    ACCEPT = "accept"
    REJECT = "reject"


@unique
class OutcomeResult(StrEnum):
    """What a registry did with a completed transfer."""

    APPLIED = "applied"
    CANNOT_APPLY = "cannot apply"


@unique
class TransferState(StrEnum):
    """The life of a transfer; the last five are final."""

    PROPOSED = "proposed"
    CHECKED = "checked"
    ACCEPTED = "accepted"
    COMPLETED = "completed"
    REFUSED = "refused"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


FINAL_TRANSFER_STATES: Final = frozenset(
    {
        TransferState.COMPLETED,
        TransferState.REFUSED,
        TransferState.REJECTED,
        TransferState.WITHDRAWN,
        TransferState.EXPIRED,
    }
)


@unique
class ReceiptResult(StrEnum):
    """What the hub did with a message."""

    APPLIED = "applied"
    REFUSED = "refused"


@unique
class CorrectionKind(StrEnum):
    """A new record that undoes or amends an old one."""

    REVERSAL = "reversal"
    CORRECTION = "correction"


@unique
class StatementLevel(StrEnum):
    """How deep a statement goes: the three levels of reconciliation, cheap first."""

    TOTALS = "totals"
    BLOCKS = "blocks"
    TRAIL = "trail"


@unique
class RegistryKind(StrEnum):
    """What kind of registry a participant is."""

    PARTY = "party registry"
    JCM = "JCM registry"
    INTERNATIONAL = "international registry"
    MECHANISM = "mechanism registry"
    META = "meta registry"


@unique
class MitigationType(StrEnum):
    """Nomenclature table 36b."""

    REDUCTIONS = "Emission reductions"
    REMOVALS = "Removals"
    BOTH = "Emission reductions and removals"
