"""Good messages of every kind: each builder returns a valid one; a test changes what it is about.

Every builder takes the fields of its structure by name; fields left out have plain defaults around
one story: Mongolia (registry MNG01) transfers to Japan (registry JPN01) under approach CA0007.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID, uuid4

import msgspec

from schema.authorization import (
    Approval,
    AuthorizationRecord,
    AuthorizedEntity,
    ChangeGround,
    Dates,
    Elements,
    FirstTransferDefinition,
)
from schema.codec import encode_body
from schema.codes import (
    AccountKind,
    AccountStatus,
    ActionKind,
    Answer,
    AuthorizationStatus,
    AuthorizationStep,
    AuthorizedUse,
    CorrectionKind,
    DecisionKind,
    FirstTransferForNdc,
    FirstTransferForOimp,
    Metric,
    MitigationType,
    OutcomeResult,
    Purpose,
    ReceiptResult,
    StatementLevel,
    TransferState,
    UnitStatus,
)
from schema.messages import (
    AccountNotice,
    AccountRef,
    Acknowledgement,
    ActionNotice,
    Allotment,
    AuthorizationNotice,
    Batch,
    BatchEntry,
    CorrectionNotice,
    DiscrepancyAnswer,
    DiscrepancyNotice,
    DisputedSerials,
    InitialReportNotice,
    IssuanceNotice,
    IssuedBlock,
    JointCommitteeDecision,
    JournalLeaf,
    KeyAnnouncement,
    KeyRevocation,
    MaintenanceNotice,
    MaintenanceWindow,
    Message,
    MessageKind,
    MessageResult,
    MovedDeadline,
    OutcomeAnswer,
    Receipt,
    RegistryMessage,
    RegistrySuspension,
    StatementNotice,
    TransferAnswer,
    TransferOutcome,
    TransferProposal,
    TransferRequest,
    TransferWithdrawal,
    UnitBlock,
    kind_of,
)
from schema.statements import StatedAuthorization, StatedBlock, StatedEvent, StatedTotal, Statement

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
TODAY = date(2026, 3, 2)
APPROACH = "CA0007"
HOST_REGISTRY, HOST = "MNG01", "MNG"
ACQUIRER_REGISTRY, ACQUIRER = "JPN01", "JPN"
HOST_ACCOUNT, ACQUIRER_ACCOUNT = "MN-100", "JP-100"
AUTHORIZATION_ID = "MNG-2025-001"
ACTIVITY = "MN099"
VINTAGE = 2021
DIGEST = "0" * 64

Built = TypeVar("Built", bound=msgspec.Struct)


def _build(make: Callable[..., Built], defaults: dict[str, Any], given: dict[str, Any]) -> Built:
    built: Built = make(**(defaults | given))
    return built


def _message(make: Callable[..., Built], defaults: dict[str, Any], given: dict[str, Any]) -> Built:
    return _build(make, {"message_id": uuid4()} | defaults, given)


def unit_block(first: int = 1, last: int = 100, **fields: Any) -> UnitBlock:
    """A GHG block of the host's registry; its quantity follows from its serials."""
    return _build(
        UnitBlock,
        {
            "approach": APPROACH,
            "registry": HOST_REGISTRY,
            "first_party": HOST,
            "vintage": VINTAGE,
            "first": first,
            "last": last,
            "metric": Metric.GHG,
            "quantity": str(max(last - first + 1, 0)),
            "unit": "tCO2e",
        },
        fields,
    )


def account_ref(**fields: Any) -> AccountRef:
    return _build(AccountRef, {"registry": ACQUIRER_REGISTRY, "account": ACQUIRER_ACCOUNT}, fields)


def account_notice(**fields: Any) -> AccountNotice:
    return _message(
        AccountNotice,
        {
            "account": HOST_ACCOUNT,
            "account_kind": AccountKind.HOLDING,
            "status": AccountStatus.OPEN,
            "holder_party": HOST,
            "holder_entity": None,
        },
        fields,
    )


