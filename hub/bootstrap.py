"""The composition root: settings in, running objects out. Nothing else reads the settings."""

import asyncio
import gc
import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from secrets import token_hex
from uuid import UUID, uuid4

import msgspec
from prometheus_client import REGISTRY
from starlette.applications import Starlette

from config.settings import RegistrySettings, Settings, SettingsError
from config.sources import read_source
from connectors.contract import Connector
from connectors.factory import ConnectorSettingsError, ConnectorSpec, HubSide, build_connector
from connectors.factory_parts import OrdersOf, no_orders
from connectors.prometheus_metrics import PrometheusMetrics
from connectors.protocol import OutboxPage, seal_read_request
from connectors.transport import HttpLimits
from hub.domain.reconciliation.concerned import ANSWER_WITHIN
from hub.domain.reconciliation.freezes import LIMITS
from hub.domain.state import Policy
from hub.gateway.building import Gateway, build_gateway
from hub.gateway.limits import GatewayLimits
from hub.gateway.viewer import OPERATOR
from hub.journal.cosigning import NO_WITNESSES
from hub.journal.publication import PublicationPolicy
from hub.services.apply import Applier
from hub.services.arrivals import Answer, Arrivals
from hub.services.audit.report import AuditReport
from hub.services.audit.run import AuditSettings, audit_all, audit_journal
from hub.services.checkpoints import CheckpointKeeper
from hub.services.deliver import Deliverer, DeliverySettings
from hub.services.evidence import Evidence, EvidenceDesk
from hub.services.expire import expire_due
from hub.services.health import look
from hub.services.identity import HubIdentity
from hub.services.leaving import orders_of
from hub.services.periodic import repeat
from hub.services.pick_up import read_outbox
from hub.services.published_journal import PublishedJournal
from hub.services.receive import Receiver
from hub.services.reconcile import Reconciler
from hub.services.reconcile_cases import CasePolicy
from hub.services.synchronise import Synchroniser
from hub.services.trusted_keys import TrustedKeys
from hub.storage.database import Database
from hub.storage.embedded import EmbeddedPostgres
from hub.storage.migrate import upgrade
from hub.storage.queries.messages import SignedMessage, signed_since
from hub.storage.queries.participants import RegistryEntry, put_registries
from hub.web.app import build_app
from hub.web.exchange import exchange_routes
from hub.web.graphql import graphql_routes
from hub.web.journal import journal_routes
from hub.web.reads import ReadDoor, read_routes
from schema.parties import party_name
from signing.envelope import EnvelopeLimits, verify_envelope
from signing.jwk import PublicKey
from signing.keyring import KeyEntry, Keyring
from signing.keys import load_key_file
from signing.note_keys import NoteAlgorithm, NoteSigner
from signing.note_signers import log_signer
from signing.purposes import KeyPurpose

KEYS_REFRESH_SECONDS = 2.0
KEY_OF_THE_HUB_SINCE = datetime(2020, 1, 1, tzinfo=UTC)
"""The hub's present key is taken to be as old as its records; rotation ends that."""
CLOCK_OFFSET_VARIABLE = "ITMO_HUB_CLOCK_OFFSET_SECONDS"
"""For fault tests only: moves this process's clock, as a wrong clock would."""


@contextmanager
def running_database(settings: Settings) -> Iterator[str]:
    """Yield the address of the database: the server that is named, else an embedded one."""
    if settings.database.url:
        yield settings.database.url
        return
    binaries = settings.database.binaries
    with EmbeddedPostgres(
        settings.data_folder, binaries=None if binaries is None else settings.path(binaries)
    ) as server:
        yield server.dsn


def identity_of(settings: Settings) -> HubIdentity:
    """Load the hub's message key.

    Raises:
        KeyFileError: no such key, or it is open to others; see `itmo-hub keys create`.
    """
    return HubIdentity(
        hub_id=settings.hub.id,
        origin=settings.hub.origin,
        message_key=load_key_file(settings.path(settings.keys.message), KeyPurpose.MESSAGES),
        envelope_life=timedelta(seconds=settings.exchange.envelope_life_seconds),
    )


def keyring_of(settings: Settings) -> Keyring:
    """Return the keys of the registries as the settings name them."""
    return Keyring.of(
        KeyEntry(
            issuer=registry.id,
            purpose=KeyPurpose.MESSAGES,
            key=PublicKey.from_jwk_json(settings.path(key.jwk).read_bytes()),
            valid_from=key.valid_from,
            valid_until=key.valid_until,
        )
        for registry in settings.registries
        for key in registry.keys
    )


