"""Tables 2 and 5 from the authorizations that the hub knows.

A Party reports the authorizations it stated itself: every version of the reported year, and the
latest version of all others. Where it holds or moves units of an approach for which it has stated
none, the authorization under which the units stand takes its place, and the row says whose it is.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence

from hub.domain.aef.ledger_source import StatedAuthorization
from hub.domain.first_transfer import OIMP
from schema.aef.records import AuthorizationRecord, EntityRecord
from schema.aef.timeframe import Span, Timeframe
from schema.authorization import AuthorizationRecord as Stated
from schema.authorization import Elements
from schema.codes import (
    AuthorizationStatus,
    AuthorizationStep,
    AuthorizedUse,
    Metric,
    Purpose,
    purposes_covered,
)
from schema.identifiers import FIRST_ITMO_VINTAGE, ItmoSeries

_FIRST_CHOICE = (
    AuthorizationStep.ACTUAL_QUANTITY,
    AuthorizationStep.CONSOLIDATED,
    AuthorizationStep.ESTIMATED_QUANTITY,
    AuthorizationStep.APPROACH,
)


class Authorizations:
    """The authorizations that one Party's report of one year can cite."""

    def __init__(
        self, party: str, year_end: dt.datetime, stated: Iterable[StatedAuthorization]
    ) -> None:
        """Take all authorizations the hub knows; drafts are left out."""
        self._party, self._year_end = party, year_end
        self._versions: dict[int, list[StatedAuthorization]] = {}
        for one in stated:
            if one.record.status is not AuthorizationStatus.DRAFT and one.is_known_at(year_end):
                self._versions.setdefault(one.number, []).append(one)
        for versions in self._versions.values():
            versions.sort(key=lambda one: one.record.version)
        self._choices: dict[tuple[str, int, str, int], int] = {}
        self._foreign: set[int] = set()

    def latest(self, number: int) -> Stated | None:
        """Return the latest version; None when the hub did not know it at year end."""
        versions = self._versions.get(number)
        return None if not versions else versions[-1].record

    def cite(self, number: int, series: ItmoSeries, activity: str) -> Stated | None:
        """Return the authorization that a row cites whose units stand under `number`."""
        chosen = self._choose(number, series, activity)
        record = self.latest(chosen)
        if record is not None and record.party != self._party:
            self._foreign.add(chosen)
        return record

    def _choose(self, number: int, series: ItmoSeries, activity: str) -> int:
        record = self.latest(number)
        if record is not None and record.party == self._party:
            return number
        key = (series.approach, series.vintage, activity, number)
        if key not in self._choices:
            own = self._own(series, activity)
            self._choices[key] = number if own is None else own
        return self._choices[key]

    def _own(self, series: ItmoSeries, activity: str) -> int | None:
        fitting = [
            (_rank(record, activity), number)
            for number, versions in self._versions.items()
            if (record := versions[-1].record).party == self._party
            and record.elements.approach == series.approach
            and record.elements.uses is not None
            and record.activity in {None, activity}
            and (not record.elements.vintages or series.vintage in record.elements.vintages)
        ]
        return min(fitting)[1] if fitting else None

    def rows(self) -> Iterator[AuthorizationRecord]:
        """Yield Table 2. Ask for it last: it holds what the other rows cite.

        Step 1 alone, without any use, authorizes no ITMOs and is in the initial report instead.
        """
        for one in self._reported():
            yield _row(one, is_foreign=one.record.party != self._party)

    def entities(self) -> Iterator[EntityRecord]:
        """Yield Table 5: every entity of the latest versions in Table 2, once."""
        seen: set[tuple[dt.date, str, str]] = set()
        latest = {one.number: one for one in self._reported()}
        for one in latest.values():
            for entity in one.record.elements.entities:
                key = (one.authorized_on, entity.entity_id, one.record.elements.approach)
                if key in seen:
                    continue
                seen.add(key)
                yield EntityRecord(
                    authorized_on=one.authorized_on,
                    name=entity.name,
                    country=entity.country,
                    entity_id=entity.entity_id,
                    approach_id=one.record.elements.approach,
                    conditions=entity.conditions or None,
                    change_conditions=entity.change_conditions or None,
                )

    def _reported(self) -> Iterator[StatedAuthorization]:
        def order(versions: Sequence[StatedAuthorization]) -> tuple[str, dt.date, str]:
            record = versions[-1].record
            return record.party, versions[0].authorized_on, record.authorization_id

        # The Party's own first; then those of others that its rows cite.
        groups = sorted(self._versions.items(), key=lambda pair: order(pair[1]))
        own = [(n, v) for n, v in groups if v[-1].record.party == self._party]
        foreign = [(n, v) for n, v in groups if n in self._foreign]
        for number, versions in (*own, *foreign):
            if versions[-1].record.elements.uses is None and number not in self._foreign:
                continue
            for one in versions:
                is_latest = one is versions[-1]
                if is_latest or one.recorded_at.year == self._year_end.year:
                    yield one


