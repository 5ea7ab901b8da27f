"""The connector that the settings name is built, or the setting at fault is named."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from config.sources import read_source
from connectors.contract import LeftForPickUp, Outgoing, Reach, StatementScope
from connectors.errors import NotSupported
from connectors.factory import ConnectorSettingsError, ConnectorSpec, HubSide, build_connector
from schema.codes import RegistryKind, StatementLevel
from schema.refusals import RefusalCode, refuse
from tests.builders import discrepancy_notice, uuid4

SIDE = HubSide(
    hub_id="HUB01",
    open_answer=lambda _, __: refuse(RefusalCode.KEY_UNKNOWN, "no keys here"),
    authorize_read=lambda registry, target: f"Bearer {registry} {target}",
    now=lambda: datetime.now(UTC),
)


def spec(**fields: Any) -> ConnectorSpec:
    known: dict[str, Any] = {
        "registry": "MNG01",
        "kind": RegistryKind.JCM,
        "connector": "federation",
        "endpoint": "https://registry.example/api",
    }
    return ConnectorSpec(**(known | fields))


async def test_a_registry_with_an_address_is_called() -> None:
    connector = build_connector(spec(), SIDE)
    assert connector.capabilities.reach is Reach.PUSH
    assert connector.capabilities.data_loss == ()
    await connector.close()


async def test_a_registry_without_an_address_picks_its_messages_up() -> None:
    connector = build_connector(spec(endpoint=""), SIDE)
    outgoing = Outgoing(envelope=b"e30.e30.AA", envelope_id=uuid4(), message=discrepancy_notice())
    answer = await connector.deliver(outgoing)
    assert answer == LeftForPickUp(envelope_id=outgoing.envelope_id)
    with pytest.raises(NotSupported):
        await anext(connector.statement(StatementScope(level=StatementLevel.TOTALS)))
    await connector.close()


async def test_a_registry_can_share_a_folder(tmp_path: Path) -> None:
    options = {"folder": "shared"}
    one = spec(connector="file_exchange", endpoint="", options=options, folder=tmp_path)
    connector = build_connector(one, SIDE)
    assert connector.capabilities.connector == "file_exchange"
    await connector.close()
    stranger = spec(registry="JPN01", connector="file_exchange", options=options, folder=tmp_path)
    with pytest.raises(ConnectorSettingsError, match="JPN01"):
        build_connector(stranger, SIDE)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        pytest.param({"connector": "carrier-pigeon"}, "carrier-pigeon", id="an unknown kind"),
        pytest.param({"endpoint": "http://registry.example"}, "loopback", id="plain http"),
        pytest.param({"options": {"tls_cert": "x"}}, "tls_cert", id="a misspelt option"),
        pytest.param({"options": {"tls_authorities": "gone.pem"}}, "No such file", id="no file"),
        pytest.param({"connector": "file_exchange"}, "folder is missing", id="no folder"),
        pytest.param({"options": {"allow_plain_http": "maybe"}}, "yes or no", id="not a flag"),
    ],
)
def test_a_bad_setting_is_named(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(ConnectorSettingsError, match=words) as raised:
        build_connector(spec(**fields), SIDE)
    assert "MNG01" in str(raised.value)


SOURCES = replace(SIDE, read_source=read_source)
HOLDINGS = """
title = "Holdings"
record = "holding"
[fields.account]
columns = ["Account"]
[rest]
path = "holdings"
"""
XROAD = {"client": "SIM/GOV/1/hub", "provider": "SIM/GOV/2/registry", "service": "itmo"}


@pytest.mark.parametrize(
    ("kind", "options", "endpoint"),
    [
        ("declarative", {"profile": "holdings.toml"}, "https://registry.example"),
        ("declarative", {"profile": "holdings.toml", "file": "holdings.csv"}, ""),
        ("jcm", {"tables": "tables"}, ""),
        ("jcm", {"tables": "tables", "carrier": "federation"}, "https://registry.example"),
        ("jcm", {"tables": "tables", "carrier": "file_exchange", "folder": "shared"}, ""),
        ("international", {"to_carp": "out", "from_carp": "in", "custody_users": "MNG KHM"}, ""),
        ("xroad", XROAD, "https://security-server.example"),
    ],
)
async def test_every_kind_is_built_from_settings(
    tmp_path: Path, kind: str, options: dict[str, str], endpoint: str
) -> None:
    (tmp_path / "holdings.toml").write_text(HOLDINGS, encoding="utf-8")
    one = spec(connector=kind, endpoint=endpoint, options=options, folder=tmp_path)
    connector = build_connector(one, SOURCES)
    assert connector.capabilities.connector == kind
    assert connector.capabilities.registry == "MNG01"
    assert connector.capabilities.data_loss, "what the peer cannot hold is said"
    await connector.close()


@pytest.mark.parametrize(
    ("kind", "options", "words"),
    [
        pytest.param("declarative", {}, "profile is missing", id="no profile"),
        pytest.param("declarative", {"profile": "gone"}, "no source 'gone'", id="no such profile"),
        pytest.param("declarative", {"profile": "gone.toml"}, "No such file", id="no such file"),
        pytest.param("jcm", {}, "tables is missing", id="no folder for tables"),
        pytest.param("jcm", {"tables": "t", "carrier": "pigeon"}, "pigeon", id="no such carrier"),
        pytest.param("jcm", {"tables": "t", "accounts": "a.toml"}, "No such file", id="no map"),
        pytest.param("international", {}, "to_carp is missing", id="no way out"),
        pytest.param(
            "international",
            {"to_carp": "o", "from_carp": "i", "custody_users": "XXX"},
            "party_unknown",
            id="a user that is no Party",
        ),
        pytest.param("xroad", XROAD | {"client": "hub"}, "INSTANCE/CLASS", id="no X-Road name"),
        pytest.param("xroad", {"client": "a/b/c"}, "provider is missing", id="no provider"),
    ],
)
def test_a_bad_setting_of_any_kind_is_named(
    tmp_path: Path, kind: str, options: dict[str, str], words: str
) -> None:
    one = spec(connector=kind, options=options, folder=tmp_path)
    with pytest.raises(ConnectorSettingsError, match=words) as raised:
        build_connector(one, SOURCES)
    assert "MNG01" in str(raised.value)


async def test_a_key_is_read_from_a_file_that_the_settings_name(tmp_path: Path) -> None:
    (tmp_path / "holdings.toml").write_text(HOLDINGS, encoding="utf-8")
    (tmp_path / "key").write_text("secret\n", encoding="ascii")
    options = {"profile": "holdings.toml", "api_key_header": "x-api-key"}
    one = spec(connector="declarative", options=options, folder=tmp_path)
    with pytest.raises(ConnectorSettingsError, match="belong together"):
        build_connector(one, SOURCES)
    both = spec(connector="declarative", options=options | {"api_key_file": "key"}, folder=tmp_path)
    await build_connector(both, SOURCES).close()
