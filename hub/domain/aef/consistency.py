"""Consistency of single rows with authorizations and Table 1: II01, II06, II07, STC01 to STC04.

The names are those of the UNFCCC Reference Manual, version 3. The rules are applied as they are
meant; `hub.domain.aef.known_checker` predicts what the known tool says instead.
"""

from collections.abc import Iterator

from hub.domain.aef.codes import FindingCode, Severity
from hub.domain.aef.findings import Finding
from hub.domain.aef.purposes import covered_by, fits, purposes_of
from hub.domain.aef.world import Entry, World
from schema.aef.fields import Table
from schema.aef.records import AuthorizationRecord

_CANCELLATIONS = frozenset({"Cancellation", "Voluntary Cancellation"})
_INTERNATIONAL = "First transfer to another Party"
_EVENT_OF_DEFINITION = {
    "Authorisation": frozenset({"Authorization"}),
    "Issuance": frozenset({"Issuance"}),
    "Use or Cancellation": frozenset(
        {
            "Use or cancellation",
            "Other cancellations",
            "Mandatory cancellation to deliver OMGE",
            "Voluntary cancellation to deliver OMGE",
        }
    ),
}
_UNDECIDED = "Not yet defined"


def check_approaches(world: World) -> Iterator[Finding]:
    """II01: the Party takes part in every approach it reports on.

    It takes part when it is the author of an authorization of the approach, is named by one, or
    when one is open to any Party. One finding an approach, at the first row.
    """
    party = world.subject.party
    taking_part = {
        cited.record.approach_id
        for cited in world.authorizations
        if party in {cited.author, *cited.record.authorized_parties}
        or not cited.record.authorized_parties
    }
    seen: set[str] = set()
    for entry in world.own():
        approach = entry.record.approach_id
        if approach is None or approach in taking_part or approach in seen:
            continue
        seen.add(approach)
        message = f"no authorization of {approach} is by {party}, names it or is open to any Party"
        yield world.finding(FindingCode.II01, entry, "approach_id", message)


def check_users(world: World) -> Iterator[Finding]:
    """II06: the using Party and entity are within the authorization that the row cites."""
    for row_index, action in world.own_actions():
        if action.type != "Use" and action.type not in _CANCELLATIONS:
            continue
        entry = Entry(0, Table.ACTIONS, row_index, action)
        cited = world.cited_by(entry)
        if not cited:
            continue
        party, entity = action.using_party, action.using_entity
        if party is not None and not any(
            party == one.author or _names(one.record.authorized_parties, party) for one in cited
        ):
            message = f"{party} is not authorized by {action.authorization_id}"
            yield world.finding(FindingCode.II06, entry, "using_party", message)
        if entity is not None and not any(
            _names(one.record.authorized_entities, entity) for one in cited
        ):
            message = f"entity {entity} is not authorized by {action.authorization_id}"
            yield world.finding(FindingCode.II06, entry, "using_entity", message)


def _names(listed: tuple[str, ...], name: str) -> bool:
    """Say whether a list covers a name; an empty list is open to all."""
    return not listed or name in listed


def check_identifiers(world: World) -> Iterator[Finding]:
    """II07: approach, first Party and vintage in the columns are those of the identifiers."""
    for entry in world.own():
        record = entry.record
        if record.series is not None:
            for name, column, part in (
                ("approach_id", record.approach_id, record.series.approach),
                ("first_transferring_party", record.first_transferring_party,
                 record.series.first_party),
                ("vintage", record.vintage, record.series.vintage),
            ):  # fmt: skip
                if column is not None and column != part:
                    message = f"the column has {column}, the identifiers have {part}"
                    yield world.finding(FindingCode.II07, entry, name, message)
        approaches = {one.record.approach_id for one in world.cited_by(entry)} - {None}
        if record.approach_id is not None and approaches and record.approach_id not in approaches:
            listed = ", ".join(sorted(str(approach) for approach in approaches))
            message = f"authorization {record.authorization_id} is of {listed}"
            yield world.finding(FindingCode.II07, entry, "approach_id", message)


