"""A message that the rules have applied: what it says beyond the ledger is recorded from it."""

from dataclasses import dataclass
from datetime import datetime

from schema.messages import RegistryMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """One applied message, in the order of the batch."""

    message: RegistryMessage
    sender: str
    received_at: datetime