def policy_of(settings: Settings) -> Policy:
    """Return what the operator decides."""
    chosen = settings.policy
    return Policy(
        answer_within=timedelta(seconds=settings.exchange.answer_within_seconds),
        ndc_periods=chosen.ndc_periods,
        initial_report_required=frozenset(chosen.initial_report_required),
        known_approaches=frozenset(chosen.known_approaches) or None,
        earlier_event_counts=chosen.earlier_event_counts,
        operator=chosen.operator or None,
        speaks_for={
            registry: frozenset(parties) for registry, parties in chosen.speaks_for.items()
        },
    )


def case_policy_of(settings: Settings) -> CasePolicy:
    """Return how discrepancies are followed."""
    chosen = settings.reconciliation
    lasts = timedelta(days=chosen.freeze_days)
    limits = {
        kind: msgspec.structs.replace(
            one,
            lasts=lasts,
            freezes=min(one.freezes, chosen.freezes_per_claimant_max),
        )
        for kind, one in LIMITS.items()
    }
    answer = {
        severity: min(within, timedelta(days=chosen.answer_days))
        for severity, within in ANSWER_WITHIN.items()
    }
    return CasePolicy(answer_within=answer, freeze_limits=limits)


def limits_of(settings: Settings) -> EnvelopeLimits:
    """Return the bounds of envelopes."""
    return EnvelopeLimits(size_bytes_max=settings.exchange.envelope_bytes_max)


def now() -> datetime:
    """Return the time of this process, UTC; moved by an offset in fault tests."""
    offset = float(os.environ.get(CLOCK_OFFSET_VARIABLE, "0"))
    return datetime.now(UTC) + timedelta(seconds=offset)


@dataclass(kw_only=True)
class Hub:
    """The running parts of one hub process."""

    settings: Settings
    database: Database
    identity: HubIdentity
    policy: Policy
    keys: TrustedKeys
    connectors: dict[str, Connector]
    receiver: Receiver
    deliverer: Deliverer
    checkpoints: CheckpointKeeper
    reconciler: Reconciler

    async def expire(self) -> int:
        """Expire the transfers that are due."""
        return await expire_due(self.database, self.identity, self.policy, now)


def prepare_database(dsn: str) -> None:
    """Bring the tables up to date; safe to call from several processes."""
    upgrade(dsn)


@asynccontextmanager
async def open_hub(settings: Settings, dsn: str) -> AsyncIterator[Hub]:
    """Yield the parts of a hub on a prepared database; nothing runs in the background yet."""
    database = Database(dsn, connections_max=settings.database.pool_size)
    holder = f"{settings.hub.id}-{os.getpid()}-{token_hex(4)}"
    async with AsyncExitStack() as stack:
        stack.push_async_callback(database.close)
        identity = identity_of(settings)
        keys = TrustedKeys(database)
        await _enter_registries(settings, database)
        await keys.enter(list(keyring_of(settings).entries), now())
        connectors: dict[str, Connector] = {}
        for registry in settings.registries:
            connector = _connector_of(
                registry, settings, identity, lambda: keys.keyring, partial(orders_of, database)
            )
            stack.push_async_callback(connector.close)
            connectors[registry.id] = connector
        deliverer = Deliverer(
            database=database,
            identity=identity,
            connectors=connectors,
            settings=_delivery_of(settings),
            clock=now,
            holder=holder,
        )
        policy, cases = policy_of(settings), case_policy_of(settings)
        applier = Applier(
            database=database,
            identity=identity,
            policy=policy,
            cases=cases,
            parties={registry.id: registry.party for registry in settings.registries},
            clock=now,
            after_commit=deliverer.wake,
            register_changed=keys.changed,
        )
        arrivals = Arrivals(
            hub_id=settings.hub.id,
            keyring=lambda: keys.keyring,
            limits=limits_of(settings),
            clock=now,
        )
        receiver = await stack.enter_async_context(
            Receiver(
                arrivals,
                applier,
                batch_messages_max=settings.exchange.batch_messages_max,
                batches_in_flight=settings.exchange.batches_in_flight,
                queue_messages_max=settings.exchange.queue_messages_max,
                look_again=keys.look_again,
            )
        )
        yield Hub(
            settings=settings,
            database=database,
            identity=identity,
            policy=policy,
            keys=keys,
            connectors=connectors,
            receiver=receiver,
            deliverer=deliverer,
            checkpoints=_checkpoints_of(settings, database, holder),
            reconciler=Reconciler(
                database=database,
                identity=identity,
                policy=cases,
                connectors=connectors,
                receive=receiver.receive,
                clock=now,
                after_commit=deliverer.wake,
            ),
        )


