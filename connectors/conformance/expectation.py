"""An expectation, what became of it, and how a list of them is examined."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Final

import msgspec

from connectors.conformance.subject import Subject
from connectors.errors import RegistryError

WORDS_CHARS_MAX: Final = 400


class NotSoError(Exception):
    """The endpoint does otherwise; the text says what it did."""


class CannotTellError(Exception):
    """The endpoint's present state does not let this be seen; the text says what is missing."""


@unique
class Verdict(StrEnum):
    """What became of an expectation."""

    HOLDS = "holds"
    FAILS = "fails"
    NOT_TESTED = "not tested"


Check = Callable[[Subject], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """One thing that an endpoint of a kind does."""

    name: str
    """Short and stable, such as `paging.limit`."""
    rule: str
    """A sentence in the words of whoever runs the endpoint."""
    check: Check
    """Returns when it holds; raises `NotSoError` or `CannotTellError`."""
    writes: bool = False
    """Whether looking changes something there: data, or a rate limit that others need too."""


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one expectation."""

    name: str
    rule: str
    verdict: Verdict
    words: str = ""


async def examine(
    expectations: Iterable[Expectation], subject: Subject, *, writing: bool = False
) -> list[Result]:
    """Look at each expectation in turn; none stops the others.

    With `writing` the expectations that change something are looked at too.
    """
    return [await _examined(each, subject, writing=writing) for each in expectations]


async def _examined(expectation: Expectation, subject: Subject, *, writing: bool) -> Result:
    verdict, words = Verdict.HOLDS, ""
    try:
        if expectation.writes and not writing:
            raise CannotTellError("it would change something there")  # noqa: TRY301
        await expectation.check(subject)
    except CannotTellError as cause:
        verdict, words = Verdict.NOT_TESTED, str(cause)
    except NotSoError as cause:
        verdict, words = Verdict.FAILS, str(cause)
    except RegistryError as cause:
        verdict, words = Verdict.FAILS, f"{type(cause).__name__}: {cause}"
    return Result(
        name=expectation.name,
        rule=expectation.rule,
        verdict=verdict,
        words=words[:WORDS_CHARS_MAX],
    )


def require(truth: object, words: str) -> None:
    """Say that the endpoint does otherwise, unless it is so."""
    if not truth:
        raise NotSoError(words)
