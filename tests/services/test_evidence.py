"""Evidence proves itself offline; one flipped bit anywhere in the file fails by a named step."""

from datetime import timedelta
from hashlib import sha256
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.journal.receipts import all_hold
from hub.services.evidence import EvidenceDesk, encode_evidence
from hub.services.pick_up import read_outbox
from hub.services.trusted_keys import TrustedKeys
from hub.services.verify import verify_evidence
from schema.messages import Acknowledgement
from signing.claims import Claims
from signing.compact import split_compact
from signing.note_keys import NoteAlgorithm
from signing.note_signers import log_signer
from tests import builders as build
from tests.services.conftest import ORIGIN, START, Exchange
from tests.services.test_audit import LOG_KEY, keeper
from tests.services.test_receive import open_accounts_and_issue


@pytest.fixture
async def file(exchange: Exchange) -> bytes:
    """The evidence of a completed transfer, with an acknowledged request."""
    await open_accounts_and_issue(exchange)
    proposal = build.transfer_proposal()
    await exchange.send("MNG01", proposal)
    await exchange.send("JPN01", build.transfer_answer(transfer_id=proposal.transfer_id))
    for registry in ("JPN01", "MNG01"):
        page = await read_outbox(
            exchange.database, exchange.identity, exchange.now, registry=registry, after=0
        )
        for envelope in page.envelopes:
            acknowledgement = Acknowledgement(
                message_id=uuid4(),
                in_reply_to=Claims.decode(split_compact(envelope.encode()).payload).jti,
                envelope_digest=sha256(envelope.encode()).hexdigest(),
                received_at=exchange.now(),
            )
            assert (await exchange.send(registry, acknowledgement)).results[0].refusals == ()
    assert await keeper(exchange.database).step()
    trusted = TrustedKeys(exchange.database)
    await trusted.refresh()
    signer = log_signer(ORIGIN, LOG_KEY)
    desk = EvidenceDesk(
        database=exchange.database,
        keys=trusted,
        identity=exchange.identity,
        hub_keys=[(exchange.hub_key.public, START - timedelta(days=1))],
        log_keys=[str(signer.verifier(NoteAlgorithm.ED25519))],
        clock=exchange.now,
    )
    evidence = await desk.of_transfer(proposal.transfer_id)
    assert evidence is not None
    return encode_evidence(evidence)


async def test_it_holds_what_both_sides_and_the_hub_have_signed(file: bytes) -> None:
    steps = verify_evidence(file)
    assert all_hold(steps), steps[-1]
    words = " ".join(step.words for step in steps)
    assert "sealed by HUB01" in words
    assert "transfer-request" in words
    assert words.count("acknowledges it: signed") == 3


@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
async def test_a_flipped_bit_anywhere_fails(file: bytes, place: float, bit: int) -> None:
    position = int(place * len(file))
    flipped = bytearray(file)
    flipped[position] ^= 1 << bit
    steps = verify_evidence(bytes(flipped))
    assert not steps[-1].holds
    assert steps[-1].words


async def test_every_byte_of_the_seal_and_the_beginning_counts(file: bytes) -> None:
    seal_at = file.index(b'"seal"')
    for position in (*range(200), *range(seal_at, seal_at + 400), len(file) - 1):
        flipped = bytearray(file)
        flipped[position] ^= 1
        assert not all_hold(verify_evidence(bytes(flipped))), position
