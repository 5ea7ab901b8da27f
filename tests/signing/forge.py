"""Envelopes right and wrong, put together part by part as a sender, or a forger, would."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from signing.base64url import encode_base64url
from signing.claims import ENVELOPE_TYPE
from signing.jwk import Algorithm
from signing.keyring import KeyEntry, Keyring
from signing.keys import PrivateKey
from signing.purposes import KeyPurpose

NOW: Final = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
NOW_SECONDS: Final = int(NOW.timestamp())
DAY: Final = timedelta(days=1)
HUB: Final = "hub.example"
ISSUER: Final = "MNG01"
JTI: Final = "0191d3a2-7c4e-7b8a-9f00-52d1c0a7e6b4"
BODY: Final = b'{"blocks":[{"first":1,"last":1789}],"message_id":"5"}'

_MESSAGES: Final = KeyPurpose.MESSAGES


def _entry(key: PrivateKey, issuer: str = ISSUER, **times: datetime) -> KeyEntry:
    return KeyEntry(
        issuer=issuer,
        purpose=key.purpose,
        key=key.public,
        valid_from=times.get("valid_from", NOW - 100 * DAY),
        valid_until=times.get("valid_until", NOW + 100 * DAY),
        revoked_from=times.get("revoked_from"),
    )


ES256_KEY: Final = PrivateKey.generate(Algorithm.ES256, _MESSAGES)
ED25519_KEY: Final = PrivateKey.generate(Algorithm.ED25519, _MESSAGES)
NEIGHBOUR_KEY: Final = PrivateKey.generate(Algorithm.ES256, _MESSAGES)
COMING_KEY: Final = PrivateKey.generate(Algorithm.ES256, _MESSAGES)
EXPIRED_KEY: Final = PrivateKey.generate(Algorithm.ES256, _MESSAGES)
REVOKED_KEY: Final = PrivateKey.generate(Algorithm.ES256, _MESSAGES)
CHECKPOINT_KEY: Final = PrivateKey.generate(Algorithm.ED25519, KeyPurpose.CHECKPOINTS)
STRANGERS_KEY: Final = PrivateKey.generate(Algorithm.ES256, _MESSAGES)

KEYRING: Final = Keyring.of(
    [
        _entry(ES256_KEY),
        _entry(ED25519_KEY),
        _entry(NEIGHBOUR_KEY, "JPN01"),
        _entry(COMING_KEY, valid_from=NOW + timedelta(microseconds=1)),
        # Revoked too, so that the order of these two refusals shows.
        _entry(EXPIRED_KEY, valid_until=NOW, revoked_from=NOW - DAY),
        _entry(REVOKED_KEY, revoked_from=NOW),
        _entry(CHECKPOINT_KEY),
    ]
)


def _sign(key: PrivateKey, message: bytes) -> bytes:
    return key.sign(message)


@dataclass(kw_only=True)
class Draft:
    """A valid envelope, until something is changed in it; then it is signed and put together."""

    key: PrivateKey = ES256_KEY
    header: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    without: frozenset[str] = frozenset()
    header_text: bytes | None = None
    payload_text: bytes | None = None
    sign: Callable[[PrivateKey, bytes], bytes] = _sign
    edit: Callable[[bytes], bytes] = bytes

    def raw(self) -> bytes:
        header = {"alg": self.key.public.algorithm, "kid": self.key.public.key_id}
        header |= {"typ": ENVELOPE_TYPE} | self.header
        claims: dict[str, Any] = {"aud": HUB, "body": msgspec.Raw(BODY)}
        claims |= {"exp": NOW_SECONDS + 3600, "iat": NOW_SECONDS, "iss": ISSUER, "jti": JTI}
        claims |= {"kind": "transfer_proposed"} | self.claims
        texts = [
            self._text(self.header_text, header),
            self._text(self.payload_text, claims),
        ]
        message = ".".join(map(encode_base64url, texts)).encode()
        signature = encode_base64url(self.sign(self.key, message)).encode()
        return self.edit(message + b"." + signature)

    def _text(self, text: bytes | None, members: dict[str, Any]) -> bytes:
        if text is not None:
            return text
        return msgspec.json.encode({k: v for k, v in members.items() if k not in self.without})
