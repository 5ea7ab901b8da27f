"""Two independent ways to verify the signature of a token, held equal by tests.

The hot path calls the cryptography library itself; the reference is PyJWT. Both are given the key
and with it the algorithm: neither asks the message (RFC 8725 section 3.1).
"""

from collections.abc import Callable
from typing import Final, assert_never

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from jwt.algorithms import ECAlgorithm, OKPAlgorithm
from jwt.api_jws import PyJWS
from jwt.exceptions import InvalidTokenError

from signing.compact import CompactToken
from signing.jwk import PublicKey, allowed_names

SIGNATURE_SIZE_BYTES: Final = 64
"""Of both algorithms: `r || s` (RFC 7518 section 3.4), and RFC 8032 section 5.1.6."""

VerifySignature = Callable[[PublicKey, CompactToken], bool]
"""Tells whether the signature of a token is that of the key; never raises for what is in it."""


def verify_with_cryptography(key: PublicKey, token: CompactToken) -> bool:
    """Verify with the cryptography library itself: the hot path."""
    if len(token.signature) != SIGNATURE_SIZE_BYTES:
        return False
    try:
        match key.material:
            case EllipticCurvePublicKey():
                r = int.from_bytes(token.signature[:32])
                s = int.from_bytes(token.signature[32:])
                key.material.verify(encode_dss_signature(r, s), token.signing_input, _ES256)
            case Ed25519PublicKey():
                key.material.verify(token.signature, token.signing_input)
            case never:
                assert_never(never)
    except InvalidSignature:
        return False
    return True


def verify_with_pyjwt(key: PublicKey, token: CompactToken) -> bool:
    """Verify with PyJWT: the reference."""
    names = sorted(allowed_names(key.algorithm))
    try:
        _PYJWS.decode_complete(token.raw, key=key.material, algorithms=names)
    except InvalidTokenError:
        return False
    return True


def _reference() -> PyJWS:
    jws = PyJWS(algorithms=[])
    jws.register_algorithm("ES256", ECAlgorithm(ECAlgorithm.SHA256))
    jws.register_algorithm("EdDSA", OKPAlgorithm())
    jws.register_algorithm("Ed25519", OKPAlgorithm())
    return jws


_ES256: Final = ECDSA(SHA256())
_PYJWS: Final = _reference()
