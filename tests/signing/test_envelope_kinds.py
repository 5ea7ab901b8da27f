"""Every kind of message of the contract travels in an envelope."""

from datetime import timedelta
from uuid import uuid4

import pytest

from schema.codec import decode_body, encode_body
from schema.messages import MessageKind
from signing.claims import Claims
from signing.envelope import VerifiedEnvelope, open_envelope, seal
from signing.jwk import Algorithm
from signing.keyring import KeyEntry, Keyring
from signing.keys import PrivateKey
from signing.purposes import KeyPurpose
from tests.builders import NOW, a_message

KEY = PrivateKey.generate(Algorithm.ES256, KeyPurpose.MESSAGES)
KEYRING = Keyring.of(
    [KeyEntry(issuer="MNG01", purpose=KeyPurpose.MESSAGES, key=KEY.public, valid_from=NOW)]
)


@pytest.mark.parametrize("kind", MessageKind)
def test_every_kind_is_sealed_and_opened(kind: MessageKind) -> None:
    message = a_message(kind)
    claims = Claims.of(
        issuer="MNG01",
        audience="hub",
        kind=kind,
        body=encode_body(message),
        jti=uuid4(),
        issued_at=NOW,
        lifetime=timedelta(hours=1),
    )
    opened = open_envelope(seal(claims, KEY), KEYRING, audience="hub", received_at=NOW)
    assert isinstance(opened, VerifiedEnvelope)
    assert decode_body(opened.claims.kind, opened.body) == message
