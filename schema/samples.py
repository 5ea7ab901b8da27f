"""One good message of every kind, the same at every run: the published vectors are made of these.

The story is illustrative: registry MNG01 of Mongolia issues units of project MN901 under approach
CA0007 and transfers a part of them to JPN01 of Japan.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Final
from uuid import UUID, uuid5

import msgspec

from schema.authorization import (
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
    RegistrySuspension,
    StatementNotice,
    TransferAnswer,
    TransferOutcome,
    TransferProposal,
    TransferRequest,
    TransferWithdrawal,
    UnderlyingUnits,
    UnitBlock,
)
from schema.refusals import RefusalCode, refuse
from schema.statements import StatedBlock, StatedTotal, Statement

_NAMESPACE: Final = UUID("0f6e2ab4-3a39-5a31-8a1e-6f4d9a1f3c55")
NOW: Final = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
_DIGEST: Final = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


def _id(name: str) -> UUID:
    return uuid5(_NAMESPACE, name)


def _block(first: int, last: int) -> UnitBlock:
    return UnitBlock(
        approach="CA0007",
        registry="MNG01",
        first_party="MNG",
        vintage=2021,
        first=first,
        last=last,
        metric=Metric.GHG,
        quantity=str(last - first + 1),
        unit="tCO2e",
    )


def _authorization() -> AuthorizationRecord:
    return AuthorizationRecord(
        authorization_id="MNG-2B-2026-001",
        party="MNG",
        version=1,
        step=AuthorizationStep.ACTUAL_QUANTITY,
        status=AuthorizationStatus.IN_FORCE,
        activity="MN901",
        confirms="MNG-2A-2022-001",
        decision="MN-JP 2026-01",
        elements=Elements(
            approach="CA0007",
            parties=("JPN",),
            entities=(
                AuthorizedEntity(
                    entity_id="JP-0001",
                    name="Project participant on the Japanese side",
                    country="JPN",
                    conditions="",
                    change_conditions="",
                ),
            ),
            dates=Dates(
                authorized_on=date(2026, 2, 16),
                from_day=None,
                until_day=None,
                last_issuance=None,
                last_use=date(2030, 12, 31),
                last_cancellation=date(2030, 12, 31),
            ),
            first_transfer=FirstTransferDefinition(
                for_ndc=FirstTransferForNdc.INTERNATIONAL_TRANSFER,
                for_oimp=FirstTransferForOimp.ISSUANCE,
            ),
            uses=AuthorizedUse.NDC,
            rules=("JCM rules of implementation",),
            change_terms="No change touches what was first transferred.",
            change_grounds=(
                ChangeGround(ground="false-information", words="False information was given."),
            ),
            quantity=4_000,
            tracking_registry="MNG01",
            underlying_registry="JCM",
            vintages=(2021, 2022),
            metric=Metric.GHG,
            non_ghg_unit=None,
            gwp_values="AR5",
            sectors=("Energy generation",),
            activity_types=("Solar",),
        ),
        document_digest=_DIGEST,
        approval=None,
    )


def _statement() -> Statement:
    block = StatedBlock(
        account="MN-100",
        account_kind=AccountKind.HOLDING,
        approach="CA0007",
        registry="MNG01",
        first_party="MNG",
        vintage=2021,
        first=1_001,
        last=4_000,
        status=UnitStatus.HELD,
        first_transferred=False,
        authorization="MNG-2B-2026-001",
        quantity="3000",
    )
    total = StatedTotal(
        account="MN-100",
        account_kind=AccountKind.HOLDING,
        approach="CA0007",
        registry="MNG01",
        first_party="MNG",
        vintage=2021,
        units=3_000,
    )
    return Statement(
        registry="MNG01",
        stated_at=NOW,
        level=StatementLevel.BLOCKS,
        page=1,
        pages=1,
        totals=(total,),
        blocks=(block,),
        trail=(),
        authorizations=(),
    )


def _proposal() -> TransferProposal:
    return TransferProposal(
        message_id=_id("proposal"),
        transfer_id=_id("transfer"),
        from_account="MN-100",
        to=AccountRef(registry="JPN01", account="JP-100"),
        purpose=Purpose.NDC,
        authorization_party="MNG",
        authorization_id="MNG-2B-2026-001",
        acquiring_entity=None,
        proposed_at=NOW,
        blocks=(_block(1, 1_000),),
    )


def _results() -> tuple[MessageResult, ...]:
    leaf = JournalLeaf(origin="itmo-hub.example/journal", leaf_index=41, leaf_hash=_DIGEST)
    refusal = refuse(RefusalCode.UNITS_NOT_HELD, "MN-100 does not hold all of the serials")
    return (
        MessageResult(
            message_id=_id("proposal"), result=ReceiptResult.APPLIED, refusals=(), leaf=leaf
        ),
        MessageResult(
            message_id=_id("other"), result=ReceiptResult.REFUSED, refusals=(refusal,), leaf=leaf
        ),
    )


def samples() -> dict[MessageKind, Message]:
    """Return one message of every kind."""
    answer = TransferAnswer(
        message_id=_id("answer"), transfer_id=_id("transfer"), answer=Answer.ACCEPT, reason=""
    )
    return {
        MessageKind.ACCOUNT: AccountNotice(
            message_id=_id("account"),
            account="MN-100",
            account_kind=AccountKind.HOLDING,
            status=AccountStatus.OPEN,
            holder_party="MNG",
            holder_entity=None,
        ),
        MessageKind.AUTHORIZATION: AuthorizationNotice(
            message_id=_id("authorization"), authorization=_authorization()
        ),
        MessageKind.INITIAL_REPORT: InitialReportNotice(
            message_id=_id("initial report"),
            party="MNG",
            approach="CA0007",
            submitted_on=date(2025, 12, 1),
            document_digest=_DIGEST,
        ),
        MessageKind.JOINT_COMMITTEE_DECISION: JointCommitteeDecision(
            message_id=_id("decision"),
            decision_id="MN-JP 2026-01",
            decision=DecisionKind.ISSUANCE,
            approach="CA0007",
            first_party="MNG",
            activity="MN901",
            activity_title="Illustrative solar power project",
            sectors=("Energy generation",),
            activity_types=("Solar",),
            decided_on=date(2026, 2, 2),
            period_from=date(2021, 7, 1),
            period_to=date(2022, 6, 30),
            allotments=(
                Allotment(registry="MNG01", vintage=2021, tonnes=4_000),
                Allotment(registry="JPN01", vintage=2021, tonnes=6_000),
            ),
            source="illustrative",
        ),
        MessageKind.ISSUANCE: IssuanceNotice(
            message_id=_id("issuance"),
            account="MN-100",
            activity="MN901",
            decision="MN-JP 2026-01",
            authorization_party="MNG",
            authorization_id="MNG-2B-2026-001",
            mitigation_type=MitigationType.REDUCTIONS,
            issued_at=NOW,
            blocks=(
                IssuedBlock(
                    block=_block(1, 4_000),
                    underlying=UnderlyingUnits(
                        registry="JCM", first_unit="MN901-1", last_unit="MN901-4000"
                    ),
                ),
            ),
        ),
        MessageKind.TRANSFER_PROPOSAL: _proposal(),
        MessageKind.TRANSFER_ANSWER: answer,
        MessageKind.TRANSFER_WITHDRAWAL: TransferWithdrawal(
            message_id=_id("withdrawal"),
            transfer_id=_id("transfer"),
            reason="entered by mistake",
        ),
        MessageKind.OUTCOME_ANSWER: OutcomeAnswer(
            message_id=_id("outcome answer"),
            transfer_id=_id("transfer"),
            result=OutcomeResult.APPLIED,
            reason="",
        ),
        MessageKind.ACTION: ActionNotice(
            message_id=_id("action"),
            action=ActionKind.USE_TOWARDS_NDC,
            account="JP-100",
            to_account="JP-300",
            authorization_party="MNG",
            authorization_id="MNG-2B-2026-001",
            purpose=Purpose.NDC,
            using_party="JPN",
            using_entity=None,
            year_of_use=2025,
            acted_at=NOW,
            blocks=(_block(1, 500),),
        ),
        MessageKind.CORRECTION: CorrectionNotice(
            message_id=_id("correction"),
            correction=CorrectionKind.REVERSAL,
            corrects=_id("action"),
            replacement=None,
            reason="the wrong account was named",
            approvers=("first approver", "second approver"),
        ),
        MessageKind.STATEMENT: StatementNotice(message_id=_id("statement"), statement=_statement()),
        MessageKind.KEY_ANNOUNCEMENT: KeyAnnouncement(
            message_id=_id("key announcement"),
            registry="MNG01",
            jwk={
                "kty": "OKP",
                "crv": "Ed25519",
                "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
            },
            valid_from=NOW + timedelta(days=7),
            valid_until=None,
        ),
        MessageKind.KEY_REVOCATION: KeyRevocation(
            message_id=_id("key revocation"),
            registry="MNG01",
            key_id="kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
            revoked_from=NOW,
            reason="the key file was copied",
        ),
        MessageKind.REGISTRY_SUSPENSION: RegistrySuspension(
            message_id=_id("suspension"),
            registry="MNG01",
            suspended=True,
            reason="keys under investigation",
        ),
        MessageKind.MAINTENANCE_WINDOW: MaintenanceWindow(
            message_id=_id("maintenance"),
            registry="MNG01",
            starts_at=NOW + timedelta(days=1),
            ends_at=NOW + timedelta(days=1, hours=4),
            words="system upgrade",
        ),
        MessageKind.DISCREPANCY_ANSWER: DiscrepancyAnswer(
            message_id=_id("discrepancy answer"),
            discrepancy_id=_id("discrepancy"),
            accepts=True,
            words="the other side is right",
        ),
        MessageKind.BATCH: Batch(
            message_id=_id("batch"),
            messages=(
                BatchEntry(kind=MessageKind.TRANSFER_ANSWER, body=msgspec.Raw(encode_body(answer))),
            ),
        ),
        MessageKind.RECEIPT: Receipt(
            message_id=_id("receipt"),
            in_reply_to=_id("jti"),
            envelope_digest=_DIGEST,
            received_at=NOW,
            results=_results(),
        ),
        MessageKind.TRANSFER_REQUEST: TransferRequest(
            message_id=_id("transfer request"),
            transfer_id=_id("transfer"),
            proposal=_proposal(),
            proposer="MNG01",
            first_transfer_blocks=(_block(1, 1_000),),
            answer_until=NOW + timedelta(days=3),
            proposal_envelope="eyJhbGciOiJFZDI1NTE5In0.e30.c2lnbmF0dXJl",
            reverses=None,
        ),
        MessageKind.TRANSFER_OUTCOME: TransferOutcome(
            message_id=_id("transfer outcome"),
            transfer_id=_id("transfer"),
            state=TransferState.COMPLETED,
            decided_at=NOW + timedelta(minutes=1),
            reason="",
            first_transfer_blocks=(_block(1, 1_000),),
        ),
        MessageKind.DISCREPANCY_NOTICE: DiscrepancyNotice(
            message_id=_id("discrepancy notice"),
            discrepancy_id=_id("discrepancy"),
            code="other_holder",
            severity="high",
            state="open",
            words="Both registries state that they hold these serials.",
            tonnes=100,
            serials=(
                DisputedSerials(
                    approach="CA0007",
                    registry="MNG01",
                    first_party="MNG",
                    vintage=2022,
                    first=901,
                    last=1_000,
                ),
            ),
            due_at=NOW + timedelta(days=10),
            frozen_until=NOW + timedelta(days=30),
        ),
        MessageKind.MAINTENANCE_NOTICE: MaintenanceNotice(
            message_id=_id("maintenance notice"),
            registry="JPN01",
            starts_at=NOW + timedelta(days=1),
            ends_at=NOW + timedelta(days=1, hours=6),
            words="Planned maintenance.",
            deadlines=(
                MovedDeadline(
                    transfer_id=_id("transfer"), answer_until=NOW + timedelta(days=3, hours=6)
                ),
            ),
        ),
        MessageKind.ACKNOWLEDGEMENT: Acknowledgement(
            message_id=_id("acknowledgement"),
            in_reply_to=_id("jti"),
            envelope_digest=_DIGEST,
            received_at=NOW,
        ),
    }
