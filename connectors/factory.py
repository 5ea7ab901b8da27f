"""Builds the connector of a registry from plain settings; the one list of connector kinds.

Options of every kind that speaks HTTP: `tls_authorities`, `tls_certificate`, `tls_key` (files) and
`allow_plain_http` (yes or no). The options of each kind stand with its builder.
"""

from typing import Final

from connectors.contract import Connector
from connectors.factory_carriers import federation, file_exchange, xroad
from connectors.factory_files import declarative, international, jcm
from connectors.factory_foreign import cadtrust, undp
from connectors.factory_parts import (
    Builder,
    ConnectorSettingsError,
    ConnectorSpec,
    HubSide,
    Options,
)

__all__ = ["BUILDERS", "ConnectorSettingsError", "ConnectorSpec", "HubSide", "build_connector"]

BUILDERS: Final[dict[str, Builder]] = {
    "cadtrust": cadtrust,
    "declarative": declarative,
    "federation": federation,
    "file_exchange": file_exchange,
    "international": international,
    "jcm": jcm,
    "undp": undp,
    "xroad": xroad,
}
"""One entry a connector kind."""


def build_connector(spec: ConnectorSpec, side: HubSide) -> Connector:
    """Build the connector that `spec` names; no connection is opened yet.

    Raises:
        ConnectorSettingsError: an unknown kind or option, a bad address, an unreadable file.
    """
    builder = BUILDERS.get(spec.connector)
    if builder is None:
        known = ", ".join(sorted(BUILDERS))
        raise ConnectorSettingsError(f"{spec.registry}: connector {spec.connector!r}, not {known}")
    options = Options(spec)
    connector = builder(spec, side, options)
    options.refuse_unknown()
    return connector
