"""The header and the claims of an envelope: what is signed beside the message itself."""

from datetime import datetime, timedelta
from typing import Annotated, Final, Self
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from schema.strict_json import StrictJsonError, load_strict_json

ENVELOPE_TYPE: Final = "itmo-message+jws"
"""The value of the header `typ`: no token made for another use passes for an envelope."""

Seconds = Annotated[int, Meta(ge=0, le=253_402_300_799)]
"""Whole seconds since 1970-01-01 UTC, up to the year 9999 (RFC 7519 NumericDate, integers only)."""
Kind = Annotated[str, Meta(pattern=r"\A[a-z][a-z0-9_-]{0,63}\Z")]
Name = Annotated[str, Meta(min_length=1, max_length=256)]


class ClaimsError(ValueError):
    """The bytes are not the header or the claims of an envelope; the message says why."""


class Header(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """The protected header; any other parameter (`crit`, `jwk`, `jku`, `x5u`, `b64`) is refused.

    An unknown parameter could only ask us to trust the message about itself (RFC 8725 section 3).
    """

    alg: str
    kid: str | UnsetType = UNSET
    typ: str | UnsetType = UNSET

    @classmethod
    def decode(cls, text: bytes) -> Self:
        """Read a header strictly (ClaimsError)."""
        try:
            header = msgspec.json.decode(text, type=cls)
            # The shortest spelling, in our order, cannot hold a repeated key.
            if msgspec.json.encode(header) != text:
                load_strict_json(text)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, StrictJsonError) as cause:
            raise ClaimsError(str(cause)) from cause
        return header


class Claims(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The claims (RFC 7519 section 4.1), with the message as the bytes that were signed.

    The fields stand in the order of canonical JSON, so that encoding writes canonical bytes.
    """

    aud: Name
    """The hub or registry that is addressed; one, not a list."""
    body: msgspec.Raw
    """The message, a JSON object, not decoded: whoever decodes it reads the signed bytes."""
    exp: Seconds
    iat: Seconds
    iss: Name
    """The registry or hub that speaks; must own the signing key."""
    jti: UUID
    kind: Kind
    """The kind of the message in `body`; which kinds exist is the codec's to say."""

    @classmethod
    def of(
        cls,
        *,
        issuer: str,
        audience: str,
        kind: str,
        body: bytes,
        jti: UUID,
        issued_at: datetime,
        lifetime: timedelta,
    ) -> Self:
        """Build claims; times are aware and cut to whole seconds."""
        assert issued_at.tzinfo is not None, "times are aware"
        iat = int(issued_at.timestamp())
        return cls(
            aud=audience,
            body=msgspec.Raw(body),
            exp=iat + int(lifetime.total_seconds()),
            iat=iat,
            iss=issuer,
            jti=jti,
            kind=kind,
        )

    @classmethod
    def decode(cls, payload: bytes) -> Self:
        """Read claims strictly, the inside of `body` apart (ClaimsError).

        The inside of the body is left to the strict codec of its kind, which refuses repeated
        keys there with a code of its own.
        """
        try:
            claims = _DECODER.decode(payload)
            _check_members(claims, payload)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, StrictJsonError) as cause:
            raise ClaimsError(str(cause)) from cause
        if claims.exp <= claims.iat:
            raise ClaimsError("exp is not after iat")
        return claims  # type: ignore[return-value]


_DECODER: Final = msgspec.json.Decoder(Claims)


def _check_members(claims: Claims, payload: bytes) -> None:
    body = bytes(claims.body)
    if not body.startswith(b"{"):
        raise ClaimsError("body is not an object")
    # The shortest spelling, in our order, cannot hold a repeated key. Any other is read in full,
    # with the body taken out: a repeated `body` is still two.
    if msgspec.json.encode(claims) == payload:
        return
    members = load_strict_json(payload.replace(body, b"0"))
    assert isinstance(members, dict), "it was decoded as an object"
    if str(members["jti"]).lower() != str(claims.jti):
        raise ClaimsError("jti is not a UUID in the form of RFC 9562 section 4")
