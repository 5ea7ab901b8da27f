from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from jwt import PyJWK

from signing.base64url import encode_base64url
from signing.jwk import Algorithm, KeyFormatError, PublicKey, jwks
from signing.keys import PrivateKey
from signing.purposes import KeyPurpose

# RFC 8037 appendix A.2 (public key) and A.3 (its thumbprint).
RFC_8037 = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
RFC_8037_THUMBPRINT = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
# RFC 7515 appendix A.3.1 (public part).
RFC_7515 = {
    "kty": "EC",
    "crv": "P-256",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
}


def read(members: dict[str, Any]) -> PublicKey:
    return PublicKey.from_jwk(members)


def test_the_thumbprint_is_that_of_rfc_8037() -> None:
    assert read(RFC_8037).key_id == RFC_8037_THUMBPRINT


@pytest.mark.parametrize("algorithm", Algorithm)
def test_a_published_key_reads_back_as_the_same_key(algorithm: Algorithm) -> None:
    key = PrivateKey.generate(algorithm, KeyPurpose.MESSAGES).public
    assert read(key.to_jwk()) == key


@pytest.mark.parametrize("algorithm", Algorithm)
def test_other_libraries_read_the_published_key(algorithm: Algorithm) -> None:
    key = PrivateKey.generate(algorithm, KeyPurpose.MESSAGES).public
    members = key.to_jwk() | ({"alg": "EdDSA"} if algorithm is Algorithm.ED25519 else {})
    material = PyJWK.from_dict(members).key
    assert PublicKey.of(material) == key


def test_the_key_set_lists_public_members_only_and_in_one_order() -> None:
    keys = [PrivateKey.generate(algorithm, KeyPurpose.MESSAGES).public for algorithm in Algorithm]
    document = jwks(keys)
    assert document == jwks(reversed(keys))
    members: Any = document["keys"]
    assert {name for member in members for name in member} == {
        "kty", "crv", "x", "y", "kid", "alg", "use",
    }  # fmt: skip
    assert {member["kid"] for member in members} == {key.key_id for key in keys}


def test_a_key_is_read_from_the_text_of_a_file() -> None:
    text = b'{\n  "kty": "OKP",\n  "crv": "Ed25519",\n  "x": "%s"\n}\n' % RFC_8037["x"].encode()
    assert PublicKey.from_jwk_json(text).key_id == RFC_8037_THUMBPRINT


@pytest.mark.parametrize(
    "text",
    [b"", b"[]", b'{"kty":"OKP","kty":"EC"}', msgspec.json.encode([RFC_8037])],
    ids=["nothing", "a list", "a repeated member", "a key in a list"],
)
def test_a_text_that_is_no_jwk_is_refused(text: bytes) -> None:
    with pytest.raises(KeyFormatError):
        PublicKey.from_jwk_json(text)


REFUSED: dict[str, dict[str, Any]] = {
    "a point off the curve": RFC_7515 | {"y": RFC_7515["x"]},
    "the point at the origin": RFC_7515 | {"x": "A" * 43, "y": "A" * 43},
    "a coordinate of 31 bytes": RFC_7515 | {"x": encode_base64url(bytes(31))},
    "a coordinate of 33 bytes": RFC_8037 | {"x": encode_base64url(bytes(33))},
    "a coordinate in standard base64": RFC_8037 | {"x": RFC_8037["x"].replace("_", "/")},
    "a P-256 key without y": {k: v for k, v in RFC_7515.items() if k != "y"},
    "an Ed25519 key with y": RFC_8037 | {"y": RFC_8037["x"]},
    "an Ed25519 curve for an EC key": RFC_7515 | {"crv": "Ed25519"},
    "a kid that is not the thumbprint": RFC_8037 | {"kid": "my-key"},
    "an algorithm of another type of key": RFC_8037 | {"alg": "ES256"},
    "a symmetric algorithm": RFC_7515 | {"alg": "HS256"},
    "a private key": RFC_8037 | {"d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"},
    "a symmetric key": {"kty": "oct", "k": "AAAA"},
    "an RSA key": {"kty": "RSA", "n": "AQAB", "e": "AQAB"},
    "another curve": RFC_7515 | {"crv": "P-384"},
    "a key for encryption": RFC_8037 | {"use": "enc"},
}


@pytest.mark.parametrize("members", REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_public_key_of_ours_is_refused(members: dict[str, Any]) -> None:
    with pytest.raises(KeyFormatError):
        read(members)


FIELD_PRIME = 2**255 - 19
ORDER_8_Y = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
SMALL_ORDER_ENCODINGS = [
    (y | sign << 255).to_bytes(32, "little")
    for y in (
        0,
        1,
        FIELD_PRIME - 1,
        FIELD_PRIME,
        FIELD_PRIME + 1,
        ORDER_8_Y,
        FIELD_PRIME - ORDER_8_Y,
    )
    for sign in (0, 1)
]


@pytest.mark.parametrize("encoding", SMALL_ORDER_ENCODINGS, ids=bytes.hex)
def test_an_ed25519_key_of_small_order_is_refused(encoding: bytes) -> None:
    with pytest.raises(KeyFormatError, match="small order"):
        PublicKey.of(Ed25519PublicKey.from_public_bytes(encoding))


@pytest.mark.parametrize(
    "material",
    [generate_private_key(SECP384R1()).public_key(), Ed448PrivateKey.generate().public_key(), b"x"],
    ids=["a P-384 key", "an Ed448 key", "no key at all"],
)
def test_keys_of_other_types_are_refused(material: object) -> None:
    with pytest.raises(KeyFormatError):
        PublicKey.of(material)
