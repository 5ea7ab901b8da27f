"""Which misbehaviours are ordered now; kept in the store, so that they survive a restart."""

from collections.abc import Sequence

from connectors.driving.misbehaviour import (
    Misbehaviour,
    Order,
    Orders,
    decode_orders,
    encode_orders,
    one_used,
)
from connectors.simulator.store import Store, keep_setting

_SETTING = "orders"


class Conduct:
    """The standing orders to misbehave, oldest first. Owned by the registry's event loop."""

    def __init__(self, store: Store) -> None:
        """Read the orders that stood when the process ended."""
        self._store = store
        kept = store.setting(_SETTING)
        self._orders: Orders = () if kept is None else decode_orders(kept)

    @property
    def orders(self) -> Orders:
        """All orders that stand."""
        return self._orders

    def standing(self, kind: Misbehaviour) -> Order | None:
        """Return the oldest order of `kind` without using it up."""
        return next((order for order in self._orders if order.kind is kind), None)

    def take(self, kind: Misbehaviour) -> Order | None:
        """Return the oldest order of `kind` and use up one of its occasions."""
        order = self.standing(kind)
        if order is not None and order.calls is not None:
            self._keep(one_used(self._orders, order))
        return order

    def take_all(self, kinds: Sequence[Misbehaviour]) -> Orders:
        """Return all orders of `kinds`, in the order of `kinds`, and use each once."""
        found = tuple(order for kind in kinds for order in self._orders if order.kind is kind)
        left = self._orders
        for order in found:
            left = one_used(left, order)
        if left != self._orders:
            self._keep(left)
        return found

    def add(self, order: Order) -> None:
        """Give one more order."""
        self._keep((*self._orders, order))

    def clear(self, kind: Misbehaviour | None = None) -> None:
        """Take back the orders of `kind`, or all."""
        kept = () if kind is None else tuple(each for each in self._orders if each.kind is not kind)
        self._keep(kept)

    def _keep(self, orders: Orders) -> None:
        with self._store.transaction() as connection:
            keep_setting(connection, _SETTING, encode_orders(orders))
        self._orders = orders
