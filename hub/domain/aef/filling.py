"""Tables 3 and 4 from the ledger: one event or holding in, one row or a counted remark out.

An action is reported by the Party in whose registry it was tracked. A first transfer is reported by
the first transferring Party wherever it was tracked; where units are first transferred by their
issuance in another Party's registry, that Party reports an acquisition (2/CMA.3, annex, para 2;
4/CMA.6, annex II). Units under no authorization are no ITMOs and in no table.
"""

from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from hub.domain.aef.filling_authorizations import Authorizations
from hub.domain.aef.ledger_source import Birth, Happening, Held
from hub.domain.aef.underlying_part import underlying_part
from hub.domain.first_transfer import OIMP
from hub.domain.ledger import share_of
from hub.domain.state import EventKind, Interval
from schema.aef.records import ActionRecord, HoldingRecord
from schema.authorization import AuthorizationRecord
from schema.codes import FirstTransferForNdc, FirstTransferForOimp, Metric

TO_ANOTHER_PARTY = "First transfer to another Party"
_DEFINED = {
    FirstTransferForOimp.AUTHORIZATION: "Authorization",
    FirstTransferForOimp.ISSUANCE: "Issuance",
    FirstTransferForOimp.USE_OR_CANCELLATION: "Use or cancellation",
}
NOT_ACTIONS: Final = frozenset({EventKind.ISSUANCE, EventKind.AUTHORIZATION})
"""Events that Table 3 does not have: nothing moves, and Table 2 tells of authorizations."""
_CANCELLED: Final = {"type": "Voluntary Cancellation", "subtype": "Other cancellations"}
ENDS: Final[Mapping[EventKind, Mapping[str, str]]] = {
    EventKind.USE_TOWARDS_NDC: {"type": "Use"},
    EventKind.USE_FOR_OIMP: {"type": "Use"},
    EventKind.VOLUNTARY_CANCELLATION: _CANCELLED,
    EventKind.CANCELLATION_FOR_OMGE: _CANCELLED
    | {"subtype": "Voluntary cancellation to deliver OMGE"},
    EventKind.ADAPTATION_SHARE: _CANCELLED | {"additional_information": "Share for adaptation"},
    EventKind.RETIREMENT: _CANCELLED
    | {"type": "Cancellation", "additional_information": "Retired"},
}
"""How the end of a unit is reported; in Article 6.2 OMGE and the share are voluntary."""


class Remark(StrEnum):
    """What the ledger knows and the AEF cannot say; counted, never dropped silently."""

    REVERSAL_OF_EARLIER_YEAR = (
        "a use or cancellation of an earlier year was taken back: file a new version of that year"
    )
    UNDERLYING_PART_UNKNOWN = "the underlying units of a part of a block cannot be told"
    AUTHORIZATION_UNKNOWN = "the authorization of a row was not known at year end"


