from datetime import datetime, timedelta
from uuid import UUID

import jwt
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema.refusals import Refusal, RefusalCode
from signing.canonical import canonical_json
from signing.claims import Claims, ClaimsError
from signing.envelope import (
    EnvelopeLimits,
    VerifiedEnvelope,
    check_freshness,
    open_envelope,
    seal,
    verify_envelope,
)
from signing.jwk import Algorithm
from signing.keyring import KeyEntry, Keyring
from signing.keys import PrivateKey
from signing.purposes import KeyPurpose, KeyPurposeError
from tests.signing.forge import (
    BODY,
    CHECKPOINT_KEY,
    ED25519_KEY,
    ES256_KEY,
    HUB,
    ISSUER,
    JTI,
    KEYRING,
    NOW,
    NOW_SECONDS,
    Draft,
)

HOUR = timedelta(hours=1)
KEYS = pytest.mark.parametrize("key", [ES256_KEY, ED25519_KEY], ids=["ES256", "Ed25519"])


def claims(body: bytes = BODY, issued_at: datetime = NOW, lifetime: timedelta = HOUR) -> Claims:
    return Claims.of(
        issuer=ISSUER,
        audience=HUB,
        kind="transfer_proposed",
        body=body,
        jti=UUID(JTI),
        issued_at=issued_at,
        lifetime=lifetime,
    )


def accepted(raw: bytes, keyring: Keyring = KEYRING, at: datetime = NOW) -> VerifiedEnvelope:
    envelope = open_envelope(raw, keyring, audience=HUB, received_at=at)
    assert isinstance(envelope, VerifiedEnvelope), envelope
    return envelope


def refusal_code(raw: bytes, keyring: Keyring = KEYRING, at: datetime = NOW) -> RefusalCode:
    refusal = open_envelope(raw, keyring, audience=HUB, received_at=at)
    assert isinstance(refusal, Refusal)
    return refusal.code


@KEYS
def test_what_is_sealed_is_opened_with_all_that_was_said(key: PrivateKey) -> None:
    raw = seal(claims(), key)
    envelope = accepted(raw)
    assert envelope.raw == raw
    assert envelope.body == BODY
    assert envelope.key_id == key.public.key_id
    assert envelope.signer.issuer == envelope.claims.iss == ISSUER
    assert envelope.claims.jti == UUID(JTI)
    assert envelope.claims.kind == "transfer_proposed"
    assert (envelope.claims.iat, envelope.claims.exp) == (NOW_SECONDS, NOW_SECONDS + 3600)


@KEYS
def test_a_sealed_payload_is_canonical_json(key: PrivateKey) -> None:
    payload = jwt.api_jws.decode_complete(
        Draft(key=key).raw(), options={"verify_signature": False}
    )["payload"]
    assert payload == canonical_json(msgspec.json.decode(payload))


@KEYS
def test_the_header_names_algorithm_key_and_type_and_nothing_else(key: PrivateKey) -> None:
    assert jwt.get_unverified_header(seal(claims(), key)) == {
        "alg": key.public.algorithm.value,
        "kid": key.public.key_id,
        "typ": "itmo-message+jws",
    }


def test_the_older_name_of_ed25519_is_accepted() -> None:
    accepted(Draft(key=ED25519_KEY, header={"alg": "EdDSA"}).raw())


def test_another_library_reads_our_envelopes() -> None:
    material = ES256_KEY.public.material
    said = jwt.decode(
        seal(claims(), ES256_KEY),
        material,
        algorithms=["ES256"],
        audience=HUB,
        options={"verify_exp": False, "verify_iat": False},
    )
    assert said["iss"] == ISSUER
    assert said["body"] == msgspec.json.decode(BODY)


@pytest.mark.parametrize("algorithm", Algorithm)
def test_envelopes_of_another_library_are_opened(algorithm: Algorithm) -> None:
    key = ES256_KEY if algorithm is Algorithm.ES256 else ED25519_KEY
    raw = jwt.encode(
        {
            "kind": "transfer_proposed",
            "jti": JTI.upper(),
            "iss": ISSUER,
            "aud": HUB,
            "iat": NOW_SECONDS,
            "exp": NOW_SECONDS + 60,
            "body": {"message_id": "5"},
        },
        key.material,
        algorithm="EdDSA" if algorithm is Algorithm.ED25519 else "ES256",
        headers={"kid": key.public.key_id, "typ": "itmo-message+jws"},
    )
    assert accepted(raw.encode()).body == b'{"message_id":"5"}'


def test_white_space_and_escapes_are_kept_as_they_were_signed() -> None:
    spaced = b'{ "account" : "caf\\u00e9" }'
    payload = b"""
        {"kind": "transfer_proposed", "jti": "%s", "iss": "\\u004dNG01", "aud": "%s",
         "iat": %d, "exp": %d, "body": %s}
    """ % (JTI.encode(), HUB.encode(), NOW_SECONDS, NOW_SECONDS + 60, spaced)
    assert accepted(Draft(payload_text=payload).raw()).body == spaced


AGES = {
    "just issued": (0, 3600, None),
    "ahead by the clock skew": (300, 3600, None),
    "ahead by more": (301, 3600, RefusalCode.ENVELOPE_FROM_THE_FUTURE),
    "in its last second": (-3599, 3600, None),
    "expired within the clock skew": (-3899, 3600, None),
    "expired at the clock skew": (-3900, 3600, RefusalCode.ENVELOPE_STALE),
    "with the longest life": (0, 86_400, None),
    "with a longer life": (0, 86_401, RefusalCode.ENVELOPE_STALE),
    "long expired": (-1_000_000, 3600, RefusalCode.ENVELOPE_STALE),
}


