"""The annual information of a submission in figures, and what it adds to the adjustment tables.

2/CMA.3, annex, para 20 lists what a Party reports each year. The figures by vintage (first
transfers) and by year of use (uses towards the NDC) are those from which a corresponding adjustment
is booked: para 8, and rows 3 to 5 of Table 4 of 5/CMA.3. All quantities are t CO2 eq.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from hub.domain.aef.purposes import NDC, covered_by
from schema.aef.records import ActionRecord, BlockRecord, Submission


class Line(StrEnum):
    """The lines of the annual information."""

    FIRST_TRANSFERRED = "first transferred"
    FIRST_TRANSFERRED_FOR_OIMP = "first transferred under an authorization for OIMP only"
    TRANSFERRED = "transferred"
    ACQUIRED = "acquired"
    USED_TOWARDS_NDC = "used towards the NDC"
    USED_FOR_OTHER_PURPOSES = "used for other international mitigation purposes"
    CANCELLED = "cancelled"
    VOLUNTARILY_CANCELLED = "voluntarily cancelled"
    CANCELLED_FOR_OMGE = "cancelled for overall mitigation in global emissions"
    HELD = "held at year end"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnualSummary:
    """The totals of a year, the figures for the adjustment, and what could not be counted.

    `first_transferred` is by vintage, `used` by the year of NDC use. `uncounted` rows have no
    quantity in t CO2 eq, or no vintage or year where one is needed; rows in another metric are
    counted apart, because their quantities cannot be added.
    """

    totals: Mapping[Line, Decimal]
    first_transferred: Mapping[int, Decimal]
    first_transferred_for_oimp: Mapping[int, Decimal]
    used: Mapping[int, Decimal]
    authorizations_for_ndc: int
    authorizations_for_oimp: int
    uncounted: int
    in_other_metrics: int


class _Tally:
    """Adds up the rows of one submission."""

    def __init__(self, submission: Submission) -> None:
        self.totals: dict[Line, Decimal] = dict.fromkeys(Line, Decimal(0))
        self.by_vintage: dict[int, Decimal] = defaultdict(Decimal)
        self.oimp_by_vintage: dict[int, Decimal] = defaultdict(Decimal)
        self.by_use: dict[int, Decimal] = defaultdict(Decimal)
        self.uncounted = 0
        self.in_other_metrics = 0
        self._for_oimp_only = {
            record.authorization_id
            for record in submission.authorizations
            if record.purposes and NDC not in covered_by(record.purposes)
        }

    def add(self, line: Line, record: BlockRecord) -> Decimal | None:
        if record.metric == "non-GHG":
            self.in_other_metrics += 1
            return None
        if record.quantity_tco2e is None:
            self.uncounted += 1
            return None
        self.totals[line] += record.quantity_tco2e
        return record.quantity_tco2e

    def add_by_year(
        self, years: dict[int, Decimal], year: int | None, quantity: Decimal | None
    ) -> None:
        if quantity is None:
            return
        if year is None:
            self.uncounted += 1
        else:
            years[year] += quantity

    def first_transfer(self, action: ActionRecord) -> None:
        is_oimp = action.authorization_id in self._for_oimp_only
        line = Line.FIRST_TRANSFERRED_FOR_OIMP if is_oimp else Line.FIRST_TRANSFERRED
        years = self.oimp_by_vintage if is_oimp else self.by_vintage
        self.add_by_year(years, action.vintage, self.add(line, action))

    def use(self, action: ActionRecord) -> None:
        if action.oimp_purpose is not None and action.ndc_use_year is None:
            self.add(Line.USED_FOR_OTHER_PURPOSES, action)
            return
        quantity = self.add(Line.USED_TOWARDS_NDC, action)
        self.add_by_year(self.by_use, action.ndc_use_year, quantity)

    def action(self, action: ActionRecord) -> None:
        match action.type:
            case "First transfer":
                self.first_transfer(action)
            case "Transfer":
                self.add(Line.TRANSFERRED, action)
            case "Acquisition":
                self.add(Line.ACQUIRED, action)
            case "Use":
                self.use(action)
            case "Cancellation" | "Voluntary Cancellation":
                self.add(_cancellation(action), action)
            case _:
                pass


def summarise(submission: Submission) -> AnnualSummary:
    """Add up one submission."""
    tally = _Tally(submission)
    for action in submission.actions:
        tally.action(action)
    for holding in submission.holdings:
        tally.add(Line.HELD, holding)
    covered = [covered_by(record.purposes) for record in submission.authorizations]
    return AnnualSummary(
        totals=tally.totals,
        first_transferred=dict(sorted(tally.by_vintage.items())),
        first_transferred_for_oimp=dict(sorted(tally.oimp_by_vintage.items())),
        used=dict(sorted(tally.by_use.items())),
        authorizations_for_ndc=sum(NDC in purposes for purposes in covered),
        authorizations_for_oimp=sum(bool(purposes - {NDC}) for purposes in covered),
        uncounted=tally.uncounted,
        in_other_metrics=tally.in_other_metrics,
    )


def _cancellation(action: ActionRecord) -> Line:
    if "OMGE" in (action.subtype or ""):
        return Line.CANCELLED_FOR_OMGE
    return Line.CANCELLED if action.type == "Cancellation" else Line.VOLUNTARILY_CANCELLED