def authorized_entity(**fields: Any) -> AuthorizedEntity:
    return _build(
        AuthorizedEntity,
        {
            "entity_id": "JPN-0001",
            "name": "Illustrative Project Participant",
            "country": ACQUIRER,
            "conditions": "",
            "change_conditions": "",
        },
        fields,
    )


def change_ground(**fields: Any) -> ChangeGround:
    defaults = {"ground": "false-information", "words": "False information was knowingly given."}
    return _build(ChangeGround, defaults, fields)


def dates(**fields: Any) -> Dates:
    return _build(
        Dates,
        {
            "authorized_on": date(2025, 1, 15),
            "from_day": None,
            "until_day": None,
            "last_issuance": None,
            "last_use": None,
            "last_cancellation": None,
        },
        fields,
    )


def first_transfer_definition(**fields: Any) -> FirstTransferDefinition:
    return _build(
        FirstTransferDefinition,
        {
            "for_ndc": FirstTransferForNdc.INTERNATIONAL_TRANSFER,
            "for_oimp": FirstTransferForOimp.USE_OR_CANCELLATION,
        },
        fields,
    )


def elements(**fields: Any) -> Elements:
    return _build(
        Elements,
        {
            "approach": APPROACH,
            "parties": (ACQUIRER,),
            "entities": (authorized_entity(),),
            "dates": dates(),
            "first_transfer": first_transfer_definition(),
            "uses": AuthorizedUse.NDC_AND_OIMP,
            "rules": ("MN_AM003",),
            "change_terms": "No change once first transferred.",
            "change_grounds": (),
            "quantity": 100_000,
            "tracking_registry": HOST_REGISTRY,
            "underlying_registry": "JCM",
            "vintages": (VINTAGE, VINTAGE + 1),
            "metric": Metric.GHG,
            "non_ghg_unit": None,
            "gwp_values": "AR5",
            "sectors": (),
            "activity_types": (),
        },
        fields,
    )


def approval(**fields: Any) -> Approval:
    return _build(
        Approval,
        {"reason": "Quantity confirmed.", "ground": None, "approvers": ("First", "Second")},
        fields,
    )


def authorization_record(**fields: Any) -> AuthorizationRecord:
    return _build(
        AuthorizationRecord,
        {
            "authorization_id": AUTHORIZATION_ID,
            "party": HOST,
            "version": 1,
            "step": AuthorizationStep.CONSOLIDATED,
            "status": AuthorizationStatus.IN_FORCE,
            "activity": ACTIVITY,
            "confirms": None,
            "decision": None,
            "elements": elements(),
            "document_digest": None,
            "approval": None,
        },
        fields,
    )


def authorization_notice(**fields: Any) -> AuthorizationNotice:
    return _message(AuthorizationNotice, {"authorization": authorization_record()}, fields)


def initial_report_notice(**fields: Any) -> InitialReportNotice:
    return _message(
        InitialReportNotice,
        {"party": HOST, "approach": APPROACH, "submitted_on": TODAY, "document_digest": None},
        fields,
    )


def allotment(**fields: Any) -> Allotment:
    return _build(
        Allotment, {"registry": HOST_REGISTRY, "vintage": VINTAGE, "tonnes": 1_000}, fields
    )


def joint_committee_decision(**fields: Any) -> JointCommitteeDecision:
    return _message(
        JointCommitteeDecision,
        {
            "decision_id": "JC-MN-2025-01",
            "decision": DecisionKind.ISSUANCE,
            "approach": APPROACH,
            "first_party": HOST,
            "activity": ACTIVITY,
            "activity_title": "Illustrative solar power project",
            "sectors": ("Energy",),
            "activity_types": ("Renewable energy",),
            "decided_on": date(2025, 6, 1),
            "period_from": date(VINTAGE, 1, 1),
            "period_to": date(VINTAGE, 12, 31),
            "allotments": (allotment(), allotment(registry=ACQUIRER_REGISTRY, tonnes=4_000)),
            "source": "illustrative",
        },
        fields,
    )


