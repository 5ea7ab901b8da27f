"""A small federation in memory: registries, their standing records and issued units.

`Federation.send` goes through the one door of the rules, and makes sure on the way that a refused
message leaves the ledger as it was.
"""

import copy
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec

from hub.domain.admission import Admission, Moment
from hub.domain.admit import admit, expire
from hub.domain.ledger import Ledger
from hub.domain.state import AccountKey, Interval, Policy, Registry, Transfer, Units
from schema.codes import AccountKind, AuthorizationStep, RegistryKind
from schema.messages import RegistryMessage
from schema.refusals import RefusalCode
from tests.builders import (
    ACQUIRER,
    ACQUIRER_ACCOUNT,
    ACQUIRER_REGISTRY,
    HOST,
    HOST_ACCOUNT,
    HOST_REGISTRY,
    NOW,
    account_notice,
    authorization_notice,
    authorization_record,
    issuance_notice,
)

OPERATOR = "OPERATOR"
THIRD_REGISTRY, THIRD = "KEN01", "KEN"
PENDING_ACCOUNT = "MN-110"
ACCOUNTS = {
    (HOST_REGISTRY, HOST_ACCOUNT): AccountKind.HOLDING,
    (HOST_REGISTRY, PENDING_ACCOUNT): AccountKind.PENDING,
    (HOST_REGISTRY, "MN-300"): AccountKind.RETIREMENT_NDC,
    (HOST_REGISTRY, "MN-310"): AccountKind.RETIREMENT_OIMP,
    (HOST_REGISTRY, "MN-230"): AccountKind.CANCELLATION_VOLUNTARY,
    (HOST_REGISTRY, "MN-240"): AccountKind.CANCELLATION_OMGE,
    (HOST_REGISTRY, "MN-250"): AccountKind.CANCELLATION_ADAPTATION,
    (ACQUIRER_REGISTRY, ACQUIRER_ACCOUNT): AccountKind.HOLDING,
    (ACQUIRER_REGISTRY, "JP-300"): AccountKind.RETIREMENT_NDC,
    (ACQUIRER_REGISTRY, "JP-310"): AccountKind.RETIREMENT_OIMP,
    (ACQUIRER_REGISTRY, "JP-230"): AccountKind.CANCELLATION_VOLUNTARY,
    (THIRD_REGISTRY, "KE-100"): AccountKind.HOLDING,
}
PARTIES = {HOST_REGISTRY: HOST, ACQUIRER_REGISTRY: ACQUIRER, THIRD_REGISTRY: THIRD}


@dataclass(slots=True)
class Federation:
    """A ledger, the rules, and a clock that only moves when told."""

    ledger: Ledger = field(default_factory=Ledger)
    policy: Policy = field(default_factory=lambda: Policy(operator=OPERATOR))
    now: datetime = NOW
    deep: bool = True
    """Whether a refused message is compared with a deep copy of the ledger, or a shallow one."""

    def enrol(self, registry: str, party: str, kind: RegistryKind = RegistryKind.PARTY) -> None:
        self.ledger.registries[registry] = Registry(
            registry=registry, party=party, kind=kind, name=registry, suspended=False
        )

    def send(self, sender: str, message: RegistryMessage, *, envelope: str = "") -> Admission:
        """Admit a message; a refused one must have changed nothing."""
        copied = snapshot if self.deep else shallow_snapshot
        before = copied(self.ledger)
        moment = Moment(sender=sender, received_at=self.now, envelope=envelope)
        admission = admit(self.ledger, message, moment, self.policy)
        if admission.refusals:
            assert copied(self.ledger) == before, "a refused message changed the ledger"
            assert not admission.outgoing
        return admission

    def apply(self, sender: str, *messages: RegistryMessage) -> Admission:
        """Admit messages that must all be applied; return the last admission."""
        admission = Admission()
        for message in messages:
            admission = self.send(sender, message)
            assert not admission.refusals, admission.refusals
        return admission

    def codes(self, sender: str, message: RegistryMessage) -> list[RefusalCode]:
        """Return the codes with which a message is refused."""
        return [refusal.code for refusal in self.send(sender, message).refusals]

    def expire(self, transfer: Transfer) -> Admission:
        return expire(self.ledger, transfer.transfer_id, self.now, self.policy)

    def wait(self, interval: timedelta) -> None:
        self.now += interval

    def set_policy(self, **fields: Any) -> None:
        self.policy = msgspec.structs.replace(self.policy, **fields)

    def holders(self) -> dict[tuple[int, int], str]:
        """Return who holds what: first and last serial to account, joined as far as it goes."""
        joined: list[tuple[int, int, AccountKey]] = []
        for units in all_units(self.ledger):
            if joined and joined[-1][1:] == (units.first - 1, units.account):
                joined[-1] = (joined[-1][0], units.last, units.account)
            else:
                joined.append((units.first, units.last, units.account))
        return {(first, last): account.account for first, last, account in joined}


