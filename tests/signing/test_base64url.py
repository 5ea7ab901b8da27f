import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signing.base64url import Base64UrlError, decode_base64url, encode_base64url

ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/= \n\0"


@given(st.binary(max_size=70))
def test_what_is_encoded_is_decoded(octets: bytes) -> None:
    text = encode_base64url(octets)
    assert text == base64.urlsafe_b64encode(octets).decode().rstrip("=")
    assert decode_base64url(text.encode()) == octets


@given(st.lists(st.sampled_from(ALPHABET), max_size=9).map(bytes) | st.binary(max_size=9))
def test_only_the_one_canonical_spelling_is_accepted(text: bytes) -> None:
    try:
        octets = decode_base64url(text)
    except Base64UrlError:
        return
    assert encode_base64url(octets).encode() == text


REFUSED = {
    "padding": b"QQ==",
    "one character": b"Q",
    "unused bits that are not zero": b"QR",
    "standard base64": b"+/+/",
    "white space": b"QUJD\n",
    "an embedded NUL": b"QU\0D",
    "a character outside ASCII": "QUJé".encode(),
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED.keys())
def test_other_spellings_are_refused(text: bytes) -> None:
    with pytest.raises(Base64UrlError):
        decode_base64url(text)
