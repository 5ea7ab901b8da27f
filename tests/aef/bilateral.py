"""A year of a simulated bilateral approach: Mongolia transfers, Japan acquires and uses."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

import msgspec

from config.aef import latest_nomenclature, load_profiles
from connectors.aef_files.content import Content
from connectors.aef_files.workbook_reader import read_workbook
from connectors.aef_files.workbook_writer import write_workbook
from hub.domain.aef.world import Filed, file_report
from schema.aef.fields import Table
from schema.aef.records import (
    ActionRecord,
    AuthorizationRecord,
    EntityRecord,
    HoldingRecord,
    Submission,
    SubmissionRecord,
)
from schema.aef.render import Renderer
from schema.aef.timeframe import Span, Timeframe
from schema.identifiers import ItmoSeries, parse_approach_id, parse_party_id, parse_registry_id

YEAR = 2025
SERIES = ItmoSeries(
    parse_approach_id("CA0007"), parse_registry_id("MNG01"), parse_party_id("MNG"), 2024
)
PERIOD = Timeframe(occurred=Span(dt.date(2021, 1, 1), dt.date(2030, 12, 31)))


def _block(authorization: str, registry: str, first: int, last: int) -> dict[str, object]:
    return {
        "approach_id": "CA0007",
        "authorization_id": authorization,
        "first_transferring_party": "MNG",
        "registry_id": registry,
        "series": SERIES,
        "first_id": first,
        "last_id": last,
        "unit_registry_id": "JCM",
        "first_unit_id": f"MN-{first + 7000}",
        "last_unit_id": f"MN-{last + 7000}",
        "metric": "GHG",
        "quantity_tco2e": Decimal(last - first + 1),
        "mitigation_type": "Emission reductions",
        "vintage": 2024,
    }


def _authorization(name: str, parties: tuple[str, ...]) -> AuthorizationRecord:
    return AuthorizationRecord(
        authorization_id=name,
        authorized_on=dt.date(2024, 3, 1),
        approach_id="CA0007",
        version=1,
        quantity=10_000,
        metric="GHG",
        sectors=("Energy generation", "Transportation"),
        activity_types=("Solar", "Wind"),
        purposes="NDC and OIMP",
        authorized_parties=parties,
        oimp_authorized="CORSIA",
        timeframe=PERIOD,
        first_transfer_definition="Issuance",
    )


def _day(month: int, day: int) -> dt.datetime:
    return dt.datetime(YEAR, month, day, 9, 30, tzinfo=dt.UTC)


def _heading(party: str) -> SubmissionRecord:
    return SubmissionRecord(
        party=party,
        version="1.0",
        reported_year=YEAR,
        submitted_on=dt.date(2026, 4, 10),
        ndc_first_year=2021,
        ndc_last_year=2030,
    )


def mongolia() -> Submission:
    transfer = {
        "date": _day(5, 6),
        "type": "First transfer",
        "subtype": "First transfer to another Party",
        "acquiring_party": "JPN",
    }
    return Submission(
        submission=_heading("MNG"),
        authorizations=(_authorization("MNG 1", ("JPN",)),),
        actions=(
            ActionRecord(**_block("MNG 1", "MNG01", 1, 600), **transfer),  # type: ignore[arg-type]
            ActionRecord(**_block("MNG 1", "MNG01", 601, 1000), **transfer),  # type: ignore[arg-type]
        ),
        holdings=(HoldingRecord(**_block("MNG 1", "MNG01", 1001, 1200)),),  # type: ignore[arg-type]
    )


def japan() -> Submission:
    # The same thousand units in three blocks instead of two: cuts do not matter.
    bought = {"date": _day(5, 6), "type": "Acquisition", "transferring_party": "MNG"}
    used = {
        "date": _day(11, 30),
        "type": "Use",
        "using_party": "JPN",
        "ndc_use_year": YEAR,
        "using_entity": "T-100",
    }
    return Submission(
        submission=_heading("JPN"),
        authorizations=(
            msgspec.structs.replace(
                _authorization("JPN 1", ("MNG",)), authorized_entities=("T-100",)
            ),
        ),
        actions=(
            ActionRecord(**_block("JPN 1", "JPN01", 1, 250), **bought),  # type: ignore[arg-type]
            ActionRecord(**_block("JPN 1", "JPN01", 251, 600), **bought),  # type: ignore[arg-type]
            ActionRecord(**_block("JPN 1", "JPN01", 601, 1000), **bought),  # type: ignore[arg-type]
            ActionRecord(**_block("JPN 1", "JPN01", 1, 300), **used),  # type: ignore[arg-type]
        ),
        holdings=(
            HoldingRecord(**_block("JPN 1", "JPN01", 301, 1000)),  # type: ignore[arg-type]
        ),
        entities=(
            EntityRecord(
                authorized_on=dt.date(2024, 3, 1),
                name="A power company",
                country="JPN",
                entity_id="T-100",
                approach_id="CA0007",
            ),
        ),
    )


def filed(submission: Submission, folder: Path, profile_name: str = "carp") -> Filed:
    """Fill a workbook, read it back and interpret it, as a Party's file would be."""
    renderer = Renderer(load_profiles()[profile_name])
    party = submission.submission.party
    path = folder / f"{party}.xlsx"
    write_workbook(
        path,
        Content(
            heading=renderer.row(submission.submission),
            rows={
                Table.AUTHORIZATIONS: [renderer.row(row) for row in submission.authorizations],
                Table.ACTIONS: [renderer.row(row) for row in submission.actions],
                Table.HOLDINGS: [renderer.row(row) for row in submission.holdings],
                Table.ENTITIES: [renderer.row(row) for row in submission.entities],
            },
        ),
    )
    report = read_workbook(path.read_bytes(), source=path.name).report
    return file_report(report, latest_nomenclature())
