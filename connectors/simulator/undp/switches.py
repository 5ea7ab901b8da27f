"""What the simulated registry can be told to be: stricter, slower to show, with or without bugs."""

from typing import Annotated

from msgspec import Meta

from schema.wire import WireStruct


class RegistrySwitches(WireStruct, frozen=True):
    """All switches; kept in the database."""

    requests_max: Annotated[int, Meta(ge=1)] = 100
    window_seconds: Annotated[float, Meta(gt=0)] = 60.0
    cache_seconds: Annotated[float, Meta(ge=0)] = 60.0
    """How long an answer to a query is given again, whatever has happened meanwhile."""
    token_seconds: Annotated[int, Meta(ge=1)] = 7_200
    refresh_seconds: Annotated[int, Meta(ge=1)] = 43_200
    split_flag_bug: bool = True
    """The new block of a split is born as if already transferred."""
    retire_on_reject_bug: bool = True
    """A rejected or cancelled request marks the block as retired."""
    forgets_remarks: bool = False
    """Whether a decision without remarks empties those of the request (not known)."""
