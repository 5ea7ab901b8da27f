"""The words of the federation protocol over HTTP, for both sides of it.

The whole protocol is described in `hub/docs/federation-protocol.md`.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Annotated, Final
from uuid import UUID

import msgspec
from msgspec import Meta

from connectors.contract import StatementScope
from schema.codec import encode_body
from schema.codes import StatementLevel
from schema.messages import Message, kind_of
from schema.wire import Code, Instant, WireStruct
from signing.claims import Claims
from signing.envelope import VerifiedEnvelope, seal
from signing.keys import PrivateKey

ENVELOPE_MEDIA_TYPE: Final = "application/jose"
"""RFC 7515 section 9.2.1: a JWS in compact form."""
MESSAGES_PATH: Final = "messages"
OUTBOX_PATH: Final = "outbox"
STATEMENT_PATH: Final = "statement"
HEALTH_PATH: Final = "health"
KEYS_PATH: Final = ".well-known/jwks.json"

READ_REQUEST_KIND: Final = "read-request"
"""The kind of the envelope that asks to read; it is no message and is never kept."""
READ_REQUEST_LIFETIME: Final = timedelta(seconds=60)
OUTBOX_PAGE_MAX: Final = 100
"""Envelopes on one page of an outbox."""
STATEMENT_PAGES_MAX: Final = 100_000


class Refused(WireStruct, frozen=True):
    """The body of every 4xx answer."""

    code: Code
    """A code of `schema.refusals`, where one fits."""
    detail: str


class HealthAnswer(WireStruct, frozen=True):
    """The body of a good answer to `GET /health`."""

    registry: Code
    status: Code
    time: Instant
    """The registry's clock."""


class OutboxPage(WireStruct, frozen=True):
    """The body of an answer to `GET /outbox?after=CURSOR`."""

    envelopes: Annotated[tuple[str, ...], Meta(max_length=OUTBOX_PAGE_MAX)]
    """Compact JWS, in the order in which they were written."""
    cursor: Annotated[str, Meta(min_length=1, max_length=128)]
    """Opaque; to be given back as `after`."""
    complete: bool
    """False when more is waiting."""


class ReadRequest(WireStruct, frozen=True):
    """The body of a read request: what exactly its signer asks to read."""

    method: Code
    target: str
    """Path and query as sent, such as `/outbox?after=17`."""


def seal_message(
    message: Message, key: PrivateKey, *, issuer: str, audience: str, jti: UUID, at: datetime,
    lifetime: timedelta,
) -> bytes:  # fmt: skip
    """Sign one message as an envelope, from `at` (aware) for `lifetime`."""
    claims = Claims.of(
        issuer=issuer,
        audience=audience,
        kind=kind_of(message),
        body=encode_body(message),
        jti=jti,
        issued_at=at,
        lifetime=lifetime,
    )
    return seal(claims, key)


def seal_read_request(
    target: str, key: PrivateKey, *, issuer: str, audience: str, jti: UUID, at: datetime
) -> str:
    """Return the value of the `Authorization` header of a `GET` of `target` (RFC 6750 form)."""
    claims = Claims.of(
        issuer=issuer,
        audience=audience,
        kind=READ_REQUEST_KIND,
        body=msgspec.json.encode(ReadRequest(method="GET", target=target)),
        jti=jti,
        issued_at=at,
        lifetime=READ_REQUEST_LIFETIME,
    )
    return f"Bearer {seal(claims, key).decode('ascii')}"


def is_read_request_for(envelope: VerifiedEnvelope, target: str) -> bool:
    """Tell whether a verified, fresh envelope asks to read exactly `target`."""
    if envelope.claims.kind != READ_REQUEST_KIND:
        return False
    try:
        asked = msgspec.json.decode(envelope.body, type=ReadRequest)
    except msgspec.MsgspecError:
        return False
    return (asked.method, asked.target) == ("GET", target)


def statement_query(scope: StatementScope, page: int) -> tuple[tuple[str, str], ...]:
    """Write `scope` as the query of `GET /statement`; what is None is left out."""
    members: tuple[tuple[str, str | None], ...] = (
        ("level", scope.level.value),
        ("at", None if scope.at is None else scope.at.isoformat()),
        ("approach", scope.approach),
        ("registry", scope.registry),
        ("first_party", scope.first_party),
        ("vintage", None if scope.vintage is None else str(scope.vintage)),
        ("page", str(page)),
    )
    return tuple((name, value) for name, value in members if value is not None)


class _StatementQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    level: StatementLevel
    at: Instant | None = None
    approach: Code | None = None
    registry: Code | None = None
    first_party: Code | None = None
    vintage: int | None = None
    page: Annotated[int, Meta(ge=1, le=STATEMENT_PAGES_MAX)] = 1


def parse_statement_query(query: Iterable[tuple[str, str]]) -> tuple[StatementScope, int]:
    """Read what `statement_query` writes: the scope and the number of the page, from 1.

    Raises:
        ValueError: an unknown, repeated or malformed parameter.
    """
    members = list(query)
    if len(dict(members)) != len(members):
        raise ValueError("a parameter is repeated")
    asked = msgspec.convert(dict(members), _StatementQuery, strict=False)
    scope = StatementScope(
        level=asked.level,
        at=asked.at,
        approach=asked.approach,
        registry=asked.registry,
        first_party=asked.first_party,
        vintage=asked.vintage,
    )
    return scope, asked.page