@pytest.mark.parametrize(("age", "lifetime", "code"), AGES.values(), ids=AGES.keys())
def test_the_age_is_judged_within_the_clock_skew(
    age: int, lifetime: int, code: RefusalCode | None
) -> None:
    iat = NOW_SECONDS + age
    raw = Draft(claims={"iat": iat, "exp": iat + lifetime}).raw()
    envelope = verify_envelope(raw, KEYRING, audience=HUB, received_at=NOW)
    assert isinstance(envelope, VerifiedEnvelope), "the age is not a matter of verification"
    refusal = check_freshness(envelope, received_at=NOW)
    assert (refusal.code if refusal else None) == code


def test_an_installation_may_narrow_the_limits() -> None:
    limits = EnvelopeLimits(size_bytes_max=600, clock_skew_seconds_max=0, lifetime_seconds_max=60)

    def code(raw: bytes) -> RefusalCode | None:
        answer = open_envelope(raw, KEYRING, audience=HUB, received_at=NOW, limits=limits)
        return answer.code if isinstance(answer, Refusal) else None

    minute = timedelta(minutes=1)
    assert code(seal(claims(lifetime=minute), ES256_KEY)) is None
    assert code(seal(claims(), ES256_KEY)) == RefusalCode.ENVELOPE_STALE
    assert code(seal(claims(lifetime=minute, issued_at=NOW + minute), ES256_KEY)) == (
        RefusalCode.ENVELOPE_FROM_THE_FUTURE
    )
    body = b'{"x":"%s"}' % (b"x" * 200)
    assert code(seal(claims(body, lifetime=minute), ES256_KEY)) == RefusalCode.ENVELOPE_TOO_LARGE


def test_an_envelope_of_exactly_the_limit_is_opened() -> None:
    raw = seal(claims(), ES256_KEY)
    for spare, opened in ((0, True), (-1, False)):
        limits = EnvelopeLimits(size_bytes_max=len(raw) + spare)
        answer = open_envelope(raw, KEYRING, audience=HUB, received_at=NOW, limits=limits)
        assert isinstance(answer, VerifiedEnvelope) is opened


def test_during_a_rotation_both_keys_are_trusted_and_then_the_new_one_alone() -> None:
    old, new = (PrivateKey.generate(Algorithm.ES256, KeyPurpose.MESSAGES) for _ in range(2))
    keyring = Keyring()
    for key, valid_from in ((old, NOW - 10 * HOUR), (new, NOW - HOUR)):
        entry = KeyEntry(
            issuer=ISSUER, purpose=KeyPurpose.MESSAGES, key=key.public, valid_from=valid_from
        )
        keyring = keyring.with_key(entry)
    keyring = keyring.with_end(old.public.key_id, NOW + HOUR)
    for key in (old, new):
        accepted(seal(claims(), key), keyring)
    late = claims(lifetime=10 * HOUR)
    accepted(seal(late, new), keyring, NOW + HOUR)
    assert refusal_code(seal(late, old), keyring, NOW + HOUR) == (
        RefusalCode.KEY_NOT_VALID_AT_RECEIPT
    )


def test_after_a_revocation_an_old_date_in_the_envelope_does_not_help() -> None:
    raw = seal(claims(issued_at=NOW - HOUR, lifetime=2 * HOUR), ES256_KEY)
    keyring = KEYRING.with_revocation(ES256_KEY.public.key_id, NOW)
    accepted(raw, keyring, NOW - timedelta(microseconds=1))
    assert refusal_code(raw, keyring, NOW) == RefusalCode.KEY_REVOKED


def test_a_key_of_another_purpose_seals_nothing() -> None:
    with pytest.raises(KeyPurposeError):
        seal(claims(), CHECKPOINT_KEY)


UNSEALABLE = {
    "a body that is no object": claims(b"[]"),
    "a body that brings claims of its own": claims(b'{},"iss":"JPN01"'),
    "a body that repeats a key": claims(b'{"a":1,"a":2}'),
    "a body with a fraction": claims(b'{"a":1.5}'),
    "an end before the beginning": claims(lifetime=-HOUR),
    "an end at the beginning": claims(lifetime=timedelta(0)),
    "a kind in capitals": msgspec.structs.replace(claims(), kind="Transfer"),
    "an empty audience": msgspec.structs.replace(claims(), aud=""),
}


@pytest.mark.parametrize("wrong", UNSEALABLE.values(), ids=UNSEALABLE.keys())
def test_what_the_receiver_would_refuse_is_not_sealed(wrong: Claims) -> None:
    with pytest.raises(ClaimsError):
        seal(wrong, ES256_KEY)


BODIES = st.dictionaries(
    st.text(st.characters(max_codepoint=127, exclude_characters="\0"), max_size=8),
    st.integers(0, 2**40)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    max_size=5,
)


@KEYS
@given(body=BODIES, kind=st.from_regex(r"\A[a-z][a-z0-9_]{0,20}\Z"), jti=st.uuids())
def test_any_message_comes_out_as_the_bytes_that_went_in(
    key: PrivateKey, body: dict[str, int | str], kind: str, jti: UUID
) -> None:
    text = canonical_json({**body})
    said = msgspec.structs.replace(claims(text), kind=kind, jti=jti)
    envelope = accepted(seal(said, key))
    assert (envelope.body, envelope.claims.kind, envelope.claims.jti) == (text, kind, jti)
