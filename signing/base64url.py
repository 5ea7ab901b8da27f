"""base64url without padding, in its one canonical spelling (RFC 4648 section 5, RFC 7515 2)."""

import base64
import binascii
from typing import Final


class Base64UrlError(ValueError):
    """The text is not base64url, or not the spelling that an encoder would write."""


def encode_base64url(octets: bytes) -> str:
    """Encode without padding."""
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")


def decode_base64url(text: bytes) -> bytes:
    """Decode, and accept exactly what `encode_base64url` writes.

    Padding, white space, the characters of standard base64, a length that cannot be, and unused
    bits that are not zero (RFC 4648 section 3.5) are refused: otherwise one signature would have
    several spellings, and an envelope several digests.

    Raises:
        Base64UrlError: with the reason.
    """
    leftover = len(text) % 4
    if leftover and (leftover == 1 or text[-1] not in _LAST_CHARACTERS[leftover]):
        raise Base64UrlError("the last character is not one that an encoder writes")
    try:
        padded = text.translate(_TO_STANDARD) + _PADDING[leftover]
        return binascii.a2b_base64(padded, strict_mode=True)
    except binascii.Error as cause:
        raise Base64UrlError("a character outside the base64url alphabet") from cause


# The characters that only the other alphabet has are mapped to one that no alphabet has.
_TO_STANDARD: Final = bytes.maketrans(b"-_+/=", b"+/\0\0\0")
_PADDING: Final = {0: b"", 2: b"==", 3: b"="}
_LAST_CHARACTERS: Final = {
    2: frozenset(b"AQgw"),  # four unused bits
    3: frozenset(b"AEIMQUYcgkosw048"),  # two unused bits
}
