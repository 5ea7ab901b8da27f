"""Random ledgers, well-formed but not admissible: storage keeps whatever the rules decide."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import TypeVar
from uuid import UUID

import msgspec

from hub.domain.ledger import Ledger, SeriesUnits
from hub.domain.needs import Needs
from hub.domain.state import (
    Account,
    AccountKey,
    ActionRecord,
    ApproachPermit,
    Authorization,
    AuthorizationKey,
    Correction,
    Decision,
    DecisionKey,
    EventKind,
    InitialReport,
    Interval,
    MovedBlock,
    Transfer,
    UnitEvent,
    Units,
)
from hub.storage.slice.applied import Applied
from schema.codes import (
    AccountKind,
    AccountStatus,
    ActionKind,
    CorrectionKind,
    DecisionKind,
    Metric,
    OutcomeResult,
    Purpose,
    TransferState,
    UnitStatus,
)
from schema.identifiers import ItmoSeries, parse_approach_id, parse_party_id, parse_registry_id
from tests.builders import (
    NOW,
    TODAY,
    authorization_notice,
    authorization_record,
    elements,
    issuance_notice,
    issued_block,
    transfer_proposal,
    unit_block,
)

REGISTRIES = {"MNG01": "MNG", "JPN01": "JPN"}
APPROACHES = ["CA0001", "CA0007"]
SERIES_LAST = 2**40 - 1
Item = TypeVar("Item")


@dataclass
class World:
    """A ledger, the messages that are behind it, and all that loads it."""

    ledger: Ledger = field(default_factory=Ledger)
    applied: list[Applied] = field(default_factory=list)
    needs: Needs = field(default_factory=Needs)


def fill(world: World, random: Random) -> None:
    """Put new accounts, authorizations, units, transfers and records into a loaded ledger."""
    ledger = world.ledger
    for _ in range(random.randint(1, 4)):
        account = _account(random)
        ledger.accounts.setdefault(account.key, account)
    for _ in range(random.randint(1, 3)):
        _authorize(world, random)
    for _ in range(random.randint(0, 2)):
        decision = _decision(random)
        ledger.decisions[decision.key] = decision
        world.needs.decisions.add(decision.key)
    for _ in range(random.randint(1, 3)):
        _issue(world, random)
    for _ in range(random.randint(0, 3)):
        _transfer(world, random)
    for _ in range(random.randint(0, 2)):
        _act(world, random)
    if random.random() < 0.5:
        place = (random.choice(list(REGISTRIES.values())), random.choice(APPROACHES))
        ledger.initial_reports[place] = InitialReport(
            party=place[0], approach=place[1], submitted_on="2025-12-31"
        )
    world.needs.accounts.update(ledger.accounts)
    world.needs.authorizations.update(ledger.authorizations)
    world.needs.approaches.update(ledger.approach_authorizations)
    world.needs.reports.update(ledger.initial_reports)
    world.needs.intervals.update(Interval(series, 1, SERIES_LAST) for series in ledger.units)


def change(world: World, random: Random) -> None:
    """Cut, move, reserve and count in a loaded ledger."""
    ledger = world.ledger
    accounts = list(ledger.accounts)
    authorizations: list[AuthorizationKey | None] = [None, *ledger.authorizations]
    for series, blocks in ledger.units.items():
        for _ in range(random.randint(0, 4)):
            first, last = _part(random, blocks.rows[0].first, blocks.rows[-1].last)
            news = {
                "account": random.choice(accounts),
                "status": random.choice(list(UnitStatus)),
                "authorization": random.choice(authorizations),
                "first_transfer": random.choice([None, _uuid(random)]),
                "reserved_by": random.choice([None, _uuid(random)]),
                "last_record": _uuid(random),
            }
            kept = {name: value for name, value in news.items() if random.random() < 0.5}
            ledger.carve(
                Interval(series, first, last),
                lambda units, kept=kept: msgspec.structs.replace(units, **kept),  # type: ignore[misc]
            )
        if random.random() < 0.3:
            ledger.units[series] = SeriesUnits(_joined(blocks.rows))
    for transfer in list(ledger.transfers.values()):
        if transfer.state is TransferState.CHECKED and random.random() < 0.7:
            ledger.transfers[transfer.transfer_id] = msgspec.structs.replace(
                transfer,
                state=random.choice([TransferState.COMPLETED, TransferState.REJECTED]),
                decided_at=NOW + timedelta(hours=1),
                reason="in order",
                outcomes={"MNG01": OutcomeResult.APPLIED},
            )
    for action in list(ledger.actions.values()):
        correction = Correction(
            message_id=_uuid(random),
            registry=action.from_account.registry,
            kind=random.choice(list(CorrectionKind)),
            corrects=action.message_id,
            replacement=random.choice([None, _uuid(random)]),
            approvers=("First", "Second"),
            reason="entered by mistake",
        )
        ledger.corrections[correction.message_id] = correction
        ledger.actions[action.message_id] = msgspec.structs.replace(
            action, corrected_by=correction.message_id
        )
    for key, authorization in list(ledger.authorizations.items()):
        ledger.authorizations[key] = msgspec.structs.replace(
            authorization, used=authorization.used + random.randint(0, 9), issued=10**12
        )
    for place in list(ledger.approach_authorizations):
        if random.random() < 0.3:
            del ledger.approach_authorizations[place]


def _joined(rows: list[Units]) -> list[Units]:
    """Join neighbours that touch, as if they had become alike."""
    joined = rows[:1]
    for units in rows[1:]:
        if joined[-1].last + 1 == units.first:
            joined[-1] = msgspec.structs.replace(joined[-1], last=units.last)
        else:
            joined.append(units)
    return joined


def _uuid(random: Random) -> UUID:
    return UUID(int=random.getrandbits(128), version=4)


def _part(random: Random, first: int, last: int) -> tuple[int, int]:
    low = random.randint(first, last)
    return low, random.randint(low, last)


def _series(random: Random) -> ItmoSeries:
    registry, party = random.choice(list(REGISTRIES.items()))
    return ItmoSeries(
        parse_approach_id(random.choice(APPROACHES)),
        parse_registry_id(registry),
        parse_party_id(party),
        random.randint(2021, 2023),
    )


def _account(random: Random) -> Account:
    registry = random.choice(list(REGISTRIES))
    return Account(
        key=AccountKey(registry, f"A-{random.randint(1, 9)} é"),
        kind=random.choice(list(AccountKind)),
        status=random.choice(list(AccountStatus)),
        holder_party=REGISTRIES[registry],
        holder_entity=random.choice([None, "an entity"]),
    )


def _authorize(world: World, random: Random) -> None:
    party, approach = random.choice(list(REGISTRIES.values())), random.choice(APPROACHES)
    key = AuthorizationKey(party, f"AUTH-{random.randint(1, 99)}")
    known = world.ledger.authorizations.get(key)
    notice = authorization_notice(
        message_id=_uuid(random),
        authorization=authorization_record(
            party=party,
            authorization_id=key.authorization_id,
            version=1 if known is None else known.record.version + 1,
            elements=elements(approach=approach, quantity=random.choice([None, 10**9])),
        ),
    )
    world.applied.append(Applied(message=notice, sender=f"{party}01", received_at=NOW))
    world.ledger.authorizations[key] = Authorization(
        key=key,
        record=notice.authorization,
        message_id=notice.message_id,
        recorded_at=NOW,
        issued=random.randint(0, 10**12),
        first_transferred=random.randint(0, 9),
        first_transfer_reserved=random.randint(0, 9),
        used=random.randint(0, 9),
    )
    if random.random() < 0.5:
        permit = ApproachPermit(
            authorization=key, from_day=random.choice([None, TODAY]), until_day=None
        )
        others = world.ledger.approach_authorizations.get((party, approach), ())
        world.ledger.approach_authorizations[party, approach] = tuple(
            sorted(
                (permit, *(other for other in others if other.authorization != key)),
                key=lambda each: each.authorization,
            )
        )


def _decision(random: Random) -> Decision:
    allotted = {
        (registry, year): random.randint(1, 10**6)
        for registry in REGISTRIES
        for year in random.sample([2021, 2022, 2023], 2)
    }
    return Decision(
        key=DecisionKey(random.choice(APPROACHES), "MNG", f"JC-{random.getrandbits(32)}"),
        message_id=_uuid(random),
        kind=random.choice(list(DecisionKind)),
        activity="MN099",
        allotted=allotted,
        issued={place: tonnes for place, tonnes in allotted.items() if random.random() < 0.5},
    )


def _issue(world: World, random: Random) -> None:
    """Bear one to three neighbouring blocks above all that the series has."""
    ledger, series = world.ledger, _series(random)
    known = ledger.units.get(series)
    first = known.rows[-1].last + 1 if known else random.choice([1, 2**39])
    account = random.choice(list(ledger.accounts))
    key = random.choice([None, *ledger.authorizations])
    quantity = random.choice([None, Decimal("1234.567891")])
    message_id = _uuid(random)
    blocks = []
    for _ in range(random.randint(1, 3)):
        last = first + random.choice([0, 5, 999, 10**9])
        metric = Metric.GHG if quantity is None else Metric.NON_GHG
        blocks.append(
            issued_block(
                block=unit_block(
                    first,
                    last,
                    approach=series.approach,
                    registry=series.registry,
                    first_party=series.first_party,
                    vintage=series.vintage,
                    metric=metric,
                    quantity=str(last - first + 1) if quantity is None else str(quantity),
                )
            )
        )
        ledger.bear(
            Units(
                series=series,
                first=first,
                last=last,
                account=account,
                status=UnitStatus.HELD,
                issuance=message_id,
                activity=f"MN{random.randint(1, 3):03}",
                authorization=key,
                first_transfer=None,
                reserved_by=None,
                last_record=message_id,
                quantity=quantity,
                unit=None if quantity is None else "MWh",
            )
        )
        ledger.events.append(
            UnitEvent(
                kind=EventKind.ISSUANCE,
                interval=Interval(series, first, last),
                quantity=quantity,
                unit=None if quantity is None else "MWh",
                registry=account.registry,
                from_account=None,
                to_account=account,
                happened_at=NOW,
                message_id=message_id,
                authorization=key,
            )
        )
        first = last + 1 + random.choice([0, 0, 7])
    notice = issuance_notice(
        message_id=message_id,
        account=account.account,
        authorization_party=key and key.party,
        authorization_id=key and key.authorization_id,
        blocks=tuple(blocks),
    )
    world.applied.append(Applied(message=notice, sender=account.registry, received_at=NOW))


def _intervals(world: World, random: Random) -> Iterator[Interval]:
    for _ in range(random.randint(1, 3)):
        series, blocks = random.choice(list(world.ledger.units.items()))
        yield Interval(series, *_part(random, blocks.rows[0].first, blocks.rows[-1].last))


def _transfer(world: World, random: Random) -> None:
    transfer_id = _uuid(random)
    accounts = list(world.ledger.accounts)
    transfer = Transfer(
        transfer_id=transfer_id,
        message_id=_uuid(random),
        state=random.choice([TransferState.CHECKED, TransferState.REFUSED]),
        from_account=random.choice(accounts),
        to_account=random.choice(accounts),
        purpose=random.choice(list(Purpose)),
        authorization=random.choice(list(world.ledger.authorizations)),
        blocks=tuple(
            MovedBlock(interval=interval, quantity=Decimal("0.5"), unit="MWh")
            if random.random() < 0.5
            else MovedBlock(interval=interval)
            for interval in _intervals(world, random)
        ),
        first_transfer=tuple(_intervals(world, random)),
        asked=random.choice(list(REGISTRIES)),
        proposed_at=NOW,
        answer_until=NOW + timedelta(days=3),
        proposal=random.choice([None, transfer_proposal(transfer_id=transfer_id)]),
        reverses=random.choice([None, _uuid(random)]),
    )
    world.ledger.transfers[transfer_id] = transfer
    world.needs.transfers.add(transfer_id)


def _act(world: World, random: Random) -> None:
    action = ActionRecord(
        message_id=_uuid(random),
        action=random.choice(list(ActionKind)),
        from_account=AccountKey("JPN01", "A-1"),
        to_account=AccountKey("JPN01", random.choice(["A-1", "A-2"])),
        authorization=random.choice([None, AuthorizationKey("JPN", "AUTH-1")]),
        intervals=tuple(_intervals(world, random)),
    )
    world.ledger.actions[action.message_id] = action
    world.needs.records.add(action.message_id)
