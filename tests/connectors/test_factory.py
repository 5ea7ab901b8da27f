"""The connector that the settings name is built, or the setting at fault is named."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

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
