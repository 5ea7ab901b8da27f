"""A year of the simulated JCM (Mongolia and Japan) through the real exchange, filled for both."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from config.aef import latest_nomenclature, load_profiles
from connectors.aef_files.formats import FileFormat, read_submission
from hub.domain.aef.check import check
from hub.domain.aef.codes import Severity
from hub.domain.aef.compare import compare
from hub.domain.aef.fields import FieldRules
from hub.domain.aef.findings import Finding
from hub.domain.aef.versions import Version
from hub.domain.aef.world import Filed, file_report
from hub.domain.state import Policy
from hub.services.aef_files import write_filled
from hub.services.aef_report import FillOrder, NotFilledError, filled_year
from schema.aef.interpret import Interpreter
from schema.aef.records import Submission
from schema.codes import (
    AccountKind,
    AuthorizedUse,
    CorrectionKind,
    FirstTransferForNdc,
    ReceiptResult,
)
from schema.messages import RegistryMessage, UnderlyingUnits
from tests import builders as build
from tests.services.conftest import Exchange

NEXT_YEAR = datetime(2027, 2, 1, tzinfo=UTC)
FILED = date(2027, 4, 10)
JAPANS_SHARE = "MNG-2B-JPN"


async def send(exchange: Exchange, sender: str, message: RegistryMessage) -> None:
    receipt = await exchange.send(sender, message)
    assert receipt.results[0].result is ReceiptResult.APPLIED, receipt
    exchange.pass_time(days=2)


def authorization(**fields: object) -> RegistryMessage:
    elements = {
        "sectors": ("Energy generation",),
        "activity_types": ("Solar",),
        "uses": AuthorizedUse.NDC,
        "parties": (),
        "entities": (),
        "vintages": (2021, 2022),
        **fields.pop("elements", {}),  # type: ignore[dict-item]
    }
    record = build.authorization_record(elements=build.elements(**elements), **fields)
    return build.authorization_notice(authorization=record)


async def transfer(exchange: Exchange, first: int, last: int) -> str:
    proposal = build.transfer_proposal(
        blocks=(build.unit_block(first, last),), proposed_at=exchange.now()
    )
    await send(exchange, "MNG01", proposal)
    await send(exchange, "JPN01", build.transfer_answer(transfer_id=proposal.transfer_id))
    return str(proposal.transfer_id)


async def a_jcm_year(exchange: Exchange) -> None:
    """Both routes: Japan's share issued in JPN01, and a transfer out of MNG01; then uses.

    The two registries use other serials, because the library profile writes serials alone.
    """
    foreign = {
        "first_transfer": build.first_transfer_definition(
            for_ndc=FirstTransferForNdc.ISSUANCE_TO_ACQUIRING_PARTY, for_oimp=None
        ),
        "tracking_registry": "JPN01",
    }
    for sender, message in (
        ("MNG01", build.account_notice()),
        ("JPN01", build.account_notice(account="JP-100", holder_party="JPN")),
        ("JPN01", build.account_notice(
            account="JP-300", holder_party="JPN", account_kind=AccountKind.RETIREMENT_NDC)),
        ("JPN01", authorization(party="JPN", authorization_id="JPN 1", activity=None)),
        ("MNG01", authorization()),
        ("MNG01", authorization(authorization_id=JAPANS_SHARE, elements=foreign)),
        ("MNG01", build.issuance_notice(issued_at=exchange.now(), blocks=(
            build.issued_block(1, 1000, underlying=UnderlyingUnits(
                registry="JCM", first_unit="MN-7001", last_unit="MN-8000")),))),
    ):  # fmt: skip
        await send(exchange, sender, message)
    born_in_japan = build.unit_block(20_001, 20_500, registry="JPN01")
    await send(
        exchange,
        "JPN01",
        build.issuance_notice(
            account="JP-100",
            authorization_id=JAPANS_SHARE,
            issued_at=exchange.now(),
            blocks=(build.issued_block(block=born_in_japan),),
        ),
    )
    await transfer(exchange, 1, 600)
    await transfer(exchange, 601, 700)
    await send(
        exchange,
        "JPN01",
        build.action_notice(
            year_of_use=2026, acted_at=exchange.now(), blocks=(build.unit_block(550, 650),)
        ),
    )


@dataclass(kw_only=True)
class Desk:
    exchange: Exchange
    folder: Path

    async def fill(self, party: str, **order: object) -> Submission:
        async with filled_year(
            self.exchange.database, Policy(), self.exchange.now,
            FillOrder(party=party, year=2026, **order),  # type: ignore[arg-type]
        ) as filled:  # fmt: skip
            return await filled.load()

    async def file(self, party: str, profile: str = "library", form: str = "xlsx") -> Filed:
        path = self.folder / f"{party}-{profile}.{form}"
        order = FillOrder(party=party, year=2026, filed_on=FILED)
        async with filled_year(
            self.exchange.database, Policy(), self.exchange.now, order
        ) as filled:
            await write_filled(filled, path, load_profiles()[profile], FileFormat(form))
        read = read_submission(path.read_bytes(), source=path.name)
        return file_report(read.report, latest_nomenclature())


@pytest.fixture
async def desk(exchange: Exchange, tmp_path: Path) -> Desk:
    await a_jcm_year(exchange)
    exchange.time[0] = NEXT_YEAR
    return Desk(exchange=exchange, folder=tmp_path)


def findings_of(filed: Filed, *others: Filed, profile: str = "library") -> tuple[Finding, ...]:
    rules = FieldRules(nomenclature=latest_nomenclature(), profile=load_profiles()[profile])
    return check(filed, rules, others)


def told(findings: tuple[Finding, ...]) -> list[str]:
    return [f"{one.code} {one.locus.describe()} {one.message}" for one in findings]


async def test_a_jcm_year_is_filled_for_both_parties_and_they_agree(desk: Desk) -> None:
    mongolia, japan = await desk.file("MNG", "carp"), await desk.file("JPN", "carp")
    comparison = compare([mongolia, japan])
    assert not comparison.findings, told(comparison.findings)
    flows = [(one.seller, one.buyer, one.transferred, one.acquired) for one in comparison.flows]
    assert flows == [("MNG", "JPN", 1_200, 1_200)]


@pytest.mark.parametrize("party", ["MNG", "JPN"])
async def test_what_is_filled_passes_every_check_of_the_library_profile(
    desk: Desk, party: str
) -> None:
    filed = await desk.file(party)
    serious = tuple(one for one in findings_of(filed) if one.severity is Severity.ERROR)
    assert not serious, told(serious)


async def test_the_rows_say_what_happened(desk: Desk) -> None:
    mongolia, japan = await desk.fill("MNG"), await desk.fill("JPN")
    assert [(row.type, row.registry_id, row.first_id, row.last_id) for row in mongolia.actions] == [
        ("First transfer", "JPN01", 20_001, 20_500),
        ("First transfer", "MNG01", 1, 600),
        ("First transfer", "MNG01", 601, 700),
    ]
    assert [(row.type, row.first_id, row.last_id) for row in japan.actions] == [
        ("Acquisition", 20_001, 20_500),
        ("Acquisition", 1, 600),
        ("Acquisition", 601, 700),
        ("Use", 550, 650),
    ]
    assert {row.authorization_id for row in japan.actions} == {"JPN 1"}
    used = japan.actions[-1]
    assert (used.first_unit_id, used.last_unit_id) == ("MN-7550", "MN-7650")
    assert (used.using_party, used.ndc_use_year, used.quantity_tco2e) == ("JPN", 2026, 101)


async def test_holdings_are_those_of_31_december_whatever_happened_since(desk: Desk) -> None:
    use = build.action_notice(
        year_of_use=2026, acted_at=desk.exchange.now(), blocks=(build.unit_block(1, 100),)
    )
    await send(desk.exchange, "JPN01", use)
    japan, mongolia = await desk.fill("JPN"), await desk.fill("MNG")
    held = [
        (row.series.registry, row.first_id, row.last_id) for row in japan.holdings if row.series
    ]
    assert held == [("JPN01", 20_001, 20_500), ("MNG01", 1, 549), ("MNG01", 651, 700)]
    assert [(row.first_id, row.last_id) for row in mongolia.holdings] == [(701, 1000)]


async def test_a_frozen_year_never_changes_and_a_correction_is_a_new_version(desk: Desk) -> None:
    before = await desk.fill("JPN")
    late = build.action_notice(
        year_of_use=2026,
        acted_at=datetime(2026, 12, 30, tzinfo=UTC),
        blocks=(build.unit_block(1, 100),),
    )
    await send(desk.exchange, "JPN01", late)
    assert await desk.fill("JPN") == before
    with pytest.raises(NotFilledError, match="must be forced"):
        await desk.fill("JPN", version=Version(1, 1))
    with pytest.raises(NotFilledError, match="needs a new version"):
        await desk.fill("JPN", version=Version(1, 0), is_correction=True)
    after = await desk.fill("JPN", is_correction=True)
    assert after.submission.version == "1.1"
    assert len(after.actions) == len(before.actions) + 1
    assert await desk.fill("JPN", version=Version(1, 0)) == before
    assert await desk.fill("JPN") == after


async def test_an_open_year_is_refused_and_a_draft_keeps_nothing(desk: Desk) -> None:
    desk.exchange.time[0] = datetime(2026, 12, 31, 23, 0, tzinfo=UTC)
    with pytest.raises(NotFilledError, match="year has not ended"):
        await desk.fill("JPN")
    draft = await desk.fill("JPN", is_draft=True)
    assert draft.actions
    assert await desk.exchange.scalar("SELECT count(*) FROM aef_submission") == 0


async def test_what_is_undone_within_the_year_is_in_no_table(exchange: Exchange) -> None:
    await a_jcm_year(exchange)
    use = build.action_notice(
        year_of_use=2026, acted_at=exchange.now(), blocks=(build.unit_block(1, 100),)
    )
    await send(exchange, "JPN01", use)
    back = build.correction_notice(correction=CorrectionKind.REVERSAL, corrects=use.message_id)
    await send(exchange, "JPN01", back)
    exchange.time[0] = NEXT_YEAR
    order = FillOrder(party="JPN", year=2026)
    async with filled_year(exchange.database, Policy(), exchange.now, order) as filled:
        japan = await filled.load()
        assert not filled.remarks
    assert [(row.first_id, row.last_id) for row in japan.actions if row.type == "Use"] == [
        (550, 650)
    ]
    assert (1, 549) in [(row.first_id, row.last_id) for row in japan.holdings]


@pytest.mark.parametrize("form", ["xlsx", "csv", "json"])
@pytest.mark.parametrize("party", ["MNG", "JPN"])
async def test_every_file_reads_back_as_the_rows_it_was_filled_with(
    desk: Desk, form: str, party: str
) -> None:
    filed = await desk.file(party, "carp", form)
    filled = await desk.fill(party)
    read = Interpreter(latest_nomenclature()).submission(filed.report)
    assert [(row.series, row.first_id, row.last_id, row.type) for row in read.actions] == [
        (row.series, row.first_id, row.last_id, row.type) for row in filled.actions
    ]
    assert read.holdings == filled.holdings
    assert len(read.authorizations) == len(filled.authorizations)
