"""What an audit says: the first difference, or that there is none, and how much was looked at."""

from enum import StrEnum, unique

import msgspec


@unique
class Step(StrEnum):
    """The steps of an audit."""

    JOURNAL = "journal"
    """Every entry, leaf, tile and checkpoint."""
    EVIDENCE = "evidence"
    """Every envelope, its signature, its messages and its receipt."""
    RULES = "rules"
    """Every message, through the rules again."""
    STATE = "state"
    """What the rules made of them, against what is stored."""


class AuditFinding(msgspec.Struct, frozen=True, kw_only=True):
    """The first difference."""

    step: Step
    subject: str
    """What it is about, such as `entry 17` or `holding CA0007 MNG01 MNG 2021 101`."""
    words: str


class AuditReport(msgspec.Struct, frozen=True, kw_only=True):
    """What was looked at, and the first difference, if any."""

    entries: int
    envelopes: int
    messages_replayed: int
    rows_compared: int
    seconds: float
    finding: AuditFinding | None

    @property
    def is_clean(self) -> bool:
        """Whether everything is as it must be."""
        return self.finding is None


class DifferenceError(Exception):
    """The first difference; it ends the audit."""

    def __init__(self, step: Step, subject: str, words: str) -> None:
        """Say where and what."""
        super().__init__(f"{step}: {subject}: {words}")
        self.finding = AuditFinding(step=step, subject=subject, words=words)
