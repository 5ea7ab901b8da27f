"""A JCM registry is its published tables, and the envelopes that another connector carries."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from config.sources import read_source
from connectors.contract import Connector, HealthState, LeftForPickUp, StatementScope
from connectors.declarative.profile import parse_profile
from connectors.drop_folder import DropFolder
from connectors.errors import NotSupported
from connectors.jcm.accounts import AccountMap, MappedAccount
from connectors.jcm.connector import JcmConnector, JcmPeer
from connectors.jcm.published import notices_of
from connectors.jcm.tables import PublishedTables
from schema.codes import AccountKind, RegistryKind, StatementLevel
from tests import builders
from tests.connectors.file_exchange.world import World

NOW = datetime(2026, 3, 2, tzinfo=UTC)
NAMES = ("jcm-issuances", "jcm-projects", "jcm-methodologies")
ISSUANCES = (
    "プロジェクト番号,モニタリング期間,決定日,国,通知量,発行日,発行量\n"
    'MN900,2021/07/01 ~ 2022/06/30,2023年1月10日,日本,"1,000",2023年1月20日,"1,000"\n'
    "MN900,2021/07/01 ~ 2022/06/30,2023年1月10日,モンゴル,200,,\n"
)


def connector(tmp_path: Path, carrier: Connector | None = None) -> JcmConnector:
    folder = DropFolder(root=tmp_path / "tables", size_bytes_max=10_000, settle_seconds=1.0)
    folder.prepare()
    profiles = {name: parse_profile(read_source(name)) for name in NAMES}
    accounts = AccountMap(
        registry="MNG01",
        accounts={"MN-CAN": MappedAccount(kind=AccountKind.RETIREMENT_NDC)},
    )
    peer = JcmPeer(registry="MNG01", accounts=accounts, now=lambda: NOW)
    return JcmConnector(peer, PublishedTables(folder=folder, profiles=profiles), carrier)


def drop(tmp_path: Path, name: str, content: bytes) -> Path:
    path = tmp_path / "tables" / name
    path.write_bytes(content)
    os.utime(path, (1_700_000_000, 1_700_000_000))
    return path


async def test_a_japanese_table_is_recognised_by_its_headers(tmp_path: Path) -> None:
    japanese = connector(tmp_path)
    path = drop(tmp_path, "発行.csv", ISSUANCES.encode("cp932"))
    (table,) = await japanese.published()
    assert table.profile == "jcm-issuances"
    assert table.loaded.report.encoding == "shift_jis"
    first, second = notices_of(table.loaded)
    assert (first.party, first.notified, second.issued) == ("JPN", 1000, None)
    assert path.exists(), "nothing is moved before it is kept"
    await japanese.keep(table)
    assert not path.exists()
    assert await japanese.published() == ()


async def test_what_fits_no_description_is_put_aside(tmp_path: Path) -> None:
    registry = connector(tmp_path)
    drop(tmp_path, "holiday.csv", b"a,b\n1,2\n")
    drop(tmp_path, "large.csv", b"x" * 10_001)
    (tmp_path / "tables" / "link.csv").symlink_to("/etc/hostname")
    fresh = tmp_path / "tables" / "fresh.csv"
    fresh.write_bytes(b"still being copied")
    registry.tables.folder.settle_seconds = 60.0
    os.utime(tmp_path / "tables" / "link.csv", (1, 1), follow_symlinks=False)
    assert await registry.published() == ()
    assert fresh.exists()
    aside = {path.name for path in (tmp_path / "tables" / "refused").glob("*.reason.txt")}
    assert len(aside) == 3


async def test_without_a_carrier_only_tables_are_read(tmp_path: Path) -> None:
    registry: Connector = connector(tmp_path)
    assert (await registry.health()).state is HealthState.NOT_CALLED
    assert (await registry.fetch(None)).envelopes == ()
    assert registry.capabilities.accepts == frozenset()
    with pytest.raises(NotSupported):
        _ = [page async for page in registry.statement(StatementScope(level=StatementLevel.TOTALS))]


async def test_envelopes_go_by_the_carrier_and_accounts_are_read_by_their_meaning(
    tmp_path: Path,
) -> None:
    world = World(tmp_path / "shared")
    registry = connector(tmp_path, world.connector)
    sheet = registry.capabilities
    assert (sheet.kind, sheet.connector) == (RegistryKind.JCM, "jcm")
    assert len(sheet.data_loss) > len(world.connector.capabilities.data_loss)
    outgoing = world.outgoing(builders.transfer_request())
    assert isinstance(await registry.deliver(outgoing), LeftForPickUp)
    envelope = world.put(builders.authorization_notice())
    assert (await registry.fetch(None)).envelopes == (envelope,)
    stated = builders.statement(
        registry="MNG01",
        level=StatementLevel.BLOCKS,
        totals=(),
        blocks=(builders.stated_block(account="MN-CAN"), builders.stated_block(account="MN-100")),
    )
    raw = world.from_registry(builders.statement_notice(statement=stated))
    world.desk.state([raw], at=NOW)
    scope = StatementScope(level=StatementLevel.BLOCKS)
    (page,) = [page async for page in registry.statement(scope)]
    assert page.statement.blocks[0].account_kind is AccountKind.RETIREMENT_NDC
    assert page.evidence.content == raw
    assert set(registry.reinterpreted) == {"MN-CAN"}
    assert registry.unmapped_accounts == {"MN-100"}