def issued_block(first: int = 1, last: int = 100, **fields: Any) -> IssuedBlock:
    return _build(IssuedBlock, {"block": unit_block(first, last), "underlying": None}, fields)


def issuance_notice(**fields: Any) -> IssuanceNotice:
    return _message(
        IssuanceNotice,
        {
            "account": HOST_ACCOUNT,
            "activity": ACTIVITY,
            "decision": None,
            "authorization_party": HOST,
            "authorization_id": AUTHORIZATION_ID,
            "mitigation_type": MitigationType.REDUCTIONS,
            "issued_at": NOW,
            "blocks": (issued_block(),),
        },
        fields,
    )


def transfer_proposal(**fields: Any) -> TransferProposal:
    return _message(
        TransferProposal,
        {
            "transfer_id": uuid4(),
            "from_account": HOST_ACCOUNT,
            "to": account_ref(),
            "purpose": Purpose.NDC,
            "authorization_party": HOST,
            "authorization_id": AUTHORIZATION_ID,
            "acquiring_entity": None,
            "proposed_at": NOW,
            "blocks": (unit_block(1, 60),),
        },
        fields,
    )


def transfer_answer(**fields: Any) -> TransferAnswer:
    return _message(
        TransferAnswer, {"transfer_id": uuid4(), "answer": Answer.ACCEPT, "reason": ""}, fields
    )


def transfer_withdrawal(**fields: Any) -> TransferWithdrawal:
    defaults = {"transfer_id": uuid4(), "reason": "Entered by mistake."}
    return _message(TransferWithdrawal, defaults, fields)


def outcome_answer(**fields: Any) -> OutcomeAnswer:
    defaults = {"transfer_id": uuid4(), "result": OutcomeResult.APPLIED, "reason": ""}
    return _message(OutcomeAnswer, defaults, fields)


def action_notice(**fields: Any) -> ActionNotice:
    return _message(
        ActionNotice,
        {
            "action": ActionKind.USE_TOWARDS_NDC,
            "account": ACQUIRER_ACCOUNT,
            "to_account": "JP-300",
            "authorization_party": HOST,
            "authorization_id": AUTHORIZATION_ID,
            "purpose": Purpose.NDC,
            "using_party": ACQUIRER,
            "using_entity": None,
            "year_of_use": 2025,
            "acted_at": NOW,
            "blocks": (unit_block(1, 40),),
        },
        fields,
    )


def correction_notice(**fields: Any) -> CorrectionNotice:
    return _message(
        CorrectionNotice,
        {
            "correction": CorrectionKind.REVERSAL,
            "corrects": uuid4(),
            "replacement": None,
            "reason": "The wrong account was named.",
            "approvers": ("First", "Second"),
        },
        fields,
    )


def stated_total(**fields: Any) -> StatedTotal:
    return _build(
        StatedTotal,
        {
            "account": HOST_ACCOUNT,
            "account_kind": AccountKind.HOLDING,
            "approach": APPROACH,
            "registry": HOST_REGISTRY,
            "first_party": HOST,
            "vintage": VINTAGE,
            "units": 100,
        },
        fields,
    )


def stated_block(first: int = 1, last: int = 100, **fields: Any) -> StatedBlock:
    return _build(
        StatedBlock,
        {
            "account": HOST_ACCOUNT,
            "account_kind": AccountKind.HOLDING,
            "approach": APPROACH,
            "registry": HOST_REGISTRY,
            "first_party": HOST,
            "vintage": VINTAGE,
            "first": first,
            "last": last,
            "status": UnitStatus.HELD,
            "first_transferred": False,
            "authorization": AUTHORIZATION_ID,
            "quantity": str(max(last - first + 1, 0)),
        },
        fields,
    )


def stated_event(first: int = 1, last: int = 100, **fields: Any) -> StatedEvent:
    return _message(
        StatedEvent,
        {
            "kind": MessageKind.ISSUANCE.value,
            "transfer_id": None,
            "counterparty": None,
            "booked_at": NOW,
            "from_account": None,
            "to_account": HOST_ACCOUNT,
            "approach": APPROACH,
            "registry": HOST_REGISTRY,
            "first_party": HOST,
            "vintage": VINTAGE,
            "first": first,
            "last": last,
            "status": UnitStatus.HELD,
        },
        fields,
    )


