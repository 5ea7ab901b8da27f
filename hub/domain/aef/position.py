"""Who held which serials at an instant: found from the history, never from present balances.

The history of one series is read from its end to its beginning. The first event met about a serial
is the last that happened to it, so it says where the serial was; what lies below it is history.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from hub.domain.aef.ledger_source import Birth
from hub.domain.state import EventKind

ENDED = frozenset(
    {
        EventKind.USE_TOWARDS_NDC,
        EventKind.USE_FOR_OIMP,
        EventKind.VOLUNTARY_CANCELLATION,
        EventKind.CANCELLATION_FOR_OMGE,
        EventKind.ADAPTATION_SHARE,
        EventKind.RETIREMENT,
    }
)
"""After one of these a unit is held no more (2/CMA.3, annex, para 29), unless it is taken back."""


class Placing(NamedTuple):
    """An event that says where serials are afterwards; `holder` is the Party of the account."""

    first: int
    last: int
    kind: EventKind
    holder: str | None
    registry: str | None
    authorization: int | None


class Piece(NamedTuple):
    """Serials of one series that were held together."""

    first: int
    last: int
    registry: str
    authorization: int


class Covered:
    """The serials that were met, as sorted ranges that do not touch; grows in place."""

    def __init__(self) -> None:
        """Begin with none."""
        self._firsts: list[int] = []
        self._lasts: list[int] = []

    def add(self, first: int, last: int) -> list[tuple[int, int]]:
        """Add a range and return the parts of it that are new."""
        start = bisect_left(self._lasts, first - 1)
        stop = bisect_right(self._firsts, last + 1)
        fresh, at = [], first
        for low, high in zip(self._firsts[start:stop], self._lasts[start:stop], strict=True):
            if at < low:
                fresh.append((at, min(low - 1, last)))
            at = max(at, high + 1)
        if at <= last:
            fresh.append((at, last))
        if start < stop:
            first, last = min(first, self._firsts[start]), max(last, self._lasts[stop - 1])
        self._firsts[start:stop], self._lasts[start:stop] = [first], [last]
        return fresh


def holdings_of(party: str, latest_first: Iterable[Placing]) -> list[Piece]:
    """Return what a Party held of one series, in order of the serials.

    `latest_first` are all events of the series up to the instant, the latest first. Units under no
    authorization are no ITMOs and left out.
    """
    known = Covered()
    pieces: list[Piece] = []
    for event in latest_first:
        fresh = known.add(event.first, event.last)
        if event.holder != party or event.kind in ENDED or event.authorization is None:
            continue
        assert event.registry is not None, "an account has a registry"
        registry, authorization = event.registry, event.authorization
        pieces.extend(Piece(first, last, registry, authorization) for first, last in fresh)
    pieces.sort()
    return list(_joined(pieces))


def _joined(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Join neighbours that differ in nothing."""
    open_piece: Piece | None = None
    for piece in pieces:
        if (
            open_piece is not None
            and open_piece.last + 1 == piece.first
            and open_piece[2:] == piece[2:]
        ):
            open_piece = open_piece._replace(last=piece.last)
            continue
        if open_piece is not None:
            yield open_piece
        open_piece = piece
    if open_piece is not None:
        yield open_piece


def by_birth(pieces: Iterable[Piece], births: Iterable[Birth]) -> Iterator[tuple[Piece, Birth]]:
    """Cut pieces where they were born apart; both are in order of the serials."""
    remaining = iter(births)
    birth = next(remaining, None)
    for piece in pieces:
        first = piece.first
        while birth is not None and birth.last < first:
            birth = next(remaining, None)
        while birth is not None and birth.first <= piece.last:
            last = min(piece.last, birth.last)
            yield piece._replace(first=max(first, birth.first), last=last), birth
            if birth.last > piece.last:
                break
            first = last + 1
            birth = next(remaining, None)
