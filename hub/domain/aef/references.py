"""References to underlying units that their registry does not know.

Whether a registry knows a unit takes a question to it; this rule only says what an answer means.
"""

from collections.abc import Callable, Iterator

from hub.domain.aef.codes import FindingCode
from hub.domain.aef.findings import Finding
from hub.domain.aef.world import World

Known = Callable[[str, str], bool | None]
"""Takes the ID of an underlying registry and a unit ID; None when nobody could be asked."""


def check_unit_references(world: World, is_known: Known) -> Iterator[Finding]:
    """Find unit IDs that the named registry was asked about and does not know."""
    for entry in world.own():
        registry = entry.record.unit_registry_id
        for name in ("first_unit_id", "last_unit_id"):
            unit = getattr(entry.record, name)
            if registry is not None and unit is not None and is_known(registry, unit) is False:
                message = f"{registry} does not know {unit}"
                yield world.finding(FindingCode.UNRESOLVED_REGISTRY_REF, entry, name, message)
