"""What every command shares: exit codes, the two consoles, and how a failure is told."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum, unique
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import Parameter
from rich.console import Console

console = Console(soft_wrap=True)
errors = Console(stderr=True, soft_wrap=True)


@unique
class Exit(IntEnum):
    """Exit codes of the command."""

    DONE = 0
    ANSWER_IS_NO = 1
    NOT_UNDERSTOOD = 2
    CANNOT = 3


class CannotError(Exception):
    """The command could not be done; the text says why and what to do."""


ConfigFile = Annotated[Path | None, Parameter(name="--config", help="Settings file (TOML).")]
AsJson = Annotated[bool, Parameter(name="--json", negative="", help="Print JSON for scripts.")]


def print_json(value: object) -> None:
    """Print `value` as indented JSON and nothing else."""
    text = msgspec.json.format(msgspec.json.encode(value, order="sorted"), indent=2)
    console.print(text.decode(), highlight=False, markup=False)


@contextmanager
def told(*failures: type[Exception]) -> Iterator[None]:
    """Turn expected failures into `CannotError` with their own words."""
    try:
        yield
    except failures as cause:
        raise CannotError(str(cause)) from cause
