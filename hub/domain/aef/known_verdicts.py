"""What the known checker is predicted to say, and how sure the prediction is."""

from dataclasses import dataclass
from enum import StrEnum

from hub.domain.aef.findings import Locus

NOT_TESTED_TEXT = "the known checker does not test this"


class Verdict(StrEnum):
    """The predicted outcome of one test of the known checker."""

    PASSES = "passes"
    FAILS = "fails"
    BREAKS = "breaks"
    """The tool itself fails on such a cell, without an answer."""
    DEPENDS = "depends on which of its two modules runs"
    NOT_REACHED = "not reached, because the syntax fails"
    NOT_TESTED = NOT_TESTED_TEXT
    NOT_PREDICTABLE = "cannot be predicted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """One predicted answer: the test, the outcome and the cell it is about."""

    check: str
    verdict: Verdict
    message: str
    locus: Locus | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownAnswer:
    """Everything that the known checker is predicted to say about a submission."""

    structure: tuple[Prediction, ...]
    syntax: tuple[Prediction, ...]
    consistency: tuple[Prediction, ...]

    def verdict(self, check: str) -> Verdict:
        """Return the outcome of one consistency check, such as `II03`: the worst of its answers."""
        found = {one.verdict for one in self.consistency if one.check == check}
        return next((verdict for verdict in _WORST_FIRST if verdict in found), Verdict.PASSES)

    @property
    def passes(self) -> bool:
        """Say whether the tool is predicted to write `Consistency checks passed`."""
        told = (*self.structure, *self.syntax, *self.consistency)
        return all(one.verdict in {Verdict.PASSES, Verdict.NOT_TESTED} for one in told)


_WORST_FIRST = (
    Verdict.NOT_TESTED,
    Verdict.NOT_REACHED,
    Verdict.BREAKS,
    Verdict.FAILS,
    Verdict.NOT_PREDICTABLE,
    Verdict.DEPENDS,
)
