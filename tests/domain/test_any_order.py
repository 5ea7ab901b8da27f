"""Several registries, any interleaving of all kinds of messages, repeated and out of order.

What registries say is delivered at once, or posted while the network is down and delivered later,
in any order and any number of times. After every step the ledger must be what its own history says,
and each message must do the same to the slice that storage would load as it does to the whole.
"""

from datetime import timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from hub.domain.state import ActionRecord, Transfer
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
    OutcomeResult,
    Purpose,
    TransferState,
)
from schema.messages import MessageKind, RegistryMessage
from tests.builders import (
    ACQUIRER_REGISTRY,
    HOST_REGISTRY,
    account_notice,
    account_ref,
    action_notice,
    allotment,
    approval,
    authorization_notice,
    authorization_record,
    correction_notice,
    discrepancy_answer,
    elements,
    first_transfer_definition,
    initial_report_notice,
    joint_committee_decision,
    key_announcement,
    key_revocation,
    maintenance_window,
    outcome_answer,
    registry_suspension,
    statement,
    statement_notice,
    transfer_answer,
    transfer_proposal,
    transfer_withdrawal,
)
from tests.domain.federation import (
    OPERATOR,
    PARTIES,
    THIRD_REGISTRY,
)
from tests.domain.machine import AUTHORIZATIONS, GROUND, HOLDING, REGISTRIES, SERIALS, Machine
from tests.domain.refusal_tables.administration import KEY


