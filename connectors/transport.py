"""How a registry is reached: its address, TLS, and the limits of one call."""

import ipaddress
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from yarl import URL

from connectors.breaker import BreakerRules

MEBIBYTE: Final = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsOptions:
    """TLS towards one registry; the files named here are read once, when the client is built."""

    authorities_file: Path | None = None
    """PEM file of the authorities to trust; None trusts those of the system."""
    client_certificate_file: Path | None = None
    """PEM file of our certificate chain, for mutual TLS."""
    client_key_file: Path | None = None
    minimum_version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2

    def context(self) -> ssl.SSLContext:
        """Build the context: names and chains are always checked.

        Raises:
            OSError: a named file cannot be read.
            ssl.SSLError: a named file is not what it should be.
        """
        context = ssl.create_default_context(
            cafile=None if self.authorities_file is None else str(self.authorities_file)
        )
        context.minimum_version = self.minimum_version
        if self.client_certificate_file is not None:
            context.load_cert_chain(self.client_certificate_file, self.client_key_file)
        return context


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpLimits:
    """The named limits of one registry's client, in seconds and bytes."""

    connect_seconds: float = 5.0
    attempt_seconds: float = 20.0
    """One attempt, from connecting to the last byte of the answer."""
    call_seconds: float = 45.0
    """All attempts of one call and the pauses between them."""
    attempts_max: int = 4
    pause_first_seconds: float = 0.1
    pause_max_seconds: float = 5.0
    pause_jitter_seconds: float = 0.5
    answer_bytes_max: int = 4 * MEBIBYTE
    """Default of one answer; a call may name its own."""
    refusal_bytes_max: int = 16 * 1024
    """How much of an error answer is read."""
    connections_max: int = 16
    redirects_max: int = 2
    breaker: BreakerRules = field(default_factory=BreakerRules)


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A registry's base address; everything it is asked lies below it."""

    registry: str
    base_url: URL
    tls: TlsOptions = field(default_factory=TlsOptions)
    allow_plain_http: bool = False
    """Whether `http` is allowed beyond loopback, as behind a security server or a mesh."""

    def __post_init__(self) -> None:
        """Refuse addresses that carry credentials, or would carry messages in the open.

        Raises:
            ValueError: the address is not fit for use.
        """
        url = self.base_url
        if url.scheme not in {"http", "https"} or url.host is None:
            raise ValueError(f"{self.registry}: {url.scheme!r} is not an http or https address")
        if url.user or url.password or url.query_string or url.fragment:
            raise ValueError(f"{self.registry}: the address must be plain, without credentials")
        if url.scheme == "http" and not (self.allow_plain_http or is_loopback(url.host)):
            raise ValueError(f"{self.registry}: plain http is allowed on loopback only")

    def at(self, path: str) -> URL:
        """Return the address of `path` below the base."""
        return self.base_url.joinpath(*path.strip("/").split("/"))


def is_loopback(host: str) -> bool:
    """Tell whether `host` names this machine itself."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
