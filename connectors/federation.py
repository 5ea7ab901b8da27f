"""The connector to registries that speak the federation protocol (signed envelopes over HTTP)."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final, TypeVar

import msgspec

from connectors.contract import (
    CapabilitySheet,
    Delivered,
    DeliveryAnswer,
    Evidence,
    Fetched,
    Health,
    HealthState,
    Holds,
    LeftForPickUp,
    Maintenance,
    Outgoing,
    Reach,
    StatementPage,
    StatementScope,
)
from connectors.errors import (
    AnswerMalformed,
    AnswerNotTrusted,
    CircuitOpen,
    NotSupported,
    RegistryError,
)
from connectors.http_answers import HttpAnswer, HttpRequest, HttpSender
from connectors.protocol import (
    ENVELOPE_MEDIA_TYPE,
    HEALTH_PATH,
    MESSAGES_PATH,
    OUTBOX_PATH,
    STATEMENT_PAGES_MAX,
    STATEMENT_PATH,
    HealthAnswer,
    OutboxPage,
    statement_query,
)
from schema.codec import decode_body
from schema.codes import RegistryKind, StatementLevel
from schema.messages import Acknowledgement, Message, MessageKind, StatementNotice
from schema.refusals import Refusal
from schema.statements import Statement
from signing.envelope import VerifiedEnvelope

JSON_MEDIA_TYPE: Final = "application/json"
STATEMENT_AGE_MAX: Final = timedelta(minutes=10)
"""How old a statement of now may be: clocks differ, but an old answer is no answer."""
DELIVERABLE: Final = frozenset(
    {
        MessageKind.RECEIPT,
        MessageKind.TRANSFER_REQUEST,
        MessageKind.TRANSFER_OUTCOME,
        MessageKind.DISCREPANCY_NOTICE,
        MessageKind.MAINTENANCE_NOTICE,
    }
)

_Body = TypeVar("_Body", bound=msgspec.Struct)


@dataclass(frozen=True, slots=True, kw_only=True)
class FederationPeer:
    """The registry on the other side, and how its answers are trusted."""

    registry: str
    kind: RegistryKind
    open_answer: Callable[[bytes, datetime], VerifiedEnvelope | Refusal]
    """Verifies an envelope addressed to us that was received at an instant; the keys are its
    affair. Freshness is not asked: a repeated acknowledgement may be old."""
    authorize_read: Callable[[str], str]
    """Returns the `Authorization` header for a `GET` of a path and query."""
    now: Callable[[], datetime]
    reach: Reach = Reach.PUSH
    maintenance: tuple[Maintenance, ...] = ()


class FederationConnector:
    """A `connectors.contract.Connector` over HTTP; owns its HTTP client."""

    def __init__(self, peer: FederationPeer, http: HttpSender) -> None:
        """Take the peer and the client that leads to it."""
        self._peer = peer
        self._http = http
        self._capabilities = CapabilitySheet(
            registry=peer.registry,
            kind=peer.kind,
            connector="federation",
            reach=peer.reach,
            holds=frozenset(Holds),
            accepts=DELIVERABLE,
            statement_levels=frozenset(StatementLevel),
            maintenance=peer.maintenance,
        )

    @property
    def capabilities(self) -> CapabilitySheet:
        """The protocol carries the whole schema: nothing is lost."""
        return self._capabilities

    async def deliver(self, outgoing: Outgoing) -> DeliveryAnswer:
        """Post the envelope; return when the registry's signed acknowledgement of it is here.

        Raises:
            RegistryError: as the contract says; `AnswerNotTrusted` when the acknowledgement is
                not the registry's, or is of another envelope.
        """
        if self._peer.reach is Reach.PULL:
            return LeftForPickUp(envelope_id=outgoing.envelope_id)
        answer = await self._http.send(
            HttpRequest(
                method="POST",
                path=MESSAGES_PATH,
                body=outgoing.envelope,
                content_type=ENVELOPE_MEDIA_TYPE,
                accept=ENVELOPE_MEDIA_TYPE,
            )
        )
        evidence, message = self._open(answer)
        if not isinstance(message, Acknowledgement):
            raise self._distrust("the answer to a message is not an acknowledgement")
        if message.in_reply_to != outgoing.envelope_id:
            raise self._distrust("the acknowledgement is of another envelope")
        if message.envelope_digest != sha256(outgoing.envelope).hexdigest():
            raise self._distrust("the acknowledgement is of other bytes")
        return Delivered(evidence=evidence, acknowledgement=message)

    async def fetch(self, cursor: str | None) -> Fetched:
        """Read one page of the registry's outbox, for registries that cannot call the hub.

        Raises:
            RegistryError: as the contract says.
        """
        query = () if cursor is None else (("after", cursor),)
        page = self._decode(await self._read(OUTBOX_PATH, query, JSON_MEDIA_TYPE), OutboxPage)
        try:
            envelopes = tuple(envelope.encode("ascii") for envelope in page.envelopes)
        except UnicodeEncodeError as cause:
            raise AnswerMalformed(self._peer.registry, "an envelope is not ASCII") from cause
        return Fetched(envelopes=envelopes, cursor=page.cursor, complete=page.complete)

    async def statement(self, scope: StatementScope) -> AsyncIterator[StatementPage]:
        """Read all pages of a statement, each signed; they agree on instant, level and number.

        Raises:
            RegistryError: as the contract says; `AnswerNotTrusted` when a page is not the
                registry's, or does not belong to the same statement.
        """
        if self._peer.reach is Reach.PULL:
            raise NotSupported(self._peer.registry, "it cannot be called; it sends statements")
        page, pages = 1, 1
        asked_at = self._peer.now()
        while page <= pages:
            query = statement_query(scope, page)
            answer = await self._read(STATEMENT_PATH, query, ENVELOPE_MEDIA_TYPE)
            evidence, message = self._open(answer)
            if not isinstance(message, StatementNotice):
                raise self._distrust("the answer is not a statement")
            stated = message.statement
            self._check_page(stated, scope, page)
            if scope.at is None and stated.stated_at < asked_at - STATEMENT_AGE_MAX:
                raise self._distrust("the statement is older than the question")
            if page == 1:
                # All further pages are asked for, and must speak, of the instant of the first.
                pages = stated.pages
                scope = StatementScope(
                    level=scope.level,
                    at=stated.stated_at,
                    approach=scope.approach,
                    registry=scope.registry,
                    first_party=scope.first_party,
                    vintage=scope.vintage,
                )
            elif stated.pages != pages:
                raise self._distrust("the number of pages changed on the way")
            yield StatementPage(statement=stated, evidence=evidence)
            page += 1

    async def health(self) -> Health:
        """Ask `GET /health`; the clock difference is exact to half the round trip."""
        asked_at = self._peer.now()
        away = self._capabilities.away_at(asked_at)
        if self._peer.reach is Reach.PULL:
            return Health(state=HealthState.NOT_CALLED, words="it calls us", checked_at=asked_at)
        try:
            request = HttpRequest(method="GET", path=HEALTH_PATH, accept=JSON_MEDIA_TYPE)
            told = self._decode(await self._http.send(request), HealthAnswer)
        except CircuitOpen as open_circuit:
            state = HealthState.BREAKER_OPEN if away is None else HealthState.AWAY
            return Health(state=state, words=str(open_circuit), checked_at=asked_at)
        except RegistryError as error:
            state = HealthState.DOWN if away is None else HealthState.AWAY
            return Health(state=state, words=str(error), checked_at=asked_at)
        answered_at = self._peer.now()
        midway = asked_at + (answered_at - asked_at) / 2
        return Health(
            state=HealthState.UP,
            words=told.status,
            checked_at=answered_at,
            clock_difference_seconds=(told.time - midway).total_seconds(),
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close()

    async def _read(
        self, path: str, query: tuple[tuple[str, str], ...], media_type: str
    ) -> HttpAnswer:
        target = self._http.endpoint.at(path).with_query(list(query)).raw_path_qs
        return await self._http.send(
            HttpRequest(
                method="GET",
                path=path,
                query=query,
                accept=media_type,
                headers=(("Authorization", self._peer.authorize_read(target)),),
            )
        )

    def _open(self, answer: HttpAnswer) -> tuple[Evidence, Message]:
        registry = self._peer.registry
        received_at = self._peer.now()
        if answer.content_type != ENVELOPE_MEDIA_TYPE:
            raise AnswerMalformed(registry, f"expected an envelope, got {answer.content_type!r}")
        opened = self._peer.open_answer(answer.body, received_at)
        if isinstance(opened, Refusal):
            raise self._distrust(f"{opened.code}: {opened.detail}")
        if opened.claims.iss != registry:
            raise self._distrust(f"signed by {opened.claims.iss}")
        message = decode_body(opened.claims.kind, opened.body)
        if isinstance(message, Refusal):
            raise AnswerMalformed(registry, f"{message.code}: {message.detail}")
        evidence = Evidence(
            content=opened.raw,
            media_type=ENVELOPE_MEDIA_TYPE,
            signed=True,
            received_at=received_at,
        )
        return evidence, message

    def _decode(self, answer: HttpAnswer, body: type[_Body]) -> _Body:
        try:
            return msgspec.json.decode(answer.body, type=body)
        except (msgspec.MsgspecError, UnicodeDecodeError) as cause:
            raise AnswerMalformed(self._peer.registry, str(cause)) from cause

    def _check_page(self, stated: Statement, scope: StatementScope, page: int) -> None:
        if stated.registry != self._peer.registry:
            raise self._distrust(f"the statement is of {stated.registry}")
        if (stated.level, stated.page) != (scope.level, page):
            raise self._distrust(f"asked for page {page} of {scope.level}, got another")
        if scope.at is not None and stated.stated_at != scope.at:
            raise self._distrust("the page speaks of another instant")
        if stated.pages > STATEMENT_PAGES_MAX:
            raise AnswerMalformed(self._peer.registry, f"{stated.pages} pages")

    def _distrust(self, words: str) -> AnswerNotTrusted:
        return AnswerNotTrusted(self._peer.registry, words)