async def _enter_registries(settings: Settings, database: Database) -> None:
    async with database.unit_of_work() as work:
        entries = [
            RegistryEntry(
                registry=registry.id,
                party=registry.party,
                party_name=party_name(registry.party),
                kind=registry.kind,
                name=registry.name,
                connector=registry.connector,
                endpoint=registry.endpoint or None,
            )
            for registry in settings.registries
        ]
        await put_registries(work.connection, entries, at=now())


def _connector_of(
    registry: RegistrySettings,
    settings: Settings,
    identity: HubIdentity,
    keyring: Callable[[], Keyring],
    orders: OrdersOf = no_orders,
) -> Connector:
    """Build the connector that the settings name (SettingsError)."""
    seconds = settings.exchange.delivery_timeout_seconds
    spec = ConnectorSpec(
        registry=registry.id,
        kind=registry.kind,
        connector=registry.connector,
        endpoint=registry.endpoint,
        options=registry.options,
        folder=settings.folder,
    )
    side = HubSide(
        hub_id=identity.hub_id,
        open_answer=lambda raw, at: verify_envelope(
            raw, keyring(), audience=identity.hub_id, received_at=at
        ),
        authorize_read=lambda reader, target: seal_read_request(
            target,
            identity.message_key,
            issuer=identity.hub_id,
            audience=reader,
            jti=uuid4(),
            at=now(),
        ),
        now=now,
        limits=HttpLimits(attempt_seconds=seconds, call_seconds=seconds * 2),
        metrics=_connector_metrics(),
        read_source=read_source,
        orders_of=orders,
    )
    try:
        return build_connector(spec, side)
    except ConnectorSettingsError as cause:
        raise SettingsError(str(cause)) from cause


@asynccontextmanager
async def open_connectors(settings: Settings) -> AsyncIterator[dict[str, Connector]]:
    """Yield the connectors alone, without a database; they trust the keys of the settings.

    Raises:
        SettingsError: one of them cannot be built.
        KeyFileError: the hub has no message key; see `itmo-hub keys create`.
    """
    identity, keyring = identity_of(settings), keyring_of(settings)
    async with AsyncExitStack() as stack:
        connectors: dict[str, Connector] = {}
        for registry in settings.registries:
            connector = _connector_of(registry, settings, identity, lambda: keyring)
            stack.push_async_callback(connector.close)
            connectors[registry.id] = connector
        yield connectors


@cache
def _connector_metrics() -> PrometheusMetrics:
    """Return the metrics of registry traffic, registered once a process."""
    return PrometheusMetrics(REGISTRY)


def _delivery_of(settings: Settings) -> DeliverySettings:
    chosen = settings.exchange
    return DeliverySettings(
        claim=chosen.delivery_claim,
        lease=timedelta(seconds=chosen.delivery_lease_seconds),
        attempts_max=chosen.delivery_attempts_max,
        backoff=timedelta(seconds=chosen.delivery_backoff_seconds),
        backoff_max=timedelta(seconds=chosen.delivery_backoff_seconds_max),
        poll=timedelta(seconds=chosen.poll_seconds),
    )


def _log_signer_of(settings: Settings) -> NoteSigner:
    key = load_key_file(settings.path(settings.keys.checkpoint), KeyPurpose.CHECKPOINTS)
    return log_signer(settings.hub.origin, key)


def _checkpoints_of(settings: Settings, database: Database, holder: str) -> CheckpointKeeper:
    return CheckpointKeeper(
        database=database,
        origin=settings.hub.origin,
        signer=_log_signer_of(settings),
        policy=PublicationPolicy(interval=timedelta(seconds=settings.exchange.checkpoint_seconds)),
        clock=now,
        holder=holder,
    )


def synchroniser_of(hub: Hub) -> Synchroniser:
    """Return what reads the registries for `hub`."""
    return Synchroniser(
        database=hub.database,
        connectors=hub.connectors,
        receive=hub.receiver.receive,
        clock=now,
    )


def gateway_limits_of(settings: Settings) -> GatewayLimits:
    """Return how much one query may ask."""
    chosen = settings.gateway
    return GatewayLimits(
        depth_max=chosen.depth_max,
        aliases_max=chosen.aliases_max,
        tokens_max=chosen.tokens_max,
        cost_max=chosen.cost_max,
        page_max=chosen.page_max,
        body_bytes_max=chosen.body_bytes_max,
        timeout_seconds=chosen.timeout_seconds,
        introspection=chosen.introspection,
        graphiql=chosen.graphiql,
    )


async def ask(settings: Settings, dsn: str, query: str, variables: Mapping[str, object]) -> bytes:
    """Answer one query as the operator at the machine itself; JSON, errors included."""
    database = Database(dsn, connections_max=2)
    try:
        gateway = build_gateway(database, gateway_limits_of(settings), now)
        answer = await gateway.execute(query, variables, OPERATOR)
    finally:
        await database.close()
    return answer.body


