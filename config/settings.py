"""The settings of one installation: a TOML file, two environment variables, nothing else.

`ITMO_HUB_CONFIG` names the file, `DATABASE_URL` replaces the database. Paths are relative to the
folder of the file. Unknown names are refused, so that a misspelt setting cannot pass unnoticed.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from schema.codes import RegistryKind

Seconds = Annotated[float, Meta(gt=0)]
Count = Annotated[int, Meta(gt=0)]


class SettingsError(Exception):
    """The settings cannot be read; the text says what to change."""


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of all sections: strict and immutable."""


class HubSettings(Section, frozen=True):
    """Who this hub is and where it listens."""

    id: str = "HUB01"
    """The audience of envelopes and the issuer of the hub's own."""
    origin: str = "itmo-hub.example/journal"
    """The origin line of the journal's checkpoints (C2SP tlog-checkpoint)."""
    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65_535)] = 8080
    workers: Count = 1
    data_folder: Path = Path(".itmo-hub")


class DatabaseSettings(Section, frozen=True):
    """Where the database is; empty `url` means the embedded PostgreSQL in the data folder."""

    url: str = ""
    binaries: Path | None = None
    """A folder with the PostgreSQL programs, used instead of the ones that came with the hub."""
    pool_size: Count = 10


class KeySettings(Section, frozen=True):
    """Key files, created by `itmo-hub keys create` and never overwritten."""

    message: Path = Path("keys/message.pem")
    """ES256 or Ed25519: signs receipts and messages."""
    checkpoint: Path = Path("keys/checkpoint.pem")
    """Ed25519: signs checkpoints of the journal and nothing else."""


class ExchangeSettings(Section, frozen=True):
    """The limits and times of the exchange, all in one place."""

    envelope_bytes_max: Count = 4 * 1024 * 1024
    batch_messages_max: Annotated[int, Meta(gt=0, le=10_000)] = 256
    """Messages that wait together and share one transaction."""
    batches_in_flight: Count = 2
    queue_messages_max: Count = 4_096
    """More than this wait: 503 with Retry-After."""
    answer_within_seconds: Seconds = 3 * 24 * 3600
    delivery_timeout_seconds: Seconds = 10
    delivery_claim: Count = 100
    delivery_lease_seconds: Seconds = 30
    delivery_attempts_max: Count = 60
    delivery_backoff_seconds: Seconds = 1
    delivery_backoff_seconds_max: Seconds = 600
    envelope_life_seconds: Seconds = 3600
    """How long an envelope of the hub is fresh; an expired one is issued anew."""
    poll_seconds: Seconds = 0.25
    expiry_check_seconds: Seconds = 1
    checkpoint_seconds: Seconds = 2


class GatewaySettings(Section, frozen=True):
    """The limits of GraphQL queries."""

    graphiql: bool = True
    introspection: bool = True
    depth_max: Count = 12
    aliases_max: Count = 30
    tokens_max: Count = 2_000
    cost_max: Count = 20_000
    page_max: Count = 1_000
    body_bytes_max: Count = 256 * 1024
    timeout_seconds: Seconds = 10
    allowed_origins: tuple[str, ...] = ()
    require_tokens: bool = False
    """False: anonymous readers see what is public. True: nothing without a token."""


class ReconciliationSettings(Section, frozen=True):
    """When reconciliation runs, and how long a freeze lasts."""

    incremental_seconds: Seconds = 60
    full_at_utc: str = "02:00"
    freeze_days: Count = 14
    freezes_per_claimant_max: Count = 100
    answer_days: Count = 10


class PolicySettings(Section, frozen=True):
    """What the operator decides; the defaults are the rules' own."""

    known_approaches: tuple[str, ...] = ()
    """Empty: only the form is checked (no closed list is published)."""
    initial_report_required: tuple[str, ...] = ()
    """Parties whose first transfers wait for their initial report."""
    ndc_periods: dict[str, tuple[int, int]] = {}
    earlier_event_counts: bool = True
    operator: str = ""
    """The registered participant that speaks for the operator: it suspends and revokes."""
    speaks_for: dict[str, tuple[str, ...]] = {}
    """Further Parties for which a registry speaks, such as the users of the international one."""


class RegistryKeySettings(Section, frozen=True):
    """A public key of a registry, as a JWK file, and when it is valid."""

    jwk: Path
    valid_from: datetime
    valid_until: datetime | None = None


class RegistrySettings(Section, frozen=True):
    """One registry of the federation."""

    id: str
    party: str
    kind: RegistryKind
    name: str
    connector: str = "federation"
    endpoint: str = ""
    keys: tuple[RegistryKeySettings, ...] = ()
    options: dict[str, str] = {}


class WitnessSettings(Section, frozen=True):
    """Witnesses that this hub asks, and how many must sign before a checkpoint is published."""

    urls: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    """Their verifier keys (C2SP signed-note vkeys), in the order of `urls`."""
    required: Annotated[int, Meta(ge=0)] = 0
    witnessed: tuple[str, ...] = ()
    """Verifier keys of other hubs' journals that this hub witnesses."""


class Settings(Section, frozen=True):
    """Everything that differs between installations."""

    hub: HubSettings = HubSettings()
    database: DatabaseSettings = DatabaseSettings()
    keys: KeySettings = KeySettings()
    exchange: ExchangeSettings = ExchangeSettings()
    gateway: GatewaySettings = GatewaySettings()
    reconciliation: ReconciliationSettings = ReconciliationSettings()
    policy: PolicySettings = PolicySettings()
    witnesses: WitnessSettings = WitnessSettings()
    registries: tuple[RegistrySettings, ...] = ()
    folder: Path = Path()
    """Where relative paths start; set by `load`, not by the file."""

    def path(self, relative: Path) -> Path:
        """Return a path of the settings as an absolute one."""
        return (self.folder / relative).resolve()

    @property
    def data_folder(self) -> Path:
        """Where the hub keeps what it owns."""
        return self.path(self.hub.data_folder)


FILE_VARIABLE: Final = "ITMO_HUB_CONFIG"
DATABASE_VARIABLE: Final = "DATABASE_URL"
DEFAULT_FILE: Final = Path("itmo-hub.toml")


def load(environment: Mapping[str, str], file: Path | None = None) -> Settings:
    """Read the settings: from `file`, else from the file the environment names, else the defaults.

    Raises:
        SettingsError: the file is missing, is not TOML, or has an unknown or wrong setting.
    """
    named = file or (Path(environment[FILE_VARIABLE]) if FILE_VARIABLE in environment else None)
    path = named or (DEFAULT_FILE if DEFAULT_FILE.exists() else None)
    settings = Settings() if path is None else _read(path)
    url = environment.get(DATABASE_VARIABLE, "")
    if url:
        database = msgspec.structs.replace(settings.database, url=url)
        settings = msgspec.structs.replace(settings, database=database)
    return settings


def _read(path: Path) -> Settings:
    try:
        settings = msgspec.toml.decode(path.read_bytes(), type=Settings, dec_hook=_decode)
    except FileNotFoundError as cause:
        raise SettingsError(f"{path} does not exist; name another file with --config") from cause
    except (msgspec.MsgspecError, ValueError, OSError) as cause:
        raise SettingsError(f"{path}: {cause}") from cause
    return msgspec.structs.replace(settings, folder=path.resolve().parent)


def _decode(wanted: type, value: object) -> object:
    if wanted is Path and isinstance(value, str):
        return Path(value).expanduser()
    raise NotImplementedError
