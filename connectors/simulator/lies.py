"""How a statement is bent by order: each lie changes exactly the serials it is told to change."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Final

import msgspec

from connectors.driving.misbehaviour import Misbehaviour, Order, Orders, Target
from connectors.simulator.holding import Holding
from schema.authorization import AuthorizationRecord
from schema.codes import AuthorizationStatus, Metric, UnitStatus

Change = Callable[[Holding], Iterable[Holding]]
_SPENT: Final = frozenset(UnitStatus) - {UnitStatus.HELD, UnitStatus.RESERVED}


def bent(holdings: Sequence[Holding], orders: Orders) -> list[Holding]:
    """Return what the registry states instead of `holdings`."""
    stated = list(holdings)
    for order in orders:
        if order.kind is Misbehaviour.EXTRA_BLOCK:
            stated.append(_invented(order, stated))
        elif order.kind in _CHANGES:
            change = _CHANGES[order.kind](order)
            stated = [each for row in stated for each in _within(row, order.target, change)]
    return stated


def bent_authorizations(
    records: Sequence[AuthorizationRecord], orders: Orders
) -> list[AuthorizationRecord]:
    """Return what the registry states instead of its authorizations."""
    order = next((o for o in orders if o.kind is Misbehaviour.OTHER_AUTHORIZATION_STATUS), None)
    if order is None:
        return list(records)
    status = AuthorizationStatus(order.value or AuthorizationStatus.REVOKED)
    return [msgspec.structs.replace(record, status=status) for record in records]


def _within(row: Holding, target: Target, change: Change) -> Iterable[Holding]:
    """Apply `change` to the part of `row` that lies in `target`; the rest stays as it is."""
    series = (row.approach, row.registry, row.first_party, row.vintage)
    asked = (target.approach, target.registry, target.first_party, target.vintage)
    first, last = max(row.first, target.first), min(row.last, target.last)
    if first > last or any(a not in {None, s} for a, s in zip(asked, series, strict=True)):
        yield row
        return
    if row.first < first:
        yield row.part(row.first, first - 1)
    yield from change(row.part(first, last))
    if row.last > last:
        yield row.part(last + 1, row.last)


def _moved(order: Order) -> Change:
    return lambda row: [replace(row, account=order.value or f"{row.account}-X")]


def _left_out(_: Order) -> Change:
    return lambda _: []


def _with_more(order: Order) -> Change:
    return lambda row: [replace(row, quantity=str(row.count + order.amount))]


def _authorized_otherwise(order: Order) -> Change:
    return lambda row: [replace(row, authorization_id=order.value or "OTHER-AUTHORIZATION")]


def _used(_: Order) -> Change:
    def change(row: Holding) -> Iterable[Holding]:
        yield replace(row, status=UnitStatus.USED_NDC) if row.status not in _SPENT else row

    return change


def _unused(_: Order) -> Change:
    def change(row: Holding) -> Iterable[Holding]:
        yield replace(row, status=UnitStatus.HELD) if row.status in _SPENT else row

    return change


def _of_another_year(order: Order) -> Change:
    return lambda row: [replace(row, vintage=row.vintage + order.amount)]


def _first_transfer_turned(_: Order) -> Change:
    return lambda row: [replace(row, first_transferred=not row.first_transferred)]


def _cut(order: Order) -> Change:
    def change(row: Holding) -> Iterable[Holding]:
        for first in range(row.first, row.last + 1, order.amount):
            yield row.part(first, min(first + order.amount - 1, row.last))

    return change


_CHANGES: Final[dict[Misbehaviour, Callable[[Order], Change]]] = {
    Misbehaviour.WRONG_HOLDER: _moved,
    Misbehaviour.MISSING_BLOCK: _left_out,
    Misbehaviour.OTHER_QUANTITY: _with_more,
    Misbehaviour.OTHER_AUTHORIZATION: _authorized_otherwise,
    Misbehaviour.USED_INSTEAD_OF_HELD: _used,
    Misbehaviour.HELD_INSTEAD_OF_USED: _unused,
    Misbehaviour.OTHER_VINTAGE: _of_another_year,
    Misbehaviour.OTHER_FIRST_TRANSFER: _first_transfer_turned,
    Misbehaviour.OTHER_SPLIT: _cut,
}


def _invented(order: Order, stated: Sequence[Holding]) -> Holding:
    """Claim the target's serials, in the series of the first row where the target names none."""
    target = order.target
    like = stated[0] if stated else None
    return Holding(
        approach=target.approach or (like.approach if like else "CA0001"),
        registry=target.registry or (like.registry if like else "AAA01"),
        first_party=target.first_party or (like.first_party if like else "AAA"),
        vintage=target.vintage or (like.vintage if like else 2021),
        first=target.first,
        last=target.last,
        account=order.value or (like.account if like else "CLAIMED"),
        status=UnitStatus.HELD,
        first_transferred=False,
        authorization_party=None,
        authorization_id=None,
        metric=Metric.GHG,
        quantity=str(target.last - target.first + 1),
        unit="tCO2e",
    )
