"""Public keys as the world reads them: JWK, JWK Set and thumbprint (RFC 7517, 7518, 8037, 7638)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum, unique
from hashlib import sha256
from typing import Final, Literal, assert_never, cast

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePublicKey,
    EllipticCurvePublicNumbers,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from schema.strict_json import JsonValue, StrictJsonError, load_strict_json
from signing.base64url import Base64UrlError, decode_base64url, encode_base64url
from signing.canonical import canonical_json

COORDINATE_SIZE_BYTES: Final = 32
"""P-256 coordinates (RFC 7518 section 6.2.1.2) and Ed25519 public keys (RFC 8037 section 2)."""


@unique
class Algorithm(StrEnum):
    """The signature algorithms of this product; a key has exactly one of them."""

    ES256 = "ES256"
    """ECDSA on P-256 with SHA-256 (RFC 7518 section 3.4)."""
    ED25519 = "Ed25519"
    """EdDSA on edwards25519, under the name of its own (RFC 9864 section 2.2)."""


class KeyFormatError(ValueError):
    """These bytes or members are not a public key that we accept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicKey:
    """A public key that can be wrong no more: of an allowed type, on its curve, with its id.

    Equal when the keys are equal: `key_id` is the SHA-256 thumbprint of RFC 7638.
    """

    algorithm: Algorithm
    key_id: str
    material: EllipticCurvePublicKey | Ed25519PublicKey = field(compare=False, repr=False)

    @classmethod
    def of(cls, material: object) -> "PublicKey":
        """Take a key of the cryptography library.

        Raises:
            KeyFormatError: another type or curve, or a point of small order.
        """
        match material:
            case EllipticCurvePublicKey() if isinstance(material.curve, SECP256R1):
                algorithm = Algorithm.ES256
            case Ed25519PublicKey():
                _refuse_small_order(material)
                algorithm = Algorithm.ED25519
            case _:
                raise KeyFormatError("only P-256 and Ed25519 keys are accepted")
        thumbprint = sha256(canonical_json(cast("JsonValue", _required_members(material)))).digest()
        return cls(algorithm=algorithm, key_id=encode_base64url(thumbprint), material=material)

    @classmethod
    def from_jwk(cls, jwk: "Mapping[str, object] | Jwk") -> "PublicKey":
        """Read the members of a public JWK; `kid`, where given, must be the thumbprint.

        Raises:
            KeyFormatError: an unknown or private member, a point off the curve, a wrong length, a
                name that does not fit.
        """
        try:
            members = msgspec.convert(jwk, Jwk, from_attributes=True)
        except msgspec.ValidationError as cause:
            raise KeyFormatError(f"not a public JWK: {cause}") from cause
        key = cls.of(_material_of(members))
        if members.kid not in {None, key.key_id}:
            raise KeyFormatError("kid is not the RFC 7638 thumbprint of the key")
        if members.alg is not None and members.alg not in allowed_names(key.algorithm):
            raise KeyFormatError(f"alg does not fit a key for {key.algorithm}")
        return key

    @classmethod
    def from_jwk_json(cls, text: bytes) -> "PublicKey":
        """Read a public JWK as one finds it in a file (KeyFormatError)."""
        try:
            members = load_strict_json(text)
        except StrictJsonError as cause:
            raise KeyFormatError(f"not a JWK: {cause}") from cause
        if not isinstance(members, dict):
            raise KeyFormatError("not a JWK: no JSON object")
        return cls.from_jwk(members)

    def to_jwk(self) -> dict[str, str]:
        """Return the members of the public JWK, in the order in which people read them."""
        return {
            **_required_members(self.material),
            "kid": self.key_id,
            "alg": self.algorithm.value,
            "use": "sig",
        }


class Jwk(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The members of a public JWK that we read; a private member (`d`) is unknown, so refused."""

    kty: Literal["EC", "OKP"]
    crv: Literal["P-256", "Ed25519"]
    x: str
    y: str | None = None
    kid: str | None = None
    alg: str | None = None
    use: Literal["sig"] | None = None


def jwks(keys: Iterable[PublicKey]) -> dict[str, JsonValue]:
    """Build the JWK Set (RFC 7517 section 5) for `/.well-known/jwks.json`, ordered by key id.

    Publish the keys in force and those about to be; verifiers need earlier ones as well, so an
    expired key stays until nobody can hold a message signed with it.
    """
    ordered = sorted(keys, key=lambda key: key.key_id)
    return {"keys": [dict(key.to_jwk()) for key in ordered]}


def allowed_names(algorithm: Algorithm) -> frozenset[str]:
    """Return the names under which messages may state `algorithm`.

    Ed25519 is also written `EdDSA`, the older name that RFC 9864 replaces; we never write it.
    """
    return _ACCEPTED_NAMES[algorithm]


_ACCEPTED_NAMES: Final = {
    Algorithm.ES256: frozenset({"ES256"}),
    Algorithm.ED25519: frozenset({"Ed25519", "EdDSA"}),
}


def _required_members(key: EllipticCurvePublicKey | Ed25519PublicKey) -> dict[str, str]:
    """Return the members that the thumbprint covers (RFC 7638 section 3.2, RFC 8037 section 2)."""
    match key:
        case Ed25519PublicKey():
            x = encode_base64url(key.public_bytes_raw())
            return {"kty": "OKP", "crv": "Ed25519", "x": x}
        case EllipticCurvePublicKey():
            point = key.public_numbers()
            x, y = (
                encode_base64url(number.to_bytes(COORDINATE_SIZE_BYTES, "big"))
                for number in (point.x, point.y)
            )
            return {"kty": "EC", "crv": "P-256", "x": x, "y": y}
        case never:
            assert_never(never)


def _material_of(jwk: Jwk) -> EllipticCurvePublicKey | Ed25519PublicKey:
    try:
        match jwk.kty, jwk.crv, jwk.y:
            case "OKP", "Ed25519", None:
                return Ed25519PublicKey.from_public_bytes(_coordinate(jwk.x))
            case "EC", "P-256", str(y):
                x_number, y_number = (int.from_bytes(_coordinate(text)) for text in (jwk.x, y))
                return EllipticCurvePublicNumbers(x_number, y_number, SECP256R1()).public_key()
            case _:
                raise KeyFormatError("kty, crv and the coordinates do not belong together")
    except (ValueError, UnsupportedAlgorithm) as cause:
        raise KeyFormatError("the coordinates are not a point of the curve") from cause


def _coordinate(text: str) -> bytes:
    try:
        octets = decode_base64url(text.encode())
    except Base64UrlError as cause:
        raise KeyFormatError("a coordinate is not base64url") from cause
    if len(octets) != COORDINATE_SIZE_BYTES:
        raise KeyFormatError(f"a coordinate has {COORDINATE_SIZE_BYTES} bytes, not {len(octets)}")
    return octets


def _refuse_small_order(key: Ed25519PublicKey) -> None:
    """Refuse the 14 encodings of points whose order divides 8.

    Under such a key one signature fits many messages, so that its owner could deny every one of
    them; the library accepts them (RFC 8032 leaves this to the protocol).
    """
    y_coordinate = int.from_bytes(key.public_bytes_raw(), "little") & (2**255 - 1)
    if y_coordinate % _FIELD_PRIME in _SMALL_ORDER_Y:
        raise KeyFormatError("an Ed25519 point of small order vouches for nothing")


_FIELD_PRIME: Final = 2**255 - 19
_ORDER_8_Y: Final = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
_SMALL_ORDER_Y: Final = frozenset({0, 1, _FIELD_PRIME - 1, _ORDER_8_Y, _FIELD_PRIME - _ORDER_8_Y})
