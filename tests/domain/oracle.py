"""What must hold of any ledger, worked out again from the history and the transfers."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from uuid import UUID

from hub.domain.authorizations import confirmed_tonnes
from hub.domain.ledger import Ledger
from hub.domain.lifecycle import TRANSITIONS
from hub.domain.state import AuthorizationKey, EventKind, Interval, UnitEvent
from schema.codes import AuthorizationStep, TransferState, UnitStatus
from schema.identifiers import ItmoSeries, SerialRange
from schema.serials import SerialSet
from tests.domain.federation import all_units

ENDS = frozenset({EventKind.USE_TOWARDS_NDC, EventKind.USE_FOR_OIMP})


@dataclass
class Counted:
    """The counters of one authorization, in whole tonnes."""

    issued: int = 0
    first_transferred: int = 0
    used: int = 0


@dataclass
class Oracle:
    """Follows the events of a ledger and compares."""

    seen: int = 0
    issued: dict[ItmoSeries, SerialSet] = field(default_factory=lambda: defaultdict(SerialSet))
    firsts: dict[UUID, list[Interval]] = field(default_factory=lambda: defaultdict(list))
    uses: dict[UUID, int] = field(default_factory=Counter)
    counted: dict[AuthorizationKey, Counted] = field(default_factory=lambda: defaultdict(Counted))
    states: dict[UUID, TransferState] = field(default_factory=dict)
    undone: set[UUID] = field(default_factory=set)
    spent: dict[AuthorizationKey, int] = field(default_factory=dict)

    def check(self, ledger: Ledger) -> None:
        """Follow what is new and assert every invariant."""
        for event in ledger.events[self.seen :]:
            self._follow(event, ledger)
        self.seen = len(ledger.events)
        self._units_partition_what_was_issued(ledger)
        self._reservations_are_those_of_open_transfers(ledger)
        self._first_transfers_are_those_of_the_history(ledger)
        self._counters_are_those_of_the_history(ledger)
        self._authorized_quantities_hold(ledger)
        self._states_follow_the_table(ledger)

    def _follow(self, event: UnitEvent, ledger: Ledger) -> None:
        key, count = event.authorization, event.interval.count
        record = event.transfer_id or event.message_id
        if event.kind is EventKind.ISSUANCE:
            born = _serials(event.interval)
            assert not self.issued[event.interval.series].overlaps(born), "a serial was born twice"
            self.issued[event.interval.series] |= born
        if key is not None and event.kind in {EventKind.ISSUANCE, EventKind.AUTHORIZATION}:
            self.counted[key].issued += count
        if event.kind is EventKind.FIRST_TRANSFER:
            assert key is not None
            flagged = self._flagged().get(event.interval.series, SerialSet())
            assert not flagged.overlaps(_serials(event.interval)), "first transferred twice"
            self.firsts[record].append(event.interval)
            self.counted[key].first_transferred += count
        if event.kind in ENDS and key is not None:
            self.uses[record] += count
            self.counted[key].used += count
        if event.kind is EventKind.REVERSAL:
            self._undo(event, ledger)

    def _undo(self, event: UnitEvent, ledger: Ledger) -> None:
        old = ledger.corrections[event.message_id].corrects
        if event.message_id in self.undone:
            return
        self.undone.add(event.message_id)
        if event.authorization is not None:
            counted = self.counted[event.authorization]
            counted.first_transferred -= sum(part.count for part in self.firsts.pop(old, []))
            counted.used -= self.uses.pop(old, 0)

    def _flagged(self) -> dict[ItmoSeries, SerialSet]:
        flagged: dict[ItmoSeries, SerialSet] = defaultdict(SerialSet)
        for intervals in self.firsts.values():
            for interval in intervals:
                flagged[interval.series] |= _serials(interval)
        return flagged

    def _units_partition_what_was_issued(self, ledger: Ledger) -> None:
        for series, rows in ledger.units.items():
            ranges = [SerialRange(units.first, units.last) for units in rows.rows]
            together = SerialSet.of(ranges)
            assert together == self.issued[series], "serials were lost or came from nowhere"
            assert together.count == sum(each.count for each in ranges), "a serial is held twice"
        assert set(ledger.units) == {series for series, held in self.issued.items() if held}

    def _reservations_are_those_of_open_transfers(self, ledger: Ledger) -> None:
        wanted: dict[UUID, SerialSet] = {
            transfer.transfer_id: SerialSet.of(
                SerialRange(block.interval.first, block.interval.last) for block in transfer.blocks
            )
            for transfer in ledger.transfers.values()
            if transfer.state is TransferState.CHECKED
        }
        reserved: dict[UUID, list[SerialRange]] = defaultdict(list)
        for units in all_units(ledger):
            if units.reserved_by is not None:
                assert units.status is UnitStatus.HELD
                reserved[units.reserved_by].append(SerialRange(units.first, units.last))
        assert {key: SerialSet.of(ranges) for key, ranges in reserved.items()} == wanted

    def _first_transfers_are_those_of_the_history(self, ledger: Ledger) -> None:
        flagged: dict[ItmoSeries, list[SerialRange]] = defaultdict(list)
        for units in all_units(ledger):
            if units.first_transfer is not None:
                flagged[units.series].append(SerialRange(units.first, units.last))
                assert any(
                    _covers(interval, units.series, units.first, units.last)
                    for interval in self.firsts[units.first_transfer]
                ), "the first transfer is another record's"
        assert {key: SerialSet.of(ranges) for key, ranges in flagged.items()} == self._flagged()

    def _counters_are_those_of_the_history(self, ledger: Ledger) -> None:
        waiting: Counter[AuthorizationKey] = Counter()
        for transfer in ledger.transfers.values():
            if transfer.state is TransferState.CHECKED:
                waiting[transfer.authorization] += sum(
                    part.count for part in transfer.first_transfer
                )
        confirmed: Counter[AuthorizationKey] = Counter()
        for each in ledger.authorizations.values():
            record = each.record
            if record.step is AuthorizationStep.ACTUAL_QUANTITY and record.confirms is not None:
                key = AuthorizationKey(record.party, record.confirms)
                confirmed[key] += confirmed_tonnes(record)
        for key, each in ledger.authorizations.items():
            counted = self.counted[key]
            assert (
                each.issued,
                each.first_transferred,
                each.used,
                each.first_transfer_reserved,
                each.confirmed,
            ) == (
                counted.issued,
                counted.first_transferred,
                counted.used,
                waiting[key],
                confirmed[key],
            )

    def _authorized_quantities_hold(self, ledger: Ledger) -> None:
        """Where more is spent than before, it is still within what is authorized now."""
        for key, each in ledger.authorizations.items():
            quantity = each.record.elements.quantity
            spent = each.first_transferred + each.first_transfer_reserved
            if quantity is not None and spent > self.spent.get(key, 0):
                assert spent <= quantity, "more was first transferred than authorized"
            self.spent[key] = spent
        for decision in ledger.decisions.values():
            for place, issued in decision.issued.items():
                assert issued <= decision.allotted[place], "more was issued than allotted"

    def _states_follow_the_table(self, ledger: Ledger) -> None:
        allowed = {(before, after) for (before, _), after in TRANSITIONS.items()}
        # An acceptance and its completion are one transaction.
        allowed.add((TransferState.CHECKED, TransferState.COMPLETED))
        for transfer_id, transfer in ledger.transfers.items():
            before = self.states.get(transfer_id, TransferState.PROPOSED)
            if before is not transfer.state:
                assert (before, transfer.state) in allowed
            self.states[transfer_id] = transfer.state
        assert self.states.keys() == ledger.transfers.keys()


def _serials(interval: Interval) -> SerialSet:
    return SerialSet((SerialRange(interval.first, interval.last),))


def _covers(interval: Interval, series: ItmoSeries, first: int, last: int) -> bool:
    return interval.series == series and interval.first <= first and last <= interval.last