def all_units(ledger: Ledger) -> list[Units]:
    """Return all units in order of series and serial."""
    return [units for series in sorted(ledger.units) for units in ledger.units[series].rows]


def shallow_snapshot(ledger: Ledger) -> dict[str, Any]:
    """Return what is in the ledger; its values are frozen, so that keeping them is enough."""
    content = {name: copy.copy(value) for name, value in vars(ledger).items() if name != "units"}
    content["issued_under"] = {key: list(each) for key, each in ledger.issued_under.items()}
    return content | {"units": all_units(ledger)}


def snapshot(ledger: Ledger) -> dict[str, Any]:
    """Return a deep copy of everything in the ledger, with units joined where they are alike."""
    content = {name: value for name, value in vars(ledger).items() if name != "units"}
    return copy.deepcopy(content) | {"units": joined(all_units(ledger))}


def joined(pieces: Iterable[Units]) -> list[Units]:
    """Join neighbours that are alike: how intervals are cut has no meaning."""
    out: list[Units] = []
    for units in pieces:
        if out and _alike(out[-1], units):
            quantity = units.quantity and (out[-1].quantity or 0) + units.quantity
            out[-1] = msgspec.structs.replace(out[-1], last=units.last, quantity=quantity)
        else:
            out.append(units)
    return out


def _alike(low: Units, high: Units) -> bool:
    moved = msgspec.structs.replace(high, first=low.first, last=low.last, quantity=low.quantity)
    return low.series == high.series and low.last + 1 == high.first and moved == low


def interval_of(units: Units) -> Interval:
    return Interval(units.series, units.first, units.last)


def empty_federation() -> Federation:
    """Registries and nothing else."""
    world = Federation()
    world.enrol(HOST_REGISTRY, HOST)
    world.enrol(ACQUIRER_REGISTRY, ACQUIRER, RegistryKind.JCM)
    world.enrol(THIRD_REGISTRY, THIRD)
    world.enrol(OPERATOR, "")
    return world


def open_accounts(world: Federation) -> None:
    for (registry, account), kind in ACCOUNTS.items():
        world.apply(
            registry,
            account_notice(account=account, account_kind=kind, holder_party=PARTIES[registry]),
        )


def ready_federation(**record: Any) -> Federation:
    """Accounts open, the approach authorized by all, 100 units issued under MNG's authorization."""
    world = empty_federation()
    open_accounts(world)
    for registry, party in ((ACQUIRER_REGISTRY, ACQUIRER), (THIRD_REGISTRY, THIRD)):
        step_1 = authorization_record(
            party=party, authorization_id=f"{party}-1", step=AuthorizationStep.APPROACH
        )
        world.apply(registry, authorization_notice(authorization=step_1))
    world.apply(
        HOST_REGISTRY,
        authorization_notice(authorization=authorization_record(**record)),
        issuance_notice(),
    )
    return world
