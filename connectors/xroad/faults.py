"""Faults of X-Road itself, in both of the spellings in use, and what the caller can do about each.

The protocol document prints `Server.ServerProxy.NetworkError`, present code builds
`server.serverproxy.network_error`. Only an answer with the header `X-Road-Error` is a fault of
X-Road; any other comes from the registry behind it (section 4.6).
"""

import re
from collections.abc import Mapping
from enum import StrEnum, unique
from typing import Final

import msgspec

from connectors.errors import (
    RegistryError,
    RegistryFailed,
    RegistryRefused,
    Retry,
)

ERROR_HEADER: Final = "X-Road-Error"
_WORDS_CHARS_MAX: Final = 200
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_ALIASES: Final = {"outdated_global_conf": "global_conf_outdated"}


@unique
class FaultPlace(StrEnum):
    """Where on the way a fault arose."""

    CLIENT = "client"
    """Our request."""
    CLIENT_PROXY = "server.clientproxy"
    """Our own security server."""
    SERVER_PROXY = "server.serverproxy"
    """The registry's security server, or the way to the registry behind it."""
    SIGNER = "signer"
    OTHER = "other"


class XRoadFault(msgspec.Struct, frozen=True, kw_only=True):
    """One fault, spelled one way."""

    place: FaultPlace
    code: str
    """In snake case: `network_error`."""
    message: str
    detail: str
    """The id under which the security server has logged it."""
    raw_type: str
    """As it was spelled."""


class SecurityServerFailed(RegistryError):  # noqa: N818 (the tree is named after what happened)
    """A security server on the way cannot carry traffic now; the registry may have acted.

    Logging or time-stamping that fails for too long makes it refuse all traffic: asking again at
    once does not help.
    """

    retry = Retry.LATER


class WayRefused(RegistryRefused):
    """X-Road does not let us through: no such service, no right, a malformed request."""


# A person must look: nothing was passed on, and the same request will fare the same.
_REFUSALS: Final = frozenset(
    {
        "bad_request",
        "access_denied",
        "service_disabled",
        "unknown_service",
        "unknown_member",
        "invalid_client_identifier",
        "ssl_authentication_failed",
        "client_proxy_version_not_supported",
    }
)
# The registry behind its security server did not answer as it should.
_BEHIND: Final = frozenset({"network_error", "io_error", "http_error", "service_failed"})


class _Body(msgspec.Struct):
    type: str = ""
    message: str = ""
    detail: str = ""


def parse_fault(headers: Mapping[str, str], body: bytes) -> XRoadFault | None:
    """Read a fault of X-Road; None when the answer comes from the registry."""
    header = headers.get(ERROR_HEADER)
    if header is None:
        return None
    try:
        told = msgspec.json.decode(body, type=_Body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        told = _Body()
    raw_type = told.type or header
    place, code = _canonical(raw_type)
    return XRoadFault(
        place=place,
        code=code,
        message=told.message[:_WORDS_CHARS_MAX],
        detail=told.detail[:_WORDS_CHARS_MAX],
        raw_type=raw_type[:_WORDS_CHARS_MAX],
    )


def error_of(registry: str, status: int, fault: XRoadFault) -> RegistryError:
    """Return the error whose type says what to do."""
    words = f"X-Road {fault.place}.{fault.code}: {fault.message} ({fault.detail})"
    if fault.place is FaultPlace.CLIENT or fault.code in _REFUSALS:
        return WayRefused(registry, status=status, code=fault.code, detail=words)
    if fault.place is FaultPlace.SERVER_PROXY and fault.code in _BEHIND:
        return RegistryFailed(registry, words)
    return SecurityServerFailed(registry, words)


def _canonical(raw_type: str) -> tuple[FaultPlace, str]:
    parts = [_CAMEL.sub("_", part).lower() for part in raw_type.strip().split(".")]
    # `ClientProxy` splits into `client_proxy`; both spellings write it as one word.
    joined = ".".join(part.replace("_proxy", "proxy") for part in parts[:-1])
    place = next((each for each in FaultPlace if each.value == joined), FaultPlace.OTHER)
    code = parts[-1]
    return place, _ALIASES.get(code, code)
