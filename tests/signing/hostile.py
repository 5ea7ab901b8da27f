"""Hostile envelopes by the code that refuses them, each with one fault that a sentence names."""

import hashlib
import hmac
from collections.abc import Callable
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from schema.refusals import RefusalCode
from signing.base64url import decode_base64url, encode_base64url
from signing.envelope import DEFAULT_LIMITS
from signing.keys import PrivateKey
from tests.signing.forge import (
    BODY,
    CHECKPOINT_KEY,
    COMING_KEY,
    ED25519_KEY,
    ES256_KEY,
    EXPIRED_KEY,
    HUB,
    ISSUER,
    JTI,
    NEIGHBOUR_KEY,
    NOW_SECONDS,
    REVOKED_KEY,
    STRANGERS_KEY,
    Draft,
)

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
ED25519_ORDER = 2**252 + 27742317777372353535851937790883648493
BODY_START = BODY[:-1]


def claims_text(**changes: Any) -> bytes:
    claims: dict[str, Any] = {"aud": HUB, "body": msgspec.Raw(BODY), "exp": NOW_SECONDS + 3600}
    claims |= {"iat": NOW_SECONDS, "iss": ISSUER, "jti": JTI, "kind": "transfer_proposed"}
    return msgspec.json.encode(claims | changes)


def header_text(extra: bytes, key: PrivateKey = ES256_KEY) -> bytes:
    return b'{"alg":"%s","kid":"%s","typ":"itmo-message+jws"%s}' % (
        key.public.algorithm.encode(),
        key.public.key_id.encode(),
        extra,
    )


def public_pem() -> bytes:
    return ES256_KEY.public.material.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def hmac_with_public_key(_: PrivateKey, message: bytes) -> bytes:
    return hmac.digest(public_pem(), message, hashlib.sha256)


def nothing(_key: PrivateKey, _message: bytes) -> bytes:
    return b""


def constant(signature: bytes) -> Callable[[PrivateKey, bytes], bytes]:
    return lambda _key, _message: signature


def der(key: PrivateKey, message: bytes) -> bytes:
    signature = key.sign(message)
    return encode_dss_signature(*(int.from_bytes(signature[at : at + 32]) for at in (0, 32)))


def shortened(key: PrivateKey, message: bytes) -> bytes:
    return key.sign(message)[:-1]


def lengthened(key: PrivateKey, message: bytes) -> bytes:
    return key.sign(message) + b"\0"


def with_longer_s(key: PrivateKey, message: bytes) -> bytes:
    """Write the same r and s, with a zero in front of s."""
    signature = key.sign(message)
    return signature[:32] + b"\0" + signature[32:]


def with_unreduced_scalar(key: PrivateKey, message: bytes) -> bytes:
    signature = key.sign(message)
    scalar = int.from_bytes(signature[32:], "little") + ED25519_ORDER
    return signature[:32] + scalar.to_bytes(32, "little")


def by_stranger(_: PrivateKey, message: bytes) -> bytes:
    return STRANGERS_KEY.sign(message)


def over_other_bytes(key: PrivateKey, message: bytes) -> bytes:
    return key.sign(message + b".")


