"""The closed code lists as GraphQL enums; lists of the rules are repeated here, equal by a test."""

from enum import StrEnum, unique

from schema import codes
from schema.graphql.declaring import published_enum
from schema.messages import MessageKind


@unique
class ActionType(StrEnum):
    """What happened to units (decision 2/CMA.3 annex paras. 20 and 29)."""

    ISSUANCE = "issuance"
    AUTHORIZATION = "authorization"
    FIRST_TRANSFER = "first transfer"
    TRANSFER = "transfer"
    ACQUISITION = "acquisition"
    USE_TOWARDS_NDC = "use towards NDC"
    USE_FOR_OIMP = "use for OIMP"
    VOLUNTARY_CANCELLATION = "voluntary cancellation"
    CANCELLATION_FOR_OMGE = "cancellation for OMGE"
    ADAPTATION_SHARE = "adaptation share"
    RETIREMENT = "retirement"
    REVERSAL = "reversal"


@unique
class DiscrepancyState(StrEnum):
    """Where a discrepancy stands; the last three are closed, but may be reopened."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    ACCEPTED_BY_BOTH = "accepted by both"
    RESOLVED_MANUALLY = "resolved manually"


@unique
class Severity(StrEnum):
    """How much harm a disagreement can do while it stands."""

    CRITICAL = "critical"
    """A tonne may be counted twice."""
    HIGH = "high"
    """Holdings or a first transfer are in doubt."""
    MEDIUM = "medium"
    """The units are where they should be; what is said about them differs."""


for _codes in (
    ActionType,
    DiscrepancyState,
    Severity,
    MessageKind,
    codes.AccountKind,
    codes.AccountStatus,
    codes.AuthorizationStatus,
    codes.AuthorizationStep,
    codes.AuthorizedUse,
    codes.DecisionKind,
    codes.FirstTransferForNdc,
    codes.FirstTransferForOimp,
    codes.Metric,
    codes.MitigationType,
    codes.Purpose,
    codes.RegistryKind,
    codes.TransferState,
    codes.UnitStatus,
):
    published_enum(_codes)
published_enum(codes.ReceiptResult, name="MessageOutcome")