def stated_authorization(**fields: Any) -> StatedAuthorization:
    return _build(
        StatedAuthorization,
        {
            "party": HOST,
            "authorization_id": AUTHORIZATION_ID,
            "version": 1,
            "status": AuthorizationStatus.IN_FORCE.value,
            "quantity": 100_000,
        },
        fields,
    )


def statement(**fields: Any) -> Statement:
    return _build(
        Statement,
        {
            "registry": HOST_REGISTRY,
            "stated_at": NOW,
            "level": StatementLevel.TOTALS,
            "page": 1,
            "pages": 1,
            "totals": (stated_total(),),
            "blocks": (),
            "trail": (),
            "authorizations": (stated_authorization(),),
        },
        fields,
    )


def statement_notice(**fields: Any) -> StatementNotice:
    return _message(StatementNotice, {"statement": statement()}, fields)


def key_announcement(**fields: Any) -> KeyAnnouncement:
    return _message(
        KeyAnnouncement,
        {
            "registry": HOST_REGISTRY,
            "jwk": {"kty": "OKP", "crv": "Ed25519", "x": "A" * 43, "kid": "MNG01-2"},
            "valid_from": NOW,
            "valid_until": None,
        },
        fields,
    )


def key_revocation(**fields: Any) -> KeyRevocation:
    return _message(
        KeyRevocation,
        {
            "registry": HOST_REGISTRY,
            "key_id": "MNG01-1",
            "revoked_from": NOW,
            "reason": "The key may be known to others.",
        },
        fields,
    )


def registry_suspension(**fields: Any) -> RegistrySuspension:
    return _message(
        RegistrySuspension,
        {"registry": HOST_REGISTRY, "suspended": True, "reason": "Under investigation."},
        fields,
    )


def maintenance_window(**fields: Any) -> MaintenanceWindow:
    return _message(
        MaintenanceWindow,
        {
            "registry": HOST_REGISTRY,
            "starts_at": NOW + timedelta(days=1),
            "ends_at": NOW + timedelta(days=1, hours=4),
            "words": "Planned maintenance.",
        },
        fields,
    )


def discrepancy_answer(**fields: Any) -> DiscrepancyAnswer:
    defaults = {"discrepancy_id": uuid4(), "accepts": True, "words": "The entry was late."}
    return _message(DiscrepancyAnswer, defaults, fields)


def batch(*messages: RegistryMessage, **fields: Any) -> Batch:
    """A batch of the messages given, or of two account notices."""
    members = messages or (account_notice(), account_notice(account="MN-101"))
    return _message(Batch, {"messages": tuple(batch_entry(each) for each in members)}, fields)


def batch_entry(message: Message) -> BatchEntry:
    return BatchEntry(kind=kind_of(message), body=msgspec.Raw(encode_body(message)))


def journal_leaf(**fields: Any) -> JournalLeaf:
    defaults = {"origin": "hub.example/journal", "leaf_index": 7, "leaf_hash": DIGEST}
    return _build(JournalLeaf, defaults, fields)


def message_result(**fields: Any) -> MessageResult:
    return _message(
        MessageResult,
        {"result": ReceiptResult.APPLIED, "refusals": (), "leaf": journal_leaf()},
        fields,
    )


def receipt(**fields: Any) -> Receipt:
    return _message(
        Receipt,
        {
            "in_reply_to": uuid4(),
            "envelope_digest": DIGEST,
            "received_at": NOW,
            "results": (message_result(),),
        },
        fields,
    )


def transfer_request(**fields: Any) -> TransferRequest:
    proposal = fields.pop("proposal", None) or transfer_proposal()
    return _message(
        TransferRequest,
        {
            "transfer_id": proposal.transfer_id,
            "proposal": proposal,
            "proposer": HOST_REGISTRY,
            "first_transfer_blocks": proposal.blocks,
            "answer_until": NOW + timedelta(hours=24),
            "proposal_envelope": "e30.e30.AA",
            "reverses": None,
        },
        fields,
    )


