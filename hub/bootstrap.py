"""The composition root: settings in, running objects out. Nothing else reads the settings."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from config.settings import RegistrySettings, Settings
from hub.domain.state import Policy, Registry
from hub.services.identity import HubIdentity
from hub.storage.embedded import EmbeddedPostgres
from signing.envelope import EnvelopeLimits
from signing.jwk import PublicKey
from signing.keyring import KeyEntry, Keyring
from signing.keys import load_key_file
from signing.purposes import KeyPurpose

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


def registry_of(registry: RegistrySettings) -> Registry:
    """Return a registry of the settings as the rules know it."""
    return Registry(
        registry=registry.id,
        party=registry.party,
        kind=registry.kind,
        name=registry.name,
        suspended=False,
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
    )


def limits_of(settings: Settings) -> EnvelopeLimits:
    """Return the bounds of envelopes."""
    return EnvelopeLimits(size_bytes_max=settings.exchange.envelope_bytes_max)


def now() -> datetime:
    """Return the time of this process, UTC; moved by an offset in fault tests."""
    offset = float(os.environ.get(CLOCK_OFFSET_VARIABLE, "0"))
    return datetime.now(UTC) + timedelta(seconds=offset)
