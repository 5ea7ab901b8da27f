"""The keyring: which public key speaks for whom, for what, and from when to when."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum, unique
from types import MappingProxyType
from typing import Annotated, Final, Self

import msgspec

from schema.strict_json import StrictJsonError, load_strict_json
from signing.jwk import Jwk, KeyFormatError, PublicKey
from signing.purposes import KeyPurpose, KeyPurposeError, check_purpose

ISSUER_CHARS_MAX: Final = 128


class KeyringError(ValueError):
    """The keyring cannot hold this: an entry contradicts itself or one that stands."""


@unique
class KeyStanding(StrEnum):
    """Whether a key may be trusted at one moment."""

    IN_FORCE = "in_force"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyEntry:
    """One key with the one issuer it speaks for: a registry (its id) or a hub (its id).

    In force in `[valid_from, valid_until)` and before `revoked_from`; all times are aware.
    """

    issuer: str
    purpose: KeyPurpose
    key: PublicKey
    valid_from: datetime
    valid_until: datetime | None = None
    """None: until further notice (`Keyring.with_end`)."""
    revoked_from: datetime | None = None

    def __post_init__(self) -> None:
        """Refuse an entry that could never be used (KeyringError)."""
        moments = [self.valid_from, self.valid_until, self.revoked_from]
        if any(moment is not None and moment.tzinfo is None for moment in moments):
            raise KeyringError("the times of a key are aware times")
        if self.valid_until is not None and self.valid_until <= self.valid_from:
            raise KeyringError("a key ends after it begins")
        if not (0 < len(self.issuer) <= ISSUER_CHARS_MAX and self.issuer.isprintable()):
            raise KeyringError("the issuer of a key is a short printable name")
        try:
            check_purpose(self.purpose, self.key.algorithm)
        except KeyPurposeError as cause:
            raise KeyringError(str(cause)) from cause

    def standing(self, at: datetime) -> KeyStanding:
        """Tell whether the key may be trusted for what was received at `at`.

        The moment of receipt decides, by the clock and journal of the receiver: whoever holds a
        lost key can write any time into a message, but cannot have delivered it earlier.
        """
        if at < self.valid_from:
            return KeyStanding.NOT_YET_VALID
        if self.valid_until is not None and at >= self.valid_until:
            return KeyStanding.EXPIRED
        if self.revoked_from is not None and at >= self.revoked_from:
            return KeyStanding.REVOKED
        return KeyStanding.IN_FORCE


@dataclass(frozen=True, slots=True)
class Keyring:
    """An immutable set of keys; every change gives a new keyring, so readers need no lock."""

    _entries: Mapping[str, KeyEntry] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def of(cls, entries: Iterable[KeyEntry]) -> Self:
        """Build a keyring (KeyringError when one key is entered twice)."""
        by_id: dict[str, KeyEntry] = {}
        for entry in entries:
            if entry.key.key_id in by_id:
                raise KeyringError(f"the key {entry.key.key_id} is entered twice")
            by_id[entry.key.key_id] = entry
        return cls(MappingProxyType(by_id))

    @property
    def entries(self) -> tuple[KeyEntry, ...]:
        """All entries, past and future ones too, ordered by key id."""
        return tuple(self._entries[key_id] for key_id in sorted(self._entries))

    def find(self, key_id: str, purpose: KeyPurpose) -> KeyEntry | None:
        """Return the entry of `key_id`; None when it is unknown or serves another purpose."""
        entry = self._entries.get(key_id)
        return entry if entry is not None and entry.purpose is purpose else None

    def in_force(self, issuer: str, purpose: KeyPurpose, at: datetime) -> tuple[KeyEntry, ...]:
        """Return the keys that speak for `issuer` at `at`: during a rotation, more than one."""
        return tuple(
            entry
            for entry in self.entries
            if (entry.issuer, entry.purpose) == (issuer, purpose)
            and entry.standing(at) is KeyStanding.IN_FORCE
        )

    def with_key(self, entry: KeyEntry) -> Self:
        """Return the keyring with one more key; the same entry again changes nothing.

        Raises:
            KeyringError: the key is there already, for another issuer, purpose or time. One key
                for two issuers would let each deny what it signed.
        """
        standing_entry = self._entries.get(entry.key.key_id)
        if standing_entry == entry:
            return self
        if standing_entry is not None:
            raise KeyringError(f"the key {entry.key.key_id} is entered already, differently")
        return self._with(entry)

    def with_end(self, key_id: str, valid_until: datetime) -> Self:
        """Return the keyring with the validity of one key cut short (the end of a rotation).

        An end is never moved later: for that there is a new key.

        Raises:
            KeyringError: no such key, or an end before its beginning.
        """
        entry = self._known(key_id)
        if entry.valid_until is not None and entry.valid_until <= valid_until:
            return self
        return self._with(replace(entry, valid_until=valid_until))

    def with_revocation(self, key_id: str, revoked_from: datetime) -> Self:
        """Return the keyring with one key distrusted for what is received from a moment on.

        A revocation is never lifted nor moved later, but may be moved earlier when a loss turns
        out to be older; what was received in between is then for the operator to review.

        Raises:
            KeyringError: no such key.
        """
        entry = self._known(key_id)
        if entry.revoked_from is not None and entry.revoked_from <= revoked_from:
            return self
        return self._with(replace(entry, revoked_from=revoked_from))

    def to_json(self) -> bytes:
        """Write the keyring as a JWK Set with members of ours beside those of RFC 7517.

        Equal keyrings give equal bytes; any reader of a JWK Set can use it as one.
        """
        return msgspec.json.encode(_KeyringJson(keys=tuple(map(_to_wire, self.entries))))

    @classmethod
    def from_json(cls, text: bytes) -> Self:
        """Read what `to_json` writes.

        Raises:
            KeyringError: the text is not that, or an entry is refused.
        """
        try:
            load_strict_json(text)
            document = msgspec.json.decode(text, type=_KeyringJson)
            return cls.of(map(_from_wire, document.keys))
        except (StrictJsonError, msgspec.ValidationError, KeyFormatError) as cause:
            raise KeyringError(f"not a keyring: {cause}") from cause

    def _known(self, key_id: str) -> KeyEntry:
        try:
            return self._entries[key_id]
        except KeyError as cause:
            raise KeyringError(f"no key {key_id[:64]!r} in the keyring") from cause

    def _with(self, entry: KeyEntry) -> Self:
        return type(self)(MappingProxyType({**self._entries, entry.key.key_id: entry}))


_Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class _KeyJson(Jwk, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    iss: str
    purpose: KeyPurpose
    valid_from: _Moment
    valid_until: _Moment | None = None
    revoked_from: _Moment | None = None


class _KeyringJson(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    keys: tuple[_KeyJson, ...]


def _to_wire(entry: KeyEntry) -> _KeyJson:
    jwk = msgspec.convert(entry.key.to_jwk(), Jwk)
    return _KeyJson(
        **msgspec.structs.asdict(jwk),
        iss=entry.issuer,
        purpose=entry.purpose,
        valid_from=entry.valid_from.astimezone(UTC),
        valid_until=_in_utc(entry.valid_until),
        revoked_from=_in_utc(entry.revoked_from),
    )


def _from_wire(wire: _KeyJson) -> KeyEntry:
    return KeyEntry(
        issuer=wire.iss,
        purpose=wire.purpose,
        key=PublicKey.from_jwk(wire),
        valid_from=wire.valid_from.astimezone(UTC),
        valid_until=_in_utc(wire.valid_until),
        revoked_from=_in_utc(wire.revoked_from),
    )


def _in_utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(UTC)
