"""Refusal codes: the closed list of reasons for which the hub does not apply a message.

A refusal is a value told to the sender, never an exception. The order of `RefusalCode` **is** the
documented precedence: families run envelope, sender, sequence, identifiers, holdings, accounts,
authorization, policy, and inside a family the first code that applies comes first. Every code has
one `RefusalRule` row that says what happened, why, under which rule, and what the sender can do.
"""

from enum import StrEnum, unique

import msgspec


@unique
class RefusalFamily(StrEnum):
    """The stage of admission that refused, in the order in which the stages run."""

    ENVELOPE = "envelope"
    SENDER = "sender"
    SEQUENCE = "sequence"
    IDENTIFIERS = "identifiers"
    HOLDINGS = "holdings"
    ACCOUNTS = "accounts"
    AUTHORIZATION = "authorization"
    POLICY = "policy"


@unique
class RefusalCode(StrEnum):
    """Every reason to refuse, in order of precedence (see `REFUSAL_RULES` for the explanations)."""

    # envelope
    ENVELOPE_TOO_LARGE = "envelope_too_large"
    ENVELOPE_MALFORMED = "envelope_malformed"
    ALGORITHM_NOT_ALLOWED = "algorithm_not_allowed"
    TYPE_WRONG = "type_wrong"
    KEY_UNKNOWN = "key_unknown"
    SIGNATURE_INVALID = "signature_invalid"
    CLAIMS_MALFORMED = "claims_malformed"
    ISSUER_WRONG = "issuer_wrong"
    AUDIENCE_WRONG = "audience_wrong"
    KEY_NOT_VALID_AT_RECEIPT = "key_not_valid_at_receipt"
    KEY_REVOKED = "key_revoked"
    ENVELOPE_FROM_THE_FUTURE = "envelope_from_the_future"
    ENVELOPE_STALE = "envelope_stale"
    KIND_UNKNOWN = "kind_unknown"
    BODY_MALFORMED = "body_malformed"
    # sender
    REGISTRY_UNKNOWN = "registry_unknown"
    REGISTRY_SUSPENDED = "registry_suspended"
    SENDER_NOT_ENTITLED = "sender_not_entitled"
    APPROVERS_NOT_DISTINCT = "approvers_not_distinct"
    # sequence
    MESSAGE_ID_REUSED = "message_id_reused"
    TRANSFER_ID_REUSED = "transfer_id_reused"
    TRANSFER_UNKNOWN = "transfer_unknown"
    RECORD_UNKNOWN = "record_unknown"
    NOT_ALLOWED_IN_STATE = "not_allowed_in_state"
    TRANSFER_ALREADY_FINAL = "transfer_already_final"
    DEADLINE_PASSED = "deadline_passed"
    ALREADY_CORRECTED = "already_corrected"
    REPLACEMENT_INCONSISTENT = "replacement_inconsistent"
    VERSION_OUT_OF_SEQUENCE = "version_out_of_sequence"
    KEY_ANNOUNCED_BEFORE = "key_announced_before"
    BATCH_TOO_LARGE = "batch_too_large"
    # identifiers
    NO_BLOCKS = "no_blocks"
    TOO_MANY_BLOCKS = "too_many_blocks"
    IDENTIFIER_MALFORMED = "identifier_malformed"
    PARTY_UNKNOWN = "party_unknown"
    APPROACH_UNKNOWN = "approach_unknown"
    SERIAL_OUT_OF_RANGE = "serial_out_of_range"
    BLOCK_RANGE_INVERTED = "block_range_inverted"
    BLOCKS_OVERLAP_IN_MESSAGE = "blocks_overlap_in_message"
    QUANTITY_MISMATCH = "quantity_mismatch"
    METRIC_UNIT_MISSING = "metric_unit_missing"
    VINTAGE_IMPLAUSIBLE = "vintage_implausible"
    REGISTRY_PREFIX_FOREIGN = "registry_prefix_foreign"
    KEY_UNACCEPTABLE = "key_unacceptable"
    # holdings
    SERIALS_ALREADY_ISSUED = "serials_already_issued"
    UNITS_UNKNOWN = "units_unknown"
    UNITS_NOT_HELD = "units_not_held"
    UNITS_RESERVED = "units_reserved"
    UNITS_FROZEN = "units_frozen"
    UNITS_ALREADY_USED = "units_already_used"
    UNITS_CHANGED_SINCE = "units_changed_since"
    UNITS_NOT_FIRST_TRANSFERRED = "units_not_first_transferred"
    ALREADY_FIRST_TRANSFERRED = "already_first_transferred"
    METRIC_DIFFERS = "metric_differs"
    QUANTITY_EXCEEDS_HOLDING = "quantity_exceeds_holding"
    # accounts
    ACCOUNT_UNKNOWN = "account_unknown"
    ACCOUNT_CLOSED = "account_closed"
    ACCOUNT_RESTRICTED = "account_restricted"
    ACCOUNT_KIND_WRONG = "account_kind_wrong"
    ACCOUNTS_MUST_DIFFER = "accounts_must_differ"
    REGISTRIES_MUST_DIFFER = "registries_must_differ"
    COUNTERPARTY_UNKNOWN = "counterparty_unknown"
    # authorization
    VINTAGE_BEFORE_2021 = "vintage_before_2021"
    APPROACH_NOT_AUTHORIZED = "approach_not_authorized"
    AUTHORIZATION_UNKNOWN = "authorization_unknown"
    AUTHORIZATION_NOT_IN_FORCE = "authorization_not_in_force"
    AUTHORIZATION_DIFFERS = "authorization_differs"
    COUNTERPARTY_NOT_AUTHORIZED = "counterparty_not_authorized"
    USING_PARTY_APPROACH_NOT_AUTHORIZED = "using_party_approach_not_authorized"
    PURPOSE_NOT_AUTHORIZED = "purpose_not_authorized"
    VINTAGE_NOT_AUTHORIZED = "vintage_not_authorized"
    METRIC_NOT_AUTHORIZED = "metric_not_authorized"
    SECTOR_NOT_AUTHORIZED = "sector_not_authorized"
    ACTIVITY_TYPE_NOT_AUTHORIZED = "activity_type_not_authorized"
    ENTITY_NOT_AUTHORIZED = "entity_not_authorized"
    QUANTITY_NOT_CONFIRMED = "quantity_not_confirmed"
    AUTHORIZED_QUANTITY_EXCEEDED = "authorized_quantity_exceeded"
    LAST_DATE_PASSED = "last_date_passed"
    OUTSIDE_NDC_PERIOD = "outside_ndc_period"
    DECISION_UNKNOWN = "decision_unknown"
    DECISION_DIFFERS = "decision_differs"
    DECISION_ALLOCATION_EXCEEDED = "decision_allocation_exceeded"
    FIRST_TRANSFER_EVENT_DIFFERS = "first_transfer_event_differs"
    CHANGE_TOUCHES_FIRST_TRANSFERRED = "change_touches_first_transferred"
    CHANGE_GROUND_NOT_DECLARED = "change_ground_not_declared"
    SECOND_APPROVER_MISSING = "second_approver_missing"
    # policy
    INITIAL_REPORT_MISSING = "initial_report_missing"
    YEAR_OF_USE_IMPLAUSIBLE = "year_of_use_implausible"
    EVENT_FROM_THE_FUTURE = "event_from_the_future"
    PERIOD_INVALID = "period_invalid"
    FREEZE_NOT_ENTITLED = "freeze_not_entitled"
    FREEZE_LIMIT_REACHED = "freeze_limit_reached"
    STATEMENT_CONTRADICTS_ITSELF = "statement_contradicts_itself"
    TRY_AGAIN_LATER = "try_again_later"


