"""Any interleaving, repetition or loss of deliveries ends in the same holdings.

Registries and hub speak over a network that delivers in any order, twice, or not at all; whoever
got no receipt sends again. Several flows run at once: what they do is fixed beforehand, when it
arrives is not.
"""

import copy
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import cache
from typing import Any
from uuid import UUID, uuid5

from hypothesis import given, settings
from hypothesis import strategies as st

from schema.codes import Answer, TransferState
from schema.messages import HubMessage, RegistryMessage, TransferOutcome, TransferRequest
from tests.builders import (
    ACQUIRER_REGISTRY,
    HOST_REGISTRY,
    account_ref,
    action_notice,
    correction_notice,
    elements,
    outcome_answer,
    transfer_answer,
    transfer_proposal,
    unit_block,
)
from tests.domain.federation import THIRD_REGISTRY, Federation, ready_federation, snapshot

NAMESPACE = UUID("7a000000-0000-4000-8000-00000000000f")
ACCOUNTS = {HOST_REGISTRY: "MN-100", ACQUIRER_REGISTRY: "JP-100", THIRD_REGISTRY: "KE-100"}


def named(*parts: object) -> UUID:
    return uuid5(NAMESPACE, "/".join(map(str, parts)))


class Fate(Enum):
    """What the network does with a packet."""

    ARRIVES = auto()
    ARRIVES_TWICE = auto()
    IS_LOST = auto()


@dataclass(frozen=True)
class Packet:
    """Something on its way: from a registry to the hub, or from the hub to a registry."""

    registry: str
    message: RegistryMessage | None = None
    told: HubMessage | None = None


@dataclass(frozen=True)
class Flow:
    """Ten serials on their way: who gets them, and what happens then."""

    number: int
    to: str
    accepted: bool
    then: str

    @property
    def first(self) -> int:
        return 10 * self.number + 1

    @property
    def transfer_id(self) -> UUID:
        return named("transfer", self.number)

    def opening(self) -> RegistryMessage:
        return transfer_proposal(
            message_id=named("proposal", self.number),
            transfer_id=self.transfer_id,
            to=account_ref(registry=self.to, account=ACCOUNTS[self.to]),
            blocks=(unit_block(self.first, self.first + 9),),
        )

    def sequel(self) -> RegistryMessage | None:
        """What the new holder does once it has heard of the completion."""
        if self.then == "use" and self.to == ACQUIRER_REGISTRY:
            block = unit_block(self.first + 5, self.first + 9)
            return action_notice(message_id=named("use", self.number), blocks=(block,))
        if self.then == "send on":
            onward = ACQUIRER_REGISTRY if self.to == THIRD_REGISTRY else THIRD_REGISTRY
            return transfer_proposal(
                message_id=named("onward", self.number),
                transfer_id=named("onward", self.number),
                from_account=ACCOUNTS[self.to],
                to=account_ref(registry=onward, account=ACCOUNTS[onward]),
                blocks=(unit_block(self.first, self.first + 4),),
            )
        if self.then == "give back":
            message_id = named("back", self.number)
            return correction_notice(message_id=message_id, corrects=self.transfer_id)
        return None


@dataclass
class Network:
    """The hub with its idempotent door, and registries that answer and send again."""

    flows: tuple[Flow, ...]
    world: Federation
    packets: list[Packet] = field(default_factory=list)
    lost: list[Packet] = field(default_factory=list)
    admitted: set[UUID] = field(default_factory=set)
    heard: set[tuple[str, UUID]] = field(default_factory=set)

    def step(self, index: int, fate: Fate) -> None:
        """Let one packet arrive, arrive twice, or be lost until it is sent again."""
        if not self.packets:
            self.packets, self.lost = self.lost, []
        if not self.packets:
            return
        packet = self.packets.pop(index % len(self.packets))
        if fate is Fate.IS_LOST:
            self.lost.append(packet)
            return
        if fate is Fate.ARRIVES_TWICE:
            self.packets.append(packet)
        if packet.message is not None:
            self._at_hub(packet.registry, packet.message)
        if packet.told is not None:
            self._at_registry(packet.registry, packet.told)

    def settle(self) -> None:
        """Let everything arrive that is still owed."""
        while self.packets or self.lost:
            self.step(0, Fate.ARRIVES)

    def _post(self, registry: str, message: RegistryMessage) -> None:
        self.packets.append(Packet(registry=registry, message=message))

    def _at_hub(self, sender: str, message: RegistryMessage) -> None:
        if message.message_id in self.admitted:
            return
        self.admitted.add(message.message_id)
        admission = self.world.apply(sender, message)
        self.packets.extend(
            Packet(registry=outgoing.to, told=outgoing.message) for outgoing in admission.outgoing
        )

    def _at_registry(self, registry: str, told: HubMessage) -> None:
        if (registry, told.message_id) in self.heard:
            return
        self.heard.add((registry, told.message_id))
        match told:
            case TransferRequest():
                self._post(registry, self._answer(told.transfer_id))
            case TransferOutcome(state=TransferState.COMPLETED, transfer_id=transfer_id):
                message_id = named("outcome", registry, transfer_id)
                applied = outcome_answer(message_id=message_id, transfer_id=transfer_id)
                self._post(registry, applied)
                self._go_on(registry, transfer_id)
            case _:
                pass

    def _answer(self, transfer_id: UUID) -> RegistryMessage:
        refused = {flow.transfer_id for flow in self.flows if not flow.accepted}
        return transfer_answer(
            message_id=named("answer", transfer_id),
            transfer_id=transfer_id,
            answer=Answer.REJECT if transfer_id in refused else Answer.ACCEPT,
        )

    def _go_on(self, registry: str, transfer_id: UUID) -> None:
        for flow in self.flows:
            sequel = flow.sequel()
            if (flow.to, flow.transfer_id) == (registry, transfer_id) and sequel is not None:
                self._post(registry, sequel)


@cache
def issued() -> Federation:
    """The world before the flows, the same for all."""
    world = ready_federation(elements=elements(parties=()))
    world.deep = False
    return world


def begin(flows: tuple[Flow, ...]) -> Network:
    network = Network(flows=flows, world=copy.deepcopy(issued()))
    network.packets = [Packet(registry=HOST_REGISTRY, message=flow.opening()) for flow in flows]
    return network


def outcome(network: Network) -> dict[str, Any]:
    """Everything in the ledger; the order of the history is the order of arrival."""
    content = snapshot(network.world.ledger)
    return content | {"events": sorted(map(repr, content["events"]))}


_drawn = st.tuples(
    st.sampled_from((ACQUIRER_REGISTRY, THIRD_REGISTRY)),
    st.sampled_from((True, True, False)),
    st.sampled_from(("rest", "use", "send on", "give back")),
)
flows = st.lists(_drawn, min_size=2, max_size=6).map(
    lambda drawn: tuple(
        Flow(number=number, to=to, accepted=accepted, then=then)
        for number, (to, accepted, then) in enumerate(drawn)
    )
)
schedules = st.lists(st.tuples(st.integers(0, 50), st.sampled_from(Fate)), max_size=80)


@settings(max_examples=100)
@given(flows, schedules)
def test_any_interleaving_repetition_or_loss_ends_in_the_same_holdings(
    flows: tuple[Flow, ...], schedule: list[tuple[int, Fate]]
) -> None:
    calm, stormy = begin(flows), begin(flows)
    calm.settle()
    for index, fate in schedule:
        stormy.step(index, fate)
    stormy.settle()
    assert outcome(stormy) == outcome(calm)
    assert not [units for units in outcome(calm)["units"] if units.reserved_by is not None]
