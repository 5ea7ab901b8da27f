"""Several registries, any interleaving of all kinds of messages, repeated and out of order.

What registries say is delivered at once, or posted while the network is down and delivered later,
in any order and any number of times. After every step the ledger must be what its own history says,
and each message must do the same to the slice that storage would load as it does to the whole.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from hub.domain.admission import Admission, Moment
from hub.domain.admit import admit
from hub.domain.state import ActionRecord, Freeze, Interval, Transfer, Units
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
    UnitStatus,
)
from schema.messages import IssuanceNotice, MessageKind, RegistryMessage, UnitBlock
from schema.refusals import RefusalCode
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
    change_ground,
    correction_notice,
    discrepancy_answer,
    elements,
    first_transfer_definition,
    initial_report_notice,
    issuance_notice,
    issued_block,
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
    unit_block,
)
from tests.domain.federation import (
    OPERATOR,
    PARTIES,
    THIRD_REGISTRY,
    Federation,
    all_units,
    empty_federation,
    shallow_snapshot,
)
from tests.domain.oracle import Oracle
from tests.domain.refusal_tables.administration import KEY
from tests.domain.slicing import assert_same_where_loaded, load, needs_for

SERIALS = st.integers(1, 40)
REGISTRIES = (HOST_REGISTRY, ACQUIRER_REGISTRY, THIRD_REGISTRY)
HOLDING = {HOST_REGISTRY: "MN-100", ACQUIRER_REGISTRY: "JP-100", THIRD_REGISTRY: "KE-100"}
TARGETS = {
    ActionKind.USE_TOWARDS_NDC: (AccountKind.RETIREMENT_NDC, Purpose.NDC),
    ActionKind.USE_FOR_OIMP: (AccountKind.RETIREMENT_OIMP, Purpose.OIMP),
    ActionKind.VOLUNTARY_CANCELLATION: (AccountKind.CANCELLATION_VOLUNTARY, None),
    ActionKind.CANCELLATION_FOR_OMGE: (AccountKind.CANCELLATION_OMGE, None),
    ActionKind.ADAPTATION_SHARE: (AccountKind.CANCELLATION_ADAPTATION, None),
    ActionKind.RETIREMENT: (AccountKind.RETIREMENT_NDC, None),
}
AUTHORIZATIONS = ("A", "B", "2A", "2B")
GROUND = change_ground()
Posted = tuple[str, RegistryMessage]


def block_of(units: Units, first: int, last: int) -> UnitBlock:
    return unit_block(
        first,
        last,
        registry=units.series.registry,
        first_party=units.series.first_party,
        vintage=units.series.vintage,
    )


class AnyOrder(RuleBasedStateMachine):
    """See the module."""

    def __init__(self) -> None:
        super().__init__()
        self.world: Federation = empty_federation()
        self.world.deep = False
        self.world.set_policy(standstill_max=timedelta(days=2))
        self.oracle = Oracle()
        self.network_is_up = True
        self.posted: list[Posted] = []
        self.said: list[Posted] = []
        self.results: dict[UUID, Admission] = {}

    @initialize(
        quantity=st.integers(20, 200),
        for_ndc=st.sampled_from(FirstTransferForNdc),
        for_oimp=st.sampled_from(FirstTransferForOimp),
    )
    def begin(
        self, quantity: int, for_ndc: FirstTransferForNdc, for_oimp: FirstTransferForOimp
    ) -> None:
        """Accounts, the approach authorized by all, an authorization in force, some units."""
        for registry, party in PARTIES.items():
            for number, kind in enumerate(AccountKind):
                name = HOLDING[registry] if kind is AccountKind.HOLDING else f"{party}-{number}"
                notice = account_notice(account=name, account_kind=kind, holder_party=party)
                self._deliver(registry, notice)
            step_1 = authorization_record(
                party=party, authorization_id="1", step=AuthorizationStep.APPROACH
            )
            self._deliver(registry, authorization_notice(authorization=step_1))
        record = authorization_record(
            authorization_id="A",
            elements=elements(
                parties=(),
                quantity=quantity,
                change_grounds=(GROUND,),
                first_transfer=first_transfer_definition(for_ndc=for_ndc, for_oimp=for_oimp),
            ),
        )
        self._deliver(HOST_REGISTRY, authorization_notice(authorization=record))
        estimate = authorization_record(
            authorization_id="2A",
            step=AuthorizationStep.ESTIMATED_QUANTITY,
            elements=elements(parties=(), change_grounds=(GROUND,)),
        )
        self._deliver(HOST_REGISTRY, authorization_notice(authorization=estimate))
        allotments = (allotment(tonnes=20), allotment(registry=ACQUIRER_REGISTRY, tonnes=20))
        decision = joint_committee_decision(decision_id="JC-1", allotments=allotments)
        self._deliver(HOST_REGISTRY, decision)
        for registry, first, last, under, decided in (
            (HOST_REGISTRY, 1, 20, "A", None),
            (HOST_REGISTRY, 21, 30, None, None),
            (HOST_REGISTRY, 31, 36, "2A", "JC-1"),
            (ACQUIRER_REGISTRY, 1, 10, "A", None),
            (ACQUIRER_REGISTRY, 11, 16, None, "JC-1"),
        ):
            issued = self._issuance(registry, first, last, under=under, decision=decided)
            self._deliver(registry, issued)

    # What registries say.

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
        notice = self._issuance(
            registry, first, last, under=under, vintage=vintage, decision=decision
        )
        self._post(registry, notice)

    def _issuance(
        self,
        registry: str,
        first: int,
        last: int,
        *,
        under: str | None,
        vintage: int = 2021,
        decision: str | None = None,
    ) -> IssuanceNotice:
        block = unit_block(first, last, registry=registry, first_party="MNG", vintage=vintage)
        return issuance_notice(
            account=HOLDING[registry],
            authorization_party=None if under is None else "MNG",
            authorization_id=under,
            decision=decision,
            issued_at=self.world.now,
            blocks=(issued_block(block=block),),
        )

    @rule(
        data=st.data(),
        to=st.sampled_from(REGISTRIES),
        purpose=st.sampled_from((Purpose.NDC, *Purpose)),
        under=st.sampled_from((None,) * 6 + ("A", "B", "2A", "2B")),
    )
    def propose(self, data: st.DataObject, to: str, purpose: Purpose, under: str | None) -> None:
        registry, account, blocks, own = self._held(data)
        if to == registry and data.draw(st.integers(0, 9)):
            to = REGISTRIES[(REGISTRIES.index(to) + 1) % len(REGISTRIES)]
        self._post(
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
        registry, account, blocks, own = self._held(data)
        if to == registry:
            to = THIRD_REGISTRY
        proposal = transfer_proposal(
            from_account=account,
            to=account_ref(registry=to, account=HOLDING[to]),
            authorization_id=own,
            blocks=blocks,
        )
        self._deliver(registry, proposal)
        self._deliver(to, transfer_answer(transfer_id=proposal.transfer_id))

    @precondition(lambda self: self.world.ledger.transfers)
    @rule(
        data=st.data(),
        answer=st.sampled_from((Answer.ACCEPT, Answer.ACCEPT, Answer.REJECT)),
        by_asked=st.integers(0, 5),
    )
    def answer(self, data: st.DataObject, answer: Answer, by_asked: int) -> None:
        transfer = self._transfer(data)
        message = transfer_answer(transfer_id=transfer.transfer_id, answer=answer, reason="")
        self._post(transfer.asked if by_asked else transfer.proposer, message)

    @precondition(lambda self: self.world.ledger.transfers)
    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        transfer = self._transfer(data)
        self._post(transfer.proposer, transfer_withdrawal(transfer_id=transfer.transfer_id))

    @precondition(lambda self: self.world.ledger.transfers)
    @rule(data=st.data(), result=st.sampled_from(OutcomeResult), side=st.booleans())
    def tell_outcome(self, data: st.DataObject, result: OutcomeResult, side: bool) -> None:
        transfer = self._transfer(data)
        registry = transfer.asked if side else transfer.proposer
        outcome = outcome_answer(transfer_id=transfer.transfer_id, result=result)
        self._post(registry, outcome)

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
        registry, account, blocks, own = self._held(data)
        under = under or own if unauthorized else None
        to_account, purpose = self._target(registry, kind)
        self._post(
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
        self._post(side.registry, notice)

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
        self._post(HOST_REGISTRY, authorization_notice(authorization=record))

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
        self._post(registry, message)

    @rule(registry=st.sampled_from(REGISTRIES), status=st.sampled_from(AccountStatus))
    def announce_account(self, registry: str, status: AccountStatus) -> None:
        party = PARTIES[registry]
        self._post(
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
        self._post(OPERATOR if by_operator else registry, messages[kind])

    # What the network, the clock and the hub do.

    @rule(up=st.booleans())
    def break_or_mend_the_network(self, up: bool) -> None:
        self.network_is_up = up

    @precondition(lambda self: self.posted)
    @rule(data=st.data())
    def deliver_one(self, data: st.DataObject) -> None:
        """Deliver any of the posted messages, whatever came before it."""
        posted = data.draw(st.sampled_from(self.posted))
        self.posted.remove(posted)
        self._deliver(*posted)

    @precondition(lambda self: self.said)
    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        """Deliver a message again under its id, or early, before its turn."""
        self._deliver(*data.draw(st.sampled_from(self.said)))

    @precondition(lambda self: self.posted)
    @rule()
    def deliver_all(self) -> None:
        """Deliver everything in the order of posting."""
        posted, self.posted = self.posted, []
        for sender, message in posted:
            self._deliver(sender, message)

    @precondition(lambda self: self.said)
    @rule(data=st.data())
    def repeat_under_a_new_id(self, data: st.DataObject) -> None:
        """A sender says the same once more, as another message."""
        sender, message = data.draw(st.sampled_from(self.said))
        other = discrepancy_answer().message_id
        self._deliver(sender, msgspec.structs.replace(message, message_id=other))

    @rule(first=SERIALS, hours=st.integers(1, 20))
    def freeze(self, first: int, hours: int) -> None:
        """Reconciliation has found a dispute about some serials of the host."""
        series = next(iter(self.world.ledger.units))
        until = self.world.now + timedelta(hours=hours)
        interval = Interval(series, first, first + 2)
        freeze = Freeze(discrepancy_id=UUID(int=first), interval=interval, until=until)
        self.world.ledger.freezes.append(freeze)

    @rule(hours=st.integers(1, 50))
    def wait(self, hours: int) -> None:
        self.world.wait(timedelta(hours=hours))

    @rule()
    def expire_what_is_due(self) -> None:
        for transfer in list(self.world.ledger.transfers.values()):
            due = self.world.now >= transfer.answer_until
            waiting = transfer.state is TransferState.CHECKED
            assert bool(self.world.expire(transfer).outgoing) is (due and waiting)

    # What must hold.

    @invariant()
    def the_ledger_is_what_its_history_says(self) -> None:
        self.oracle.check(self.world.ledger)

    # Helpers.

    def _post(self, sender: str, message: RegistryMessage) -> None:
        self.said.append((sender, message))
        if self.network_is_up:
            self._deliver(sender, message)
        else:
            self.posted.append((sender, message))

    def _deliver(self, sender: str, message: RegistryMessage) -> None:
        """Be idempotent by message id, as the receiving service is; else go to the rules."""
        known = self.results.get(message.message_id)
        if known is not None:
            return
        ledger = self.world.ledger
        reserved = self._names_reserved(message)
        needs = needs_for(ledger, message, sender)
        part = load(ledger, needs)
        admission = self.world.send(sender, message)
        if reserved and sender in ledger.registries and not ledger.registries[sender].suspended:
            assert RefusalCode.UNITS_RESERVED in {each.code for each in admission.refusals}
        moment = Moment(sender=sender, received_at=self.world.now)
        untouched = shallow_snapshot(part)
        assert admit(part, message, moment, self.world.policy) == admission
        assert not admission.refusals or shallow_snapshot(part) == untouched
        assert_same_where_loaded(part, ledger, needs)
        self.results[message.message_id] = admission
        self.oracle.check(ledger)

    def _names_reserved(self, message: RegistryMessage) -> bool:
        """Tell whether units that are on their way would leave the account they are in."""
        blocks: Sequence[object] = getattr(message, "blocks", ())
        account = getattr(message, "from_account", None) or getattr(message, "account", None)
        return any(
            units.reserved_by is not None
            and units.account.account == account
            and units.first <= block.last
            and block.first <= units.last
            for block in blocks
            if isinstance(block, UnitBlock)
            for units in all_units(self.world.ledger)
            if (units.series.registry, units.series.first_party, units.series.vintage)
            == (block.registry, block.first_party, block.vintage)
        )

    def _held(self, data: st.DataObject) -> tuple[str, str, tuple[UnitBlock, ...], str]:
        """Draw a holder, one or two blocks, mostly of units it holds, and their authorization."""
        units = [each for each in all_units(self.world.ledger) if each.status is UnitStatus.HELD]
        if not units or not data.draw(st.integers(0, 9)):
            first = data.draw(SERIALS)
            return HOST_REGISTRY, "MN-100", (unit_block(first, first + 3),), "A"
        one = data.draw(st.sampled_from(units))
        blocks = []
        for each in (one, *data.draw(st.lists(st.sampled_from(units), max_size=1))):
            first = data.draw(st.integers(each.first, each.last))
            last = data.draw(st.integers(first, each.last))
            blocks.append(block_of(each, first, last))
        key = one.authorization
        own = "A" if key is None else key.authorization_id
        return one.account.registry, one.account.account, tuple(blocks), own

    def _transfer(self, data: st.DataObject) -> Transfer:
        transfers = list(self.world.ledger.transfers.values())
        open_ones = [each for each in transfers if each.state is TransferState.CHECKED]
        return data.draw(st.sampled_from([*open_ones * 3, *transfers]))

    def _target(self, registry: str, kind: ActionKind) -> tuple[str | None, Purpose | None]:
        if kind is ActionKind.FIRST_TRANSFER:
            return None, Purpose.OIMP
        wanted, purpose = TARGETS[kind]
        number = list(AccountKind).index(wanted)
        return f"{PARTIES[registry]}-{number}", purpose


def _done(transfer: Transfer) -> bool:
    return transfer.state is TransferState.COMPLETED


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(stateful_step_count=60)
