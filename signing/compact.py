"""The JWS compact serialisation, taken apart and put together (RFC 7515 sections 3.1 and 7.1)."""

from typing import Final

import msgspec

from signing.base64url import Base64UrlError, decode_base64url, encode_base64url

PARTS: Final = 3


class CompactFormError(ValueError):
    """The bytes are not three base64url parts with two dots between them."""


class CompactToken(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of one token; nothing of it is verified yet."""

    raw: bytes
    """The token as received."""
    header: bytes
    payload: bytes
    signature: bytes

    @property
    def signing_input(self) -> bytes:
        """The bytes that were signed: header and payload as received, with the dot."""
        return self.raw[: self.raw.rindex(b".")]


def split_compact(raw: bytes) -> CompactToken:
    """Take a token apart; its three parts are canonical base64url, and only these bytes are there.

    The other serialisations of RFC 7515 (JSON, detached or unencoded payload) are refused.

    Raises:
        CompactFormError: with the reason.
    """
    parts = raw.split(b".", PARTS)
    if len(parts) != PARTS:
        raise CompactFormError("not three parts with two dots between them")
    header, payload, signature = parts
    if not header or not payload:
        raise CompactFormError("the header or the payload is missing")
    try:
        return CompactToken(
            raw=raw,
            header=decode_base64url(header),
            payload=decode_base64url(payload),
            signature=decode_base64url(signature),
        )
    except Base64UrlError as cause:
        raise CompactFormError(f"a part is not base64url: {cause}") from cause


def signing_input(header: bytes, payload: bytes) -> bytes:
    """Return the bytes to sign (RFC 7515 section 5.1, step 5)."""
    return f"{encode_base64url(header)}.{encode_base64url(payload)}".encode()
