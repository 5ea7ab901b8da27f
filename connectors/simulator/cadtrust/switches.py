"""What a simulated node can be told to be: slow, read-only, out of step, unkind to staging."""

from typing import Annotated

from msgspec import Meta

from schema.wire import WireStruct


class NodeSwitches(WireStruct, frozen=True):
    """All switches with what a well-behaved node has; kept in the database."""

    confirm_seconds: Annotated[float, Meta(ge=0)] = 0.2
    """From commit to confirmation; 30 s and more on a real node."""
    failing_pushes: Annotated[int, Meta(ge=0)] = 0
    """So many of the next commits fail instead of being confirmed."""
    empties_staging: bool = True
    """Whether a confirmation empties the whole staging table, uncommitted rows included."""
    audit_lag_seconds: Annotated[float, Meta(ge=0)] = 0.0
    """How long after the confirmation the audit still says nothing."""
    read_only: bool = False
    governance_body: bool = False
    api_key: str = ""
    wallet_synced: bool = True
    wallet_reachable: bool = True
    data_layer_reachable: bool = True
    network_matches: bool = True
    home_synced: bool = True
    """False is resync mode."""
    generations_behind: Annotated[int, Meta(ge=0)] = 0
    """What `x-sync-remaining` says: generations of other organisations still to come."""
    cooperative_misspelt: bool = False
    """Whether this build writes and wants `CoopoerativeApproachId`."""
    entity_misspelt: bool = True
    """Whether this build writes and wants `AuthoziedEntityId`."""
