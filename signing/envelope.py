"""Envelopes: one message of one issuer to one audience, signed, in the compact form of JWS.

Opening verifies the bytes as received and decodes those same bytes; nothing is ever encoded again
to be verified (RFC 7515 section 5.2). The steps, in the order in which refusals are told:

    verify_envelope   form, algorithm, type, key, signature, claims, issuer, audience, key validity
    (the receiver looks up `jti`: a message it knows is answered as before, however old it is now)
    check_freshness   not from the future, not expired
    decode            kind and body, by the codec

`open_envelope` does all of them for those who keep no messages.
"""

from datetime import datetime
from hashlib import sha256
from typing import Final, assert_never

import msgspec

from schema.refusals import Refusal, RefusalCode, refuse
from schema.strict_json import StrictJsonError, load_strict_json
from signing.base64url import encode_base64url
from signing.claims import ENVELOPE_TYPE, Claims, ClaimsError, Header
from signing.compact import CompactFormError, CompactToken, signing_input, split_compact
from signing.jwk import Algorithm, allowed_names
from signing.keyring import KeyEntry, Keyring, KeyStanding
from signing.keys import PrivateKey
from signing.purposes import KeyPurpose, KeyPurposeError
from signing.verification import VerifySignature, verify_with_cryptography


class EnvelopeLimits(msgspec.Struct, frozen=True, kw_only=True):
    """The bounds that an installation may set."""

    size_bytes_max: int = 1024 * 1024
    """Of the envelope as received: room for 3,000 blocks or 1,000 messages."""
    clock_skew_seconds_max: int = 300
    """How far the sender's clock may differ, both ways. Generous, since it opens no replay: ids
    are remembered for ever, and the moment of receipt, not `iat`, decides about keys."""
    lifetime_seconds_max: int = 24 * 60 * 60
    """From `iat` to `exp`: longer outages are bridged by issuing the message anew."""


DEFAULT_LIMITS: Final = EnvelopeLimits()


class VerifiedEnvelope(msgspec.Struct, frozen=True, kw_only=True):
    """An envelope whose signature, type, issuer and audience hold; its freshness is not judged."""

    raw: bytes
    """As received, to be kept for ever."""
    digest: bytes
    """SHA-256 of `raw`."""
    header: Header
    claims: Claims
    signer: KeyEntry
    """The keyring's entry of the key that signed."""

    @property
    def key_id(self) -> str:
        """The RFC 7638 thumbprint of the key that signed."""
        return self.signer.key.key_id

    @property
    def body(self) -> bytes:
        """The message, the very bytes that were signed, for the codec of `claims.kind`."""
        return bytes(self.claims.body)

    @property
    def content_digest(self) -> bytes:
        """SHA-256 of what was signed, without the signature.

        Two envelopes with equal content digests state the same under the same header. Whoever
        relays an ES256 envelope can turn its signature `(r, s)` into `(r, n - s)`, which holds
        too: `digest` then differs, this does not.
        """
        return sha256(self.raw[: self.raw.rindex(b".")]).digest()


def seal(claims: Claims, key: PrivateKey) -> bytes:
    """Sign `claims` as an envelope that `open_envelope` accepts: header `alg`, `kid`, `typ`.

    Raises:
        KeyPurposeError: the key was not made for messages.
        ClaimsError: the claims or the body would be refused by the receiver.
    """
    if key.purpose is not KeyPurpose.MESSAGES:
        raise KeyPurposeError(f"a key for {key.purpose} seals no messages")
    payload = msgspec.json.encode(claims)
    Claims.decode(payload)
    try:
        load_strict_json(bytes(claims.body))
    except StrictJsonError as cause:
        raise ClaimsError(f"body: {cause}") from cause
    header = Header(alg=key.public.algorithm, kid=key.public.key_id, typ=ENVELOPE_TYPE)
    message = signing_input(msgspec.json.encode(header), payload)
    return message + b"." + encode_base64url(key.sign(message)).encode()


def verify_envelope(
    raw: bytes,
    keyring: Keyring,
    *,
    audience: str,
    received_at: datetime,
    limits: EnvelopeLimits = DEFAULT_LIMITS,
    verify_signature: VerifySignature = verify_with_cryptography,
) -> VerifiedEnvelope | Refusal:
    """Verify the received bytes against the keys in force at `received_at` (aware).

    Answers the first refusal in the documented precedence, from `envelope_too_large` to
    `key_revoked`. RFC 7515 section 5.2; RFC 8725 sections 3.1 to 3.12.
    """
    assert received_at.tzinfo is not None, "times are aware"
    if len(raw) > limits.size_bytes_max:
        detail = f"{len(raw)} bytes, the limit is {limits.size_bytes_max}"
        return refuse(RefusalCode.ENVELOPE_TOO_LARGE, detail)
    try:
        token = split_compact(raw)
        header = Header.decode(token.header)
    except (CompactFormError, ClaimsError) as cause:
        return refuse(RefusalCode.ENVELOPE_MALFORMED, _in_short(str(cause)))
    signer = _signer_of(header, keyring)
    if isinstance(signer, Refusal):
        return signer
    if not verify_signature(signer.key, token):
        detail = f"not a signature of the key {signer.key.key_id} over these bytes"
        return refuse(RefusalCode.SIGNATURE_INVALID, detail)
    return _judge_claims(token, header, signer, audience=audience, received_at=received_at)


