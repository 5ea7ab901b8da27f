"""What somebody wants to do with units, and what a gate says about it."""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum, unique

from hub.domain.state import AuthorizationKey, State
from schema.codes import Purpose
from schema.identifiers import ItmoSeries
from schema.refusals import RefusalCode


@unique
class Verdict(StrEnum):
    """What a gate says."""

    PASSED = "passed"
    FAILED = "failed"
    WARNING = "warning"


class Gate(State, frozen=True):
    """One rule, applied to one intent."""

    rule: RefusalCode
    verdict: Verdict
    explanation: str


@unique
class Act(StrEnum):
    """What is to be done under the authorization."""

    ISSUANCE = "issuance"
    TRANSFER = "transfer"
    USE = "use"
    CANCELLATION = "cancellation"


class Intent(State, frozen=True):
    """What somebody wants to do with units, as far as the gates ask."""

    act: Act
    series: tuple[ItmoSeries, ...]
    """The series of the units, each once."""
    authorization: AuthorizationKey
    purpose: Purpose | None
    counterparty: str | None
    """The acquiring or using Party, alpha-3."""
    entity: str | None
    at: datetime
    first_transfer_tonnes: int
    """How much of it would be a first transfer; 0 where none."""
    settled: bool = False
    """Every unit was first transferred before: no later change of the authorization touches it."""
    issued_tonnes: int = 0
    year_of_use: int | None = None
    activities: tuple[str, ...] = ()
    """The activities of the units that come under the authorization by this act."""
    measures: tuple[str | None, ...] = (None,)
    """The units of measurement; None for tCO2e."""


Check = tuple[RefusalCode, Verdict, Callable[[], str]]
"""A gate whose explanation is not written yet: admission needs only those of the failing ones."""


def check(rule: RefusalCode, holds: bool, words: Callable[[], str]) -> Check:  # noqa: FBT001
    """Return the gate of a rule that holds, or does not."""
    return rule, Verdict.PASSED if holds else Verdict.FAILED, words


def vintages_of(intent: Intent) -> list[int]:
    """Return the vintages of the units, each once, in order."""
    return sorted({series.vintage for series in intent.series})
