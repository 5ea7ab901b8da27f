"""The hub's holdings as units of a node, and a unit's state read back.

One credit block is one unit for life: a unit keeps its id and its first serial, shrinks when its
high end leaves, and is never joined to another or removed.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum, unique
from typing import Final, TypeVar

from connectors.cadtrust.answers import JsonValue
from connectors.cadtrust.drafts import Draft, DraftKey
from connectors.cadtrust.placing import NotPlaced, place, reference_of
from connectors.cadtrust.resources import UNITS, DataModel
from connectors.vouched import VouchedSerials
from schema.aef.countries import print_country, read_party
from schema.codes import MitigationType, UnitStatus
from schema.identifiers import (
    FirstLastReading,
    IdentifierError,
    ItmoBlock,
    ItmoSeries,
    PartyId,
    SerialRange,
    parse_itmo_id,
    print_first_last,
    print_itmo_id,
)
from schema.serials import SerialSet


@unique
class Adjustment(StrEnum):
    """How far the corresponding adjustment for a unit is (v1 only)."""

    NOT_STARTED = "Not Started"
    PENDING = "Pending"
    COMPLETED = "Completed"


@unique
class Declaration(StrEnum):
    """Whether a corresponding adjustment is promised (v1 only)."""

    COMMITTED = "Committed"
    NOT_REQUIRED = "Not Required"
    UNKNOWN = "Unknown"


Choice = TypeVar("Choice", bound=StrEnum)

GONE: Final = "gone"
"""Written as the reason of units that have left the organisation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedUnits:
    """A block of one holder and one state as it shall be seen; whole tonnes of CO2 equivalent."""

    block: ItmoBlock
    status: UnitStatus | None
    """None: the units have left for another registry."""
    holder: PartyId
    """Party of the holder (v1 only)."""
    mitigation: MitigationType
    technical: bool = True
    """False: nature-based."""
    link: str
    """Where the registry shows the units."""
    owner: str | None = None
    declaration: Declaration = Declaration.COMMITTED
    adjustment: Adjustment = Adjustment.NOT_STARTED
    issuance: DraftKey | str | None = None
    """v2 only, where a unit belongs to an issuance: a draft of the same publication, or an id."""


_V1_STATUS: Final[Mapping[UnitStatus | None, str]] = {
    UnitStatus.HELD: "Held",
    UnitStatus.RESERVED: "Pending Export",
    UnitStatus.USED_NDC: "Retired",
    UnitStatus.USED_OIMP: "Retired",
    UnitStatus.RETIRED: "Retired",
    UnitStatus.CANCELLED: "Cancelled",
    UnitStatus.CANCELLED_OMGE: "Cancelled",
    UnitStatus.CANCELLED_ADAPTATION: "Cancelled",
    None: "Exported",
}
_V2_STATUS: Final[Mapping[UnitStatus | None, str]] = {
    **_V1_STATUS,
    UnitStatus.RESERVED: "Held",
    None: "Inactive",
}
_READ_STATUS: Final[Mapping[str, UnitStatus]] = {
    "Held": UnitStatus.HELD,
    "Issued": UnitStatus.HELD,
    "Buffer": UnitStatus.HELD,
    "Pending Export": UnitStatus.RESERVED,
    "Retired": UnitStatus.RETIRED,
    "Cancelled": UnitStatus.CANCELLED,
    "Expired": UnitStatus.CANCELLED,
}
"""`Exported`, `Inactive` and `Rejected` are missing: such units are nobody's claim."""


def status_of(unit: Mapping[str, JsonValue]) -> UnitStatus | None:
    """Return the state of a unit; None when it is no claim of its organisation.

    The reason holds the exact state of what the hub wrote, which the few states there cannot.
    """
    reason, coarse = str(unit.get("unitStatusReason") or ""), str(unit.get("unitStatus"))
    told = _READ_STATUS.get(coarse)
    if told is None:
        return None
    exact = next((each for each in UnitStatus if each.value == reason), None)
    agrees = exact is not None and coarse in {_V1_STATUS[exact], _V2_STATUS[exact]}
    return exact if agrees else told


def cut_for_life(
    wanted: Sequence[PublishedUnits], units: Sequence[PublishedUnits]
) -> list[PublishedUnits]:
    """Cut what is wanted where our units there are cut, and let go what is no longer wanted.

    No result crosses a unit's edge, and each unit keeps the piece that begins with its first
    serial.
    """
    edges: dict[ItmoSeries, set[int]] = {}
    for unit in units:
        serials = unit.block.serials
        edges.setdefault(unit.block.series, set()).update((serials.first, serials.last + 1))
    pieces = [piece for each in wanted for piece in _cut(each, edges.get(each.block.series, set()))]
    covered: dict[ItmoSeries, list[SerialRange]] = {}
    for piece in pieces:
        covered.setdefault(piece.block.series, []).append(piece.block.serials)
    for unit in units:
        series, serials = unit.block.series, unit.block.serials
        kept = SerialSet.of(covered.get(series, []))
        pieces += [
            replace(unit, block=ItmoBlock(series, left), status=None)
            for left in (SerialSet((serials,)) - kept).ranges
        ]
    return pieces


