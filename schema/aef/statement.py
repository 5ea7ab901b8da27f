"""A submission as statements of registries, so that reconciliation can read it like any other.

One statement a Party ITMO registry, for the position at year end. The AEF knows no accounts: blocks
stand in one account a registry, which says what it is. What cannot be stated is listed with the
reason, never left out silently.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from schema.aef.fields import Table
from schema.aef.records import ActionRecord, BlockRecord, Submission
from schema.codes import AccountKind, AuthorizationStatus, StatementLevel, UnitStatus
from schema.identifiers import (
    IdentifierError,
    ItmoSeries,
    SerialRange,
    parse_registry_id,
    registry_party,
)
from schema.serials import SerialSet
from schema.series_sets import collect
from schema.statements import StatedAuthorization, StatedBlock, Statement
from schema.wire import MAX_STATEMENT_ROWS

ACCOUNT: Final = "AEF"
"""The account that stands for a whole registry."""

SeriesOf = Callable[[BlockRecord], ItmoSeries | None]
"""Names the series of a row with bare serials, where somebody vouches for it."""

_ENDS: Final = {
    "Use": (UnitStatus.USED_OIMP, AccountKind.RETIREMENT_OIMP),
    "Cancellation": (UnitStatus.CANCELLED, AccountKind.CANCELLATION_VOLUNTARY),
    "Voluntary Cancellation": (UnitStatus.CANCELLED, AccountKind.CANCELLATION_VOLUNTARY),
}
_DECIMALS_MAX: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Unstated:
    """A row that no statement can hold, and why."""

    table: Table
    row_index: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedSubmission:
    """The statements of a submission, page by page, and the rows that are in none."""

    statements: tuple[Statement, ...]
    unstated: tuple[Unstated, ...]


def series_as_written(record: BlockRecord) -> ItmoSeries | None:
    """Return the series that full identifiers name; None for bare serials."""
    return record.series


def state_submission(
    submission: Submission, stated_at: dt.datetime, series_of: SeriesOf = series_as_written
) -> StatedSubmission:
    """State the holdings of a submission and what it used or cancelled, as at `stated_at`.

    Whether a held unit is first transferred is read from the registry that holds it: in any but the
    first transferring Party's it is; in that Party's own, as the actions say.
    """
    reader = _Reader(submission, series_of)
    blocks: dict[str, list[StatedBlock]] = {}
    unstated: list[Unstated] = []
    for table, row_index, record in _rows(submission):
        stated = reader.state(record)
        if isinstance(stated, str):
            unstated.append(Unstated(table=table, row_index=row_index, reason=stated))
        elif record.registry_id is not None:
            blocks.setdefault(record.registry_id, []).append(stated)
    authorizations = tuple(_authorizations(submission))
    statements = (
        page
        for registry, rows in sorted(blocks.items())
        for page in _pages(registry, stated_at, rows, authorizations)
    )
    return StatedSubmission(statements=tuple(statements), unstated=tuple(unstated))


def _rows(submission: Submission) -> Iterator[tuple[Table, int, BlockRecord]]:
    for row_index, holding in enumerate(submission.holdings):
        yield Table.HOLDINGS, row_index, holding
    for row_index, action in enumerate(submission.actions):
        if action.type in _ENDS:
            yield Table.ACTIONS, row_index, action


class _Reader:
    """States single rows; a string is the reason why a row cannot be stated."""

    def __init__(self, submission: Submission, series_of: SeriesOf) -> None:
        self._series_of = series_of
        first_transfers = (
            (series, SerialRange(action.first_id, action.last_id))
            for action in submission.actions
            if action.type == "First transfer"
            and (series := series_of(action)) is not None
            and action.first_id is not None
            and action.last_id is not None
            and action.first_id <= action.last_id
        )
        self._first_transferred = collect(first_transfers)

    def state(self, record: BlockRecord) -> StatedBlock | str:
        """State one row, or say why not."""
        series = self._series_of(record)
        if series is None:
            return "the originating registry is not reported"
        if record.first_id is None or record.last_id is None or record.registry_id is None:
            return "the block or the registry that holds it is not understood"
        if record.quantity_tco2e is None:
            return "the quantity is not understood"
        quantity = _quantity(record.quantity_tco2e)
        try:
            serials = SerialRange(record.first_id, record.last_id)
            owner = registry_party(parse_registry_id(record.registry_id))
        except IdentifierError as refused:
            return f"the row is refused: {refused.code}"
        if quantity is None:
            return f"the quantity has more than {_DECIMALS_MAX} decimal places"
        status, kind = _end_of(record)
        known = self._first_transferred.get(series, SerialSet())
        is_abroad = owner != series.first_party
        return StatedBlock(
            account=ACCOUNT,
            account_kind=kind,
            approach=series.approach,
            registry=series.registry,
            first_party=series.first_party,
            vintage=series.vintage,
            first=serials.first,
            last=serials.last,
            status=status,
            first_transferred=is_abroad or known.covers(SerialSet.of([serials])),
            authorization=record.authorization_id,
            quantity=quantity,
        )


def _end_of(record: BlockRecord) -> tuple[UnitStatus, AccountKind]:
    if not isinstance(record, ActionRecord) or record.type not in _ENDS:
        return UnitStatus.HELD, AccountKind.HOLDING
    if record.type == "Use" and (record.ndc_use_year is not None or not record.oimp_purpose):
        return UnitStatus.USED_NDC, AccountKind.RETIREMENT_NDC
    if "OMGE" in (record.subtype or ""):
        return UnitStatus.CANCELLED_OMGE, AccountKind.CANCELLATION_OMGE
    return _ENDS[record.type]


def _quantity(quantity: Decimal) -> str | None:
    exponent = quantity.normalize().as_tuple().exponent
    if not isinstance(exponent, int) or -exponent > _DECIMALS_MAX:
        return None
    text = format(quantity, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _authorizations(submission: Submission) -> Iterator[StatedAuthorization]:
    party = submission.submission.party
    for record in submission.authorizations:
        if party is not None and record.authorization_id and record.version is not None:
            yield StatedAuthorization(
                party=party,
                authorization_id=record.authorization_id,
                version=record.version,
                status=AuthorizationStatus.IN_FORCE.value,
                quantity=record.quantity,
            )


def _pages(
    registry: str,
    stated_at: dt.datetime,
    rows: Sequence[StatedBlock],
    authorizations: tuple[StatedAuthorization, ...],
) -> Iterator[Statement]:
    pages = -(-len(rows) // MAX_STATEMENT_ROWS)
    for page in range(pages):
        first = page * MAX_STATEMENT_ROWS
        yield Statement(
            registry=registry,
            stated_at=stated_at,
            level=StatementLevel.BLOCKS,
            page=page + 1,
            pages=pages,
            totals=(),
            blocks=tuple(rows[first : first + MAX_STATEMENT_ROWS]),
            trail=(),
            authorizations=authorizations if page == 0 else (),
        )