def part(number: int, edit: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    def in_token(raw: bytes) -> bytes:
        parts = raw.split(b".")
        parts[number] = edit(parts[number])
        return b".".join(parts)

    return in_token


def with_next_last_character(segment: bytes) -> bytes:
    """Spell the same 64 bytes with an unused bit set."""
    return segment[:-1] + bytes([segment[-1] + 1])


def as_json_serialisation(raw: bytes) -> bytes:
    names = ("protected", "payload", "signature")
    return msgspec.json.encode(dict(zip(names, raw.decode().split("."), strict=True)))


def with_changed_claim(segment: bytes) -> bytes:
    return encode_base64url(decode_base64url(segment).replace(b"1789", b"9789")).encode()


def with_other_header(segment: bytes) -> bytes:
    return encode_base64url(decode_base64url(segment) + b" ").encode()


def signed_with(key: PrivateKey) -> Draft:
    return Draft(key=key)


HOSTILE: dict[RefusalCode, dict[str, Draft]] = {
    RefusalCode.ENVELOPE_TOO_LARGE: {
        "larger than the limit": Draft(claims={"body": {"x": "x" * DEFAULT_LIMITS.size_bytes_max}}),
    },
    RefusalCode.ENVELOPE_MALFORMED: {
        "nothing at all": Draft(edit=lambda _: b""),
        "two dots and nothing else": Draft(edit=lambda _: b".."),
        "the JSON serialisation": Draft(edit=as_json_serialisation),
        "five parts, as an encrypted token has": Draft(edit=lambda raw: raw + b".AA.AA"),
        "a fourth part": Draft(edit=lambda raw: raw + b"."),
        "cut in the middle": Draft(edit=lambda raw: raw[: len(raw) // 2]),
        "cut by one character": Draft(edit=lambda raw: raw[:-1]),
        "a detached payload": Draft(edit=part(1, lambda _: b"")),
        "a payload that is not encoded": Draft(edit=part(1, lambda _: claims_text())),
        "a padded header": Draft(
            header_text=header_text(b" "), edit=part(0, lambda text: text + b"=")
        ),
        "a padded payload": Draft(edit=part(1, lambda text: text + b"=" * (-len(text) % 4 or 4))),
        "a padded signature": Draft(edit=lambda raw: raw + b"=="),
        "unused bits set in the signature": Draft(edit=part(2, with_next_last_character)),
        "standard base64": Draft(
            sign=constant(b"\xff" * 64), edit=lambda raw: raw.replace(b"_", b"/")
        ),
        "a line end behind": Draft(edit=lambda raw: raw + b"\r\n"),
        "a line end inside": Draft(edit=part(1, lambda text: text[:76] + b"\r\n" + text[76:])),
        "a blank in front": Draft(edit=lambda raw: b" " + raw),
        "an embedded NUL": Draft(edit=part(1, lambda text: text[:8] + b"\0" + text[8:])),
        "a NUL behind": Draft(edit=lambda raw: raw + b"\0"),
        "a byte outside ASCII": Draft(edit=lambda raw: raw + "é".encode()),
        "a header that is no JSON": Draft(header_text=b"alg=ES256"),
        "a header that is a list": Draft(header_text=b"[" + header_text(b"") + b"]"),
        "a header that is not UTF-8": Draft(header_text=header_text(b',"typ":"\xff"')),
        "a header nested without end": Draft(header_text=b"[" * 5000),
        "a key repeated in the header": Draft(
            header_text=header_text(b',"typ":"itmo-message+jws"')
        ),
        "a key repeated in another spelling": Draft(
            header_text=header_text(b',"\\u0061lg":"ES256"')
        ),
        "a critical extension": Draft(header={"crit": ["exp"], "exp": 1}),
        "an empty list of critical extensions": Draft(header={"crit": []}),
        "an unencoded payload announced": Draft(header={"b64": False, "crit": ["b64"]}),
        "an unencoded payload announced and sent": Draft(
            header={"b64": False, "crit": ["b64"]}, edit=part(1, lambda _: b"{}")
        ),
        "a key in the header": Draft(
            header={"jwk": STRANGERS_KEY.public.to_jwk()}, sign=by_stranger
        ),
        "an address of keys in the header": Draft(header={"jku": "https://example.org/jwks.json"}),
        "an address of certificates in the header": Draft(
            header={"x5u": "https://example.org/cert"}
        ),
        "certificates in the header": Draft(header={"x5c": ["AAAA"]}),
        "compression announced": Draft(header={"zip": "DEF"}),
        "no algorithm": Draft(without=frozenset({"alg"})),
        "an algorithm that is a list": Draft(header={"alg": ["ES256"]}),
        "a type that is null": Draft(header={"typ": None}),
        "a key id that is a number": Draft(header={"kid": 1}),
    },
    RefusalCode.ALGORITHM_NOT_ALLOWED: {
        "algorithm none": Draft(header={"alg": "none"}, sign=nothing),
        "algorithm NoNe": Draft(header={"alg": "NoNe"}, sign=nothing),
        "an empty algorithm": Draft(header={"alg": ""}, sign=nothing),
        "HS256 with the public key as secret": Draft(
            header={"alg": "HS256"}, sign=hmac_with_public_key
        ),
        "RS256": Draft(header={"alg": "RS256"}),
        "ES384": Draft(header={"alg": "ES384"}),
        "ES256 in small letters": Draft(header={"alg": "es256"}),
        "ES256 over an Ed25519 key": Draft(key=ED25519_KEY, header={"alg": "ES256"}),
        "Ed25519 over a P-256 key": Draft(header={"alg": "Ed25519"}),
        "EdDSA over a P-256 key": Draft(header={"alg": "EdDSA"}),
    },
    RefusalCode.TYPE_WRONG: {
        "no type": Draft(without=frozenset({"typ"})),
        "the type of another token": Draft(header={"typ": "JWT"}),
        "the type with its prefix": Draft(header={"typ": "application/itmo-message+jws"}),
        "the type in capitals": Draft(header={"typ": "ITMO-MESSAGE+JWS"}),
    },
    RefusalCode.KEY_UNKNOWN: {
        "no key id": Draft(without=frozenset({"kid"})),
        "an empty key id": Draft(header={"kid": ""}),
        "a key that nobody entered": signed_with(STRANGERS_KEY),
        "a key made for checkpoints": signed_with(CHECKPOINT_KEY),
        "a key id that is a path": Draft(header={"kid": "../../dev/null"}),
        "a key id with a blank behind": Draft(header={"kid": ES256_KEY.public.key_id + " "}),
    },
    RefusalCode.SIGNATURE_INVALID: {
        "no signature": Draft(sign=nothing),
        "a signature of zeros": Draft(sign=constant(bytes(64))),
        "r = 0": Draft(sign=constant(bytes(32) + b"\1" * 32)),
        "s = 0": Draft(sign=constant(b"\1" * 32 + bytes(32))),
        "r and s of the order of the curve": Draft(
            sign=constant(P256_ORDER.to_bytes(32, "big") * 2)
        ),
        "a signature of ones": Draft(sign=constant(b"\xff" * 64)),
        "an Ed25519 signature of zeros": Draft(key=ED25519_KEY, sign=constant(bytes(64))),
        "an Ed25519 signature of the neutral point": Draft(
            key=ED25519_KEY, sign=constant(b"\1" + bytes(63))
        ),
        "an Ed25519 scalar that is not reduced": Draft(key=ED25519_KEY, sign=with_unreduced_scalar),
        "an ES256 signature in DER": Draft(sign=der),
        "a signature of 63 bytes": Draft(sign=shortened),
        "a signature of 65 bytes": Draft(sign=lengthened),
        "an Ed25519 signature of 63 bytes": Draft(key=ED25519_KEY, sign=shortened),
        "an Ed25519 signature of 65 bytes": Draft(key=ED25519_KEY, sign=lengthened),
        "the right numbers in 65 bytes": Draft(sign=with_longer_s),
        "one byte of signature": Draft(sign=constant(b"\1")),
        "two characters cut off": Draft(
            edit=lambda raw: raw[:-2] if raw[-3] in b"AEIMQUYcgkosw048" else raw[:-3] + b"A"
        ),
        "the signature of a stranger": Draft(sign=by_stranger),
        "the signature of another message": Draft(sign=over_other_bytes),
        "a claim changed after signing": Draft(edit=part(1, with_changed_claim)),
        "a header changed after signing": Draft(edit=part(0, with_other_header)),
    },
    RefusalCode.CLAIMS_MALFORMED: {
        "claims that are no JSON": Draft(payload_text=b"hello"),
        "claims that are a list": Draft(payload_text=b"[" + claims_text() + b"]"),
        "claims that are not UTF-8": Draft(
            payload_text=claims_text().replace(b"MNG01", b"MNG\xff")
        ),
        "claims nested without end": Draft(payload_text=b'{"body":' + b"[" * 5000),
        "something behind the claims": Draft(payload_text=claims_text() + b"{}"),
        **{
            f"no claim {name}": Draft(without=frozenset({name}))
            for name in ("aud", "body", "exp", "iat", "iss", "jti", "kind")
        },
        "an unknown claim": Draft(claims={"nbf": NOW_SECONDS}),
        "a claim repeated": Draft(payload_text=claims_text()[:-1] + b',"iss":"MNG01"}'),
        "a claim repeated in another spelling": Draft(
            payload_text=claims_text()[:-1] + b',"\\u0069ss":"MNG01"}'
        ),
        "two bodies": Draft(payload_text=claims_text()[:-1] + b',"body":' + BODY + b"}"),
        "two different bodies": Draft(payload_text=claims_text()[:-1] + b',"body":{}}'),
        "an audience that is a list": Draft(claims={"aud": [HUB]}),
        "an empty audience": Draft(claims={"aud": ""}),
        "a time with a fraction": Draft(claims={"iat": NOW_SECONDS + 0.5}),
        "a time that is a whole float": Draft(claims={"exp": NOW_SECONDS + 3600.0}),
        "a time in words": Draft(claims={"iat": str(NOW_SECONDS)}),
        "a time that is true": Draft(claims={"iat": True}),
        "a time before 1970": Draft(claims={"iat": -1}),
        "a time beyond the year 9999": Draft(claims={"exp": 253_402_300_800}),
        "a time without end": Draft(
            payload_text=claims_text().replace(b'"exp":', b'"exp":' + b"9" * 400)
        ),
        "an end that is the beginning": Draft(claims={"exp": NOW_SECONDS}),
        "an id that is no UUID": Draft(claims={"jti": "1"}),
        "a UUID without hyphens": Draft(claims={"jti": JTI.replace("-", "")}),
        "a kind in capitals": Draft(claims={"kind": "Transfer"}),
        "an empty kind": Draft(claims={"kind": ""}),
        "a kind with a line end": Draft(claims={"kind": "transfer_proposed\n"}),
        "a kind without end": Draft(claims={"kind": "k" * 65}),
        "a body in quotes": Draft(claims={"body": BODY.decode()}),
        "a body that is a list": Draft(claims={"body": [1]}),
        "a body that is null": Draft(claims={"body": None}),
    },
    RefusalCode.ISSUER_WRONG: {
        "another issuer than the owner of the key": Draft(claims={"iss": "JPN01"}),
        "the key of another registry": signed_with(NEIGHBOUR_KEY),
        "an issuer with a NUL behind": Draft(claims={"iss": ISSUER + "\0"}),
    },
    RefusalCode.AUDIENCE_WRONG: {
        "another audience": Draft(claims={"aud": "other.example"}),
        "an audience that begins alike": Draft(claims={"aud": HUB + ".evil.example"}),
    },
    RefusalCode.KEY_NOT_VALID_AT_RECEIPT: {
        "a key before its time": signed_with(COMING_KEY),
        "a key at its end": signed_with(EXPIRED_KEY),
    },
    RefusalCode.KEY_REVOKED: {
        "a key at the moment of its revocation": signed_with(REVOKED_KEY),
        "a revoked key and an old date": Draft(key=REVOKED_KEY, claims={"iat": NOW_SECONDS - 3600}),
    },
    RefusalCode.ENVELOPE_FROM_THE_FUTURE: {
        "from the future": Draft(claims={"iat": NOW_SECONDS + 301, "exp": NOW_SECONDS + 600}),
    },
    RefusalCode.ENVELOPE_STALE: {
        "expired": Draft(claims={"iat": NOW_SECONDS - 900, "exp": NOW_SECONDS - 300}),
        "a longer life than allowed": Draft(claims={"exp": NOW_SECONDS + 86_401}),
    },
    RefusalCode.BODY_MALFORMED: {
        "a key repeated in the body": Draft(
            claims={"body": msgspec.Raw(BODY_START + b',"blocks":[]}')}
        ),
        "a key repeated deep in the body": Draft(
            claims={"body": msgspec.Raw(BODY.replace(b'"first":1,', b'"first":1,"first":1,'))}
        ),
        "a key repeated in the body in another spelling": Draft(
            claims={"body": msgspec.Raw(BODY_START + b',"\\u0062locks":[]}')}
        ),
        "a fraction in the body": Draft(claims={"body": {"quantity": 1.5}}),
        "a NUL in the body": Draft(claims={"body": {"account": "a\0b"}}),
        "a body nested too deeply": Draft(
            claims={"body": msgspec.Raw(b'{"a":' * 40 + b"1" + b"}" * 40)}
        ),
        "a body that is not UTF-8": Draft(claims={"body": msgspec.Raw(b'{"a":"\xff"}')}),
    },
}
