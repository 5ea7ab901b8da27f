"""Who asks. Tokens become viewers at the edge; inside, only viewers are known."""

from dataclasses import dataclass, field
from typing import Final

from hub.storage.queries.graph.plan import Access

READ_ALL: Final = "read:all"
"""The scope that sees what is not public, of all Parties."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """A reader with its rights; equal rights share plans and answers."""

    name: str | None = None
    """The client, for logs; None: anonymous."""
    scopes: frozenset[str] = field(default_factory=frozenset)
    parties: frozenset[str] = field(default_factory=frozenset)
    """The Parties (alpha-3) whose facts that are not public it may see."""
    year: int | None = None
    """A reviewer's year; None: any."""

    @property
    def access(self) -> Access:
        """What it may see of facts that are not public."""
        if READ_ALL in self.scopes:
            return Access.ALL
        return Access.OWN if self.parties else Access.PUBLIC


ANONYMOUS: Final = Viewer()
"""Anyone: sees what is public."""
OPERATOR: Final = Viewer(name="operator", scopes=frozenset({READ_ALL}))
"""The operator at the machine itself: sees everything."""
