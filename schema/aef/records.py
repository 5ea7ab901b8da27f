"""Typed rows: what a row of the AEF means, once it has been read or as the ledger fills it.

Attributes are named as in the field table. None means empty or not understood; the raw row keeps
what was written. Quantities are exact decimals, serials whole numbers, dates calendar dates or
aware UTC timestamps.
"""

import datetime as dt
from decimal import Decimal
from typing import NamedTuple

import msgspec

from schema.aef.timeframe import Timeframe
from schema.identifiers import ItmoSeries


class Space(NamedTuple):
    """The number space of a block. `registry` is empty when the cells hold serials only."""

    approach: str
    registry: str
    first_party: str
    vintage: int


class SubmissionRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Table 1: who reports which year, in which version."""

    party: str | None = None
    version: str | None = None
    reported_year: int | None = None
    submitted_on: dt.date | None = None
    review_status: str | None = None
    check_result: str | None = None
    ndc_first_year: int | None = None
    ndc_last_year: int | None = None
    review_report: str | None = None


class AuthorizationRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Table 2: one authorization in one version. No authorized Parties means any Party.

    A timeframe in an unknown notation stays text.
    """

    authorization_id: str | None = None
    authorized_on: dt.date | None = None
    approach_id: str | None = None
    version: int | None = None
    quantity: int | None = None
    metric: str | None = None
    gwp_values: str | None = None
    non_ghg_metric: str | None = None
    sectors: tuple[str, ...] = ()
    activity_types: tuple[str, ...] = ()
    purposes: str | None = None
    authorized_parties: tuple[str, ...] = ()
    authorized_entities: tuple[str, ...] = ()
    oimp_authorized: str | None = None
    timeframe: Timeframe | str | None = None
    terms: str | None = None
    documentation: str | None = None
    first_transfer_definition: str | None = None
    additional_information: str | None = None


class BlockRecord(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What an action and a holding have in common: one homogeneous block of ITMOs.

    `series` is what full identifiers say; it is None when the cells hold serials only, because
    the originating registry is then not reported (`registry_id` is where the block is tracked).
    """

    approach_id: str | None = None
    authorization_id: str | None = None
    first_transferring_party: str | None = None
    registry_id: str | None = None
    series: ItmoSeries | None = None
    first_id: int | None = None
    last_id: int | None = None
    unit_registry_id: str | None = None
    first_unit_id: str | None = None
    last_unit_id: str | None = None
    metric: str | None = None
    gwp_values: str | None = None
    non_ghg_metric: str | None = None
    quantity_tco2e: Decimal | None = None
    quantity_non_ghg: str | None = None
    mitigation_type: str | None = None
    vintage: int | None = None

    @property
    def space(self) -> Space | None:
        """The number space of the block; None while a part of it is missing."""
        if self.series is not None:
            series = self.series
            return Space(series.approach, series.registry, series.first_party, series.vintage)
        if self.approach_id is None or self.first_transferring_party is None:
            return None
        if self.vintage is None:
            return None
        return Space(self.approach_id, "", self.first_transferring_party, self.vintage)

    @property
    def count(self) -> int | None:
        """How many ITMOs the block has by its serials."""
        if self.first_id is None or self.last_id is None or self.last_id < self.first_id:
            return None
        return self.last_id - self.first_id + 1


class HoldingRecord(BlockRecord, frozen=True, kw_only=True, gc=False):
    """Table 4: one block held at 31 December."""


class ActionRecord(BlockRecord, frozen=True, kw_only=True, gc=False):
    """Table 3: one action on one block."""

    date: dt.date | None = None
    type: str | None = None
    subtype: str | None = None
    transferring_party: str | None = None
    acquiring_party: str | None = None
    oimp_purpose: str | None = None
    using_party: str | None = None
    using_entity: str | None = None
    ndc_use_year: int | None = None
    check_result: str | None = None
    additional_information: str | None = None


class EntityRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Table 5: one authorized entity."""

    authorized_on: dt.date | None = None
    name: str | None = None
    country: str | None = None
    entity_id: str | None = None
    approach_id: str | None = None
    conditions: str | None = None
    change_conditions: str | None = None
    additional_information: str | None = None


class Submission(msgspec.Struct, frozen=True, kw_only=True):
    """One whole submission, typed."""

    submission: SubmissionRecord
    authorizations: tuple[AuthorizationRecord, ...] = ()
    actions: tuple[ActionRecord, ...] = ()
    holdings: tuple[HoldingRecord, ...] = ()
    entities: tuple[EntityRecord, ...] = ()