def _rank(record: Stated, activity: str) -> tuple[bool, bool, int, int, str]:
    """Order the authorizations that fit: in force, of the activity, 2b first, the newest first."""
    return (
        record.status is not AuthorizationStatus.IN_FORCE,
        record.activity != activity,
        _FIRST_CHOICE.index(record.step),
        -record.elements.dates.authorized_on.toordinal(),
        record.authorization_id,
    )


def _row(one: StatedAuthorization, *, is_foreign: bool) -> AuthorizationRecord:
    record, elements = one.record, one.record.elements
    other = _other_purpose(elements.uses)
    return AuthorizationRecord(
        authorization_id=record.authorization_id,
        authorized_on=elements.dates.authorized_on,
        approach_id=elements.approach,
        version=record.version,
        quantity=elements.quantity,
        metric=elements.metric,
        gwp_values=elements.gwp_values,
        non_ghg_metric=elements.non_ghg_unit if elements.metric is Metric.NON_GHG else None,
        sectors=elements.sectors or one.activity_sectors,
        activity_types=elements.activity_types or one.activity_types,
        purposes=elements.uses,
        authorized_parties=elements.parties,
        authorized_entities=tuple(entity.entity_id for entity in elements.entities),
        oimp_authorized=other,
        timeframe=_timeframe(elements),
        terms=elements.change_terms or None,
        first_transfer_definition=None if other is None else elements.first_transfer.for_oimp,
        additional_information="; ".join(_remarks(record, is_foreign=is_foreign)) or None,
    )


def _other_purpose(uses: AuthorizedUse | None) -> Purpose | None:
    """Return which purpose other than an NDC the authorization covers."""
    if uses is None:
        return None
    others = purposes_covered(uses) & OIMP
    return next(iter(others)) if len(others) == 1 else Purpose.OIMP if others else None


def _timeframe(elements: Elements) -> Timeframe | None:
    """Mitigation occurs in the authorized vintages (k); use ends with the last date (c) names."""
    dates, vintages = elements.dates, elements.vintages
    occurred = None
    if vintages:
        first = max(min(vintages), FIRST_ITMO_VINTAGE)
        last = max(vintages)
        if first <= last:
            occurred = Span(dt.date(first, 1, 1), dt.date(last, 12, 31))
    until = dates.last_use or dates.until_day
    since = dates.from_day or dates.authorized_on
    use = None if until is None or until < since else Span(since, until)
    return None if occurred is None and use is None else Timeframe(occurred=occurred, use=use)


def _remarks(record: Stated, *, is_foreign: bool) -> Iterator[str]:
    if is_foreign:
        yield f"Authorized by {record.party}"
    if record.status is not AuthorizationStatus.IN_FORCE:
        yield f"Status: {record.status}"
    if record.step is not AuthorizationStep.CONSOLIDATED:
        yield f"Step {record.step}"
    if record.activity is not None:
        yield f"Activity {record.activity}"
