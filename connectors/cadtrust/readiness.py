"""How far a node is behind the ledger: its headers, kept beside every value read from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

from connectors.errors import AnswerMalformed

_TRUTH: Final = {"true": True, "false": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """The readiness headers of one answer."""

    data_synced: bool
    """Whether the node had everything of all organisations that it subscribes to."""
    generations_behind: int
    """Generations still to come, over all organisations."""
    wallet_synced: bool
    home_synced: bool | None
    """None: the node has no organisation of its own and cannot publish."""
    read_only: bool
    node_version: str
    observed_at: datetime

    @classmethod
    def of(cls, registry: str, headers: Mapping[str, str], observed_at: datetime) -> Self:
        """Read the headers of a good answer.

        Raises:
            AnswerMalformed: one is missing or is not of its form; the value read with it would
                have no known age.
        """
        remaining = headers.get("x-sync-remaining", "")
        if not (remaining.isascii() and remaining.isdigit()):
            raise AnswerMalformed(registry, f"x-sync-remaining is {remaining!r}")
        home = headers.get("x-home-org-synced")
        return cls(
            data_synced=_truth(registry, headers, "x-data-synced"),
            generations_behind=int(remaining),
            wallet_synced=_truth(registry, headers, "x-wallet-synced"),
            home_synced=None if home is None else _truth(registry, headers, "x-home-org-synced"),
            read_only=_truth(registry, headers, "cw-read-only"),
            node_version=headers.get("x-api-version", ""),
            observed_at=observed_at,
        )


def _truth(registry: str, headers: Mapping[str, str], name: str) -> bool:
    truth = _TRUTH.get(headers.get(name, "").lower())
    if truth is None:
        raise AnswerMalformed(registry, f"{name} is {headers.get(name)!r}")
    return truth
