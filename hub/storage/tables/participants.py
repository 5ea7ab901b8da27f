"""Who takes part: Parties, registries and their keys, approaches, accounts, entities."""

from sqlalchemy import (
    ARRAY,
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Table,
    Text,
    UniqueConstraint,
    false,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB

from hub.storage.tables.base import (
    instant,
    integer,
    metadata,
    one_of,
    reference,
    small_key,
    text,
    unique_id,
    whole,
)
from schema.codes import AccountKind, AccountStatus, RegistryKind

party = Table(
    "party",
    metadata,
    text("party", primary_key=True),
    text("name"),
    comment="Parties by ISO 3166-1 alpha-3, and EUE.",
)

registry = Table(
    "registry",
    metadata,
    text("registry", primary_key=True),
    reference("party", "party.party"),
    text("kind"),
    text("name"),
    Column("suspended", Boolean, nullable=False, server_default=false()),
    text("connector", nullable=True),
    text("endpoint", nullable=True),
    integer("fresh_for_seconds", nullable=True),
    instant("last_good_sync_at", nullable=True),
    instant("recorded_at"),
    one_of("kind", RegistryKind),
    comment="The participants of the federation and how the hub reaches them.",
)

trusted_key = Table(
    "trusted_key",
    metadata,
    text("key_id", primary_key=True),
    text("issuer"),
    text("purpose"),
    Column("jwk", JSONB, nullable=False),
    instant("valid_from"),
    instant("valid_until", nullable=True),
    instant("revoked_from", nullable=True),
    text("revocation_reason", nullable=True),
    unique_id("message_id", nullable=True),
    instant("recorded_at"),
    CheckConstraint("valid_from < valid_until", name="not_empty"),
    Index(None, "issuer"),
    comment="Public keys, each of one issuer, trusted for what was received while they were valid.",
)

maintenance_window = Table(
    "maintenance_window",
    metadata,
    unique_id("message_id", primary_key=True),
    reference("registry", "registry.registry"),
    instant("starts_at"),
    instant("ends_at"),
    text("words"),
    instant("recorded_at"),
    CheckConstraint("starts_at < ends_at", name="not_empty"),
    Index(None, "registry", "ends_at"),
    comment="When a registry announced that it would be away. Append-only.",
)

approach = Table(
    "approach",
    metadata,
    text("approach", primary_key=True),
    Column("parties", ARRAY(Text), nullable=False, server_default="{}"),
    text("title", nullable=True),
    instant("recorded_at", nullable=True),
    comment="Cooperative approaches, and the Parties that were seen to take part.",
)

account = Table(
    "account",
    metadata,
    small_key("account_id"),
    reference("registry", "registry.registry"),
    text("account"),
    text("kind"),
    text("status"),
    text("holder_party"),
    text("holder_entity", nullable=True),
    unique_id("message_id", nullable=True),
    instant("recorded_at", nullable=True),
    UniqueConstraint("registry", "account"),
    one_of("kind", AccountKind),
    one_of("status", AccountStatus),
    Index(None, "holder_party"),
    comment="Accounts by registry and the registry's own id; message_id is the last notice.",
)

entity = Table(
    "entity",
    metadata,
    small_key("entity_ref"),
    text("country"),
    text("entity_id"),
    text("name"),
    unique_id("message_id"),
    instant("recorded_at", nullable=True),
    UniqueConstraint("country", "entity_id"),
    comment="Authorized entities by country of incorporation and number there.",
)

register_head = Table(
    "register_head",
    metadata,
    integer("head_id", primary_key=True),
    whole("version"),
    CheckConstraint("head_id = 1", name="only_one"),
    postgresql_with={"fillfactor": 50},
    comment=(
        "The version of the register: it grows with each transaction"
        " that changes what slices read of it."
    ),
)

lease = Table(
    "lease",
    metadata,
    text("name", primary_key=True),
    text("holder"),
    instant("held_until"),
    whole("fence"),
    comment="Who does a periodic work until when; the fence grows with each new holder.",
)

sync_state = Table(
    "sync_state",
    metadata,
    reference("registry", "registry.registry", primary_key=True),
    text("cursor", nullable=True),
    instant("last_attempt_at", nullable=True),
    text("last_error", nullable=True),
    integer("failures_in_a_row", default="0"),
    Column("coverage", JSONB, nullable=False, server_default=func.jsonb_build_object()),
    comment="How far the hub has read each registry.",
)
