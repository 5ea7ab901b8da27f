"""Which bodies the registry takes."""

from collections.abc import Mapping
from typing import Any, Final

from connectors.simulator.undp import texts
from connectors.simulator.undp.refusals import InvalidError

CROSS_BORDER: Final = "Cross-Border Transactions"
VOLUNTARY: Final = "Voluntary Cancellations"
ACTIONS: Final = ("ACCEPT", "REJECT", "CANCEL")
_TWO: Final = 2


def require(body: Mapping[str, Any], *names: str) -> None:
    """Refuse a body in which one of the fields is empty."""
    empty = [name for name in names if body.get(name) in {None, ""}]
    if not empty:
        return
    errors = {name: [f"{name[0].upper()}{name[1:]} is required"] for name in empty}
    if len(empty) == _TWO:
        raise InvalidError(errors, f"{empty[0]} and {empty[1]} should not be empty")
    raise InvalidError(errors)


def positive(body: Mapping[str, Any], name: str) -> int:
    """Return a whole number above zero."""
    value = body.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise InvalidError({name: [f"{name} must be a positive number"]})
    return value


def one_of(body: Mapping[str, Any], name: str, *choice: str) -> str:
    """Return one of the values that a field may have."""
    value = body.get(name)
    if value not in choice:
        words = f"{name} must be one of the following values: {', '.join(choice)}"
        raise InvalidError({name: [words]}, texts.BAD_REQUEST)
    return str(value)
