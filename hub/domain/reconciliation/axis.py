"""One axis for all serials: a series and a serial as one 64-bit position.

A closed range of serials becomes a half-open interval of positions. Serials start at 1, therefore
intervals of different series never touch, and one pass over the axis serves all series at once.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from schema.identifiers import SERIAL_LIMIT

Int64s = NDArray[np.int64]
Bools = NDArray[np.bool_]

SERIAL_BITS: Final = 40
SERIES_LIMIT: Final = 1 << (63 - SERIAL_BITS)
SERIAL_MASK: Final = SERIAL_LIMIT - 1


def position_of(series_id: int, serial: int) -> int:
    """Return the place of one serial on the axis."""
    return (series_id << SERIAL_BITS) + serial


def series_id_of(position: int) -> int:
    """Return the series in which a position lies; not for the open end of an interval."""
    return position >> SERIAL_BITS


def serial_of(position: int) -> int:
    """Return the serial at a position; not for the open end of an interval."""
    return position & SERIAL_MASK


def empty() -> Int64s:
    """Return no positions."""
    return np.empty(0, dtype=np.int64)


def runs(breaks: Bools) -> tuple[Int64s, Int64s]:
    """Return begin and end of each run, given where row i does not continue row i - 1."""
    if len(breaks) == 0:
        return empty(), empty()
    begins = np.flatnonzero(breaks).astype(np.int64)
    if len(begins) == 0 or begins[0] != 0:
        begins = np.concatenate((np.zeros(1, dtype=np.int64), begins))
    ends = np.append(begins[1:], np.int64(len(breaks)))
    return begins, ends
