# ruff: noqa: S608 - the statements are damage done on purpose
"""An audit passes a sound store, and names the first of any damage done around the guards."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from hub.domain.state import Policy
from hub.journal.cosigning import NO_WITNESSES
from hub.journal.publication import PublicationPolicy
from hub.services.audit.report import Step
from hub.services.audit.run import AuditSettings, audit_all, audit_journal
from hub.services.checkpoints import CheckpointKeeper
from hub.services.expire import expire_due
from hub.services.trusted_keys import TrustedKeys
from hub.storage.database import Database
from schema.codes import ReceiptResult
from schema.refusals import RefusalCode
from signing.jwk import Algorithm
from signing.keyring import KeyEntry
from signing.keys import PrivateKey
from signing.note_keys import NoteAlgorithm
from signing.note_signers import log_signer
from signing.purposes import KeyPurpose
from tests import builders as build
from tests.conftest import DatabaseServer
from tests.services.conftest import HUB, ORIGIN, START, Exchange, new_key, running_exchange
from tests.services.stating import StatingRegistry, a_reconciler
from tests.services.test_receive import open_accounts_and_issue

LOG_KEY = PrivateKey.generate(Algorithm.ED25519, KeyPurpose.CHECKPOINTS)


async def live(exchange: Exchange) -> None:
    """Let a hub live: a completed transfer, a use, refusals, repetitions, an expiry, a rotation."""
    await open_accounts_and_issue(exchange)
    proposal = build.transfer_proposal()
    await exchange.send("MNG01", proposal)
    await exchange.send("JPN01", build.transfer_answer(transfer_id=proposal.transfer_id))
    await exchange.send("JPN01", build.transfer_answer(transfer_id=proposal.transfer_id))
    used = await exchange.send("JPN01", build.action_notice())
    assert used.results[0].result is ReceiptResult.APPLIED
    # Issued anew under another jti, and an id that belongs to another message.
    await exchange.send("MNG01", proposal)
    await exchange.send(
        "MNG01", build.account_notice(message_id=proposal.message_id, account="MN-9")
    )
    second = build.transfer_proposal(blocks=(build.unit_block(61, 80),))
    assert (await exchange.send("MNG01", second)).results[0].refusals == ()
    exchange.pass_time(days=4)
    assert await expire_due(exchange.database, exchange.identity, Policy(), exchange.now) == 1
    fresh = new_key()
    announced = build.key_announcement(
        registry="MNG01", jwk=fresh.public.to_jwk(), valid_from=exchange.now()
    )
    await exchange.send("MNG01", announced)
    revoked = build.key_revocation(
        registry="MNG01",
        key_id=exchange.keys["MNG01"].public.key_id,
        revoked_from=exchange.now() - timedelta(days=1),
    )
    exchange.keys["MNG01"] = fresh
    assert (await exchange.send("MNG01", revoked)).results[0].refusals == ()
    batch = build.batch(build.account_notice(account="MN-7"), build.transfer_answer())
    await exchange.send("MNG01", batch)
    await dispute(exchange)
    assert await keeper(exchange.database).step()


async def dispute(exchange: Exchange) -> None:
    """Disputed serials are frozen, answered for, refused to move, and free again at last."""
    mongolia = StatingRegistry(exchange=exchange, registry="MNG01", blocks=[])
    reconciler = a_reconciler(exchange, mongolia)
    assert (await reconciler.run()).opened == 1
    frozen = await exchange.send("MNG01", build.transfer_proposal(blocks=(build.unit_block(90),)))
    assert RefusalCode.UNITS_FROZEN in [one.code for one in frozen.results[0].refusals]
    await exchange.send("MNG01", build.discrepancy_answer())
    case = await exchange.scalar("SELECT discrepancy_id FROM discrepancy WHERE state = 'open'")
    await exchange.send("MNG01", build.discrepancy_answer(discrepancy_id=case))
    mongolia.blocks = [build.stated_block(61, 100)]
    exchange.pass_time(minutes=1)
    assert (await reconciler.run()).resolved == 1
    moved = build.transfer_proposal(blocks=(build.unit_block(91),))
    assert (await exchange.send("MNG01", moved)).results[0].refusals == ()


def keeper(database: Database, key: PrivateKey = LOG_KEY) -> CheckpointKeeper:
    return CheckpointKeeper(
        database=database,
        origin=ORIGIN,
        signer=log_signer(ORIGIN, key),
        policy=PublicationPolicy(interval=timedelta(0)),
        clock=lambda: START + timedelta(days=30),
        holder="test",
    )


async def audit_settings(exchange: Exchange) -> AuditSettings:
    trusted = TrustedKeys(exchange.database)
    await trusted.refresh()
    own = KeyEntry(
        issuer=HUB,
        purpose=KeyPurpose.MESSAGES,
        key=exchange.hub_key.public,
        valid_from=START,
    )
    signer = log_signer(ORIGIN, LOG_KEY)
    return AuditSettings(
        hub_id=HUB,
        origin=ORIGIN,
        log_keys=(signer.verifier(NoteAlgorithm.ED25519),),
        witnesses=NO_WITNESSES,
        keyring=trusted.keyring.with_key(own),
        policy=Policy(operator="OPR01"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Lived:
    """A database with a whole life in it, to be copied and damaged."""

    template: str
    entries: int
    envelopes: int
    settings: AuditSettings


@pytest.fixture(scope="module")
def lived(postgres: DatabaseServer, migrated_template: str) -> Iterator[Lived]:
    name = f"lived_{secrets.token_hex(6)}"
    dsn = postgres.create(name, template=migrated_template)

    async def run() -> Lived:
        async with running_exchange(dsn) as exchange:
            await live(exchange)
            return Lived(
                template=name,
                entries=await exchange.scalar("SELECT size FROM journal_head"),
                envelopes=await exchange.scalar("SELECT count(*) FROM envelope"),
                settings=await audit_settings(exchange),
            )

    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        yield runner.run(run())
    postgres.drop(name)


@pytest.fixture
def copy_dsn(postgres: DatabaseServer, lived: Lived) -> Iterator[str]:
    name = f"copy_{secrets.token_hex(6)}"
    yield postgres.create(name, template=lived.template)
    postgres.drop(name)


@pytest.fixture
async def copy(copy_dsn: str) -> AsyncIterator[Database]:
    database = Database(copy_dsn)
    yield database
    await database.close()


async def test_a_store_with_a_whole_life_in_it_is_clean(copy: Database, lived: Lived) -> None:
    report = await audit_all(copy, lived.settings)
    assert report.finding is None
    assert (report.entries, report.envelopes) == (lived.entries, lived.envelopes)
    tree = await audit_journal(copy, lived.settings)
    assert (tree.finding, tree.entries) == (None, report.entries)
    async with copy.reading() as connection:
        names = "SELECT count(*) FROM pg_database WHERE datname LIKE 'itmo_hub_scratch_%'"
        assert await connection.fetchval(names) == 0


async def test_an_empty_store_is_clean(exchange: Exchange) -> None:
    assert (await audit_all(exchange.database, await audit_settings(exchange))).is_clean


Damage = Callable[[Database], Awaitable[None]]


def by_sql(statement: str) -> Damage:
    """Change something as the owner of the database can: around every guard."""

    async def damage(database: Database) -> None:
        async with database.unit_of_work() as work:
            await work.connection.execute("SET LOCAL session_replication_role = replica")
            assert await work.connection.execute(statement) != "UPDATE 0"

    return damage


def flipped(column: str, at: int) -> str:
    return f"set_byte({column}, {at}, get_byte({column}, {at}) # 1)"


async def forge_checkpoint(database: Database) -> None:
    stranger = PrivateKey.generate(Algorithm.ED25519, KeyPurpose.CHECKPOINTS)
    await by_sql("DELETE FROM checkpoint")(database)
    assert await keeper(database, stranger).step()


DAMAGES: dict[str, tuple[Damage, Step, str]] = {
    "an entry is rewritten": (
        by_sql(f"UPDATE journal_leaf SET entry = {flipped('entry', 30)} WHERE leaf_index = 3"),
        Step.JOURNAL,
        "entry 3",
    ),
    "a leaf hash is changed": (
        by_sql(
            f"UPDATE journal_leaf SET leaf_hash = {flipped('leaf_hash', 0)} WHERE leaf_index = 4"
        ),
        Step.JOURNAL,
        "entry 4",
    ),
    "the head is changed": (
        by_sql("UPDATE journal_head SET size = size + 1"),
        Step.JOURNAL,
        "head",
    ),
    "the last entry is cut off": (
        by_sql(
            "DELETE FROM journal_leaf WHERE leaf_index = (SELECT max(leaf_index) FROM journal_leaf)"
        ),
        Step.JOURNAL,
        "entry",
    ),
    "a checkpoint is forged": (forge_checkpoint, Step.JOURNAL, "checkpoint not signed"),
    "a byte of an envelope is flipped": (
        by_sql(f"UPDATE envelope SET raw = {flipped('raw', 200)} WHERE envelope_id = 5"),
        Step.EVIDENCE,
        "envelope",
    ),
    "a receipt is gone": (
        by_sql("DELETE FROM receipt WHERE envelope_id = 4"),
        Step.EVIDENCE,
        "receipt is gone",
    ),
    "a receipt is of another envelope": (
        by_sql(
            "UPDATE receipt SET receipt = (SELECT receipt FROM receipt WHERE envelope_id = 1) "
            "WHERE envelope_id = 4"
        ),
        Step.EVIDENCE,
        "receipt",
    ),
    "an outcome is flipped": (
        by_sql(
            "UPDATE message SET outcome = 'refused' WHERE envelope_id = 7 AND outcome = 'applied'"
        ),
        Step.EVIDENCE,
        "outcome",
    ),
    "the sender of an envelope is another": (
        by_sql("UPDATE envelope SET sender = 'JPN01' WHERE envelope_id = 1"),
        Step.EVIDENCE,
        "envelope",
    ),
    "a holding has another holder": (
        by_sql(
            "UPDATE holding SET account_id = (SELECT account_id FROM account "
            "WHERE account = 'MN-7') WHERE first = 61"
        ),
        Step.STATE,
        "holding CA0007",
    ),
    "a holding is longer": (
        by_sql("UPDATE holding SET last = last + 5 WHERE last = 100"),
        Step.STATE,
        "holdings",
    ),
    "a holding is used and is not": (
        by_sql("UPDATE holding SET status = 'held' WHERE status <> 'held'"),
        Step.STATE,
        "status is held",
    ),
    "a transfer has another state": (
        by_sql("UPDATE transfer SET state = 'rejected' WHERE state = 'expired'"),
        Step.STATE,
        "state is rejected",
    ),
    "a counter of an authorization is changed": (
        by_sql("UPDATE authorization_state SET used = used + 1 WHERE party = 'MNG'"),
        Step.STATE,
        "used is",
    ),
    "an account was opened by nobody": (
        by_sql(
            "INSERT INTO account (registry, account, kind, status, holder_party) "
            "VALUES ('MNG01', 'MN-X', 'holding', 'open', 'MNG')"
        ),
        Step.STATE,
        "the messages make no such row",
    ),
    "a key was never announced": (
        by_sql("UPDATE trusted_key SET revoked_from = NULL WHERE revoked_from IS NOT NULL"),
        Step.STATE,
        "revoked_from is None",
    ),
    "the history lost an event": (
        by_sql("DELETE FROM unit_event WHERE event_id = (SELECT max(event_id) FROM unit_event)"),
        Step.STATE,
        "event",
    ),
    "a message that is owed is gone": (
        by_sql("DELETE FROM outbox WHERE outbox_id = (SELECT max(outbox_id) FROM outbox)"),
        Step.STATE,
        "message owed",
    ),
}


@pytest.mark.parametrize("name", DAMAGES)
async def test_damage_around_the_guards_is_named(copy: Database, lived: Lived, name: str) -> None:
    damage, step, words = DAMAGES[name]
    await damage(copy)
    finding = (await audit_all(copy, lived.settings)).finding
    assert finding is not None
    assert finding.step is step, finding
    assert words in f"{finding.subject}: {finding.words}", finding