async def audit_of(
    settings: Settings, dsn: str, *, tree_only: bool, progress: Callable[[int], None]
) -> AuditReport:
    """Derive everything that is stored again; see `hub.services.audit`."""
    database = Database(dsn, connections_max=2)
    try:
        keys = TrustedKeys(database)
        await keys.refresh()
        own = KeyEntry(
            issuer=settings.hub.id,
            purpose=KeyPurpose.MESSAGES,
            key=identity_of(settings).message_key.public,
            valid_from=KEY_OF_THE_HUB_SINCE,
        )
        audit = audit_journal if tree_only else audit_all
        chosen = AuditSettings(
            hub_id=settings.hub.id,
            origin=settings.hub.origin,
            log_keys=(_log_signer_of(settings).verifier(NoteAlgorithm.ED25519),),
            witnesses=NO_WITNESSES,
            keyring=keys.keyring.with_key(own),
            policy=policy_of(settings),
        )
        return await audit(database, chosen, progress)
    finally:
        await database.close()


async def signed_by(
    settings: Settings, dsn: str, key_id: str, since: datetime
) -> list[SignedMessage]:
    """Return what a key has signed since a moment, in the order of the journal."""
    database = Database(dsn, connections_max=settings.database.pool_size)
    try:
        async with database.reading() as connection:
            return [one async for one in signed_since(connection, key_id, since)]
    finally:
        await database.close()


async def evidence_of(settings: Settings, dsn: str, subject: UUID) -> Evidence | None:
    """Return the evidence about a transfer, or else a message, of this id.

    Raises:
        NotCoveredYetError: no published checkpoint covers the newest message yet.
    """
    database = Database(dsn, connections_max=2)
    try:
        keys = TrustedKeys(database)
        await keys.refresh()
        desk = _evidence_desk(settings, database, keys)
        return await desk.of_transfer(subject) or await desk.of_message(subject)
    finally:
        await database.close()


def _evidence_desk(settings: Settings, database: Database, keys: TrustedKeys) -> EvidenceDesk:
    signer, identity = _log_signer_of(settings), identity_of(settings)
    return EvidenceDesk(
        database=database,
        keys=keys,
        identity=identity,
        hub_keys=[(identity.message_key.public, KEY_OF_THE_HUB_SINCE)],
        log_keys=[str(signer.verifier(NoteAlgorithm.ED25519))],
        clock=now,
    )


def create_app(settings: Settings, dsn: str) -> Starlette:
    """Return the web application of one process; its parts live as long as it does."""
    running: list[Hub] = []
    gateways: list[Gateway] = []

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with open_hub(settings, dsn) as hub:
            running.append(hub)
            gateways.append(
                build_gateway(
                    hub.database, gateway_limits_of(settings), now, submit=hub.receiver.receive
                )
            )
            chosen = settings.exchange
            tasks = [
                asyncio.create_task(hub.deliverer.run()),
                asyncio.create_task(repeat("expire", chosen.expiry_check_seconds, hub.expire)),
                asyncio.create_task(
                    repeat("checkpoint", chosen.checkpoint_seconds, hub.checkpoints.step)
                ),
                asyncio.create_task(repeat("keys", KEYS_REFRESH_SECONDS, hub.keys.refresh)),
                asyncio.create_task(hub.keys.follow()),
            ]
            gc.collect()
            gc.freeze()
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                gateways.clear()
                running.clear()

    identity = identity_of(settings)
    limits = limits_of(settings)

    async def receive(raw: bytes) -> Answer:
        return await running[0].receiver.receive(raw)

    async def outbox(registry: str, after: int) -> OutboxPage:
        hub = running[0]
        return await read_outbox(hub.database, hub.identity, now, registry=registry, after=after)

    async def message(message_id: UUID) -> Evidence | None:
        hub = running[0]
        return await _evidence_desk(settings, hub.database, hub.keys).of_message(message_id)

    door = ReadDoor(
        hub_id=settings.hub.id,
        keyring=lambda: running[0].keys.keyring,
        limits=limits,
        clock=now,
    )
    routes = [
        *exchange_routes(
            receive,
            envelope_bytes_max=settings.exchange.envelope_bytes_max,
            body_seconds_max=settings.exchange.delivery_timeout_seconds,
        ),
        *read_routes(door, outbox, message),
        *journal_routes(lambda: PublishedJournal(running[0].database)),
        *graphql_routes(
            lambda: gateways[0].view,
            graphiql=settings.gateway.graphiql,
            allowed_origins=settings.gateway.allowed_origins,
        ),
    ]
    return build_app(
        routes,
        health=lambda: look(running[0].database, settings.hub.id, now),
        keys=[identity.message_key.public],
        lifespan=lifespan,
    )