def check_freshness(
    envelope: VerifiedEnvelope, *, received_at: datetime, limits: EnvelopeLimits = DEFAULT_LIMITS
) -> Refusal | None:
    """Judge `iat` and `exp` against `received_at` (aware); None when the envelope is fresh.

    To be asked only after the receiver found that it does not know `jti`: a known message is
    answered as before, at any age. Both clocks may differ by `limits.clock_skew_seconds_max`.
    Refuses `envelope_from_the_future` and `envelope_stale` (RFC 7519 sections 4.1.4 and 4.1.6).
    """
    assert received_at.tzinfo is not None, "times are aware"
    claims, now = envelope.claims, received_at.timestamp()
    skew = limits.clock_skew_seconds_max
    if claims.iat > now + skew:
        detail = f"iat is {claims.iat - now:.0f} s ahead, {skew} s are allowed"
        return refuse(RefusalCode.ENVELOPE_FROM_THE_FUTURE, detail)
    if claims.exp - claims.iat > limits.lifetime_seconds_max:
        detail = (
            f"claims to hold {claims.exp - claims.iat} s, {limits.lifetime_seconds_max} s at most"
        )
        return refuse(RefusalCode.ENVELOPE_STALE, detail)
    if now >= claims.exp + skew:
        return refuse(RefusalCode.ENVELOPE_STALE, f"exp has passed {now - claims.exp:.0f} s ago")
    return None


def open_envelope(
    raw: bytes,
    keyring: Keyring,
    *,
    audience: str,
    received_at: datetime,
    limits: EnvelopeLimits = DEFAULT_LIMITS,
    verify_signature: VerifySignature = verify_with_cryptography,
) -> VerifiedEnvelope | Refusal:
    """Verify an envelope, its freshness and that its body is strict JSON (`body_malformed`).

    For a receiver that remembers messages: `verify_envelope`, look up `jti`, `check_freshness`,
    then the codec, which is as strict with the body and knows the kinds.
    """
    envelope = verify_envelope(
        raw,
        keyring,
        audience=audience,
        received_at=received_at,
        limits=limits,
        verify_signature=verify_signature,
    )
    if isinstance(envelope, Refusal):
        return envelope
    stale = check_freshness(envelope, received_at=received_at, limits=limits)
    if stale is not None:
        return stale
    try:
        load_strict_json(envelope.body)
    except StrictJsonError as cause:
        return refuse(RefusalCode.BODY_MALFORMED, _in_short(str(cause)))
    return envelope


def _signer_of(header: Header, keyring: Keyring) -> KeyEntry | Refusal:
    """Find the key; the algorithm is the key's, and the header may only agree (RFC 8725 3.1)."""
    entry = None
    if isinstance(header.kid, str):
        entry = keyring.find(header.kid, KeyPurpose.MESSAGES)
    allowed = _ANY_NAME if entry is None else allowed_names(entry.key.algorithm)
    if header.alg not in allowed:
        detail = f"alg {_in_short(repr(header.alg))}, allowed is {' or '.join(sorted(allowed))}"
        return refuse(RefusalCode.ALGORITHM_NOT_ALLOWED, detail)
    if header.typ != ENVELOPE_TYPE:
        stated = _in_short(repr(header.typ)) if isinstance(header.typ, str) else "missing"
        return refuse(RefusalCode.TYPE_WRONG, f"typ is {stated}, expected {ENVELOPE_TYPE!r}")
    if entry is None:
        stated = _in_short(repr(header.kid)) if isinstance(header.kid, str) else "missing"
        return refuse(RefusalCode.KEY_UNKNOWN, f"kid is {stated}, no key for messages")
    return entry


def _judge_claims(
    token: CompactToken, header: Header, signer: KeyEntry, *, audience: str, received_at: datetime
) -> VerifiedEnvelope | Refusal:
    try:
        claims = Claims.decode(token.payload)
    except ClaimsError as cause:
        return refuse(RefusalCode.CLAIMS_MALFORMED, _in_short(str(cause)))
    if claims.iss != signer.issuer:
        detail = f"iss is {_in_short(repr(claims.iss))}, the key is of {signer.issuer!r}"
        return refuse(RefusalCode.ISSUER_WRONG, detail)
    if claims.aud != audience:
        detail = f"aud is {_in_short(repr(claims.aud))}, this is {audience!r}"
        return refuse(RefusalCode.AUDIENCE_WRONG, detail)
    match signer.standing(received_at):
        case KeyStanding.IN_FORCE:
            digest = sha256(token.raw).digest()
            return VerifiedEnvelope(
                raw=token.raw, digest=digest, header=header, claims=claims, signer=signer
            )
        case KeyStanding.NOT_YET_VALID:
            detail = f"valid from {signer.valid_from.isoformat()}"
            return refuse(RefusalCode.KEY_NOT_VALID_AT_RECEIPT, detail)
        case KeyStanding.EXPIRED:
            assert signer.valid_until is not None, "an expired key has an end"
            detail = f"valid until {signer.valid_until.isoformat()}"
            return refuse(RefusalCode.KEY_NOT_VALID_AT_RECEIPT, detail)
        case KeyStanding.REVOKED:
            assert signer.revoked_from is not None, "a revoked key has a moment of revocation"
            detail = f"revoked from {signer.revoked_from.isoformat()}"
            return refuse(RefusalCode.KEY_REVOKED, detail)
        case never:
            assert_never(never)


_DETAIL_CHARS_MAX: Final = 200
_ANY_NAME: Final = frozenset(name for key in Algorithm for name in allowed_names(key))


def _in_short(text: str) -> str:
    """Bound what is echoed from a message into a refusal."""
    return text if len(text) <= _DETAIL_CHARS_MAX else f"{text[:_DETAIL_CHARS_MAX]}…"
