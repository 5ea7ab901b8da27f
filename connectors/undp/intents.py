"""What we have asked the registry to do: our own memory of it, because it has none.

An intent is written down before the request leaves, under a key that is the same whenever the same
message is delivered again. Whoever finds it carries on where it stands; nobody asks twice.
"""

from enum import StrEnum, unique
from typing import Annotated, Protocol

import msgspec
from msgspec import Meta

from schema.wire import Instant, Tonnes, WireStruct


@unique
class IntentState(StrEnum):
    """The life of an intent; the last two are final."""

    PLANNED = "planned"
    """Nothing has been sent, or it is proved that nothing arrived."""
    SENDING = "sending"
    """The request was sent or is about to be; whether it arrived is not known."""
    REQUESTED = "requested"
    """The registry has given it an id."""
    COMPLETED = "completed"
    """The registry shows the request as completed, with the serials."""
    FAILED = "failed"
    """The registry refused it, or people there rejected or cancelled it."""


FINAL_STATES = frozenset({IntentState.COMPLETED, IntentState.FAILED})


class Intent(WireStruct, frozen=True):
    """One retirement of the high end of one block."""

    key: Annotated[str, Meta(min_length=1, max_length=100)]
    """The id of the hub's message and the number of the part."""
    parts: int
    """Intents of the same order, so that none can be missing unnoticed."""
    block_id: str
    owner: int
    """Company that owns the block there."""
    serial: str
    """The serial that the retirement must show in the end."""
    amount: Tonnes
    country: str
    organization: str
    state: IntentState = IntentState.PLANNED
    request_id: int | None = None
    unseen_until: Instant | None = None
    """Until then a query may still show what was true before the last attempt."""
    words: str = ""
    """Why it failed, or the serial that was retired instead."""

    def moved(self, state: IntentState, **changes: object) -> "Intent":
        """Return the intent in another state."""
        return msgspec.structs.replace(self, state=state, **changes)


class IntentStore(Protocol):
    """Where intents are kept; every method returns after they are durable.

    `SqliteIntents` and `FileIntents` are two of it; a hub with several processes keeps them in
    its own database.
    """

    async def of_order(self, order: str) -> tuple[Intent, ...]:
        """Return the intents whose keys begin with `order` and a slash, by their keys."""
        ...

    async def plan(self, intents: tuple[Intent, ...]) -> bool:
        """Keep all intents of an order, or none: False when one of the keys is known already."""
        ...

    async def move(self, before: Intent, after: Intent) -> bool:
        """Replace an intent if it still is as it was; False when somebody else has moved it."""
        ...

    async def unfinished(self) -> tuple[Intent, ...]:
        """Return all intents that are not final, by their keys."""
        ...

    def close(self) -> None:
        """Give back what is open; closing twice is no error."""
        ...
