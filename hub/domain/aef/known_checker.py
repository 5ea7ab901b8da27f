"""Predicts the answer of the known syntax and consistency checker, flaws included.

It is an unfinished tool that works beside the UNFCCC's files; a Party that has to pass it wants to
know its answer before. What it does not test is said, not guessed.
"""

from collections.abc import Iterator, Sequence

from hub.domain.aef import known_consistency as known
from hub.domain.aef.known_syntax import predict_structure, predict_syntax
from hub.domain.aef.known_verdicts import (
    NOT_TESTED_TEXT,
    KnownAnswer,
    Prediction,
    Verdict,
)
from schema.aef.rows import Report

NOT_TESTED = ("II07", "STC01", "STC02", "STC03", "STC04", "ISC01")
"""Checks that have a name in the Reference Manual but are not wired into the tool."""

_PREDICTORS = {
    "II01": known.predict_ii01,
    "II02": known.predict_ii02,
    "II03": known.predict_ii03,
    "II04": known.predict_ii04,
    "II05": known.predict_ii05,
    "II06": known.predict_ii06,
}


def predict(
    report: Report, others: Sequence[Report] = (), sheets: Sequence[str] | None = None
) -> KnownAnswer:
    """Predict the answer about a submission that is compared with others.

    `sheets` are the names of the workbook's sheets; without them the structure is not judged.
    Consistency is reached only when the syntax passes.
    """
    structure = () if sheets is None else tuple(predict_structure(report, sheets))
    syntax = tuple(predict_syntax(report))
    is_reached = not any(one.verdict is Verdict.FAILS for one in (*structure, *syntax))
    consistency = _consistency(report, others) if is_reached else _not_reached()
    return KnownAnswer(
        structure=structure, syntax=syntax, consistency=(*consistency, *_not_tested())
    )


def _consistency(report: Report, others: Sequence[Report]) -> Iterator[Prediction]:
    world = known.KnownWorld(report, others)
    for one in _PREDICTORS.values():
        yield from one(world)


def _not_reached() -> Iterator[Prediction]:
    for check in _PREDICTORS:
        verdict = Verdict.NOT_REACHED
        yield Prediction(check=check, verdict=verdict, message=verdict.value)


def _not_tested() -> Iterator[Prediction]:
    for check in NOT_TESTED:
        yield Prediction(check=check, verdict=Verdict.NOT_TESTED, message=NOT_TESTED_TEXT)
