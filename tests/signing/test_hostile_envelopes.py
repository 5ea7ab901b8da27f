"""Every hostile envelope differs from a valid one in one thing, and is refused by its own code."""

from collections.abc import Callable

import msgspec
import pytest

from schema.refusal_rules import REFUSAL_RULES
from schema.refusals import Refusal, RefusalCode, RefusalFamily, precedence
from signing.envelope import DEFAULT_LIMITS, VerifiedEnvelope, open_envelope, verify_envelope
from signing.keys import PrivateKey
from signing.verification import (
    VerifySignature,
    verify_with_cryptography,
    verify_with_pyjwt,
)
from tests.signing.forge import (
    BODY,
    ED25519_KEY,
    ES256_KEY,
    EXPIRED_KEY,
    HUB,
    KEYRING,
    NOW,
    NOW_SECONDS,
    REVOKED_KEY,
    Draft,
)
from tests.signing.hostile import HOSTILE, over_other_bytes


def opened(raw: bytes, verify: VerifySignature) -> VerifiedEnvelope | Refusal:
    return open_envelope(raw, KEYRING, audience=HUB, received_at=NOW, verify_signature=verify)


def code_of(raw: bytes, verify: VerifySignature = verify_with_cryptography) -> RefusalCode:
    refusal = opened(raw, verify)
    assert isinstance(refusal, Refusal), "a hostile envelope was opened"
    return refusal.code


@pytest.mark.parametrize("verify", [verify_with_cryptography, verify_with_pyjwt])
@pytest.mark.parametrize(
    ("code", "draft"),
    [
        pytest.param(code, draft, id=f"{sentence}: {code}")
        for code, drafts in HOSTILE.items()
        for sentence, draft in drafts.items()
    ],
)
def test_a_hostile_envelope_is_refused_by_its_code(
    code: RefusalCode, draft: Draft, verify: VerifySignature
) -> None:
    assert code_of(draft.raw(), verify) == code


@pytest.mark.parametrize("verify", [verify_with_cryptography, verify_with_pyjwt])
@pytest.mark.parametrize("key", [ES256_KEY, ED25519_KEY])
def test_the_envelope_from_which_all_of_them_differ_is_opened(
    key: PrivateKey, verify: VerifySignature
) -> None:
    envelope = opened(Draft(key=key).raw(), verify)
    assert isinstance(envelope, VerifiedEnvelope)
    assert envelope.body == BODY


def test_every_refusal_of_an_envelope_is_in_the_table() -> None:
    envelope_family = {
        code for code, rule in REFUSAL_RULES.items() if rule.family is RefusalFamily.ENVELOPE
    }
    told_by_the_codec = {RefusalCode.KIND_UNKNOWN}
    assert set(HOSTILE) | told_by_the_codec == envelope_family


def set_key(key: PrivateKey) -> Callable[[Draft], None]:
    return lambda draft: setattr(draft, "key", key)


def set_claim(**claims: object) -> Callable[[Draft], None]:
    return lambda draft: draft.claims.update(claims)


def set_header(**header: object) -> Callable[[Draft], None]:
    return lambda draft: draft.header.update(header)


FAULTS: dict[RefusalCode, Callable[[Draft], None]] = {
    RefusalCode.ENVELOPE_TOO_LARGE: lambda draft: setattr(
        draft, "edit", lambda raw: raw + b"A" * DEFAULT_LIMITS.size_bytes_max
    ),
    RefusalCode.ENVELOPE_MALFORMED: set_header(crit=["exp"]),
    RefusalCode.ALGORITHM_NOT_ALLOWED: set_header(alg="none"),
    RefusalCode.TYPE_WRONG: set_header(typ="JWT"),
    RefusalCode.KEY_UNKNOWN: set_header(kid="nobody"),
    RefusalCode.SIGNATURE_INVALID: lambda draft: setattr(draft, "sign", over_other_bytes),
    RefusalCode.CLAIMS_MALFORMED: set_claim(nbf=1),
    RefusalCode.ISSUER_WRONG: set_claim(iss="JPN01"),
    RefusalCode.AUDIENCE_WRONG: set_claim(aud="other.example"),
    RefusalCode.KEY_NOT_VALID_AT_RECEIPT: set_key(EXPIRED_KEY),
    RefusalCode.KEY_REVOKED: set_key(REVOKED_KEY),
    RefusalCode.ENVELOPE_FROM_THE_FUTURE: set_claim(iat=NOW_SECONDS + 1000),
    RefusalCode.ENVELOPE_STALE: set_claim(exp=NOW_SECONDS + 200_000),
    RefusalCode.BODY_MALFORMED: set_claim(body={"quantity": 1.5}),
}


@pytest.mark.parametrize("later", FAULTS)
@pytest.mark.parametrize("earlier", FAULTS)
def test_of_two_faults_the_earlier_in_precedence_is_told(
    earlier: RefusalCode, later: RefusalCode
) -> None:
    draft = Draft()
    # The later fault first: where both touch one member, the earlier one is seen.
    for code in sorted({earlier, later}, key=precedence, reverse=True):
        FAULTS[code](draft)
    assert code_of(draft.raw()) == min(earlier, later, key=precedence)


def test_the_precedence_of_every_envelope_refusal_is_tested() -> None:
    assert set(FAULTS) == set(HOSTILE)


@pytest.mark.parametrize("key", [ES256_KEY, ED25519_KEY])
def test_an_envelope_with_any_one_bit_flipped_is_refused(key: PrivateKey) -> None:
    raw = Draft(key=key).raw()
    for at in range(len(raw) * 8):
        flipped = bytearray(raw)
        flipped[at // 8] ^= 1 << at % 8
        answer = opened(bytes(flipped), verify_with_cryptography)
        assert isinstance(answer, Refusal), f"bit {at} does not count"


def test_an_envelope_cut_anywhere_is_refused() -> None:
    raw = Draft().raw()
    for size in range(len(raw)):
        assert code_of(raw[:size]) in {
            RefusalCode.ENVELOPE_MALFORMED,
            RefusalCode.SIGNATURE_INVALID,
        }


def test_no_refusal_repeats_more_than_a_little_of_the_message() -> None:
    long = "x" * 100_000
    for draft in (
        Draft(header={"alg": long}),
        Draft(header={"typ": long}),
        Draft(header={"kid": long}),
        Draft(header={long: 1}),
        Draft(claims={long: 1}),
        Draft(claims={"body": msgspec.Raw(b'{"%s":1,"%s":1}' % (long.encode(), long.encode()))}),
    ):
        refusal = opened(draft.raw(), verify_with_cryptography)
        assert isinstance(refusal, Refusal)
        assert len(refusal.detail) < 300


def test_verification_alone_does_not_judge_the_age() -> None:
    stale = Draft(claims={"iat": 1, "exp": 2}).raw()
    envelope = verify_envelope(stale, KEYRING, audience=HUB, received_at=NOW)
    assert isinstance(envelope, VerifiedEnvelope)
