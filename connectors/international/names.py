"""Names of AEF workbooks, as the known checker reads them: Party, year and version by position.

Characters 0-2 are the Party, 4-7 the year, 9 the major and 11 the minor version; its answers carry
the first 13 characters and `consistent` or `inconsistent`. The separators are not known: an
underscore is this project's choice.
"""

import re
from dataclasses import dataclass
from typing import Final

from schema.identifiers import parse_party_id

_NAME: Final = re.compile(
    r"(?P<party>[A-Z]{3}).(?P<year>[0-9]{4}).(?P<major>[0-9]).(?P<minor>[0-9]).*\.xlsx",
    re.DOTALL,
)


class AefNameError(ValueError):
    """A submission cannot be named so that the checker reads it right, or a name cannot be read."""


@dataclass(frozen=True, slots=True, order=True)
class SubmissionName:
    """Which submission a file is."""

    party: str
    year: int
    major: int
    minor: int

    @property
    def version(self) -> str:
        """The version as Table 1 has it."""
        return f"{self.major}.{self.minor}"

    def file_name(self) -> str:
        """Return the name under which the workbook is put down.

        Raises:
            AefNameError: the version has no one-digit parts, so that the checker would misread it.
        """
        if not (0 < self.major <= 9 and 0 <= self.minor <= 9):  # noqa: PLR2004 (one digit)
            raise AefNameError(f"version {self.version} does not fit the name of a workbook")
        return f"{self.party}_{self.year}_{self.major}_{self.minor}_AEF.xlsx"


def parse_version(text: str) -> tuple[int, int]:
    """Read a version `X.Y`.

    Raises:
        AefNameError: it is none.
    """
    match = re.fullmatch(r"([0-9]{1,3})\.([0-9]{1,3})", text)
    if match is None:
        raise AefNameError(f"{text!r} is no version X.Y")
    return int(match[1]), int(match[2])


def parse_file_name(name: str) -> SubmissionName | None:
    """Read the name of a workbook or of an answer; None when it has another form."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    try:
        party = parse_party_id(match["party"])
    except ValueError:
        return None
    return SubmissionName(party, int(match["year"]), int(match["major"]), int(match["minor"]))
