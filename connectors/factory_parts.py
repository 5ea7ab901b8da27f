"""What the settings say about a registry, and what its connector is given by the hub."""

import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from yarl import URL

from connectors.contract import Connector, Maintenance
from connectors.http_client import RegistryHttp
from connectors.metrics import HttpMetrics, NoMetrics
from connectors.transport import Endpoint, HttpLimits, TlsOptions
from connectors.undp.planning import CrossBorderOrder
from schema.codes import RegistryKind
from schema.messages import TransferOutcome
from schema.refusals import Refusal
from signing.envelope import VerifiedEnvelope

NOWHERE: Final = "https://registry.invalid"
"""RFC 2606: a registry that cannot be called has no address, and this one never resolves."""


def _no_source(name: str) -> object:
    raise LookupError(f"no descriptions of sources are at hand, {name!r} neither")


async def no_orders(_: str, __: TransferOutcome) -> tuple[CrossBorderOrder, ...]:
    """Return nothing: whoever has no record of transfers cannot tell what they take away."""
    return ()


OrdersOf = Callable[[str, TransferOutcome], Awaitable[tuple[CrossBorderOrder, ...]]]


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
    read_source: Callable[[str], object] = field(default=_no_source)
    """Returns the description of a source by its name, as it is written."""
    orders_of: OrdersOf = field(default=no_orders)
    """Returns what a completed transfer takes out of a registry that cannot read the outcome."""


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

    def needed(self, name: str) -> str:
        """Return an option that must be set.

        Raises:
            ConnectorSettingsError: it is not.
        """
        text = self.text(name)
        if not text:
            raise ConnectorSettingsError(f"{self._spec.registry}: the option {name} is missing")
        return text

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


def http_of(
    spec: ConnectorSpec, side: HubSide, options: Options, *, limits: HttpLimits | None = None
) -> RegistryHttp:
    """Build the HTTP client of a registry from its address and options.

    Raises:
        ConnectorSettingsError: a bad address or an unreadable file.
    """
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
        return RegistryHttp(endpoint, limits=limits or side.limits, metrics=side.metrics)
    except (ValueError, OSError, ssl.SSLError) as cause:
        raise ConnectorSettingsError(f"{spec.registry}: {cause}") from cause


Builder = Callable[[ConnectorSpec, HubSide, Options], Connector]
"""Builds one kind of connector; what it does not read of the options is refused afterwards."""
