"""Connectors to foreign interfaces are built from settings, or the setting at fault is named."""

from pathlib import Path

import pytest

from connectors.cadtrust.connector import CadTrustConnector
from connectors.contract import Outgoing
from connectors.errors import NotSupported
from connectors.factory import ConnectorSettingsError, build_connector
from tests.builders import transfer_outcome, uuid4
from tests.connectors.test_factory import SIDE, spec

VOUCHED = """
[[project]]
approach = "CA0007"
country = "MN"
first_party = "MN"
project = "1"
registry = "MNG01"
serial_offset = 0
"""
LOGINS = """
[authority]
email = "hub@registry.example"
secret = "secret"
[owners.2]
username = "solar@registry.example"
password = "secret"
"""
UNDP = {"credentials": "logins.toml", "intents": "data/intents.sqlite", "vouched": "vouched.toml"}
CADTRUST = {"model": "v2", "vouched": "vouched.toml", "api_key_file": "key"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "vouched.toml").write_text(VOUCHED, encoding="utf-8")
    (tmp_path / "twice.toml").write_text(VOUCHED * 2, encoding="utf-8")
    (tmp_path / "logins.toml").write_text(LOGINS, encoding="utf-8")
    (tmp_path / "half.toml").write_text('[authority]\nusername = "a"\n', encoding="utf-8")
    (tmp_path / "key").write_text("secret\n", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("kind", "options"),
    [("cadtrust", CADTRUST), ("cadtrust", {"model": "v1"}), ("undp", UNDP)],
    ids=["CAD Trust v2", "CAD Trust v1", "UNDP"],
)
async def test_a_kind_is_built_and_says_what_is_lost(
    folder: Path, kind: str, options: dict[str, str]
) -> None:
    connector = build_connector(spec(connector=kind, options=options, folder=folder), SIDE)
    assert connector.capabilities.connector == kind
    assert connector.capabilities.data_loss
    assert isinstance(connector, CadTrustConnector) == (kind == "cadtrust")
    await connector.close()


@pytest.mark.parametrize(
    ("kind", "options", "words"),
    [
        pytest.param("cadtrust", {}, "model is missing", id="no model"),
        pytest.param("cadtrust", {"model": "v3"}, "v1 or v2", id="no such model"),
        pytest.param("cadtrust", CADTRUST | {"vouched": "gone"}, "No such file", id="no file"),
        pytest.param(
            "cadtrust", CADTRUST | {"vouched": "twice.toml"}, "two statements", id="twice"
        ),
        pytest.param(
            "cadtrust", CADTRUST | {"vouched": "logins.toml"}, "unknown field", id="other"
        ),
        pytest.param("undp", {}, "credentials and intents", id="no credentials"),
        pytest.param(
            "undp", UNDP | {"credentials": "half.toml"}, "username and", id="half a login"
        ),
        pytest.param("undp", UNDP | {"intents": "key/x"}, "key", id="no place for intents"),
    ],
)
def test_a_bad_setting_is_named(
    folder: Path, kind: str, options: dict[str, str], words: str
) -> None:
    with pytest.raises(ConnectorSettingsError, match=words) as raised:
        build_connector(spec(connector=kind, options=options, folder=folder), SIDE)
    assert "MNG01" in str(raised.value)


async def test_a_hub_without_a_record_of_transfers_lets_nothing_leave(folder: Path) -> None:
    connector = build_connector(spec(connector="undp", options=UNDP, folder=folder), SIDE)
    outgoing = Outgoing(envelope=b"a.b.c", envelope_id=uuid4(), message=transfer_outcome())
    with pytest.raises(NotSupported, match="takes no units out of it"):
        await connector.deliver(outgoing)
    await connector.close()
