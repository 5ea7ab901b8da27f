"""Which of several descriptions a file is of: the one most of whose columns it has."""

from collections.abc import Mapping

from connectors.declarative.faults import SourceFault, SourceRefusedError
from connectors.declarative.grids import grids
from connectors.declarative.headers import find_table
from connectors.declarative.profile import SourceProfile


def choose_profile(data: bytes, profiles: Mapping[str, SourceProfile]) -> str:
    """Return the name of the profile that fits; the first of two that fit equally.

    Raises:
        SourceRefusedError: none fits; the reason is that of the last one tried.
    """
    best: tuple[int, str] | None = None
    refused = SourceRefusedError(SourceFault.NO_HEADER)
    for name, profile in profiles.items():
        try:
            fields = len(find_table(grids(data, profile.reading), profile).columns)
        except SourceRefusedError as cause:
            refused = cause
            continue
        if best is None or fields > best[0]:
            best = (fields, name)
    if best is None:
        raise refused
    return best[1]
