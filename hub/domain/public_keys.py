"""The public key inside an announcement, read as strictly as everything that can sign."""

from collections.abc import Mapping

import msgspec

from signing.jwk import Jwk, KeyFormatError, PublicKey


def announced_key(jwk: Mapping[str, str]) -> PublicKey | None:
    """Return the key of a public JWK (RFC 7517), or None where the hub accepts no such key.

    A private member, an unknown member, a weak point or a `kid` that is not the thumbprint of
    RFC 7638 make it unacceptable.
    """
    try:
        return PublicKey.from_jwk(msgspec.convert(dict(jwk), Jwk))
    except (msgspec.ValidationError, KeyFormatError):
        return None
