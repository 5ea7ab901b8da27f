"""Checks of quantities, vintages and authorizations that go beyond the published lists."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from hub.domain.aef.codes import CATALOGUE, FindingCode
from hub.domain.aef.findings import Finding, locate
from hub.domain.aef.world import Cited, Entry, World
from schema.aef.fields import Table
from schema.aef.records import ActionRecord, AuthorizationRecord
from schema.aef.tables import AUTHORIZATIONS
from schema.aef.timeframe import Timeframe
from schema.identifiers import FIRST_ITMO_VINTAGE


def check_serial_counts(world: World) -> Iterator[Finding]:
    """A block in t CO2 eq has as many tonnes as serial numbers."""
    for entry in world.own():
        record = entry.record
        if record.metric != "GHG" or record.count is None or record.quantity_tco2e is None:
            continue
        if record.quantity_tco2e != record.count:
            message = f"{record.quantity_tco2e} t CO2 eq in a block of {record.count} serials"
            yield world.finding(FindingCode.SERIAL_COUNT, entry, "quantity_tco2e", message)


def check_vintages(world: World) -> Iterator[Finding]:
    """The vintage is 2021 or later, and lies in the authorized timeframe."""
    for entry in world.own():
        vintage = entry.record.vintage
        if vintage is None:
            continue
        if vintage < FIRST_ITMO_VINTAGE:
            message = f"vintage {vintage}"
            yield world.finding(FindingCode.VINTAGE_BEFORE_2021, entry, "vintage", message)
            continue
        frames = [cited.record.timeframe for cited in world.cited_by(entry)]
        known = [frame for frame in frames if isinstance(frame, Timeframe) and frame.occurred]
        if len(known) == len(frames) and known and not any(_holds(f, vintage) for f in known):
            message = f"vintage {vintage} is outside the timeframe of the authorization"
            yield world.finding(FindingCode.VINTAGE_OUTSIDE_TIMEFRAME, entry, "vintage", message)


def _holds(frame: Timeframe, year: int) -> bool:
    span = frame.occurred
    return span is not None and span.start.year <= year <= span.end.year


def check_authorized_quantities(world: World) -> Iterator[Finding]:
    """First transfers of the Party stay within its authorizations, over all years that are known.

    One finding an authorization, at the first row that goes beyond. Where several versions are
    reported, the highest one counts.
    """
    rows: dict[str, list[tuple[dt.date, Entry]]] = defaultdict(list)
    for entry in world.entries(Table.ACTIONS):
        record = entry.record
        own = world.filed[entry.report_index].party == world.subject.party
        if not own or not isinstance(record, ActionRecord) or record.type != "First transfer":
            continue
        if record.authorization_id is not None and record.date is not None:
            rows[record.authorization_id].append((_day(record.date), entry))
    for authorization_id, dated in rows.items():
        latest = _latest(world, authorization_id)
        if latest is None or latest.record.quantity is None or latest.record.metric != "GHG":
            continue
        yield from _beyond(world, latest, sorted(dated, key=lambda pair: pair[0]))


def _day(moment: dt.date) -> dt.date:
    return moment.date() if isinstance(moment, dt.datetime) else moment


def _latest(world: World, authorization_id: str) -> Cited | None:
    own = [
        cited
        for cited in world.authorizations
        if cited.author == world.subject.party and cited.record.authorization_id == authorization_id
    ]
    return max(own, key=lambda cited: cited.record.version or 0, default=None)


def _beyond(world: World, latest: Cited, dated: list[tuple[dt.date, Entry]]) -> Iterator[Finding]:
    authorized, total = latest.record.quantity or 0, Decimal(0)
    for _, entry in dated:
        total += entry.record.quantity_tco2e or 0
        if total > authorized and entry.report_index == 0:
            whole = sum((pair[1].record.quantity_tco2e or 0 for pair in dated), Decimal(0))
            message = (
                f"{whole} t CO2 eq are first transferred under {latest.record.authorization_id}, "
                f"which authorizes {authorized}"
            )
            report = world.filed[latest.report_index].report
            field = AUTHORIZATIONS["quantity"]
            related = locate(report, Table.AUTHORIZATIONS, latest.row_index, field)
            yield world.finding(
                FindingCode.AUTHORIZED_QUANTITY,
                entry,
                "quantity_tco2e",
                message,
                related=[related],
            )
            return


def check_changed_sectors(world: World) -> Iterator[Finding]:
    """The sectors of an authorization stay once units under it are first transferred."""
    used = {
        entry.record.authorization_id
        for entry in world.entries(Table.ACTIONS)
        if isinstance(entry.record, ActionRecord)
        and entry.record.type == "First transfer"
        and world.filed[entry.report_index].party == world.subject.party
    }
    earlier: dict[str, AuthorizationRecord] = {}
    own = (cited for cited in world.authorizations if cited.author == world.subject.party)
    for cited in sorted(own, key=lambda one: (one.record.version or 0, -one.report_index)):
        name = cited.record.authorization_id
        if name is None or name not in used:
            continue
        before = earlier.setdefault(name, cited.record)
        if set(before.sectors) != set(cited.record.sectors) and cited.report_index == 0:
            report = world.subject.report
            field = AUTHORIZATIONS["sectors"]
            message = f"sectors of {name} were {', '.join(before.sectors)}"
            yield Finding(
                code=FindingCode.SECTOR_CHANGED,
                severity=CATALOGUE[FindingCode.SECTOR_CHANGED].severity,
                locus=locate(report, Table.AUTHORIZATIONS, cited.row_index, field),
                message=message,
            )