class RefusalRule(msgspec.Struct, frozen=True, kw_only=True):
    """The documentation of one code, for `itmo-hub explain` and the generated table."""

    code: RefusalCode
    family: RefusalFamily
    what: str
    """What the hub found, one sentence."""
    rule: str
    """The decision and paragraph, RFC and section, or rule of this hub behind it."""
    remedy: str
    """What the sender can do."""


class BlockReference(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The serials at fault, as the sender wrote them; whole tonnes are not implied."""

    approach: str
    registry: str
    first_party: str
    vintage: int
    first: int
    last: int


class Refusal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One reason, one offending block or field: the form in which refusals travel in receipts."""

    code: RefusalCode
    detail: str
    """What exactly differed, in words; never secrets, never whole messages."""
    block: BlockReference | None
    """The offending block where the reason concerns serials."""


_PRECEDENCE = {code: rank for rank, code in enumerate(RefusalCode)}


def precedence(code: RefusalCode) -> int:
    """Return the rank of `code`: the lower, the earlier it is told."""
    return _PRECEDENCE[code]


def refuse(code: RefusalCode, detail: str, block: BlockReference | None = None) -> Refusal:
    """Build one refusal."""
    return Refusal(code=code, detail=detail, block=block)


def in_precedence(refusals: list[Refusal]) -> tuple[Refusal, ...]:
    """Return the refusals in documented order, each told once; stable inside one code."""
    unique_refusals = dict.fromkeys(refusals)
    return tuple(sorted(unique_refusals, key=lambda refusal: _PRECEDENCE[refusal.code]))
