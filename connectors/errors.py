"""What can go wrong with another registry: a small tree in which each type says what to do next.

These are exceptions, because the world failed; what a registry says about the content of a message
comes back as a value in its signed answer.
"""

from collections.abc import Mapping
from enum import StrEnum, unique
from types import MappingProxyType
from typing import ClassVar, Final

WORDS_CHARS_MAX = 300
NO_HEADERS: Final[Mapping[str, str]] = MappingProxyType({})


@unique
class Retry(StrEnum):
    """When the same request may be sent again."""

    NOW = "now"
    """Within the same call, as long as its deadline and the retry budget allow."""
    LATER = "later"
    """By the caller's own schedule; the next attempt may well succeed."""
    NEVER = "never"
    """Not before a person has looked: the same request would fail in the same way."""


class RegistryError(Exception):
    """A call to another registry failed; the subclass says what the caller can do.

    Attributes:
        registry: the registry that was called.
        retry_after_seconds: how long the registry asked to be left alone, where it did.
    """

    retry: ClassVar[Retry] = Retry.LATER
    """When the request may be repeated."""
    may_have_acted: ClassVar[bool] = True
    """Whether the registry may have acted although we saw no good answer."""
    counts_against_health: ClassVar[bool] = True
    """Whether the circuit breaker takes this as a sign that the registry is ill."""

    def __init__(
        self, registry: str, words: str, *, retry_after_seconds: float | None = None
    ) -> None:
        """Keep at most 300 characters of what the registry said."""
        super().__init__(f"{registry}: {words[:WORDS_CHARS_MAX]}")
        self.registry = registry
        self.retry_after_seconds = retry_after_seconds


class RegistryUnreachable(RegistryError):  # noqa: N818 (the tree is named after what happened)
    """No connection could be made (name, route, refusal, TLS): nothing was sent."""

    retry = Retry.NOW
    may_have_acted = False


class TlsFailed(RegistryUnreachable):
    """The other side could not prove its name, or does not accept ours: nothing was sent."""

    retry = Retry.LATER


class ConnectionCut(RegistryError):  # noqa: N818
    """The connection ended in the middle of a request or of its answer."""

    retry = Retry.NOW


class RegistryTimeout(RegistryError):  # noqa: N818
    """No complete answer came before the deadline."""


class RegistryBusy(RegistryError):  # noqa: N818
    """The registry asks to come back later (429, 503): it has not acted."""

    may_have_acted = False


class RegistryFailed(RegistryError):  # noqa: N818
    """The registry reports a fault of its own (other 5xx).

    Attributes:
        body: the first bytes of the answer as received, for kinds that say more in it.
        headers: the headers of the answer; names compare without case.
    """

    retry = Retry.NOW

    def __init__(
        self,
        registry: str,
        words: str,
        *,
        retry_after_seconds: float | None = None,
        body: bytes = b"",
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> None:
        """Keep what the answer said."""
        super().__init__(registry, words, retry_after_seconds=retry_after_seconds)
        self.body = body
        self.headers = headers


class RegistryRefused(RegistryError):  # noqa: N818
    """The registry refuses the request as such (4xx).

    Attributes:
        status: the HTTP status, or 0 where the kind has none.
        code: the machine-readable code it gave, empty where it gave none.
        detail: its words.
        body: the first bytes of the answer as received, for kinds with another form of refusal.
        headers: the headers of the answer; names compare without case.
    """

    retry = Retry.NEVER
    may_have_acted = False
    counts_against_health = False

    def __init__(
        self,
        registry: str,
        *,
        status: int,
        code: str,
        detail: str,
        body: bytes = b"",
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> None:
        """Keep status, code and words of the refusal."""
        super().__init__(registry, f"refused with {status} {code}: {detail}")
        self.status = status
        self.code = code[:WORDS_CHARS_MAX]
        self.detail = detail[:WORDS_CHARS_MAX]
        self.body = body
        self.headers = headers


class RedirectRefused(RegistryError):  # noqa: N818
    """The answer points to another host, or round in a circle: a person must look at it."""

    retry = Retry.NEVER
    may_have_acted = False


class AnswerTooLarge(RegistryError):  # noqa: N818
    """The answer is longer than the limit; reading stopped there."""

    retry = Retry.NEVER


class AnswerMalformed(RegistryError):  # noqa: N818
    """The answer is not what the protocol promises (type, form, encoding)."""


class AnswerNotTrusted(RegistryError):  # noqa: N818
    """The answer is well-formed, but its signature, issuer or subject is not what it must be."""


class CircuitOpen(RegistryError):  # noqa: N818
    """The breaker is open after repeated failures: nothing was sent."""

    may_have_acted = False
    counts_against_health = False


class NotSupported(RegistryError):  # noqa: N818
    """This kind of registry cannot do this; the capability sheet says so."""

    retry = Retry.NEVER
    may_have_acted = False
    counts_against_health = False