class Filler:
    """Makes the rows of one Party; `remarks` counts what could not be said."""

    def __init__(self, party: str, authorizations: Authorizations) -> None:
        """Take the Party and what it may cite."""
        self.remarks: Counter[Remark] = Counter()
        self._party = party
        self._authorizations = authorizations

    def holding(self, held: Held) -> HoldingRecord:
        """Return the row of a holding."""
        block = self._block(held.interval, held.birth, held.registry, held.authorization)
        return HoldingRecord(**block)

    def action(self, event: Happening) -> ActionRecord | None:
        """Return the row of an event; None when this Party does not report it."""
        own = self._own_columns(event)
        if own is None:
            return None
        block = self._block(event.interval, event.birth, event.registry, event.authorization)
        return ActionRecord(date=event.happened_at, **(block | dict(own)))

    def _own_columns(self, event: Happening) -> Mapping[str, Any] | None:
        if event.kind in ENDS:
            year = event.year_of_use if event.kind is EventKind.USE_TOWARDS_NDC else None
            return {**_user(event), **ENDS[event.kind], "ndc_use_year": year}
        match event.kind:
            case EventKind.FIRST_TRANSFER:
                return self._first_transfer(event)
            case EventKind.TRANSFER:
                return {"type": "Transfer", "acquiring_party": event.to_party}
            case EventKind.ACQUISITION:
                return _acquired(event.from_party)
            case EventKind.REVERSAL:
                return self._reversal(event)
            case _:
                assert event.kind in NOT_ACTIONS, f"{event.kind} has no place in the AEF"
                return None

    def _first_transfer(self, event: Happening) -> Mapping[str, Any] | None:
        if event.interval.series.first_party != self._party:
            # The other Party's first transfer; here the units appear, if they do so by it.
            return _acquired(event.interval.series.first_party) if event.is_at_birth else None
        columns: dict[str, Any] = {"type": "First transfer"}
        if event.transfer_id is not None:
            abroad = event.to_party is not None and event.to_party != self._party
            return columns | {
                "subtype": TO_ANOTHER_PARTY if abroad else self._defined(event),
                "acquiring_party": event.to_party,
            }
        record = self._authorizations.latest(event.authorization)
        if event.is_at_birth and event.reporter != self._party:
            abroad = _is_by_foreign_issuance(record)
            subtype = TO_ANOTHER_PARTY if abroad else self._defined(event)
            return columns | {"subtype": subtype, "acquiring_party": event.reporter}
        return columns | _user(event) | {"subtype": self._defined(event)}

    def _defined(self, event: Happening) -> str:
        record = self._authorizations.latest(event.authorization)
        chosen = None if record is None else record.elements.first_transfer.for_oimp
        return "Use or cancellation" if chosen is None else _DEFINED[chosen]

    def _reversal(self, event: Happening) -> Mapping[str, Any] | None:
        """Report a transfer back as what it is; what was used cannot be unused in a later year."""
        if event.transfer_id is None or event.from_party == event.to_party:
            self.remarks[Remark.REVERSAL_OF_EARLIER_YEAR] += 1
            return None
        told = {"additional_information": "Takes back a transfer of an earlier year"}
        if event.reporter == event.to_party:
            return {**_acquired(event.from_party), **told}
        return {"type": "Transfer", "acquiring_party": event.to_party, **told}

    def _block(
        self, interval: Interval, birth: Birth, registry: str, authorization: int
    ) -> dict[str, Any]:
        series = interval.series
        cited = self._authorizations.cite(authorization, series, birth.activity)
        stands_under = self._authorizations.latest(authorization)
        if cited is None:
            self.remarks[Remark.AUTHORIZATION_UNKNOWN] += 1
        underlying = underlying_part(birth, interval.first, interval.last)
        if underlying is None and birth.underlying_first is not None:
            self.remarks[Remark.UNDERLYING_PART_UNKNOWN] += 1
        first_unit, last_unit = underlying or (None, None)
        return {
            "approach_id": series.approach,
            "authorization_id": None if cited is None else cited.authorization_id,
            "first_transferring_party": series.first_party,
            "registry_id": registry,
            "series": series,
            "first_id": interval.first,
            "last_id": interval.last,
            "unit_registry_id": birth.underlying_registry,
            "first_unit_id": first_unit,
            "last_unit_id": last_unit,
            "metric": birth.metric,
            "gwp_values": None if stands_under is None else stands_under.elements.gwp_values,
            "mitigation_type": birth.mitigation_type,
            "vintage": series.vintage,
            **_quantity(birth, interval),
        }


def _quantity(birth: Birth, interval: Interval) -> dict[str, Any]:
    """Tonnes are serials; another metric has its own quantity, and no tonnes are made up."""
    if birth.metric is Metric.GHG:
        return {"quantity_tco2e": Decimal(interval.count)}
    share = share_of(birth.quantity, birth.last - birth.first + 1, interval.count)
    text = "" if share is None else f"{share.normalize():f} {birth.unit}"
    return {"non_ghg_metric": birth.unit, "quantity_non_ghg": text}


def _acquired(from_party: str | None) -> dict[str, Any]:
    return {"type": "Acquisition", "transferring_party": from_party}


def _user(event: Happening) -> dict[str, Any]:
    return {
        "oimp_purpose": event.purpose if event.purpose in OIMP else None,
        "using_party": event.using_party,
        "using_entity": event.using_entity,
    }


def _is_by_foreign_issuance(record: AuthorizationRecord | None) -> bool:
    if record is None:
        return False
    named = record.elements.first_transfer.for_ndc
    return named is FirstTransferForNdc.ISSUANCE_TO_ACQUIRING_PARTY
