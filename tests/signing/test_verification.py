"""The two ways to verify agree, and with the published vectors."""

from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicNumbers
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from hypothesis import given
from hypothesis import strategies as st

from schema.refusals import Refusal
from signing.base64url import decode_base64url, encode_base64url
from signing.compact import split_compact
from signing.envelope import VerifiedEnvelope, open_envelope
from signing.jwk import PublicKey
from signing.keys import PrivateKey
from signing.verification import (
    VerifySignature,
    verify_with_cryptography,
    verify_with_pyjwt,
)
from tests.signing.forge import ED25519_KEY, ES256_KEY, HUB, KEYRING, NOW, STRANGERS_KEY, Draft

BOTH = pytest.mark.parametrize("verify", [verify_with_cryptography, verify_with_pyjwt])
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def number(text: str) -> int:
    return int.from_bytes(decode_base64url(text.encode()))


# RFC 7515 appendix A.3.
RFC_7515_KEY = PublicKey.of(
    EllipticCurvePublicNumbers(
        number("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"),
        number("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"),
        SECP256R1(),
    ).public_key()
)
RFC_7515_TOKEN = (
    b"eyJhbGciOiJFUzI1NiJ9."
    b"eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
    b"DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
)
# RFC 8037 appendix A.4.
RFC_8037_KEY = PublicKey.of(
    Ed25519PublicKey.from_public_bytes(
        decode_base64url(b"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")
    )
)
RFC_8037_TOKEN = (
    b"eyJhbGciOiJFZERTQSJ9."
    b"RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
    b"hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
)
VECTORS = pytest.mark.parametrize(
    ("key", "raw"),
    [(RFC_7515_KEY, RFC_7515_TOKEN), (RFC_8037_KEY, RFC_8037_TOKEN)],
    ids=["RFC 7515 A.3", "RFC 8037 A.4"],
)


@BOTH
@VECTORS
def test_the_published_signatures_verify(
    key: PublicKey, raw: bytes, verify: VerifySignature
) -> None:
    assert verify(key, split_compact(raw))


@BOTH
@VECTORS
def test_the_published_signatures_fit_no_other_key(
    key: PublicKey, raw: bytes, verify: VerifySignature
) -> None:
    other = RFC_8037_KEY if key is RFC_7515_KEY else RFC_7515_KEY
    assert not verify(other, split_compact(raw))


def halves(signature: bytes) -> tuple[bytes, bytes]:
    return signature[:32], signature[32:]


def mirrored(signature: bytes) -> bytes:
    """Turn (r, s) into (r, n - s): the other signature that ECDSA allows."""
    r, s = halves(signature)
    return r + (P256_ORDER - int.from_bytes(s)).to_bytes(32)


def in_der(signature: bytes) -> bytes:
    r, s = map(int.from_bytes, halves(signature))
    return encode_dss_signature(r, s)


CHANGES = {
    "as it is": lambda signature: signature,
    "cut": lambda signature: signature[:-1],
    "longer": lambda signature: signature + b"\0",
    "with a zero in front": lambda signature: b"\0" + signature,
    "with a zero before s": lambda signature: signature[:32] + b"\0" + signature[32:],
    "in DER": in_der,
    "with its halves exchanged": lambda signature: signature[32:] + signature[:32],
    "nothing": lambda _: b"",
    "zeros": lambda _: bytes(64),
    "ones": lambda _: b"\xff" * 64,
}


@given(
    key=st.sampled_from([ES256_KEY, ED25519_KEY]),
    claimed=st.sampled_from([ES256_KEY, ED25519_KEY, STRANGERS_KEY]),
    change=st.sampled_from(list(CHANGES)),
    flip=st.none() | st.integers(0, 63 * 8),
    payload=st.binary(min_size=1, max_size=50),
)
def test_both_ways_to_verify_agree(
    key: PrivateKey, claimed: PrivateKey, change: str, flip: int | None, payload: bytes
) -> None:
    def sign(signer: PrivateKey, message: bytes) -> bytes:
        signature = bytearray(CHANGES[change](signer.sign(message)))
        if flip is not None and signature:
            signature[flip // 8 % len(signature)] ^= 1 << flip % 8
        return bytes(signature)

    token = split_compact(Draft(key=key, payload_text=payload, sign=sign).raw())
    answer = verify_with_cryptography(claimed.public, token)
    assert answer == verify_with_pyjwt(claimed.public, token)
    untouched = change == "as it is" and flip is None and key is claimed
    assert answer == untouched


@given(signature=st.binary(min_size=60, max_size=68), key=st.sampled_from([ES256_KEY, ED25519_KEY]))
def test_both_ways_refuse_arbitrary_bytes(signature: bytes, key: PrivateKey) -> None:
    token = split_compact(Draft(key=key, sign=lambda _key, _message: signature).raw())
    assert not verify_with_cryptography(key.public, token)
    assert not verify_with_pyjwt(key.public, token)


def test_the_mirrored_signature_states_the_same_and_is_known_by_its_content() -> None:
    raw = Draft().raw()
    message, signature = raw.rsplit(b".", 1)
    twin = encode_base64url(mirrored(decode_base64url(signature))).encode()
    first, second = (
        open_envelope(token, KEYRING, audience=HUB, received_at=NOW)
        for token in (raw, message + b"." + twin)
    )
    assert isinstance(first, VerifiedEnvelope)
    assert isinstance(second, VerifiedEnvelope)
    assert first.digest == sha256(raw).digest() != second.digest
    assert first.content_digest == second.content_digest == sha256(message).digest()


def test_an_ed25519_signature_has_no_second_form() -> None:
    raw = Draft(key=ED25519_KEY).raw()
    message, signature = raw.rsplit(b".", 1)
    twin = encode_base64url(mirrored(decode_base64url(signature))).encode()
    answer = open_envelope(message + b"." + twin, KEYRING, audience=HUB, received_at=NOW)
    assert isinstance(answer, Refusal)