class AnyOrder(Machine):
    """What registries say; see `Machine` for what the network does with it."""

    @rule(
        registry=st.sampled_from((HOST_REGISTRY, HOST_REGISTRY, ACQUIRER_REGISTRY)),
        first=SERIALS,
        count=st.integers(1, 9),
        vintage=st.sampled_from((2021, 2022, 2022, 2020)),
        under=st.sampled_from(("A", "A", "B", "2A", "2B", None, None)),
        decision=st.sampled_from((None,) * 8 + ("JC-1", "JC-2")),
    )
    def issue(
        self,
        registry: str,
        first: int,
        count: int,
        vintage: int,
        under: str | None,
        decision: str | None,
    ) -> None:
        last = first + count - 1
        notice = self.issuance(
            registry, first, last, under=under, vintage=vintage, decision=decision
        )
        self.post(registry, notice)

    @rule(
        data=st.data(),
        to=st.sampled_from(REGISTRIES),
        purpose=st.sampled_from((Purpose.NDC, *Purpose)),
        under=st.sampled_from((None,) * 6 + ("A", "B", "2A", "2B")),
    )
    def propose(self, data: st.DataObject, to: str, purpose: Purpose, under: str | None) -> None:
        registry, account, blocks, own = self.held(data)
        if to == registry and data.draw(st.integers(0, 9)):
            to = REGISTRIES[(REGISTRIES.index(to) + 1) % len(REGISTRIES)]
        self.post(
            registry,
            transfer_proposal(
                from_account=account,
                to=account_ref(registry=to, account=HOLDING[to]),
                purpose=purpose,
                authorization_id=under or own,
                blocks=blocks,
            ),
        )

    @rule(data=st.data(), to=st.sampled_from((ACQUIRER_REGISTRY, HOST_REGISTRY)))
    def transfer_at_once(self, data: st.DataObject, to: str) -> None:
        """One transfer without any disturbance, so that units get around."""
        registry, account, blocks, own = self.held(data)
        if to == registry:
            to = THIRD_REGISTRY
        proposal = transfer_proposal(
            from_account=account,
            to=account_ref(registry=to, account=HOLDING[to]),
            authorization_id=own,
            blocks=blocks,
        )
        self.deliver(registry, proposal)
        self.deliver(to, transfer_answer(transfer_id=proposal.transfer_id))

    @precondition(lambda self: self.world.ledger.transfers)
    @rule(
        data=st.data(),
        answer=st.sampled_from((Answer.ACCEPT, Answer.ACCEPT, Answer.REJECT)),
        by_asked=st.integers(0, 5),
    )
    def answer(self, data: st.DataObject, answer: Answer, by_asked: int) -> None:
        transfer = self.transfer(data)
        message = transfer_answer(transfer_id=transfer.transfer_id, answer=answer, reason="")
        self.post(transfer.asked if by_asked else transfer.proposer, message)

    @precondition(lambda self: self.world.ledger.transfers)
    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        transfer = self.transfer(data)
        self.post(transfer.proposer, transfer_withdrawal(transfer_id=transfer.transfer_id))

    @precondition(lambda self: self.world.ledger.transfers)
    @rule(data=st.data(), result=st.sampled_from(OutcomeResult), side=st.booleans())
    def tell_outcome(self, data: st.DataObject, result: OutcomeResult, side: bool) -> None:
        transfer = self.transfer(data)
        registry = transfer.asked if side else transfer.proposer
        outcome = outcome_answer(transfer_id=transfer.transfer_id, result=result)
        self.post(registry, outcome)

    @rule(
        data=st.data(),
        kind=st.sampled_from(ActionKind),
        under=st.sampled_from((None,) * 6 + ("A", "B", "2B")),
        unauthorized=st.integers(0, 9),
        year=st.sampled_from((2025, 2025, 2026, 2020)),
    )
    def act(
        self,
        data: st.DataObject,
        kind: ActionKind,
        under: str | None,
        unauthorized: int,
        year: int,
    ) -> None:
        registry, account, blocks, own = self.held(data)
        under = under or own if unauthorized else None
        to_account, purpose = self.target(registry, kind)
        self.post(
            registry,
            action_notice(
                action=kind,
                account=account,
                to_account=to_account,
                authorization_party=None if under is None else "MNG",
                authorization_id=under,
                purpose=purpose,
                using_party=None,
                year_of_use=year,
                acted_at=self.world.now,
                blocks=blocks,
            ),
        )

    @precondition(lambda self: self.world.ledger.transfers or self.world.ledger.actions)
    @rule(data=st.data(), kind=st.sampled_from(CorrectionKind), mover=st.booleans())
    def correct(self, data: st.DataObject, kind: CorrectionKind, mover: bool) -> None:
        ledger = self.world.ledger
        records: list[Transfer | ActionRecord] = [
            *(
                each
                for each in ledger.transfers.values()
                if data.draw(st.integers(0, 3)) or _done(each)
            ),
            *ledger.actions.values(),
        ]
        if not records:
            return
        record = data.draw(st.sampled_from(records))
        corrects = record.transfer_id if isinstance(record, Transfer) else record.message_id
        side = record.from_account if mover else record.to_account
        replacement = record.message_id if kind is CorrectionKind.CORRECTION else None
        notice = correction_notice(correction=kind, corrects=corrects, replacement=replacement)
        self.post(side.registry, notice)

    @rule(
        name=st.sampled_from(AUTHORIZATIONS),
        status=st.sampled_from((AuthorizationStatus.IN_FORCE,) * 12 + tuple(AuthorizationStatus)),
        quantity=st.sampled_from((None, 100, 1_000, 1_000, 0, 10, 30, 60)),
        uses=st.sampled_from((AuthorizedUse.NDC_AND_OIMP, *AuthorizedUse)),
        for_ndc=st.sampled_from((*FirstTransferForNdc, None)),
        for_oimp=st.sampled_from((*FirstTransferForOimp, None)),
        ground=st.sampled_from((None, GROUND.ground)),
        decision=st.sampled_from((None, None, None, "JC-1", "JC-2")),
    )
    def authorize(  # noqa: PLR0917 - every argument is drawn
        self,
        name: str,
        status: AuthorizationStatus,
        quantity: int | None,
        uses: AuthorizedUse,
        for_ndc: FirstTransferForNdc | None,
        for_oimp: FirstTransferForOimp | None,
        ground: str | None,
        decision: str | None,
    ) -> None:
        known = {
            key.authorization_id: each.record.version
            for key, each in self.world.ledger.authorizations.items()
            if key.party == "MNG"
        }
        steps = {
            "2A": AuthorizationStep.ESTIMATED_QUANTITY,
            "2B": AuthorizationStep.ACTUAL_QUANTITY,
        }
        record = authorization_record(
            authorization_id=name,
            version=known.get(name, 0) + 1,
            step=steps.get(name, AuthorizationStep.CONSOLIDATED),
            status=status,
            confirms="2A" if name == "2B" else None,
            decision=decision,
            approval=approval(ground=ground),
            elements=elements(
                parties=(),
                uses=uses,
                quantity=quantity,
                first_transfer=first_transfer_definition(for_ndc=for_ndc, for_oimp=for_oimp),
                tracking_registry=None,
                change_grounds=(GROUND,),
            ),
        )
        self.post(HOST_REGISTRY, authorization_notice(authorization=record))

    @rule(
        name=st.sampled_from(("JC-1", "JC-2")),
        kind=st.sampled_from(
            (DecisionKind.ISSUANCE, DecisionKind.ISSUANCE, DecisionKind.REGISTRATION)
        ),
        tonnes=st.sampled_from((5, 20)),
        registry=st.sampled_from((HOST_REGISTRY, ACQUIRER_REGISTRY)),
    )
    def decide(self, name: str, kind: DecisionKind, tonnes: int, registry: str) -> None:
        allotments = (
            allotment(tonnes=tonnes),
            allotment(registry=ACQUIRER_REGISTRY, tonnes=tonnes),
        )
        message = joint_committee_decision(decision_id=name, decision=kind, allotments=allotments)
        self.post(registry, message)

    @rule(registry=st.sampled_from(REGISTRIES), status=st.sampled_from(AccountStatus))
    def announce_account(self, registry: str, status: AccountStatus) -> None:
        party = PARTIES[registry]
        self.post(
            registry,
            account_notice(account=f"{party}-0", account_kind=AccountKind.PENDING, status=status),
        )

    @rule(
        kind=st.sampled_from(
            (
                MessageKind.INITIAL_REPORT,
                MessageKind.STATEMENT,
                MessageKind.DISCREPANCY_ANSWER,
                MessageKind.KEY_ANNOUNCEMENT,
                MessageKind.KEY_REVOCATION,
                MessageKind.MAINTENANCE_WINDOW,
                MessageKind.REGISTRY_SUSPENSION,
            )
        ),
        registry=st.sampled_from(REGISTRIES),
        hours=st.integers(1, 30),
    )
    def administer(self, kind: MessageKind, registry: str, hours: int) -> None:
        now, then = self.world.now, self.world.now + timedelta(hours=hours)
        fields: dict[str, Any] = {"registry": registry}
        messages: dict[MessageKind, RegistryMessage] = {
            MessageKind.INITIAL_REPORT: initial_report_notice(party=PARTIES[registry]),
            MessageKind.STATEMENT: statement_notice(statement=statement(registry=registry)),
            MessageKind.DISCREPANCY_ANSWER: discrepancy_answer(),
            MessageKind.KEY_ANNOUNCEMENT: key_announcement(jwk=KEY.to_jwk(), **fields),
            MessageKind.KEY_REVOCATION: key_revocation(
                key_id=KEY.key_id, revoked_from=then, **fields
            ),
            MessageKind.MAINTENANCE_WINDOW: maintenance_window(
                starts_at=now, ends_at=then, **fields
            ),
            MessageKind.REGISTRY_SUSPENSION: registry_suspension(suspended=hours > 20, **fields),
        }
        by_operator = kind is MessageKind.REGISTRY_SUSPENSION
        self.post(OPERATOR if by_operator else registry, messages[kind])


def _done(transfer: Transfer) -> bool:
    return transfer.state is TransferState.COMPLETED


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(stateful_step_count=60)
