"""The hash that ties an answer to its question (Message Protocol for REST, section 4.3).

Base64 of SHA-512(SHA-512(headers) then SHA-512(body)), or of SHA-512(headers) without a body. What
exactly "headers" are is not written down there; in the published code they are the method, the path
with its query, and each header that is passed on as `name:value`, every line with CRLF. The
security server adds the id of the request as the last of them. Whether names keep their case is
up to its web server. **This is our reading.**
"""

import base64
import hashlib
from collections.abc import Iterable
from enum import StrEnum, unique
from typing import Final

HASH_HEADER: Final = "X-Road-Request-Hash"
REQUEST_ID_HEADER: Final = "X-Road-Request-Id"
MESSAGE_ID_HEADER: Final = "X-Road-Id"
HASH_BYTES: Final = 64
NOT_PASSED_ON: Final = frozenset(
    {
        "transfer-encoding",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "upgrade",
        "connection",
        "user-agent",
        "host",
        "content-length",
        "server",
        "expect",
        "x-road-request-id",
        "x-road-request-hash",
    }
)
"""Headers that are rewritten or stripped on the way, in lower case."""


@unique
class HashState(StrEnum):
    """What became of the comparison."""

    CONFIRMED = "confirmed"
    """The answer names exactly our request."""
    DIFFERS = "differs"
    """Another hash than ours: another request, or another reading of the headers."""
    ABSENT = "absent"


def request_hash(
    method: str,
    target: str,
    headers: Iterable[tuple[str, str]],
    body: bytes,
    request_id: str,
) -> str:
    """Return the hash of a request as a security server passes it on.

    `target` is path and query as sent; `headers` are all that were sent, in order.
    """
    lines = [method, target]
    lines += [f"{name}:{value}" for name, value in headers if name.lower() not in NOT_PASSED_ON]
    lines.append(f"{REQUEST_ID_HEADER.lower()}:{request_id}")
    told = "".join(f"{line}\r\n" for line in lines).encode()
    digest = hashlib.sha512(told).digest()
    if body:
        digest = hashlib.sha512(digest + hashlib.sha512(body).digest()).digest()
    return base64.b64encode(digest).decode()


def is_hash(text: str) -> bool:
    """Tell whether a text is base64 of 64 bytes."""
    try:
        return len(base64.b64decode(text, validate=True)) == HASH_BYTES
    except ValueError:
        return False
