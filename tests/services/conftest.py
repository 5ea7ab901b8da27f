"""A hub's exchange on a real database, with two registries that have real keys."""

import itertools
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from hub.domain.state import Policy
from hub.services.apply import Applier
from hub.services.arrivals import Answer, Arrivals
from hub.services.identity import HubIdentity
from hub.services.receive import Receiver
from hub.services.reconcile_cases import CasePolicy
from hub.services.trusted_keys import TrustedKeys
from hub.storage.database import Database
from hub.storage.queries.participants import RegistryEntry, put_registries
from schema.codec import decode_body, encode_body
from schema.codes import RegistryKind
from schema.messages import Message, Receipt, kind_of
from signing.claims import Claims
from signing.envelope import EnvelopeLimits, open_envelope, seal
from signing.jwk import Algorithm
from signing.keyring import KeyEntry, Keyring
from signing.keys import PrivateKey
from signing.purposes import KeyPurpose

HUB = "HUB01"
ORIGIN = "hub.test/journal"
START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def new_key() -> PrivateKey:
    return PrivateKey.generate(Algorithm.ES256, KeyPurpose.MESSAGES)


@dataclass(kw_only=True)
class Exchange:
    """Everything a test needs to send messages and look at what became of them."""

    database: Database
    receiver: Receiver
    applier: Applier
    arrivals: Arrivals
    hub_key: PrivateKey
    identity: HubIdentity
    keys: dict[str, PrivateKey]
    time: list[datetime] = field(default_factory=lambda: [START])

    def now(self) -> datetime:
        return self.time[0]

    def pass_time(self, **duration: float) -> None:
        self.time[0] += timedelta(**duration)

    def envelope(
        self,
        sender: str,
        message: Message,
        *,
        jti: UUID | None = None,
        lifetime: timedelta = timedelta(hours=1),
    ) -> bytes:
        claims = Claims.of(
            issuer=sender,
            audience=HUB,
            kind=kind_of(message),
            body=encode_body(message),
            jti=jti or uuid4(),
            issued_at=self.now(),
            lifetime=lifetime,
        )
        return seal(claims, self.keys[sender])

    async def send(self, sender: str, message: Message, **more: Any) -> Receipt:
        answer = await self.receiver.receive(self.envelope(sender, message, **more))
        return self.receipt(answer)

    def receipt(self, answer: Answer) -> Receipt:
        assert answer.refusal is None, answer.refusal
        assert answer.receipt is not None
        keyring = Keyring.of(
            [
                KeyEntry(
                    issuer=HUB,
                    purpose=KeyPurpose.MESSAGES,
                    key=self.hub_key.public,
                    valid_from=START,
                )
            ]
        )
        audience = next(
            sender
            for sender in self.keys
            if open_envelope(
                answer.receipt, keyring, audience=sender, received_at=self.now()
            ).__class__.__name__
            == "VerifiedEnvelope"
        )
        opened = open_envelope(answer.receipt, keyring, audience=audience, received_at=self.now())
        body = decode_body("receipt", opened.body)  # type: ignore[union-attr]
        assert isinstance(body, Receipt)
        return body

    async def scalar(self, statement: str, *arguments: object) -> Any:
        async with self.database.reading() as connection:
            return await connection.fetchval(statement, *arguments)


MakeExchange = Callable[..., Coroutine[Any, Any, Exchange]]


@pytest.fixture
async def exchange(migrated_database_url: str) -> AsyncIterator[Exchange]:
    async with running_exchange(migrated_database_url) as running:
        yield running


@asynccontextmanager
async def running_exchange(dsn: str) -> AsyncIterator[Exchange]:
    """An exchange on a migrated database."""
    keys = {registry: new_key() for registry in ("MNG01", "JPN01", "OPR01")}
    hub_key = new_key()
    time = [START]
    database = Database(dsn)
    keyring = Keyring.of(
        KeyEntry(issuer=registry, purpose=KeyPurpose.MESSAGES, key=key.public, valid_from=START)
        for registry, key in keys.items()
    )
    parties = {"MNG01": "MNG", "JPN01": "JPN", "OPR01": "UNF"}
    async with database.unit_of_work() as work:
        entries = [
            RegistryEntry(
                registry=registry,
                party=party,
                party_name=party,
                kind=RegistryKind.JCM if party == "JPN" else RegistryKind.PARTY,
                name=registry,
            )
            for registry, party in parties.items()
        ]
        await put_registries(work.connection, entries, at=START)
    trusted = TrustedKeys(database)
    await trusted.enter(list(keyring.entries), START)
    counter = itertools.count()
    identity = HubIdentity(
        hub_id=HUB,
        origin=ORIGIN,
        message_key=hub_key,
        envelope_life=timedelta(hours=1),
    )
    applier = Applier(
        database=database,
        identity=identity,
        policy=Policy(operator="OPR01"),
        cases=CasePolicy(),
        parties=dict(parties),
        clock=lambda: time[0] + timedelta(microseconds=next(counter)),
        after_commit=lambda: None,
        register_changed=trusted.changed,
    )
    arrivals = Arrivals(
        hub_id=HUB, keyring=lambda: trusted.keyring, limits=EnvelopeLimits(), clock=lambda: time[0]
    )
    receiver = Receiver(
        arrivals,
        applier,
        batch_messages_max=64,
        batches_in_flight=2,
        queue_messages_max=5_000,
        look_again=trusted.look_again,
    )
    async with receiver:
        yield Exchange(
            database=database,
            receiver=receiver,
            applier=applier,
            arrivals=arrivals,
            hub_key=hub_key,
            identity=identity,
            keys=keys,
            time=time,
        )
    await database.close()