def check_years(world: World) -> Iterator[Finding]:
    """STC01: the date of each action lies in the reported year, in UTC."""
    year = world.subject.year
    for row_index, action in world.own_actions():
        if year is not None and action.date is not None and action.date.year != year:
            message = f"the action is of {action.date.year}, the report of {year}"
            entry = Entry(0, Table.ACTIONS, row_index, action)
            yield world.finding(FindingCode.STC01, entry, "date", message)


def check_purposes(world: World) -> Iterator[Finding]:
    """STC02: an authorization that the row cites covers what the ITMOs are used for."""
    for row_index, action in world.own_actions():
        used = purposes_of(action)
        entry = Entry(0, Table.ACTIONS, row_index, action)
        cited = world.cited_by(entry)
        known = [covered_by(one.record.purposes) for one in cited if one.record.purposes]
        if used is None or not known or any(fits(used, authorized) for authorized in known):
            continue
        stated = action.oimp_purpose or "use towards the NDC"
        purposes = ", ".join(sorted({str(one.record.purposes) for one in cited}))
        message = f"{stated} is not covered by {action.authorization_id} for {purposes}"
        name = "oimp_purpose" if action.oimp_purpose else "ndc_use_year"
        yield world.finding(FindingCode.STC02, entry, name, message)


def check_periods(world: World) -> Iterator[Finding]:
    """STC03: the year of NDC use and the vintage lie in the NDC period of Table 1."""
    heading = world.subject.submission.submission
    first, last = heading.ndc_first_year, heading.ndc_last_year
    if first is None or last is None:
        return
    for row_index, action in world.own_actions():
        if action.type != "Use" or action.ndc_use_year is None:
            continue
        entry = Entry(0, Table.ACTIONS, row_index, action)
        for name, year in (("ndc_use_year", action.ndc_use_year), ("vintage", action.vintage)):
            if year is not None and not first <= year <= last:
                message = f"{year} is outside the NDC period {first} to {last}"
                yield world.finding(FindingCode.STC03, entry, name, message)


def check_first_transfers(world: World) -> Iterator[Finding]:
    """STC04: the subtype of a first transfer is the event that its authorization defines."""
    for row_index, action in world.own_actions():
        if action.type != "First transfer" or action.subtype in {None, _UNDECIDED}:
            continue
        entry = Entry(0, Table.ACTIONS, row_index, action)
        allowed = [_first_transfer_events(one.record) for one in world.cited_by(entry)]
        known = [events for events in allowed if events is not None]
        if not known or any(action.subtype in events for events in known):
            continue
        expected = " or ".join(sorted(frozenset().union(*known)))
        message = f"{action.subtype} is not the first transfer of the authorization: {expected}"
        yield world.finding(FindingCode.STC04, entry, "subtype", message)


def _first_transfer_events(authorization: AuthorizationRecord) -> frozenset[str] | None:
    """Return the subtypes that are a first transfer under an authorization; None when unknown.

    For the NDC it is the first international transfer, for other purposes the defined event, for
    both the earlier of the two: either may be reported (2/CMA.3, annex, para 2).
    """
    purposes = covered_by(authorization.purposes)
    if not purposes:
        return None
    events = frozenset({_INTERNATIONAL}) if "NDC" in purposes else frozenset[str]()
    if purposes - {"NDC"}:
        defined = _EVENT_OF_DEFINITION.get(authorization.first_transfer_definition or "")
        if defined is None:
            return None
        events |= defined
    return events


def check_registries(world: World) -> Iterator[Finding]:
    """Find registry IDs that do not begin with the reporting Party, one finding an ID."""
    party = world.subject.party
    seen: set[str] = set()
    for entry in world.own():
        registry = entry.record.registry_id
        if party is None or registry is None or registry in seen or registry.startswith(party):
            continue
        seen.add(registry)
        message = f"{registry} is not a registry of {party}"
        yield world.finding(
            FindingCode.REGISTRY_PREFIX,
            entry,
            "registry_id",
            message,
            severity=Severity.WARNING,
        )
