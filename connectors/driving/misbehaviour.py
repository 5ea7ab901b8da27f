"""What a simulated registry can be told to do wrong, really, on the wire and in its statements."""

from enum import StrEnum, unique
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from schema.wire import Code, WireStruct


@unique
class Misbehaviour(StrEnum):
    """The closed list; the first group lies in statements, the others act on messages."""

    WRONG_HOLDER = "wrong-holder"
    """States units in another account (`value`)."""
    OTHER_SPLIT = "other-split"
    """States the same serials in rows of `amount`: true, and harmless."""
    OTHER_QUANTITY = "other-quantity"
    """States `amount` more than the serials say: the statement contradicts itself."""
    MISSING_BLOCK = "missing-block"
    """Leaves units out."""
    EXTRA_BLOCK = "extra-block"
    """Claims the serials of the target, which it does not hold, in account `value`."""
    OTHER_AUTHORIZATION = "other-authorization"
    """States another authorization (`value`) for units."""
    OTHER_AUTHORIZATION_STATUS = "other-authorization-status"
    """States another status (`value`) of its authorizations."""
    USED_INSTEAD_OF_HELD = "used-instead-of-held"
    """States held units as used towards an NDC."""
    HELD_INSTEAD_OF_USED = "held-instead-of-used"
    """States used units as held."""
    OTHER_VINTAGE = "other-vintage"
    """States a vintage `amount` years later."""
    OTHER_FIRST_TRANSFER = "other-first-transfer"
    """States the opposite about first transfer."""

    BAD_SIGNATURE = "bad-signature"
    """Sends one with a signature that does not hold."""
    NO_ANSWER = "no-answer"
    """Takes a request and never answers; it does not act on it either."""
    SLOW = "slow"
    """Answers after `seconds`."""
    LOST_REPLY = "lost-reply"
    """Acts, and cuts the connection in the middle of its answer."""
    DUPLICATE = "duplicate"
    """Sends a message twice."""
    REORDER = "reorder"
    """Sends the message after next first, when there is one within a second."""
    WRONG_CLOCK = "wrong-clock"
    """Tells the time `seconds` ahead of the true one (negative: behind)."""
    CANNOT_APPLY = "cannot-apply"
    """Does not book a completed transfer, and says so."""
    REJECT = "reject"
    """Rejects a transfer request."""
    IGNORE = "ignore"
    """Acknowledges a transfer request or outcome and does nothing about it."""


STATEMENT_LIES: Final = (
    Misbehaviour.WRONG_HOLDER,
    Misbehaviour.OTHER_QUANTITY,
    Misbehaviour.MISSING_BLOCK,
    Misbehaviour.EXTRA_BLOCK,
    Misbehaviour.OTHER_AUTHORIZATION,
    Misbehaviour.USED_INSTEAD_OF_HELD,
    Misbehaviour.HELD_INSTEAD_OF_USED,
    Misbehaviour.OTHER_VINTAGE,
    Misbehaviour.OTHER_FIRST_TRANSFER,
    Misbehaviour.OTHER_SPLIT,
    Misbehaviour.OTHER_AUTHORIZATION_STATUS,
)
"""In the order in which they are told."""


class Target(WireStruct, frozen=True):
    """The serials that a lie is about; parts that are None match every series."""

    approach: Code | None = None
    registry: Code | None = None
    first_party: Code | None = None
    vintage: int | None = None
    first: int = 1
    last: int = 2**40 - 1


class Order(WireStruct, frozen=True):
    """One order to misbehave, for the next `calls` occasions or (None) until cleared."""

    kind: Misbehaviour
    calls: Annotated[int, Meta(ge=1)] | None = None
    target: Target = Target()
    seconds: float = 300.0
    amount: int = 1
    value: str | None = None


Orders = tuple[Order, ...]
_DECODER: Final = msgspec.json.Decoder(Orders)


def encode_orders(orders: Orders) -> bytes:
    """Write the orders that stand."""
    return msgspec.json.encode(orders)


def decode_orders(text: bytes) -> Orders:
    """Read what `encode_orders` wrote."""
    return _DECODER.decode(text)


def one_used(orders: Orders, order: Order) -> Orders:
    """Return what stands after one occasion to follow `order`."""
    if order.calls is None:
        return orders
    left = order.calls - 1
    kept = [msgspec.structs.replace(order, calls=left)] if left else []
    place = orders.index(order)
    return (*orders[:place], *kept, *orders[place + 1 :])
