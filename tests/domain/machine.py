"""The world of the state machine: a federation, a network that can be down, and what must hold."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import msgspec
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from hub.domain.admission import Admission, Moment
from hub.domain.admit import admit
from hub.domain.state import Freeze, Interval, Transfer, Units
from schema.codes import (
    AccountKind,
    ActionKind,
    AuthorizationStep,
    FirstTransferForNdc,
    FirstTransferForOimp,
    Purpose,
    TransferState,
    UnitStatus,
)
from schema.messages import IssuanceNotice, RegistryMessage, UnitBlock
from schema.refusals import RefusalCode
from tests.builders import (
    ACQUIRER_REGISTRY,
    HOST_REGISTRY,
    account_notice,
    allotment,
    authorization_notice,
    authorization_record,
    change_ground,
    discrepancy_answer,
    elements,
    first_transfer_definition,
    issuance_notice,
    issued_block,
    joint_committee_decision,
    unit_block,
)
from tests.domain.federation import (
    PARTIES,
    THIRD_REGISTRY,
    Federation,
    all_units,
    empty_federation,
    shallow_snapshot,
)
from tests.domain.oracle import Oracle
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


class Machine(RuleBasedStateMachine):
    """Delivers messages idempotently; compares each with the slice that storage would load."""

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
                self.deliver(registry, notice)
            step_1 = authorization_record(
                party=party, authorization_id="1", step=AuthorizationStep.APPROACH
            )
            self.deliver(registry, authorization_notice(authorization=step_1))
        record = authorization_record(
            authorization_id="A",
            elements=elements(
                parties=(),
                quantity=quantity,
                change_grounds=(GROUND,),
                first_transfer=first_transfer_definition(for_ndc=for_ndc, for_oimp=for_oimp),
            ),
        )
        self.deliver(HOST_REGISTRY, authorization_notice(authorization=record))
        estimate = authorization_record(
            authorization_id="2A",
            step=AuthorizationStep.ESTIMATED_QUANTITY,
            elements=elements(parties=(), change_grounds=(GROUND,)),
        )
        self.deliver(HOST_REGISTRY, authorization_notice(authorization=estimate))
        allotments = (allotment(tonnes=20), allotment(registry=ACQUIRER_REGISTRY, tonnes=20))
        decision = joint_committee_decision(decision_id="JC-1", allotments=allotments)
        self.deliver(HOST_REGISTRY, decision)
        for registry, first, last, under, decided in (
            (HOST_REGISTRY, 1, 20, "A", None),
            (HOST_REGISTRY, 21, 30, None, None),
            (HOST_REGISTRY, 31, 36, "2A", "JC-1"),
            (ACQUIRER_REGISTRY, 1, 10, "A", None),
            (ACQUIRER_REGISTRY, 11, 16, None, "JC-1"),
        ):
            issued = self.issuance(registry, first, last, under=under, decision=decided)
            self.deliver(registry, issued)

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
        self.deliver(*posted)

    @precondition(lambda self: self.said)
    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        """Deliver a message again under its id, or early, before its turn."""
        self.deliver(*data.draw(st.sampled_from(self.said)))

    @precondition(lambda self: self.posted)
    @rule()
    def deliver_all(self) -> None:
        """Deliver everything in the order of posting."""
        posted, self.posted = self.posted, []
        for sender, message in posted:
            self.deliver(sender, message)

    @precondition(lambda self: self.said)
    @rule(data=st.data())
    def repeat_under_a_new_id(self, data: st.DataObject) -> None:
        """A sender says the same once more, as another message."""
        sender, message = data.draw(st.sampled_from(self.said))
        other = discrepancy_answer().message_id
        self.deliver(sender, msgspec.structs.replace(message, message_id=other))

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

    def issuance(
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

    def post(self, sender: str, message: RegistryMessage) -> None:
        self.said.append((sender, message))
        if self.network_is_up:
            self.deliver(sender, message)
        else:
            self.posted.append((sender, message))

    def deliver(self, sender: str, message: RegistryMessage) -> None:
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

    def held(self, data: st.DataObject) -> tuple[str, str, tuple[UnitBlock, ...], str]:
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

    def transfer(self, data: st.DataObject) -> Transfer:
        transfers = list(self.world.ledger.transfers.values())
        open_ones = [each for each in transfers if each.state is TransferState.CHECKED]
        return data.draw(st.sampled_from([*open_ones * 3, *transfers]))

    def target(self, registry: str, kind: ActionKind) -> tuple[str | None, Purpose | None]:
        if kind is ActionKind.FIRST_TRANSFER:
            return None, Purpose.OIMP
        wanted, purpose = TARGETS[kind]
        number = list(AccountKind).index(wanted)
        return f"{PARTIES[registry]}-{number}", purpose
