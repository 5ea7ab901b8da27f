"""One row of a refusal table: a good message in a good world, but for the one thing it trips."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec

from hub.domain.state import AccountKey, Freeze, Interval
from schema.codes import AccountStatus
from schema.messages import RegistryMessage
from schema.refusals import RefusalCode
from tests.builders import ACQUIRER_REGISTRY, HOST_REGISTRY, transfer_answer, transfer_proposal
from tests.domain.federation import Federation, ready_federation

Prepare = Callable[[Federation], object]
Build = Callable[[Federation], RegistryMessage]
TRANSFER = UUID("7a000000-0000-4000-8000-000000000001")
BACK = UUID("7a000000-0000-4000-8000-000000000002")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`codes` in the order in which they must be told; none for the good message itself."""

    sentence: str
    codes: tuple[RefusalCode, ...]
    sender: str
    build: Build
    prepare: tuple[Prepare, ...]
    world: Callable[[], Federation]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows about one kind of message, all starting from one good message."""

    good: Build
    sender: str = HOST_REGISTRY
    world: Callable[[], Federation] = ready_federation

    def fine(self, sentence: str, *prepare: Prepare, **changes: Any) -> Row:
        """The message is applied all the same."""
        return self.row(sentence, (), *prepare, **changes)

    def row(
        self,
        sentence: str,
        codes: RefusalCode | tuple[RefusalCode, ...],
        *prepare: Prepare,
        sender: str | None = None,
        build: Build | None = None,
        **changes: Any,
    ) -> Row:
        """The good message with `changes`, after `prepare`, is refused with `codes`."""
        good = build or self.good
        return Row(
            sentence=sentence,
            codes=codes if isinstance(codes, tuple) else (codes,),
            sender=sender or self.sender,
            build=lambda world: msgspec.structs.replace(good(world), **changes),
            prepare=prepare,
            world=self.world,
        )


def policy(**fields: Any) -> Prepare:
    """The operator has decided otherwise."""
    return lambda world: world.set_policy(**fields)


def registry(name: str, **fields: Any) -> Prepare:
    """A registry is otherwise than it was."""

    def prepare(world: Federation) -> None:
        known = world.ledger.registries[name]
        world.ledger.registries[name] = msgspec.structs.replace(known, **fields)

    return prepare


def account(registry: str, name: str, status: AccountStatus) -> Prepare:
    """An account has another status."""

    def prepare(world: Federation) -> None:
        key = AccountKey(registry, name)
        known = world.ledger.accounts[key]
        world.ledger.accounts[key] = msgspec.structs.replace(known, status=status)

    return prepare


def frozen(world: Federation) -> None:
    """Serials 5 to 6 are disputed for another second."""
    series = next(iter(world.ledger.units))
    world.ledger.freezes.append(
        Freeze(
            discrepancy_id=UUID(int=1),
            interval=Interval(series, 5, 6),
            until=world.now.replace(microsecond=1),
        )
    )


def applied(sender: str, build: Callable[[], RegistryMessage]) -> Prepare:
    """Another message came before."""

    def prepare(world: Federation) -> None:
        world.apply(sender, build())

    return prepare


def proposed(world: Federation) -> None:
    """Serials 1 to 60 are on their way to Japan."""
    world.apply(HOST_REGISTRY, transfer_proposal(transfer_id=TRANSFER))


def transferred(world: Federation) -> None:
    """Serials 1 to 60 have come to Japan."""
    proposed(world)
    world.apply(ACQUIRER_REGISTRY, transfer_answer(transfer_id=TRANSFER))


def transferred_federation() -> Federation:
    world = ready_federation()
    transferred(world)
    return world