def transfer_outcome(**fields: Any) -> TransferOutcome:
    return _message(
        TransferOutcome,
        {
            "transfer_id": uuid4(),
            "state": TransferState.COMPLETED,
            "decided_at": NOW,
            "reason": "",
            "first_transfer_blocks": (unit_block(1, 60),),
        },
        fields,
    )


def disputed_serials(first: int, last: int) -> DisputedSerials:
    block = unit_block(first, last)
    return DisputedSerials(
        approach=block.approach,
        registry=block.registry,
        first_party=block.first_party,
        vintage=block.vintage,
        first=first,
        last=last,
    )


def discrepancy_notice(**fields: Any) -> DiscrepancyNotice:
    return _message(
        DiscrepancyNotice,
        {
            "discrepancy_id": uuid4(),
            "code": "other_holder",
            "severity": "high",
            "state": "open",
            "words": "Two registries claim these serials.",
            "tonnes": 40,
            "serials": (disputed_serials(1, 40),),
            "due_at": NOW + timedelta(days=7),
            "frozen_until": NOW + timedelta(days=30),
        },
        fields,
    )


def maintenance_notice(**fields: Any) -> MaintenanceNotice:
    window = maintenance_window()
    return _message(
        MaintenanceNotice,
        {
            "registry": window.registry,
            "starts_at": window.starts_at,
            "ends_at": window.ends_at,
            "words": window.words,
            "deadlines": (
                MovedDeadline(transfer_id=uuid4(), answer_until=NOW + timedelta(days=3)),
            ),
        },
        fields,
    )


def acknowledgement(**fields: Any) -> Acknowledgement:
    return _message(
        Acknowledgement,
        {"in_reply_to": uuid4(), "envelope_digest": DIGEST, "received_at": NOW},
        fields,
    )


BUILDERS: dict[MessageKind, Callable[[], Message]] = {
    MessageKind.ACCOUNT: account_notice,
    MessageKind.AUTHORIZATION: authorization_notice,
    MessageKind.INITIAL_REPORT: initial_report_notice,
    MessageKind.JOINT_COMMITTEE_DECISION: joint_committee_decision,
    MessageKind.ISSUANCE: issuance_notice,
    MessageKind.TRANSFER_PROPOSAL: transfer_proposal,
    MessageKind.TRANSFER_ANSWER: transfer_answer,
    MessageKind.TRANSFER_WITHDRAWAL: transfer_withdrawal,
    MessageKind.OUTCOME_ANSWER: outcome_answer,
    MessageKind.ACTION: action_notice,
    MessageKind.CORRECTION: correction_notice,
    MessageKind.STATEMENT: statement_notice,
    MessageKind.KEY_ANNOUNCEMENT: key_announcement,
    MessageKind.KEY_REVOCATION: key_revocation,
    MessageKind.REGISTRY_SUSPENSION: registry_suspension,
    MessageKind.MAINTENANCE_WINDOW: maintenance_window,
    MessageKind.DISCREPANCY_ANSWER: discrepancy_answer,
    MessageKind.BATCH: batch,
    MessageKind.RECEIPT: receipt,
    MessageKind.TRANSFER_REQUEST: transfer_request,
    MessageKind.TRANSFER_OUTCOME: transfer_outcome,
    MessageKind.DISCREPANCY_NOTICE: discrepancy_notice,
    MessageKind.MAINTENANCE_NOTICE: maintenance_notice,
    MessageKind.ACKNOWLEDGEMENT: acknowledgement,
}
"""One builder a kind, so that a table over all kinds cannot forget one."""


def a_message(kind: MessageKind) -> Message:
    """Return a good message of `kind`."""
    return BUILDERS[kind]()


def with_fields(message: Built, **fields: Any) -> Built:
    """Return the same message with some fields changed."""
    return msgspec.structs.replace(message, **fields)


def message_id_of(message: Message) -> UUID:
    return message.message_id
