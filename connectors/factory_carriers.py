"""Builders of the connectors that carry signed envelopes."""

from dataclasses import replace
from uuid import uuid4

from yarl import URL

from connectors.contract import Connector, Reach
from connectors.factory_parts import (
    ConnectorSettingsError,
    ConnectorSpec,
    HubSide,
    Options,
    http_of,
)
from connectors.federation import FederationConnector, FederationPeer
from connectors.file_exchange.connector import FileExchangeConnector, FilePeer
from connectors.file_exchange.folder import ExchangeFolder, FolderError, Marker
from connectors.http_answers import HttpSender
from connectors.transport import Endpoint
from connectors.xroad.connector import XRoadConnector
from connectors.xroad.http import XRoadHttp, XRoadWay
from connectors.xroad.identifiers import (
    XRoadNameError,
    parse_client,
    parse_security_server,
    parse_service_owner,
)
from schema.codes import StatementLevel


def federation(spec: ConnectorSpec, side: HubSide, options: Options) -> Connector:
    """Speak the federation protocol; without an address the registry picks its messages up."""
    reach = Reach.PUSH if spec.endpoint else Reach.PULL
    return _federation(spec, side, http_of(spec, side, options), reach)


def file_exchange(spec: ConnectorSpec, side: HubSide, options: Options) -> Connector:
    """Share a folder. Options: `folder`; `states_totals` (yes where it puts totals down too)."""
    root = options.path("folder")
    if root is None:
        raise ConnectorSettingsError(f"{spec.registry}: the option folder is missing")
    folder = ExchangeFolder(root=root)
    levels = {StatementLevel.BLOCKS}
    if options.flag("states_totals"):
        levels.add(StatementLevel.TOTALS)
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
        statement_levels=frozenset(levels),
    )
    return FileExchangeConnector(peer, folder)


def xroad(spec: ConnectorSpec, side: HubSide, options: Options) -> Connector:
    """Speak the federation protocol through X-Road; the address is our own security server.

    Options: `client` (our subsystem), `provider` (the registry's), `service` (its service code),
    `services` (`messages=itmo-transfer,statement=itmo-recon`), `security_server`, `user_id`,
    `service_base_path` (the path of the service as the registry knows it), `request_hash_required`
    (yes refuses an answer whose request hash we cannot confirm).
    """
    pairs = [each.partition("=") for each in options.text("services").split(",") if each]
    server = options.text("security_server")
    base_path = options.text("service_base_path").strip("/")
    try:
        way = XRoadWay(
            client=parse_client(options.needed("client")),
            provider=parse_service_owner(options.needed("provider")),
            service=options.needed("service"),
            services={path.strip(): code.strip() for path, _, code in pairs},
            security_server=parse_security_server(server) if server else None,
            user_id=options.text("user_id"),
        )
        behind = Endpoint(
            registry=spec.registry, base_url=URL(f"https://behind-x-road.invalid/{base_path}")
        )
    except (XRoadNameError, ValueError) as cause:
        raise ConnectorSettingsError(f"{spec.registry}: {cause}") from cause
    http = XRoadHttp(
        way,
        http_of(spec, side, options, limits=replace(side.limits, redirects_max=0)),
        endpoint=behind,
        new_id=uuid4,
        hash_must_match=options.flag("request_hash_required"),
    )
    return XRoadConnector(_federation(spec, side, http, Reach.PUSH), http)


def _federation(
    spec: ConnectorSpec, side: HubSide, http: HttpSender, reach: Reach
) -> FederationConnector:
    peer = FederationPeer(
        registry=spec.registry,
        kind=spec.kind,
        open_answer=side.open_answer,
        authorize_read=lambda target: side.authorize_read(spec.registry, target),
        now=side.now,
        reach=reach,
        maintenance=spec.maintenance,
    )
    return FederationConnector(peer, http)
