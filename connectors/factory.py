"""Builds the connector of a registry from plain settings; the one list of connector kinds.

Options of `federation`: `tls_authorities`, `tls_certificate`, `tls_key` (files), and
`allow_plain_http` (yes or no). Options of `file_exchange`: `folder`.
"""

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from yarl import URL

from connectors.contract import Connector, Maintenance, Reach
from connectors.federation import FederationConnector, FederationPeer
from connectors.file_exchange.connector import FileExchangeConnector, FilePeer
from connectors.file_exchange.folder import ExchangeFolder, FolderError, Marker
from connectors.http_client import RegistryHttp
from connectors.metrics import HttpMetrics, NoMetrics
from connectors.transport import Endpoint, HttpLimits, TlsOptions
from schema.codes import RegistryKind
from schema.refusals import Refusal
from signing.envelope import VerifiedEnvelope


class ConnectorSettingsError(Exception):
    """The settings of a connector are not usable; the text names registry and setting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorSpec:
    """What the settings say about one registry."""

    registry: str
    kind: RegistryKind
    connector: str
    """A key of `BUILDERS`."""
    endpoint: str = ""
    """Base address; empty for a registry that cannot be called."""
    options: Mapping[str, str] = field(default_factory=dict)
    folder: Path = field(default_factory=Path)
    """Where relative paths of the options start."""
    maintenance: tuple[Maintenance, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HubSide:
    """What every connector is given by the hub: trust, signature, clock, limits, metrics."""

    hub_id: str
    open_answer: Callable[[bytes, datetime], VerifiedEnvelope | Refusal]
    """Verifies an envelope to the hub that was received at an instant."""
    authorize_read: Callable[[str, str], str]
    """Returns the `Authorization` header for a registry and a path with query."""
    now: Callable[[], datetime]
    limits: HttpLimits = field(default_factory=HttpLimits)
    metrics: HttpMetrics = field(default_factory=NoMetrics)


def build_connector(spec: ConnectorSpec, side: HubSide) -> Connector:
    """Build the connector that `spec` names; no connection is opened yet.

    Raises:
        ConnectorSettingsError: an unknown kind or option, a bad address, an unreadable file.
    """
    builder = BUILDERS.get(spec.connector)
    if builder is None:
        known = ", ".join(sorted(BUILDERS))
        raise ConnectorSettingsError(f"{spec.registry}: connector {spec.connector!r}, not {known}")
    return builder(spec, side)


def _federation(spec: ConnectorSpec, side: HubSide) -> Connector:
    options = Options(spec)
    peer = FederationPeer(
        registry=spec.registry,
        kind=spec.kind,
        open_answer=side.open_answer,
        authorize_read=lambda target: side.authorize_read(spec.registry, target),
        now=side.now,
        reach=Reach.PUSH if spec.endpoint else Reach.PULL,
        maintenance=spec.maintenance,
    )
    tls = TlsOptions(
        authorities_file=options.path("tls_authorities"),
        client_certificate_file=options.path("tls_certificate"),
        client_key_file=options.path("tls_key"),
    )
    try:
        endpoint = Endpoint(
            registry=spec.registry,
            base_url=URL(spec.endpoint or NOWHERE),
            tls=tls,
            allow_plain_http=options.flag("allow_plain_http"),
        )
        options.refuse_unknown()
        http = RegistryHttp(endpoint, limits=side.limits, metrics=side.metrics)
    except (ValueError, OSError, ssl.SSLError) as cause:
        raise ConnectorSettingsError(f"{spec.registry}: {cause}") from cause
    return FederationConnector(peer, http)


def _file_exchange(spec: ConnectorSpec, side: HubSide) -> Connector:
    options = Options(spec)
    root = options.path("folder")
    options.refuse_unknown()
    if root is None:
        raise ConnectorSettingsError(f"{spec.registry}: the option folder is missing")
    folder = ExchangeFolder(root=root)
    try:
        folder.prepare(Marker(hub=side.hub_id, registry=spec.registry))
    except (OSError, FolderError) as cause:
        raise ConnectorSettingsError(f"{spec.registry}: {root}: {cause}") from cause
    peer = FilePeer(
        registry=spec.registry,
        kind=spec.kind,
        hub=side.hub_id,
        open_answer=side.open_answer,
        now=side.now,
        maintenance=spec.maintenance,
    )
    return FileExchangeConnector(peer, folder)


class Options:
    """Reads the options of one registry, and knows which were read."""

    def __init__(self, spec: ConnectorSpec) -> None:
        """Read from `spec`."""
        self._spec = spec
        self._read: set[str] = set()

    def text(self, name: str) -> str:
        """Return an option, empty when it is not set."""
        self._read.add(name)
        return self._spec.options.get(name, "")

    def path(self, name: str) -> Path | None:
        """Return an option as a path; None when it is not set."""
        text = self.text(name)
        return (self._spec.folder / text) if text else None

    def flag(self, name: str) -> bool:
        """Return an option that is `yes` or `no`.

        Raises:
            ConnectorSettingsError: it is something else.
        """
        text = self.text(name)
        if text not in {"", "no", "yes"}:
            raise ConnectorSettingsError(f"{self._spec.registry}: {name} is yes or no")
        return text == "yes"

    def refuse_unknown(self) -> None:
        """Refuse options that nothing has read, so that a misspelt one cannot pass unnoticed.

        Raises:
            ConnectorSettingsError: there is one.
        """
        unknown = sorted(set(self._spec.options) - self._read)
        if unknown:
            known = ", ".join(sorted(self._read))
            raise ConnectorSettingsError(
                f"{self._spec.registry}: unknown option {unknown[0]!r}; known are {known}"
            )


NOWHERE: Final = "https://registry.invalid"
"""RFC 2606: a registry that cannot be called has no address, and this one never resolves."""

BUILDERS: Final[dict[str, Callable[[ConnectorSpec, HubSide], Connector]]] = {
    "federation": _federation,
    "file_exchange": _file_exchange,
}
"""One entry a connector kind."""