def unit_there(
    model: DataModel, record: Mapping[str, JsonValue], vouched: VouchedSerials
) -> PublishedUnits | None:
    """Read a unit of ours as it was published; None when it is not of our making."""
    block = place(model, record, vouched)
    if isinstance(block, NotPlaced) or not is_ours(model, record):
        return None
    kind, _, how = str(record.get("unitType") or "").partition(" - ")
    holder = read_party(str(record.get("countryJurisdictionOfOwner") or block.series.first_party))
    link, owner = ("unitRegistryLink", "unitOwner")
    if model is DataModel.V2:
        link, owner = ("unitLink", "unitCurrentOwner")
    issuance, owned_by = record.get("cadTrustIssuanceId"), record.get(owner)
    return PublishedUnits(
        block=block,
        status=status_of(record),
        holder=PartyId(holder),
        mitigation=MitigationType.REMOVALS if kind == "Removal" else MitigationType.REDUCTIONS,
        technical=how != "nature",
        link=str(record.get(link) or ""),
        owner=None if owned_by is None else str(owned_by),
        declaration=_member(Declaration, record.get("correspondingAdjustmentDeclaration")),
        adjustment=_member(Adjustment, record.get("correspondingAdjustmentStatus")),
        issuance=None if issuance is None else str(issuance),
    )


def is_ours(model: DataModel, record: Mapping[str, JsonValue]) -> bool:
    """Tell whether a unit carries its ITMO identifier where the hub writes it."""
    name = "unitBlockStart" if model is DataModel.V1 else "unitSerialId"
    try:
        parse_itmo_id(str(record.get(name) or ""))
    except IdentifierError:
        return False
    return True


def _member(kind: type[Choice], value: JsonValue) -> Choice:
    return next((each for each in kind if each.value == value), next(iter(kind)))


def _cut(units: PublishedUnits, edges: set[int]) -> Iterator[PublishedUnits]:
    serials = units.block.serials
    inside = sorted(edge for edge in edges if serials.first < edge <= serials.last)
    starts, ends = [serials.first, *inside], [*(edge - 1 for edge in inside), serials.last]
    for first, last in zip(starts, ends, strict=True):
        yield replace(units, block=ItmoBlock(units.block.series, SerialRange(first, last)))


def unit_draft(model: DataModel, units: PublishedUnits) -> Draft:
    """Write one unit."""
    body = _v1_body(units) if model is DataModel.V1 else _v2_body(units)
    key_fields = ("unitBlockStart",) if model is DataModel.V1 else ("unitSerialId",)
    references = {}
    if model is DataModel.V2 and units.issuance is not None:
        if isinstance(units.issuance, str):
            body["cadTrustIssuanceId"] = units.issuance
        else:
            references["cadTrustIssuanceId"] = units.issuance
    return Draft(resource=UNITS[model], key_fields=key_fields, body=body, references=references)


def _v1_body(units: PublishedUnits) -> dict[str, JsonValue]:
    first, last = print_first_last(units.block, FirstLastReading.FULL)
    body: dict[str, JsonValue] = {
        "unitBlockStart": first,
        "unitBlockEnd": last,
        "unitCount": units.block.count,
        "vintageYear": units.block.series.vintage,
        "countryJurisdictionOfOwner": print_country(units.holder),
        "unitType": _unit_type(units),
        "unitStatus": _V1_STATUS[units.status],
        "unitStatusReason": _reason(units),
        "unitRegistryLink": units.link,
        "correspondingAdjustmentDeclaration": units.declaration.value,
        "correspondingAdjustmentStatus": units.adjustment.value,
    }
    if units.owner is not None:
        body["unitOwner"] = units.owner
    return body


def _v2_body(units: PublishedUnits) -> dict[str, JsonValue]:
    series, serials = units.block.series, units.block.serials
    body: dict[str, JsonValue] = {
        "unitSerialId": print_itmo_id(series, serials.first),
        "unitStartBlock": str(serials.first),
        "unitEndBlock": str(serials.last),
        "unitVintageYear": series.vintage,
        "unitType": _unit_type(units),
        "unitStatus": _V2_STATUS[units.status],
        "unitStatusReason": _reason(units),
        "unitLink": units.link,
        "unitMetric": "tCO2e",
        "unitItmosReferenceId": reference_of(units.block),
    }
    if units.owner is not None:
        body["unitCurrentOwner"] = units.owner
    return body


def _reason(units: PublishedUnits) -> str:
    return GONE if units.status is None else units.status.value


def _unit_type(units: PublishedUnits) -> str:
    # A block of both kinds has no type there; the sheet says so.
    what = "Removal" if units.mitigation is MitigationType.REMOVALS else "Reduction"
    return f"{what} - {'technical' if units.technical else 'nature'}"
